'use strict';
// Bug: every watch window subscribes to the feed; closing a window does not unsubscribe.
const {EventEmitter} = require('node:events');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class PriceFeed extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(0);
    this.last = new Map();
  }
  publish(symbol, price) {
    this.last.set(symbol, price);
    this.emit('price', symbol, price);
  }
}

class WatchWindow {
  constructor(symbol) {
    this.symbol = symbol;
    this.high = -Infinity;
    this.closed = false;
  }
  attach(feed) {
    feed.on('price', this.onPrice.bind(this));
    return this;
  }
  onPrice(symbol, price) {
    if (!this.closed && symbol === this.symbol) this.high = Math.max(this.high, price);
  }
  close() { this.closed = true; }
}

const feed = new PriceFeed();
const symbols = ['ABC', 'DEF', 'GHI', 'JKL'];

rounds({
  warm: 600,
  rounds: [260, 260],
  serve(n) {
    const window = new WatchWindow(symbols[n % symbols.length]).attach(feed);
    if (n % 40 === 0) feed.publish(symbols[n % symbols.length], n / 3);
    window.close();
    chores(n);
  },
});
