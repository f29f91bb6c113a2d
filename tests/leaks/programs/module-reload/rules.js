'use strict';
class RuleSet {
  constructor(version) {
    this.version = version;
    this.rules = new Map();
    for (let k = 0; k < 40; k++) this.rules.set(`rule-${k}`, {threshold: k / 3, hits: 0});
  }
  apply(n) {
    const rule = this.rules.get(`rule-${n % 40}`);
    rule.hits++;
    return n > rule.threshold;
  }
}

const active = new RuleSet(Date.now());
exports.apply = n => active.apply(n);
