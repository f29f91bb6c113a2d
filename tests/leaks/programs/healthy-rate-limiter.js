'use strict';
// A rate limiter with sliding windows: hits that are older than the window are dropped, and
// so are clients without hits. The time is the number of the request.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Hit {
  constructor(at, path) {
    this.at = at;
    this.path = path;
  }
}

class SlidingWindow {
  constructor() { this.hits = []; }
  add(hit, span) {
    while (this.hits.length > 0 && this.hits[0].at <= hit.at - span) this.hits.shift();
    this.hits.push(hit);
    return this.hits.length;
  }
}

class RateLimiter {
  constructor(span, limit) {
    this.span = span;
    this.limit = limit;
    this.clients = new Map();
  }
  allow(client, at) {
    let window = this.clients.get(client);
    if (!window) this.clients.set(client, window = new SlidingWindow());
    if (at % 64 === 0) this.sweep(at);
    return window.add(new Hit(at, `/items/${at % 30}`), this.span) <= this.limit;
  }
  sweep(at) {
    for (const [client, window] of this.clients) {
      const last = window.hits[window.hits.length - 1];
      if (last && last.at <= at - this.span) this.clients.delete(client);
    }
  }
}

const limiter = new RateLimiter(350, 12);

rounds({
  warm: 1000,
  rounds: [480, 480],
  serve(n) {
    // New addresses arrive all the time.
    limiter.allow(`10.${n >> 3 & 255}.0.${n % 5}`, n);
    chores(n);
  },
});
