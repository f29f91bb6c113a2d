'use strict';
// Bug: grants are stored per tenant and request; the maps of the tenants only grow.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Grant {
  constructor(subject, action, tenant) {
    this.subject = subject;
    this.action = action;
    this.tenant = tenant;
    this.allowed = subject % 3 !== 0;
  }
}

class PermissionIndex {
  constructor() { this.byTenant = new Map(); }
  tenant(name) {
    let grants = this.byTenant.get(name);
    if (!grants) this.byTenant.set(name, grants = new Map());
    return grants;
  }
  check(name, subject, action) {
    const grants = this.tenant(name);
    const key = `${subject}#${action}`;
    let grant = grants.get(key);
    if (!grant) {
      grant = new Grant(subject, action, name);
      grants.set(key, grant);
    }
    return grant.allowed;
  }
}

const permissions = new PermissionIndex();
const actions = ['read', 'write', 'share'];

rounds({
  warm: 700,
  rounds: [300, 300],
  serve(n) {
    permissions.check(`tenant-${n % 7}`, n, actions[n % 3]);
    chores(n);
  },
});
