'use strict';
// Bug: a job that throws does not give its permit back; all later jobs wait for one.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Semaphore {
  constructor(permits) {
    this.permits = permits;
    this.waiters = [];
  }
  acquire() {
    if (this.permits > 0) {
      this.permits--;
      return Promise.resolve();
    }
    return new Promise(resume => this.waiters.push(resume));
  }
  release() {
    if (this.waiters.length > 0) this.waiters.shift()();
    else this.permits++;
  }
}

class LedgerSync {
  constructor(account) {
    this.account = account;
    this.balances = [account * 3, account * 5];
    this.done = false;
  }
  apply() {
    if (this.account % 20 === 3) throw new RangeError('balance out of range');
    this.done = true;
  }
}

const slots = new Semaphore(8);

async function synchronize(account) {
  const sync = new LedgerSync(account);
  await slots.acquire();
  sync.apply();
  slots.release();
}

rounds({
  warm: 600,
  rounds: [190, 190],
  async serve(n) {
    synchronize(n).catch(() => {});
    chores(n);
    await null;
  },
});
