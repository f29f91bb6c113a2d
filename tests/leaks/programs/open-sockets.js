'use strict';
// Bug: a probe of a backend opens a connection, reads the greeting and forgets to close it.
const net = require('node:net');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class ProbeSession {
  constructor(socket, backend) {
    this.socket = socket;
    this.backend = backend;
    this.greeting = null;
    socket.on('data', data => { this.greeting = data.toString(); });
  }
}

const server = net.createServer(socket => socket.end('200 ready\r\n')).on('error', () => {});
server.on('connection', socket => socket.on('error', () => {}));

function probe(backend) {
  return new Promise((resolve, reject) => {
    // allowHalfOpen: the client's side remains open after the server has ended.
    const socket = net.connect({port: server.address().port, host: '127.0.0.1', allowHalfOpen: true});
    const session = new ProbeSession(socket, backend);
    socket.on('end', () => resolve(session.greeting));
    socket.on('error', reject);
    socket.unref();
  });
}

rounds({
  warm: 60,
  rounds: [40, 40],
  open: () => new Promise(ready => server.listen(0, '127.0.0.1', ready)),
  async serve(n) {
    await probe(`backend-${n % 8}`);
    for (let k = 0; k < 10; k++) chores(n * 10 + k);
  },
  quiesce: () => rounds.sleep(60),
});
