#!/usr/bin/env node
// Writes a large, real heap snapshot: a Map of sessions with strings, arrays, dates, closures and class instances, a
// linked list, a wide array and a WeakMap, as a leaking service might hold them.
//
//   node benches/make-snapshot.mjs [--size 1GB] [--shape sessions|chain|star] [--grow] OUT.heapsnapshot
//
// --size   rough size of the file (default 100MB); the number of sessions follows from it
// --shape  sessions (default), chain (a linked list of 1,000,000) or star (an array of 1,000,000)
// --grow   writes OUT-1 and OUT-2: the same process before and after it grew by a tenth
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import v8 from 'node:v8';

function usage(problem) {
  console.error(`make-snapshot: ${problem}\nusage: make-snapshot.mjs [--size 1GB] [--shape sessions|chain|star] [--grow] OUT.heapsnapshot`);
  process.exit(2);
}

const options = {size: 100e6, shape: 'sessions', grow: false, out: undefined};
const args = process.argv.slice(2);
while (args.length) {
  const arg = args.shift();
  if (arg === '--size') {
    const match = /^(\d+(?:\.\d+)?)(k|m|g)?b?$/i.exec(args.shift() ?? '');
    if (!match) usage('--size takes a number with kB, MB or GB');
    options.size = Number(match[1]) * {k: 1e3, m: 1e6, g: 1e9}[(match[2] ?? 'm').toLowerCase()];
  } else if (arg === '--shape') {
    options.shape = args.shift();
    if (!['sessions', 'chain', 'star'].includes(options.shape)) usage('--shape is sessions, chain or star');
  } else if (arg === '--grow') {
    options.grow = true;
  } else if (arg.startsWith('-') || options.out) {
    usage(`unexpected argument ${arg}`);
  } else {
    options.out = arg;
  }
}
if (!options.out) usage('no output file given');

// V8 needs several times the heap to write a snapshot of it.
if (!process.env.HEAPGLASS_CHILD) {
  const megabytes = Math.max(2000, Math.round(options.size / 1e6 * 6));
  const child = spawnSync(process.execPath, [`--max-old-space-size=${megabytes}`, '--stack-size=4000', ...process.argv.slice(1)],
      {stdio: 'inherit', env: {...process.env, HEAPGLASS_CHILD: '1'}});
  process.exit(child.status ?? 1);
}

class Session {
  constructor(id) {
    this.id = id;
    this.user = {name: `user-${id}`, email: `user${id}@example.org`, roles: ['reader', `group-${id % 97}`]};
    this.created = new Date(1.7e12 + id * 1000);
    this.history = [];
    for (let i = 0; i < 6; i++) this.history.push(new Visit(id, i));
    this.counters = [id, id * 2.5, id / 3, i => i + id];
    this.onExpire = () => sessions.delete(`session-${this.id}`);
    this.cache = new Map([['theme', 'dark'], ['token', `t${(id * 2654435761 >>> 0).toString(36)}`]]);
  }
}

class Visit {
  constructor(session, index) {
    this.path = index % 2 ? `/item/${session % 5000}/${index}` : '/index.html';
    this.at = session * 1000 + index + 0.5;
    this.query = {page: index, sort: 'name'};
    this.referrer = index ? `https://example.org/page/${(session * 7 + index) % 100000}` : null;
  }
}

class ListNode {
  constructor(value, next) {
    this.value = value;
    this.next = next;
  }
}

class Point {
  constructor(i) {
    this.x = i;
    this.y = i * 0.5;
  }
}

const sessions = new Map();
const metadata = new WeakMap();
let nextId = 0;
function addSessions(count) {
  for (let i = 0; i < count; i++) {
    const session = new Session(nextId++);
    sessions.set(`session-${session.id}`, session);
    if (session.id % 100 === 0) metadata.set(session, {flags: session.id});
  }
}

// One session takes about this much of the file (measured with Node 20).
const SESSION_BYTES = 4200;
const BASE_BYTES = 14e6;
const held = {sessions, metadata, list: null, wide: []};
globalThis.held = held;
const million = 1_000_000;
if (options.shape === 'chain') {
  for (let i = 0; i < million; i++) held.list = new ListNode(i, held.list);
} else if (options.shape === 'star') {
  for (let i = 0; i < million; i++) held.wide.push(new Point(i));
} else {
  const big = options.size >= 500e6;
  for (let i = 0; i < 100_000; i++) held.list = new ListNode(i, held.list);
  for (let i = 0; i < (big ? million : 100_000); i++) held.wide.push(new Point(i));
  const fixed = BASE_BYTES + (big ? 166e6 : 17e6);
  addSessions(Math.max(100, Math.round((options.size - fixed) / SESSION_BYTES)));
}

function write(path) {
  v8.writeHeapSnapshot(path);
  console.log(`${path}: ${(fs.statSync(path).size / 1e6).toFixed(1)} MB, ${sessions.size} sessions`);
}
if (options.grow) {
  const stem = options.out.replace(/\.heapsnapshot$/, '');
  write(`${stem}-1.heapsnapshot`);
  addSessions(Math.round(sessions.size / 10));
  for (let i = 0; i < 50; i++) sessions.delete(`session-${i}`);
  write(`${stem}-2.heapsnapshot`);
} else {
  write(options.out);
}
