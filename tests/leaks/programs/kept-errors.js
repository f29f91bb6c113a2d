'use strict';
// Bug: the breaker counts failures of the last minute but keeps all of them.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class GatewayError extends Error {
  constructor(route, status) {
    super(`${route} answered ${status}`);
    this.name = 'GatewayError';
    this.route = route;
    this.status = status;
    this.at = Date.now();
  }
}

class CircuitBreaker {
  constructor(limit) {
    this.limit = limit;
    this.failures = [];
  }
  call(action) {
    try {
      return action();
    } catch (error) {
      this.failures.push(error);
      return null;
    }
  }
  get open() { return this.failures.filter(f => Date.now() - f.at < 60).length > this.limit; }
}

const breaker = new CircuitBreaker(1e6);

function upstream(n) {
  if (n % 4 === 0) throw new GatewayError(`/stock/${n % 30}`, 502);
  return chores(n);
}

rounds({
  warm: 600,
  rounds: [480, 480],
  serve(n) {
    breaker.call(() => upstream(n));
    if (n % 100 === 0) return breaker.open;
  },
});
