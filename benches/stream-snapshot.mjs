// Writes a snapshot of any size straight to disk, for sizes that V8 itself cannot write: what `make-snapshot.mjs` does
// with --size 2GB and more. The heap is made up but shaped like the real one of that script: a table of sessions with
// users, visits, carts, closures and their contexts, Maps, dates and strings of which many are equal. A row is worked out
// from the session's number when it is written, so memory does not grow with the file.
import fs from 'node:fs';

const NODE_TYPES = [
  'hidden', 'array', 'string', 'object', 'code', 'closure', 'regexp', 'number', 'native', 'synthetic',
  'concatenated string', 'sliced string', 'symbol', 'bigint', 'object shape', 'wasm object',
];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];
const NODE_FIELDS = 7;
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'okhttp/4.12.0', 'a-mobile-application/17.2'];
const CITIES = ['Berlin', 'Genova', 'Kyoto', 'Lagos', 'Quito'];
const CHUNK = 4 << 20;

const nodeType = name => NODE_TYPES.indexOf(name);
const edgeType = name => EDGE_TYPES.indexOf(name);

// Strings and nodes that all sessions share.
class Shared {
  constructor() {
    this.strings = [];
    this.ids = new Map();
    this.nodes = [];
  }

  string(text) {
    if (!this.ids.has(text)) {
      this.ids.set(text, this.strings.length);
      this.strings.push(text);
    }
    return this.ids.get(text);
  }

  node(type, name, size) {
    this.nodes.push({type: nodeType(type), name: this.string(name), size, edges: []});
    return this.nodes.length - 1;
  }

  edge(from, type, name, to) {
    const label = typeof name === 'number' ? name : this.string(name);
    this.nodes[from].edges.push([edgeType(type), label, to]);
  }
}

// A session as a pattern: nodes with names and edges, in which targets are {own: n} or {shared: n} and names are shared
// strings or functions of the session's number.
class Pattern {
  constructor(shared) {
    this.shared = shared;
    this.nodes = [];
    this.texts = [];
    this.shapes = new Map();
    this.layouts = new Map();
    this.constants = new Map();
  }

  shape(name) {
    if (!this.shapes.has(name)) {
      const shape = this.shared.node('object shape', 'system / Map', 80);
      const prototype = this.shared.node('object', name, 56);
      this.shared.edge(shape, 'internal', 'prototype', prototype);
      this.shapes.set(name, [shape, prototype]);
    }
    return this.shapes.get(name);
  }

  add(type, name, size) {
    this.nodes.push({type: nodeType(type), name, size, edges: []});
    const node = this.nodes.length - 1;
    if (type !== 'object') this.edge(node, 'internal', 'map', {shared: this.layout(type)});
    return node;
  }

  // What nodes of one kind that are no objects have for a map.
  layout(type) {
    if (!this.layouts.has(type)) this.layouts.set(type, this.shared.node('hidden', 'system / Map', 80));
    return this.layouts.get(type);
  }

  // A property whose value all sessions share.
  constant(from, name, type, value) {
    const key = `${type} ${value}`;
    if (!this.constants.has(key)) this.constants.set(key, this.shared.node(type, value, 24));
    this.edge(from, 'property', name, {shared: this.constants.get(key)});
  }

  edge(from, type, name, to) {
    const label = typeof name === 'number' ? name : this.shared.string(name);
    this.nodes[from].edges.push([edgeType(type), label, to]);
  }

  object(name, size) {
    const node = this.add('object', {shared: this.shared.string(name)}, size);
    const [shape, prototype] = this.shape(name);
    this.edge(node, 'property', '__proto__', {shared: prototype});
    this.edge(node, 'internal', 'map', {shared: shape});
    return node;
  }

  text(make, size) {
    this.texts.push(make);
    return this.add('string', {own: this.texts.length - 1}, size);
  }

  array(type, name, size) {
    return this.add(type, {shared: this.shared.string(name)}, size);
  }

  own(from, name, node) {
    this.edge(from, 'property', name, {own: node});
  }

  list(length) {
    const array = this.object('Array', 32);
    const elements = this.array('array', '', 16 + 8 * length);
    this.edge(array, 'internal', 'elements', {own: elements});
    return [array, elements];
  }

  closure(name, code, context) {
    const closure = this.add('closure', {shared: this.shared.string(name)}, 64);
    this.edge(closure, 'internal', 'shared', {shared: code});
    this.edge(closure, 'internal', 'context', {own: context});
    return closure;
  }
}

function session(shared) {
  const pattern = new Pattern(shared);
  const code = ['onExpire', 'total'].map(name => shared.node('code', name, 56));
  const info = shared.node('code', 'system / ScopeInfo', 48);
  const context = variable => {
    const node = pattern.array('object', 'system / Context', 40);
    pattern.edge(node, 'context', 'this', {own: variable});
    pattern.edge(node, 'internal', 'scope_info', {shared: info});
    return node;
  };
  const root = pattern.object('Session', 104);
  pattern.own(root, 'token', pattern.text(n => `${(n * 2654435761 >>> 0).toString(36)}.${n.toString(16)}`, 32));
  const user = pattern.object('User', 56);
  pattern.own(root, 'user', user);
  pattern.own(user, 'name', pattern.text(n => `user-${n}`, 32));
  pattern.own(user, 'email', pattern.text(n => `user${n}@example.org`, 40));
  const [roles, roleList] = pattern.list(2);
  pattern.own(user, 'roles', roles);
  pattern.constant(roleList, '1', 'string', 'reader');
  pattern.edge(roleList, 'internal', 0, {own: pattern.text(n => `group-${n % 97}`, 24)});
  const address = pattern.object('Object', 40);
  pattern.own(user, 'address', address);
  pattern.own(address, 'street', pattern.text(n => `${n % 211} Station Road`, 40));
  pattern.own(address, 'city', pattern.text(n => CITIES[n % CITIES.length], 24));
  const place = pattern.object('Object', 40);
  pattern.own(address, 'geo', place);
  for (const name of ['lat', 'lon']) pattern.own(place, name, pattern.array('number', 'heap number', 16));
  pattern.own(root, 'created', pattern.object('Date', 96));
  const [history, visits] = pattern.list(6);
  pattern.own(root, 'history', history);
  for (let at = 0; at < 6; at++) {
    const visit = pattern.object('Visit', 72);
    pattern.edge(visits, 'internal', at, {own: visit});
    pattern.own(visit, 'owner', root);
    pattern.own(visit, 'path', pattern.text(n => `/item/${n.toString(36)}/${at}`, 32));
    pattern.own(visit, 'at', pattern.array('number', 'heap number', 16));
    const query = pattern.object('Object', 48);
    pattern.own(visit, 'query', query);
    pattern.constant(query, 'sort', 'string', 'name');
    pattern.constant(query, 'direction', 'string', at % 2 ? 'ascending' : 'descending');
    if (at % 3 === 0) pattern.constant(visit, 'referrer', 'hidden', 'system / Oddball');
    if (at % 3) pattern.own(visit, 'referrer', pattern.text(n => `https://example.org/page/${n}-${at}`, 56));
    pattern.own(visit, 'agent', pattern.text(n => AGENTS[(n + at) % AGENTS.length], 48));
  }
  const cart = pattern.object('Cart', 48);
  pattern.own(root, 'cart', cart);
  pattern.own(cart, 'owner', root);
  const [items, itemList] = pattern.list(2);
  pattern.own(cart, 'items', items);
  for (let at = 0; at < 2; at++) {
    const item = pattern.object('Object', 56);
    pattern.edge(itemList, 'internal', at, {own: item});
    pattern.own(item, 'sku', pattern.text(n => `sku-${n}-${at}`, 24));
    pattern.own(item, 'price', pattern.array('number', 'heap number', 16));
    const options = pattern.object('Object', 40);
    pattern.own(item, 'options', options);
    for (const name of ['gift', 'note']) pattern.constant(options, name, 'hidden', 'system / Oddball');
  }
  pattern.own(cart, 'total', pattern.closure('total', code[1], context(cart)));
  pattern.own(root, 'onExpire', pattern.closure('onExpire', code[0], context(root)));
  const preferences = pattern.object('Map', 32);
  pattern.own(root, 'preferences', preferences);
  const table = pattern.array('array', '', 120);
  pattern.edge(preferences, 'internal', 'table', {own: table});
  pattern.edge(table, 'internal', 0, {own: pattern.text(n => `csrf-${n}`, 24)});
  return pattern;
}

// Text that goes to the file in large pieces.
class Out {
  constructor(file) {
    this.fd = fs.openSync(file, 'w');
    this.text = '';
    this.bytes = 0;
  }

  write(text) {
    this.text += text;
    if (this.text.length >= CHUNK) this.flush();
  }

  flush() {
    const buffer = Buffer.from(this.text, 'latin1');
    for (let at = 0; at < buffer.length;) at += fs.writeSync(this.fd, buffer, at);
    this.bytes += buffer.length;
    this.text = '';
  }

  close() {
    this.flush();
    fs.closeSync(this.fd);
  }
}

class Writer {
  constructor() {
    this.shared = new Shared();
    const shared = this.shared;
    this.root = shared.node('synthetic', '', 0);
    this.groups = shared.node('synthetic', '(GC roots)', 0);
    this.strong = shared.node('synthetic', '(Strong roots)', 0);
    this.global = shared.node('object', 'global', 96);
    const held = shared.node('object', 'Object', 56);
    const sessions = shared.node('object', 'Map', 32);
    this.table = shared.node('array', '', 0);
    this.pattern = session(shared);
    shared.edge(this.root, 'element', 1, this.groups);
    shared.edge(this.root, 'shortcut', '2', this.global);
    shared.edge(this.groups, 'element', 1, this.strong);
    shared.edge(this.strong, 'element', 1, this.global);
    shared.edge(this.global, 'property', 'held', held);
    shared.edge(held, 'property', 'sessions', sessions);
    shared.edge(sessions, 'internal', 'table', this.table);
    for (const [shape] of this.pattern.shapes.values()) shared.edge(this.strong, 'internal', 'map', shape);
    for (const node of [...this.pattern.layouts.values(), ...this.pattern.constants.values()]) {
      shared.edge(this.strong, 'internal', 'constant', node);
    }
    this.ownNodes = this.pattern.nodes.length;
    this.ownEdges = this.pattern.nodes.reduce((sum, node) => sum + node.edges.length, 0);
    this.sharedEdges = shared.nodes.reduce((sum, node) => sum + node.edges.length, 0);
  }

  nodesOf(n) {
    const {nodes, strings} = this.shared;
    const first = nodes.length + n * this.ownNodes;
    const text = strings.length + n * this.pattern.texts.length;
    let rows = '';
    this.pattern.nodes.forEach((node, at) => {
      const name = node.name.own === undefined ? node.name.shared : text + node.name.own;
      rows += `,${node.type},${name},${2 * (first + at) + 1},${node.size},${node.edges.length},0,0\n`;
    });
    return rows;
  }

  edgesOf(n) {
    const first = this.shared.nodes.length + n * this.ownNodes;
    let rows = '';
    for (const node of this.pattern.nodes) {
      for (const [type, label, to] of node.edges) {
        const target = to.own === undefined ? to.shared : first + to.own;
        rows += `,${type},${label},${target * NODE_FIELDS}\n`;
      }
    }
    return rows;
  }

  stringsOf(n) {
    return this.pattern.texts.map(make => `,\n${JSON.stringify(make(n))}`).join('');
  }

  locationOf(n) {
    return `${n ? ',' : ''}${(this.shared.nodes.length + n * this.ownNodes) * NODE_FIELDS},42,120,13\n`;
  }

  // One row of the table, which leads to the session.
  rowOf(n) {
    return `,${edgeType('internal')},${n},${(this.shared.nodes.length + n * this.ownNodes) * NODE_FIELDS}\n`;
  }

  bytesOf(n) {
    return [this.nodesOf, this.edgesOf, this.stringsOf, this.locationOf, this.rowOf]
      .reduce((sum, part) => sum + part.call(this, n).length, 0);
  }

  // As many as fill the file: what one takes grows with the number of digits, so from places spread over all.
  sessionsIn(bytes) {
    let count = Math.round(bytes / this.bytesOf(100_000));
    for (let round = 0; round < 5; round++) {
      const places = Array.from({length: 64}, (_, at) => Math.floor(count * (at + 0.5) / 64));
      count = Math.round(bytes / (places.reduce((sum, n) => sum + this.bytesOf(n), 0) / places.length));
    }
    return count;
  }

  header(sessions) {
    const number = Array(5).fill('number');
    return {
      meta: {
        node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'],
        node_types: [NODE_TYPES, 'string', ...number],
        edge_fields: ['type', 'name_or_index', 'to_node'],
        edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
        trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
        trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
        sample_fields: ['timestamp_us', 'last_assigned_id'],
        location_fields: ['object_index', 'script_id', 'line', 'column'],
      },
      node_count: this.shared.nodes.length + sessions * this.ownNodes,
      edge_count: this.sharedEdges + sessions + sessions * this.ownEdges,
      trace_function_count: 0,
    };
  }

  write(file, sessions) {
    const out = new Out(file);
    const each = part => {
      for (let n = 0; n < sessions; n++) out.write(part.call(this, n));
    };
    const {nodes, strings} = this.shared;
    const header = this.header(sessions);
    out.write(`{"snapshot":${JSON.stringify(header)},\n"nodes":[`);
    nodes.forEach((node, at) => {
      const isTable = at === this.table;
      const edges = node.edges.length + (isTable ? sessions : 0);
      const size = isTable ? 16 + 24 * sessions : node.size;
      out.write(`${at ? ',' : ''}${node.type},${node.name},${2 * at + 1},${size},${edges},0,0\n`);
    });
    each(this.nodesOf);
    out.write('],\n"edges":[');
    let comma = '';
    nodes.forEach((node, at) => {
      for (const [type, label, to] of node.edges) {
        out.write(`${comma}${type},${label},${to * NODE_FIELDS}\n`);
        comma = ',';
      }
      if (at === this.table) each(this.rowOf);
    });
    each(this.edgesOf);
    out.write('],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n"locations":[');
    each(this.locationOf);
    out.write(`],\n"strings":[${strings.map(text => JSON.stringify(text)).join(',\n')}`);
    each(this.stringsOf);
    out.write(']}');
    out.close();
    return {bytes: out.bytes, nodes: header.node_count, edges: header.edge_count};
  }
}

// Writes about so many bytes to the file and says what is in it.
export function streamSnapshot(file, bytes) {
  const writer = new Writer();
  const sessions = writer.sessionsIn(bytes);
  return {sessions, ...writer.write(file, sessions)};
}
