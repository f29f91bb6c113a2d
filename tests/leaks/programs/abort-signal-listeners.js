'use strict';
// Bug: `backoff` adds an abort listener to the signal of the whole process and does
// not remove it after the delay.
const {setMaxListeners} = require('node:events');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const lifetime = new AbortController();
setMaxListeners(0, lifetime.signal);

class DeliveryAttempt {
  constructor(url, number) {
    this.url = url;
    this.number = number;
    this.outcome = 'pending';
    this.headers = {'x-attempt': String(number)};
  }
  cancel() { this.outcome = 'cancelled'; }
}

function backoff(attempt, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 0);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      attempt.cancel();
      reject(signal.reason);
    });
  });
}

async function deliver(n) {
  const attempt = new DeliveryAttempt(`https://hooks.test/${n % 50}`, n);
  await backoff(attempt, lifetime.signal);
  attempt.outcome = 'delivered';
  return attempt.outcome;
}

rounds({
  warm: 400,
  rounds: [180, 180],
  async serve(n) {
    await deliver(n);
    chores(n);
  },
});
