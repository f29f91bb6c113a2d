'use strict';
// Bug: access records are copied into a stream for a log shipper that does not read it.
const {PassThrough, Writable} = require('node:stream');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class AccessRecord {
  constructor(n) {
    this.path = `/items/${n % 200}`;
    this.status = n % 13 ? 200 : 404;
    this.duration = n * 0.37 % 9;
  }
}

class AccessLog {
  constructor() {
    this.lines = 0;
    this.disk = new Writable({objectMode: true, write: (record, _, done) => { this.lines++; done(); }});
    this.mirror = new PassThrough({objectMode: true, highWaterMark: 512});
  }
  write(record) {
    this.disk.write(record);
    this.mirror.write(record);
  }
}

const log = new AccessLog();

rounds({
  warm: 800,
  rounds: [300, 300],
  serve(n) {
    chores(n);
    log.write(new AccessRecord(n));
  },
});
