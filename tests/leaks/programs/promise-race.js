'use strict';
// Bug: Promise.race with a promise that lives as long as the process: each race adds a
// reaction to it, and the reaction keeps the result of the race.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Answer {
  constructor(id, rows) {
    this.id = id;
    this.rows = rows;
  }
}

class Backend {
  constructor() {
    this.closed = new Promise((_, reject) => { this.close = reject; });
    this.closed.catch(() => {});
  }
  async query(n) {
    await null;
    return new Answer(n, [n, n * 2, n * 3]);
  }
  ask(n) {
    return Promise.race([this.query(n), this.closed]);
  }
}

const backend = new Backend();

rounds({
  warm: 500,
  rounds: [220, 220],
  async serve(n) {
    const answer = await backend.ask(n);
    return chores(answer.id);
  },
});
