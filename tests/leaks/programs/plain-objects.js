'use strict';
// Bug: the tracker keeps a plain object for each parcel that was delivered.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

function createTracker({limit}) {
  const delivered = [];
  let lost = 0;
  function finish(parcel, n) {
    if (parcel.weight > limit) lost++;
    else delivered.push({code: parcel.code, depot: n % 9, weight: parcel.weight});
  }
  return {
    track(n) {
      const parcel = {code: n * 7919 % 100003, weight: n % 30, stops: [n % 5, n % 6]};
      finish(parcel, n);
      return delivered.length - lost;
    },
  };
}

const tracker = createTracker({limit: 50});

rounds({
  warm: 700,
  rounds: [300, 300],
  serve(n) {
    tracker.track(n);
    chores(n);
  },
});
