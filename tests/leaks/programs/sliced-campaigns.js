'use strict';
// Bug: the key of the counter is a slice of the request body, and a slice keeps the whole body.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

function receive(n) {
  const tail = '&padding='.padEnd(3000, 'abcdefghij');
  return Buffer.from(`event=click&campaign=autumn-sale-${String(n).padStart(9, '0')}&x=${n % 70}${tail}`).toString('latin1');
}

class ClickCounter {
  constructor() {
    this.campaigns = new Map();
    this.clicks = 0;
  }
  count(body) {
    const start = body.indexOf('campaign=') + 'campaign='.length;
    const campaign = body.slice(start, body.indexOf('&', start));
    this.campaigns.set(campaign, (this.campaigns.get(campaign) ?? 0) + 1);
    this.clicks++;
  }
}

const counter = new ClickCounter();

rounds({
  warm: 500,
  rounds: [250, 250],
  serve(n) {
    counter.count(receive(n));
    chores(n);
  },
});
