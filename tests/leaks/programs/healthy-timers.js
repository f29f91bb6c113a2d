'use strict';
// Every request sets a timeout and a heartbeat and clears both.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Deadline {
  constructor(ms, onExpire) {
    this.beats = 0;
    this.timeout = setTimeout(onExpire, ms, this);
    this.heartbeat = setInterval(() => { this.beats++; }, 1000);
  }
  clear() {
    clearTimeout(this.timeout);
    clearInterval(this.heartbeat);
  }
}

async function withDeadline(action) {
  const deadline = new Deadline(90_000, late => late.clear());
  try {
    return await action();
  } finally {
    deadline.clear();
  }
}

rounds({
  warm: 700,
  rounds: [300, 300],
  serve: n => withDeadline(async () => {
    await null;
    return chores(n);
  }),
});
