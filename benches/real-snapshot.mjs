#!/usr/bin/env node
// A snapshot of a real program under load: the Babel compiler, holding what it made of the files that it compiled.
//
//   node --max-old-space-size=12000 benches/real-snapshot.mjs [--files N] FILE
//
// Each file is Babel's own parser (half a megabyte of JavaScript), compiled anew and kept with its tree, scopes and source
// map, as a bundler keeps its modules. Four make a snapshot of 400 MB, ten one of a gigabyte. The compiler comes from npm
// into benches/data/babel the first time; nothing of it is part of this repository. Needs Node 20 or newer, and as much
// memory again while the snapshot is written.
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import v8 from 'node:v8';

const HOME = path.join(path.dirname(fileURLToPath(import.meta.url)), 'data', 'babel');
const {values, positionals} = parseArgs({allowPositionals: true, options: {files: {type: 'string', default: '4'}}});
const [file] = positionals;
const count = Number(values.files);
if (!file || !Number.isInteger(count) || count < 1) {
  console.error('usage: node --max-old-space-size=12000 benches/real-snapshot.mjs [--files N] FILE');
  process.exit(2);
}
if (!fs.existsSync(path.join(HOME, 'node_modules/@babel/core'))) {
  fs.mkdirSync(HOME, {recursive: true});
  fs.writeFileSync(path.join(HOME, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '@babel/core@7'], {cwd: HOME, stdio: 'inherit'});
}
const babel = createRequire(path.join(HOME, 'package.json'))('@babel/core');
const source = fs.readFileSync(path.join(HOME, 'node_modules/@babel/parser/lib/index.js'), 'utf8');

const kept = [];
for (let at = 0; at < count; at++) {
  kept.push(babel.transformSync(source, {ast: true, sourceMaps: true, compact: false, configFile: false, babelrc: false}));
}
console.log(`${count} files compiled, ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB of heap`);
const began = performance.now();
v8.writeHeapSnapshot(file);
const megabytes = (fs.statSync(file).size / 1e6).toFixed(1);
console.log(`${file}: ${megabytes} MB of ${kept.length} files, written in ${((performance.now() - began) / 1000).toFixed(1)} s`);
