'use strict';
// Bug: responses of server-sent events are added to the channel; a client that disconnects is not removed.
const http = require('node:http');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Channel {
  constructor(name) {
    this.name = name;
    this.subscribers = [];
  }
  subscribe(response) {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.write('retry: 5000\n\n');
    this.subscribers.push(response);
  }
  publish(text) {
    for (const response of this.subscribers) if (!response.destroyed) response.write(`data: ${text}\n\n`);
  }
}

const news = new Channel('news');
const server = http.createServer((request, response) => {
  if (request.url === '/news') return news.subscribe(response);
  response.end(String(chores(news.subscribers.length)));
});

function listen(path) {
  return new Promise((resolve, reject) => {
    const request = http.get({port: server.address().port, host: '127.0.0.1', path, agent: false}, response => {
      response.once('data', () => request.destroy());
      response.on('error', () => {});
      response.on('close', resolve);
    });
    request.on('error', error => { if (error.code !== 'ECONNRESET') reject(error); });
  });
}

rounds({
  warm: 120,
  rounds: [60, 60],
  open: () => new Promise(ready => server.listen(0, '127.0.0.1', ready)),
  async serve(n) {
    await listen('/news');
    if (n % 20 === 0) news.publish(`item ${n}`);
  },
  quiesce: () => rounds.sleep(60),
});
