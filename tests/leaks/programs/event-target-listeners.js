'use strict';
// Bug: a view listens for changes of the settings and keeps listening after it was disposed.
const {setMaxListeners} = require('node:events');
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class SettingsHub extends EventTarget {
  static shared = new SettingsHub();
  values = new Map([['theme', 'light'], ['density', 'compact']]);
  set(key, value) {
    this.values.set(key, value);
    this.dispatchEvent(new Event('change'));
  }
}
setMaxListeners(0, SettingsHub.shared);

class DashboardView {
  constructor(owner) {
    this.owner = owner;
    this.tiles = [owner % 5, owner % 7];
    this.dirty = true;
  }
  invalidate() { this.dirty = true; }
  dispose() { this.tiles.length = 0; }
}

function openDashboard(owner) {
  const view = new DashboardView(owner);
  SettingsHub.shared.addEventListener('change', () => view.invalidate());
  return view;
}

rounds({
  warm: 500,
  rounds: [240, 240],
  serve(n) {
    const dashboard = openDashboard(n);
    chores(n);
    if (n % 60 === 0) SettingsHub.shared.set('density', n % 2 ? 'compact' : 'wide');
    dashboard.dispose();
  },
});
