'use strict';
// Tokens expire after 400 requests; a sweep removes them. Between sweeps the table grows a little.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class AccessToken {
  constructor(value, expires) {
    this.value = value;
    this.expires = expires;
    this.scopes = ['read', 'write'];
  }
}

function createTokens(lifetime, every) {
  const issued = new Map();
  return {
    issue(now) {
      const token = new AccessToken(`tok_${String(now).padStart(10, '0')}`, now + lifetime);
      issued.set(token.value, token);
      if (now % every === 0) this.sweep(now);
      return token;
    },
    sweep(now) {
      for (const [value, token] of issued) if (token.expires <= now) issued.delete(value);
    },
    valid: (value, now) => issued.get(value)?.expires > now,
  };
}

const tokens = createTokens(400, 35);

rounds({
  warm: 1000,
  rounds: [450, 450],
  serve(n) {
    const token = tokens.issue(n);
    chores(n);
    return tokens.valid(token.value, n);
  },
});
