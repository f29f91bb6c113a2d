'use strict';
// Bug: each request schedules a late clean-up; its timer keeps the store of the request.
const {AsyncLocalStorage} = require('node:async_hooks');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const requests = new AsyncLocalStorage();
const temporary = new Set();

class RequestTrace {
  constructor(id) {
    this.id = id;
    this.spans = [];
    this.baggage = {tenant: `t${id % 6}`};
  }
  span(name) { this.spans.push({name, at: Date.now()}); }
}

function removeLater(file) {
  temporary.add(file);
  setTimeout(() => temporary.delete(file), 3 * 3600 * 1000).unref();
}

async function render(n) {
  requests.getStore().span('render');
  await null;
  requests.getStore().span('write');
  removeLater(n % 16);
  return chores(n);
}

rounds({
  warm: 500,
  rounds: [200, 200],
  serve: n => requests.run(new RequestTrace(n), render, n),
});
