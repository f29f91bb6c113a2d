#!/usr/bin/env node
// Writes a large, real heap snapshot to measure with: what a leaking service might hold. Needs Node 20 or newer and
// about six times the file's size in memory while V8 writes it.
//
//   node benches/make-snapshot.mjs [--size 1GB] [--shape sessions|chain|star|weak|strings] [--pair] OUT.heapsnapshot
//
// --size   size of the file (default 100MB, at least 50MB; a MB is 2^20 bytes), met within a tenth; the number of sessions
//          follows from it. 1GB has about 13 million nodes, 40 million edges and 3.4 million strings. From 2GB on the file
//          is made up and written straight to disk, in little memory (see stream-snapshot.mjs), for V8 cannot write it
// --shape  sessions: a Map of sessions with strings (many of them equal), arrays, closures, dates, nested plain objects
//                    and instances of several classes; a linked list of 100,000; an array of 100,000 instances of one
//                    class, or of 1,000,000 from 500MB on; and WeakMaps. The default
//          chain:    a linked list of 1,000,000. Takes no --size
//          star:     one array with 1,000,000 instances of one class. Takes no --size
//          weak:     a WeakMap with 450,000 entries, whose values refer to other keys. Takes no --size
//          strings:  a Map of 800,000 different strings of 20 to 600 characters, most of them escaped. Takes no --size
// --pair   writes OUT-1 and OUT-2: the same process before and after it served more requests. The first has the size
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import {streamSnapshot} from './stream-snapshot.mjs';

const USAGE = 'usage: make-snapshot.mjs [--size 1GB] [--shape sessions|chain|star|weak|strings] [--pair] OUT.heapsnapshot';
const SHAPES = ['sessions', 'chain', 'star', 'weak', 'strings'];
const MILLION = 1_000_000;

// What a file takes, as Node 20 writes it; the fixed part is Node itself, the linked list and the wide array. An edge
// names its target by a number that has more digits in a larger file, so a session's part grows with the size.
const NODE_BYTES = 5.3e6;
const LIST_BYTES = 8e6;
const POINT_BYTES = 166;
const sessionBytes = size => 5_760 + 260 * Math.log10(size / 100e6);

function fail(problem, code = 2) {
  console.error(`make-snapshot: ${problem}`);
  if (code === 2) console.error(USAGE);
  process.exit(code);
}

function parseSize(text) {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg])b?$/i.exec(text ?? '');
  if (!match) fail(`--size takes a number with KB, MB or GB, not ${text ?? 'nothing'}`);
  return Number(match[1]) * {k: 2 ** 10, m: 2 ** 20, g: 2 ** 30}[match[2].toLowerCase()];
}

function parseArguments(args) {
  const options = {size: undefined, shape: 'sessions', pair: false, out: undefined};
  while (args.length) {
    const arg = args.shift();
    if (arg === '--size') {
      options.size = parseSize(args.shift());
    } else if (arg === '--shape') {
      options.shape = args.shift();
      if (!SHAPES.includes(options.shape)) fail(`--shape is one of ${SHAPES.join(', ')}, not ${options.shape ?? 'nothing'}`);
    } else if (arg === '--pair') {
      options.pair = true;
    } else if (arg === '--help' || arg === '-h') {
      console.log(USAGE);
      process.exit(0);
    } else if (arg.startsWith('-') || options.out) {
      fail(`unexpected argument ${arg}`);
    } else {
      options.out = arg;
    }
  }
  if (!options.out) fail('no output file given');
  if (!options.out.endsWith('.heapsnapshot')) fail(`the output file must end in .heapsnapshot, not ${options.out}`);
  if (!fs.existsSync(path.dirname(options.out))) fail(`there is no folder ${path.dirname(options.out)}`, 1);
  if (options.shape !== 'sessions' && options.size) fail(`--size has no meaning for the shape ${options.shape}`);
  options.size ??= parseSize('100MB');
  if (options.size < parseSize('50MB')) fail('the smallest size is 50MB');
  return options;
}

const options = parseArguments(process.argv.slice(2));

if (options.size >= parseSize('2GB')) {
  if (options.pair) fail('--pair is for sizes below 2GB');
  const start = performance.now();
  const made = streamSnapshot(options.out, options.size);
  const megabytes = (made.bytes / 2 ** 20).toFixed(1);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${options.out}: ${megabytes} MB, ${made.sessions} sessions, ${made.nodes} nodes, ${made.edges} edges, written in ${seconds} s`);
  process.exit(0);
}

// The heap is limited when Node starts, so a limit that is too low takes a second process.
const heapMegabytes = Math.max(2_000, Math.round(options.size / 1e6 * 3));
if (!process.execArgv.some(flag => flag.startsWith('--max-old-space-size'))) {
  const flags = [`--max-old-space-size=${heapMegabytes}`, ...process.execArgv];
  const child = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], {stdio: 'inherit'});
  if (child.error) fail(child.error.message, 1);
  if (child.signal) fail(`Node was ended by ${child.signal}; is there memory enough?`, 1);
  process.exit(child.status);
}

class Visit {
  constructor(owner, index) {
    const session = owner.id;
    this.owner = owner;
    this.path = `/item/${session.toString(36)}/${index}`;
    this.at = session * 1000 + index + 0.5;
    this.query = {page: index, sort: 'name', direction: index % 2 ? 'ascending' : 'descending'};
    this.referrer = index % 3 ? fresh(`https://example.org/page/${session}-${index}`) : null;
    this.agent = fresh(AGENTS[(session + index) % AGENTS.length]);
  }
}

class User {
  constructor(id) {
    this.name = `user-${id}`;
    this.email = fresh(`user${id}@example.org`);
    this.roles = ['reader', `group-${id % 97}`];
    this.address = {street: `${id % 211} Station Road`, city: CITIES[id % CITIES.length], geo: {lat: id / 7, lon: id / 11}};
  }
}

class Cart {
  constructor(owner, count) {
    const session = owner.id;
    this.owner = owner;
    this.items = [];
    for (let i = 0; i < count; i++) {
      this.items.push({sku: `sku-${session}-${i}`, quantity: i + 1, price: i + 0.99, options: {gift: i === 0, note: null}});
    }
    this.total = () => this.items.reduce((sum, item) => sum + item.price * item.quantity, 0);
  }
}

class Session {
  constructor(id) {
    this.id = id;
    this.token = `${(id * 2654435761 >>> 0).toString(36)}.${id.toString(16)}`;
    this.user = new User(id);
    this.created = new Date(1.7e12 + id * 1000);
    this.history = [];
    for (let i = 0; i < 6; i++) this.history.push(new Visit(this, i));
    this.cart = new Cart(this, 2);
    this.counters = [id, id * 2.5, id / 3];
    this.onExpire = () => held.sessions.delete(`session-${this.id}`);
    this.preferences = new Map([['theme', 'dark'], ['csrf', `csrf-${id}`]]);
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

const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'okhttp/4.12.0', 'a-mobile-application/17.2'];
const CITIES = ['Berlin', 'Genova', 'Kyoto', 'Lagos', 'Quito'];

// A flat string of its own, as a parser makes them; V8 keeps what a template makes in parts, and equal constants once.
function fresh(text) {
  return Buffer.from(text).toString('latin1');
}

const held = {sessions: new Map(), list: null, wide: [], metadata: new WeakMap(), audits: new WeakMap()};
globalThis.held = held;
let nextId = 0;

function addSessions(count) {
  for (let i = 0; i < count; i++) {
    const session = new Session(nextId++);
    held.sessions.set(`session-${session.id}`, session);
    if (session.id % 10 === 0) held.metadata.set(session, {flags: session.id});
    if (session.id % 100 === 0) held.audits.set(session.user, [session.created, `audit-${session.id}`]);
  }
}

function addList(length) {
  for (let i = 0; i < length; i++) held.list = new ListNode(i, held.list);
}

function addPoints(count) {
  for (let i = 0; i < count; i++) held.wide.push(new Point(i));
}

// Each value refers to the key before it and to one far away, so that the entries form a graph.
function addWeakEntries(count) {
  const keys = [];
  for (let i = 0; i < count; i++) {
    const key = {id: i, name: `key-${i}`};
    const others = [keys[i - 1], keys[Math.floor(i * 0.37)]];
    held.metadata.set(key, {others, label: fresh(`value ${i}`)});
    keys.push(key);
  }
  held.wide = keys;
}

function addStrings(count) {
  for (let i = 0; i < count; i++) {
    const line = `{"id": ${i}, "city": "${CITIES[i % CITIES.length]}", "path": "C:\\\\${i.toString(36)}"}\n`;
    held.sessions.set(`key-${i}`, fresh(line.repeat(1 + (i * 7919) % 10).slice(0, 20 + (i * 104_729) % 580)));
  }
}

function write(file) {
  const start = performance.now();
  v8.writeHeapSnapshot(file);
  const megabytes = (fs.statSync(file).size / 2 ** 20).toFixed(1);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${file}: ${megabytes} MB, ${held.sessions.size} sessions, written in ${seconds} s`);
}

if (options.shape === 'chain') {
  addList(MILLION);
} else if (options.shape === 'star') {
  addPoints(MILLION);
} else if (options.shape === 'weak') {
  addWeakEntries(450_000);
} else if (options.shape === 'strings') {
  addStrings(800_000);
} else {
  const points = options.size >= 500e6 ? MILLION : MILLION / 10;
  addList(MILLION / 10);
  addPoints(points);
  addSessions(Math.round((options.size - NODE_BYTES - LIST_BYTES - points * POINT_BYTES) / sessionBytes(options.size)));
}

if (options.pair) {
  const stem = options.out.slice(0, -'.heapsnapshot'.length);
  write(`${stem}-1.heapsnapshot`);
  // The second has some sessions fewer and more sessions more, a longer list and more points.
  for (let id = 0; id < held.sessions.size / 100; id++) held.sessions.delete(`session-${id}`);
  addSessions(Math.round(held.sessions.size / 10));
  addList(10_000);
  addPoints(10_000);
  write(`${stem}-2.heapsnapshot`);
} else {
  write(options.out);
}
