'use strict';
// An HTTP service with sessions that are removed at logout; clients share one agent.
const http = require('node:http');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class CartSession {
  constructor(id) {
    this.id = id;
    this.items = [];
  }
}

const sessions = new Map();
const routes = {
  '/login': id => void sessions.set(id, new CartSession(id)),
  '/add': id => sessions.get(id).items.push(chores(id)),
  '/logout': id => sessions.delete(id),
};

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  routes[url.pathname](Number(url.searchParams.get('id')));
  response.end(JSON.stringify({open: sessions.size}));
});
const agent = new http.Agent({keepAlive: true, maxSockets: 2});

const call = path => new Promise((resolve, reject) => {
  http.get({host: '127.0.0.1', port: server.address().port, path, agent}, response => {
    response.setEncoding('utf8');
    let body = '';
    response.on('data', text => { body += text; });
    response.on('end', () => resolve(JSON.parse(body)));
  }).on('error', reject);
});

rounds({
  warm: 150,
  rounds: [80, 80],
  open: () => new Promise(ready => server.listen(0, '127.0.0.1', ready)),
  async serve(n) {
    await call(`/login?id=${n}`);
    await Promise.all([call(`/add?id=${n}`), call(`/add?id=${n}`)]);
    await call(`/logout?id=${n}`);
  },
});
