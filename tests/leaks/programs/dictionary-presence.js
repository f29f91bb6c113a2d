'use strict';
// Bug: visitors are added to the dictionary under a new id for each visit and never removed.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

function Visitor(room, agent) {
  this.room = room;
  this.agent = agent;
  this.seen = Date.now();
}

function createPresence() {
  const online = Object.create(null);
  let arrivals = 0;
  return {
    enter(id, room) {
      arrivals++;
      online[id] = new Visitor(room, 'Mozilla/5.0');
    },
    touch(id) {
      if (online[id]) online[id].seen = Date.now();
    },
    leave(id) {
      // Wrong key: the dictionary is keyed by `visit:…`.
      delete online[id.slice(6)];
    },
    arrivals: () => arrivals,
  };
}

const presence = createPresence();

rounds({
  warm: 600,
  rounds: [280, 280],
  serve(n) {
    const id = `visit:${(n * 2654435761 >>> 0).toString(16).padStart(8, '0')}`;
    presence.enter(id, n % 12);
    presence.touch(id);
    chores(n);
    presence.leave(id);
  },
});
