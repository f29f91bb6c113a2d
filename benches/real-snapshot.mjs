#!/usr/bin/env node
// A snapshot of a real program under load: the TypeScript compiler, holding the programs that it type-checked.
//
//   node --max-old-space-size=12000 benches/real-snapshot.mjs [--programs N] FILE
//
// Each program checks the compiler's own JavaScript (nine megabytes) and is kept, as a language server keeps its projects.
// One makes a snapshot of some 250 MB. The compiler comes from npm into benches/data/typescript the first time; nothing of
// it is part of this repository. Needs Node 20 or newer, and as much memory again while the snapshot is written.
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import v8 from 'node:v8';

const HOME = path.join(path.dirname(fileURLToPath(import.meta.url)), 'data', 'typescript');
const {values, positionals} = parseArgs({allowPositionals: true, options: {programs: {type: 'string', default: '1'}}});
const [file] = positionals;
const count = Number(values.programs);
if (!file || !Number.isInteger(count) || count < 1) {
  console.error('usage: node --max-old-space-size=12000 benches/real-snapshot.mjs [--programs N] FILE');
  process.exit(2);
}
if (!fs.existsSync(path.join(HOME, 'node_modules/typescript'))) {
  fs.mkdirSync(HOME, {recursive: true});
  fs.writeFileSync(path.join(HOME, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', 'typescript@5.9.3'], {cwd: HOME, stdio: 'inherit'});
}
const ts = createRequire(path.join(HOME, 'package.json'))('typescript');
const source = path.join(HOME, 'node_modules/typescript/lib/typescript.js');

const kept = [];
for (let at = 0; at < count; at++) {
  const began = performance.now();
  const program = ts.createProgram([source], {
    allowJs: true, checkJs: true, noEmit: true, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS,
  });
  const problems = program.getSemanticDiagnostics(program.getSourceFile(source)).length;
  kept.push(program);
  console.log(`program ${at + 1}: ${program.getSourceFiles().length} files, ${problems} diagnostics, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
const began = performance.now();
v8.writeHeapSnapshot(file);
const megabytes = (fs.statSync(file).size / 1e6).toFixed(1);
console.log(`${file}: ${megabytes} MB of ${kept.length} programs, written in ${((performance.now() - began) / 1000).toFixed(1)} s`);
