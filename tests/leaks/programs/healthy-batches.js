'use strict';
// A worker takes batches from a bounded queue; when it is full, the oldest job is dropped.
// At each snapshot a part of the queue is filled.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class IndexJob {
  constructor(document, words) {
    this.document = document;
    this.words = words;
    this.done = () => { this.words = null; };
  }
}

class BatchWorker {
  constructor(bound, size) {
    this.bound = bound;
    this.size = size;
    this.queue = [];
    this.batches = 0;
  }
  submit(job) {
    if (this.queue.length >= this.bound) this.queue.shift();
    this.queue.push(job);
  }
  async run() {
    while (this.queue.length >= this.size) {
      const batch = this.queue.splice(0, this.size);
      await Promise.all(batch.map(async job => job.done()));
      this.batches++;
    }
  }
}

const worker = new BatchWorker(150, 64);

rounds({
  warm: 900,
  rounds: [420, 420],
  async serve(n) {
    worker.submit(new IndexJob(n, [`w${n}`, `w${n + 1}`]));
    if (n % 90 === 0) await worker.run();
    chores(n);
  },
});
