'use strict';
// Events are collected in one of two buffers; every 200 requests they are summed up and swapped.
// Round 2 does three times the work of round 1, and the buffers are filled differently at each snapshot.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

let filling = [];
let draining = [];
const sums = new Map();

function Measurement(sensor, value) {
  this.sensor = sensor;
  this.value = value;
}

function swap() {
  [filling, draining] = [draining, filling];
  for (const {sensor, value} of draining) sums.set(sensor, (sums.get(sensor) ?? 0) + value);
  draining.length = 0;
}

rounds({
  warm: 850,
  rounds: [250, 750],
  serve(n) {
    filling.push(new Measurement(n % 40, n / 7));
    if (n % 200 === 199) swap();
    chores(n);
  },
});
