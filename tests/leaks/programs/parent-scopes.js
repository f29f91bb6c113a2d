'use strict';
// Bug: a scope adds itself to the children of its parent and is never removed. Only the
// last scope is held, but it holds its parent, and the parent holds all children.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Scope {
  constructor(parent, label) {
    this.parent = parent;
    this.label = label;
    this.children = [];
    this.values = {request: label, locale: 'en'};
    if (parent) parent.children.push(this);
  }
  get(key) { return this.values[key] ?? this.parent?.get(key); }
  child(label) { return new Scope(this, label); }
}

let active = new Scope(null, 'application').child('request 0');

function enter(n) {
  active = active.parent.child(`request ${n}`);
  return active.get('locale');
}

rounds({
  warm: 500,
  rounds: [240, 240],
  serve(n) {
    enter(n);
    chores(n);
  },
});
