'use strict';
// Bug: an upload that fails is never taken out of the set of running uploads.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class UploadTask {
  constructor(path, size) {
    this.path = path;
    this.size = size;
    this.sent = 0;
    this.checksum = Buffer.alloc(24, size % 251).toString('hex');
  }
  async send() {
    await null;
    if (this.size % 3 === 0) throw new Error(`connection reset after ${this.sent} bytes`);
    this.sent = this.size;
  }
}

class Uploader {
  running = new Set();
  failures = 0;
  async upload(task) {
    this.running.add(task);
    try {
      await task.send();
      this.running.delete(task);
    } catch {
      this.failures++;
    }
  }
}

const uploader = new Uploader();

rounds({
  warm: 600,
  rounds: [300, 300],
  async serve(n) {
    await uploader.upload(new UploadTask(`/var/spool/${n}.bin`, n));
    chores(n);
  },
});
