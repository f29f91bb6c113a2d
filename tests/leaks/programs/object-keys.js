'use strict';
// Bug: a Map keyed by connections where a WeakMap was meant.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Connection {
  constructor(id) {
    this.id = id;
    this.peer = `10.0.${id % 200}.${id % 250}`;
    this.open = true;
  }
  close() { this.open = false; }
}

const traffic = new Map();

function account(connection, bytes) {
  const totals = traffic.get(connection) ?? {bytes: 0, packets: 0};
  totals.bytes += bytes;
  totals.packets++;
  traffic.set(connection, totals);
}

rounds({
  warm: 600,
  rounds: [260, 260],
  serve(n) {
    const connection = new Connection(n);
    account(connection, 512);
    account(connection, chores(n));
    connection.close();
  },
});
