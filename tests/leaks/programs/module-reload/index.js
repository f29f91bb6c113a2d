'use strict';
// Bug: the rules are loaded again by deleting them from the require cache. The list
// `children` of this module keeps every copy.
const rounds = require('../lib/rounds');
const chores = require('../lib/chores');

const file = require.resolve('./rules');
let rules = require('./rules');

function reload() {
  delete require.cache[file];
  rules = require('./rules');
}

rounds({
  warm: 600,
  rounds: [300, 300],
  serve(n) {
    if (n % 10 === 0) reload();
    rules.apply(n);
    chores(n);
  },
});
