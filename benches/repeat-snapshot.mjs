#!/usr/bin/env node
// Writes a large snapshot with the shape of a small one: its nodes several times below one root. For programs whose
// snapshots cannot be made large here, as pages of a browser.
//
//   node benches/repeat-snapshot.mjs IN.heapsnapshot COPIES OUT.heapsnapshot
//
// Every copy has ids of its own; strings are shared. Samples and allocation traces are left out. Needs Node 20 or newer.
import fs from 'node:fs';

const [input, times, output] = process.argv.slice(2);
const copies = Number(times);
if (!output || !Number.isInteger(copies) || copies < 1) {
  console.error('usage: repeat-snapshot.mjs IN.heapsnapshot COPIES OUT.heapsnapshot');
  process.exit(2);
}
const {snapshot, nodes, edges, strings, locations = []} = JSON.parse(fs.readFileSync(input, 'utf8'));
const {node_fields: nodeFields, edge_fields: edgeFields, location_fields: locationFields = []} = snapshot.meta;
const [width, edgeWidth] = [nodeFields.length, edgeFields.length];
const [idField, countField] = [nodeFields.indexOf('id'), nodeFields.indexOf('edge_count')];
const targetField = edgeFields.indexOf('to_node');
if (snapshot.root_index) {
  console.error('repeat-snapshot: expected the root as the first node');
  process.exit(1);
}
const nodeCount = nodes.length / width;
const rootEdges = nodes[countField];
let largest = 0;
for (let at = idField; at < nodes.length; at += width) largest = Math.max(largest, nodes[at]);
// Ids of objects are odd, so that a copy's are moved by an even number.
const idStep = 2 * Math.ceil((largest + 1) / 2);

const out = fs.openSync(output, 'w');
let pending = '';
function put(text) {
  pending += text;
  if (pending.length > 1 << 22) flush();
}
function flush() {
  fs.writeSync(out, pending);
  pending = '';
}
let isFirst = true;
function row(values) {
  put((isFirst ? '' : ',') + values.join(',') + '\n');
  isFirst = false;
}
function section(name, rows) {
  put(`,\n"${name}":[`);
  isFirst = true;
  rows();
  put(']');
}
const ordinalStep = (nodeCount - 1) * width;

const header = {...snapshot, node_count: 1 + copies * (nodeCount - 1), edge_count: copies * (edges.length / edgeWidth), trace_function_count: 0};
put(`{"snapshot":${JSON.stringify(header)}`);
section('nodes', () => {
  for (let copy = 0; copy < copies; copy++) {
    for (let at = copy ? width : 0; at < nodes.length; at += width) {
      const node = nodes.slice(at, at + width);
      if (at === 0) node[countField] = rootEdges * copies;
      node[idField] += copy * idStep;
      row(node);
    }
  }
});
section('edges', () => {
  const write = (copy, from, to) => {
    for (let at = from * edgeWidth; at < to * edgeWidth; at += edgeWidth) {
      const edge = edges.slice(at, at + edgeWidth);
      if (edge[targetField] > 0) edge[targetField] += copy * ordinalStep;
      row(edge);
    }
  };
  for (let copy = 0; copy < copies; copy++) write(copy, 0, rootEdges);
  for (let copy = 0; copy < copies; copy++) write(copy, rootEdges, edges.length / edgeWidth);
});
for (const name of ['trace_function_infos', 'trace_tree', 'samples']) section(name, () => {});
section('locations', () => {
  const step = locationFields.length;
  const objectField = locationFields.indexOf('object_index');
  for (let copy = 0; copy < copies && step; copy++) {
    for (let at = 0; at < locations.length; at += step) {
      const location = locations.slice(at, at + step);
      location[objectField] += copy * ordinalStep;
      row(location);
    }
  }
});
section('strings', () => strings.forEach(text => row([JSON.stringify(text)])));
put('}');
flush();
fs.closeSync(out);
console.log(`${output}: ${(fs.statSync(output).size / 1e6).toFixed(1)} MB, ${header.node_count} nodes, ${header.edge_count} edges`);
