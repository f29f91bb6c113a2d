'use strict';
// Only the latest report is kept. It is large and replaced many times in a round.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class ReportLine {
  constructor(n, k) {
    this.label = `line ${n}/${k}`;
    this.value = n / (k + 1);
  }
}

class Report {
  constructor(n) {
    this.lines = Array.from({length: 1500}, (_, k) => new ReportLine(n, k));
    this.totals = new Array(4000).fill(n + 0.25);
    this.blob = Buffer.alloc(64 * 1024, n % 256);
  }
}

class ReportDesk {
  latest = null;
  refresh(n) { this.latest = new Report(n); }
}

const desk = new ReportDesk();

rounds({
  warm: 400,
  rounds: [240, 240],
  serve(n) {
    if (n % 12 === 0) desk.refresh(n);
    chores(n);
  },
});
