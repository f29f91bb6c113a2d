'use strict';
// A shared promise is replaced as soon as it settles, and all that wait for it continue.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Lookup {
  constructor(key) {
    this.key = key;
    this.answer = undefined;
  }
}

class Loader {
  constructor() {
    this.batch = null;
    this.keys = [];
  }
  load(key) {
    this.keys.push(key);
    this.batch ??= new Promise(resolve => setImmediate(() => {
      const keys = this.keys.splice(0);
      this.batch = null;
      resolve(new Map(keys.map(k => [k, k * 2])));
    }));
    return this.batch.then(answers => answers.get(key));
  }
}

const loader = new Loader();

async function resolve(n) {
  const lookup = new Lookup(n);
  lookup.answer = await loader.load(n);
  return lookup;
}

rounds({
  warm: 500,
  rounds: [250, 250],
  async serve(n) {
    const lookups = await Promise.all([resolve(n), resolve(n + 1), resolve(n + 2)]);
    await Promise.allSettled([Promise.reject(new Error('ignored')), lookups[0].answer]);
    chores(n);
  },
});
