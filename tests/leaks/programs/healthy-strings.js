'use strict';
// A page is built by concatenation, flattened and kept until the next one; keys are copied out of it.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const copy = text => Buffer.from(text, 'latin1').toString('latin1');

class PageBuilder {
  constructor() {
    this.page = '';
    this.ids = [];
  }
  build(n) {
    let html = '<table>';
    for (let k = 0; k < 30; k++) html += `<tr id="row-${n}-${k}-of-the-table"><td>${k * n}</td></tr>`;
    this.page = copy(html + '</table>');
    const at = this.page.indexOf('id="') + 4;
    this.ids.push(copy(this.page.slice(at, this.page.indexOf('"', at))));
    if (this.ids.length > 100) this.ids.splice(0, 1);
  }
}

const builder = new PageBuilder();

rounds({
  warm: 700,
  rounds: [330, 330],
  serve(n) {
    builder.build(n);
    chores(n);
  },
});
