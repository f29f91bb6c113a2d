#!/usr/bin/env node
// Writes small heap snapshots of a fleet: a service on several hosts, each at several times. One host leaks faster than the others.
//
//   node benches/fleet/make.mjs [--hosts 20] [--times 10] FOLDER
//
// writes FOLDER/HOST/TIME.heapsnapshot.
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';

/** Serves requests and takes a snapshot after each batch. Every host keeps sessions; the outlier keeps ten times as many. */
function serve(folder, host, times) {
  class Session {
    constructor(id) {
      this.id = id;
      this.cart = Array.from({length: 4}, (_, at) => ({sku: `sku-${id}-${at}`, price: at}));
    }
  }
  class SessionStore {
    constructor() {
      this.byId = new Map();
    }
  }
  const store = new SessionStore();
  globalThis.store = store;
  const perBatch = host === 13 ? 400 : 40;
  fs.mkdirSync(folder, {recursive: true});
  for (let time = 0; time < times; time++) {
    for (let at = 0; at < perBatch; at++) store.byId.set(`${time}-${at}`, new Session(time * perBatch + at));
    v8.writeHeapSnapshot(path.join(folder, `t${String(time).padStart(2, '0')}.heapsnapshot`));
  }
}

const args = process.argv.slice(2);
const number = (name, usual) => {
  const at = args.indexOf(name);
  return at < 0 ? usual : Number(args.splice(at, 2)[1]);
};
const [hosts, times, only] = [number('--hosts', 20), number('--times', 10), number('--only', -1)];
const folder = args[0];
if (!folder || !(hosts > 0) || !(times > 0)) {
  console.error('usage: make.mjs [--hosts N] [--times N] FOLDER');
  process.exit(2);
}
const of = host => path.join(folder, `host-${String(host).padStart(2, '0')}`);
if (only >= 0) {
  serve(of(only), only, times);
} else {
  for (let host = 0; host < hosts; host++) {
    const run = spawnSync(process.execPath, [import.meta.filename ?? new URL(import.meta.url).pathname, '--times', times, '--only', host, folder], {stdio: 'inherit'});
    if (run.status !== 0) process.exit(1);
  }
}
