'use strict';
// A healthy cache that runs beside a program if NOISE is set. It has a fixed number
// of slots, is full before snapshot 1, and replaces entries in every round. Its
// values are what values in caches consist of: closures, maps, sliced strings,
// pending promises, timers and listeners. All of them end with their entry.
const {EventEmitter} = require('node:events');

const SLOTS = 320;
const settings = new EventEmitter().setMaxListeners(0);

class Preview {
  constructor(number) {
    const document = Buffer.from(`<article id="${number}"><h1>Preview number ${number}</h1><p>${'lorem ipsum '.repeat(6)}</p></article>`).toString('latin1');
    this.key = `preview-${number}`;
    this.heading = document.slice(document.indexOf('<h1>') + 4, document.indexOf('</h1>'));
    this.excerpt = document.slice(40, 90);
    this.attributes = new Map([['lang', 'en'], ['number', {value: number}]]);
    this.viewers = new Set([`viewer-${number}`]);
    this.usedSince = true;
    this.restyle = () => { this.excerpt = document.slice(41, 91); };
    this.released = new Promise(resolve => { this.release = resolve; });
    this.loaded = Promise.all([number, this.heading].map(async part => part));
    this.refresh = setTimeout(preview => preview.restyle(), 50 * 60 * 1000, this).unref();
    settings.on('theme', this.restyle);
    this.lifetime = track(this);
  }
  dispose() {
    clearTimeout(this.refresh);
    settings.off('theme', this.restyle);
    this.release('evicted');
  }
}

async function track(preview) {
  const opened = {at: Date.now(), key: preview.key};
  opened.reason = await preview.released;
  return opened;
}

// Second-chance replacement: the hand skips an entry that was used since its last visit.
class PreviewCache {
  constructor() {
    this.slots = [];
    this.slotOf = new Map();
    this.hand = 0;
  }
  get(key) {
    const preview = this.slots[this.slotOf.get(key)];
    if (preview) preview.usedSince = true;
    return preview;
  }
  put(preview) {
    if (this.slots.length < SLOTS) {
      this.slotOf.set(preview.key, this.slots.push(preview) - 1);
      return;
    }
    while (this.slots[this.hand].usedSince) {
      this.slots[this.hand].usedSince = false;
      this.hand = (this.hand + 1) % SLOTS;
    }
    const victim = this.slots[this.hand];
    this.slotOf.delete(victim.key);
    victim.dispose();
    this.slots[this.hand] = preview;
    this.slotOf.set(preview.key, this.hand);
    this.hand = (this.hand + 1) % SLOTS;
  }
}

const previews = new PreviewCache();
let next = 500000; // all numbers have six digits, so all keys have one length

module.exports = function traffic(count) {
  for (let k = 0; k < count; k++) {
    if (k % 5 === 0) previews.get(`preview-${next - 1 - k % 200}`);
    previews.put(new Preview(next++));
  }
};
