'use strict';
// Handlers are compiled when they run for the first time. Every round runs some that have
// not run before: code, feedback and scope objects grow, but nothing leaks.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const source = Array.from({length: 300}, (_, k) => `
  handlers.set('/route/${k}', function route${k}(request) {
    const answer = {route: ${k}, items: []};
    for (let i = 0; i < ${3 + k % 5}; i++) {
      const item = {id: i * ${k + 1}, name: 'item ' + i};
      if (item.id % 2) item.note = request.note + '${k}';
      answer.items.push(item);
    }
    answer.items.sort((a, b) => b.id - a.id);
    return answer.items.map(item => item.name).join(',').length + ${k};
  });`).join('\n');

const handlers = new Map();
new Function('handlers', source)(handlers);

rounds({
  warm: 600,
  rounds: [360, 360],
  serve(n) {
    const known = 60 + Math.floor(n / 6);
    const handler = handlers.get(`/route/${(n * 11) % Math.min(known, handlers.size)}`);
    return handler({note: 'note'}) + chores(n);
  },
});
