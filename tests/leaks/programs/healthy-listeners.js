'use strict';
// Widgets listen to an emitter and to an event target and stop listening when they close.
const {EventEmitter, once} = require('node:events');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const store = new EventEmitter();
const page = new EventTarget();

class Widget {
  constructor(id) {
    this.id = id;
    this.renders = 0;
    this.onChange = () => { this.renders++; };
    this.controller = new AbortController();
    store.on('change', this.onChange);
    page.addEventListener('resize', () => this.onChange(), {signal: this.controller.signal});
  }
  close() {
    store.off('change', this.onChange);
    this.controller.abort();
  }
}

rounds({
  warm: 600,
  rounds: [300, 300],
  async serve(n) {
    const widgets = [new Widget(n), new Widget(n + 0.5)];
    const ready = once(store, 'ready');
    store.emit('change', n);
    page.dispatchEvent(new Event('resize'));
    store.emit('ready');
    await ready;
    chores(n);
    widgets.forEach(widget => widget.close());
  },
});
