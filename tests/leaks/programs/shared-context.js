'use strict';
// Bug: `describe` does not use `previous`, but it shares a context with `compare`, which does.
// Each state therefore keeps the state before it.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class BoardState {
  constructor(cells, describe) {
    this.cells = cells;
    this.describe = describe;
  }
}

let current = null;

function advance(move) {
  const previous = current;
  const compare = () => (previous ? previous.cells.length : 0);
  const cells = new Array(60).fill(move + 0.5);
  current = new BoardState(cells, () => 'board state');
  if (move < 0) console.log(compare());
}

rounds({
  warm: 400,
  rounds: [200, 200],
  serve(n) {
    advance(n);
    chores(n);
    return current.describe();
  },
});
