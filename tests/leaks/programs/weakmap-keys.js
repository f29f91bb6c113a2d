'use strict';
// Bug: samples are in a WeakMap, but the list of recent exchanges keeps all of its keys.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Exchange {
  constructor(n) {
    this.path = `/items/${n % 300}`;
    this.status = 200;
  }
}

class Sample {
  constructor(started) {
    this.started = started;
    this.marks = [started, started + 1, started + 2];
  }
}

class Profiler {
  constructor() {
    this.samples = new WeakMap();
    this.recent = [];
  }
  begin(exchange) {
    this.samples.set(exchange, new Sample(Date.now()));
    this.recent.push(exchange);
  }
  end(exchange) {
    const sample = this.samples.get(exchange);
    sample.marks.push(Date.now());
    return sample.marks.length;
  }
}

const profiler = new Profiler();

rounds({
  warm: 500,
  rounds: [230, 230],
  serve(n) {
    const exchange = new Exchange(n);
    profiler.begin(exchange);
    chores(n);
    profiler.end(exchange);
  },
});
