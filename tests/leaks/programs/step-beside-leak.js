'use strict';
// Bug: rejected suggestions are kept for a report that nobody asks for. Beside that, a
// table of phrases is loaded once, in round 1 (healthy).
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Phrase {
  constructor(text, weight) {
    this.text = text;
    this.weight = weight;
    this.variants = [text.length, weight];
  }
}

class Suggestion {
  constructor(query, score) {
    this.query = query;
    this.score = score;
  }
}

function createSuggester() {
  const phrases = new Map();
  const report = {accepted: 0, rejected: []};
  return {
    load(count) {
      for (let k = phrases.size; k < count; k++) phrases.set(k, new Phrase(`phrase ${k}`, k % 11));
    },
    suggest(n) {
      const suggestion = new Suggestion(`query ${n}`, phrases.get(n % phrases.size).weight);
      if (n % 10 > 0) report.accepted++;
      else report.rejected.push(suggestion);
      return suggestion.score;
    },
  };
}

const suggester = createSuggester();
suggester.load(100);

rounds({
  warm: 700,
  rounds: [400, 400],
  before: () => suggester.load(3000),
  serve(n) {
    suggester.suggest(n);
    chores(n);
  },
});
