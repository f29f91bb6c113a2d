'use strict';
// Bug: the arguments contain the time of the request, so the cache of the memoized function only grows.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class RouteEstimate {
  constructor(kilometers, minutes) {
    this.kilometers = kilometers;
    this.minutes = minutes;
  }
}

function memoize(compute) {
  const results = new Map();
  return function memoized(...args) {
    const key = JSON.stringify(args);
    if (results.has(key)) return results.get(key);
    const result = compute(...args);
    results.set(key, result);
    return result;
  };
}

const estimate = memoize((from, to, options) => {
  const kilometers = Math.abs(from - to) * 1.3;
  return new RouteEstimate(kilometers, kilometers * (options.rush ? 2 : 1));
});

rounds({
  warm: 600,
  rounds: [280, 280],
  serve(n) {
    estimate(n % 40, n % 60, {rush: n % 2 === 0, at: n});
    chores(n);
  },
});
