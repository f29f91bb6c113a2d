'use strict';
// Bug: alarms are never acknowledged: 8 small objects in a round. Beside that, every
// round runs formatters for the first time, which compiles code (healthy).
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class AlarmNote {
  constructor(sensor, value) {
    this.sensor = sensor;
    this.value = value;
  }
}

class AlarmPanel {
  constructor() {
    this.unacknowledged = [];
    this.checks = 0;
  }
  check(sensor, value) {
    this.checks++;
    if (value > 98) this.unacknowledged.push(new AlarmNote(sensor, value));
  }
}

const formatters = new Function(`return {${Array.from({length: 220}, (_, k) => `
  format${k}(row) {
    const parts = [];
    for (const [key, value] of Object.entries(row)) {
      if (value === null) continue;
      if (typeof value === 'number') parts.push(key + '=' + (value * ${k + 1}).toFixed(2));
      else if (Array.isArray(value)) parts.push(key + '=' + value.map(x => String(x) + '${k}').join('|'));
      else parts.push(key + '=' + String(value).toUpperCase());
    }
    parts.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    return parts.length > ${k % 5} ? parts.join(';') : 'row ${k}';
  }`).join(',')}};`)();

const panel = new AlarmPanel();
let used = 0;

rounds({
  warm: 800,
  rounds: [400, 400],
  serve(n) {
    panel.check(n % 16, n % 50 === 0 ? 99 : n % 50);
    if (n % 8 === 0) formatters[`format${used++ % 220}`](chores.catalog[n % 240]);
    chores(n);
  },
});
