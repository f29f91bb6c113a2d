'use strict';
// Bug: after the first failure the mailer stops taking jobs, but requests keep adding them.
// Round 2 does three times the work of round 1.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class MailJob {
  constructor(to, subject) {
    this.to = to;
    this.subject = subject;
    this.attempts = 0;
    this.body = `Dear ${to}`;
  }
}

class Mailer {
  constructor() {
    this.outbox = [];
    this.connected = true;
    this.delivered = 0;
  }
  enqueue(job) {
    this.outbox.push(job);
    this.drain();
  }
  drain() {
    while (this.connected && this.outbox.length > 0) {
      const job = this.outbox[0];
      if (++job.attempts > 0 && this.delivered === 250) {
        this.connected = false; // nothing connects again
        return;
      }
      this.outbox.shift();
      this.delivered++;
    }
  }
}

const mailer = new Mailer();

rounds({
  warm: 600,
  rounds: [150, 450],
  serve(n) {
    mailer.enqueue(new MailJob(`customer${n}@example.test`, 'Your order'));
    chores(n);
  },
});
