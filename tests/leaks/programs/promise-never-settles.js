'use strict';
// Bug: the carrier's connection promise never settles, and every shipment waits for it.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Shipment {
  constructor(order, lines) {
    this.order = order;
    this.lines = lines;
    this.booked = false;
  }
}

function createCarrier(connect) {
  const connected = new Promise(connect);
  let announced = 0;
  return {
    announce(shipment) {
      announced++;
      connected.then(channel => {
        channel.send(shipment);
        shipment.booked = true;
      });
    },
    get announced() { return announced; },
  };
}

// The handshake fails silently: neither callback runs.
const carrier = createCarrier((resolve, reject) => {
  const handshake = {version: 0};
  if (handshake.version > 0) resolve({send() {}});
  if (handshake.version < 0) reject(new Error('carrier refused'));
});

rounds({
  warm: 500,
  rounds: [200, 200],
  async serve(n) {
    carrier.announce(new Shipment(n, [n % 17, n % 19, n % 23]));
    chores(n);
    await Promise.resolve(carrier.announced).then(count => count + 1);
  },
});
