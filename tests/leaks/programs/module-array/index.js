'use strict';
const rounds = require('../lib/rounds');
const chores = require('../lib/chores');
const audit = require('./audit');

const actions = ['login', 'view', 'edit', 'logout'];
let bytes = 0;

rounds({
  warm: 700,
  rounds: [330, 330],
  serve(n) {
    audit.note(`user-${n % 90}`, actions[n % actions.length]);
    if (n % 50 === 49) audit.flush(batch => { bytes += JSON.stringify(batch).length; });
    chores(n);
  },
});
