'use strict';
// Bug: each connection pool that is opened for a report registers an exit handler; `end` does not remove it.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

process.setMaxListeners(0);

const createPool = database => {
  const pool = new ReportPool(database);
  process.on('exit', () => pool.end());
  return pool;
};

class ReportPool {
  constructor(database) {
    this.database = database;
    this.idle = [{id: 1, busy: false}, {id: 2, busy: false}];
    this.ended = false;
  }
  query(text) { return this.ended ? 0 : text.length + this.idle.length; }
  end() {
    this.ended = true;
    this.idle.length = 0;
  }
}

rounds({
  warm: 300,
  rounds: [150, 150],
  serve(n) {
    const pool = createPool(`reports_${n % 4}`);
    pool.query('select 1');
    chores(n);
    pool.end();
  },
});
