#!/usr/bin/env node
// Loads a snapshot with the heap snapshot worker of Chrome DevTools, unmodified, and says how long that took:
//
//   node --max-old-space-size=20000 benches/devtools.mjs FILE
//
// The worker comes from npm (chrome-devtools-frontend) and is bundled with esbuild, both fetched into benches/data/devtools
// the first time; nothing of them is part of this repository. Needs Node 20 or newer. The last line of the output is JSON.
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {isMainThread, MessageChannel, Worker, workerData} from 'node:worker_threads';

const SELF = fileURLToPath(import.meta.url);
const HOME = path.join(path.dirname(SELF), 'data', 'devtools');
const BUNDLE = path.join(HOME, 'worker.mjs');
const PACKAGES = ['chrome-devtools-frontend@1.0.1705227', 'esbuild@0.28.2'];
const FRONT_END = './node_modules/chrome-devtools-frontend/front_end';
const ENTRY = `export * as HeapSnapshotWorker from '${FRONT_END}/entrypoints/heap_snapshot_worker/heap_snapshot_worker.js';
export * as HeapSnapshotModel from '${FRONT_END}/models/heap_snapshot/HeapSnapshotModel.js';`;
// The package lacks one generated file, of which the worker needs the names only.
const LOCALES = `export const LOCALES = ['en-US']; export const BUNDLED_LOCALES = ['en-US'];
export const DEFAULT_LOCALE = 'en-US'; export const REMOTE_FETCH_PATTERN = ''; export const LOCAL_FETCH_PATTERN = '';`;
// What DevTools reads a file in.
const CHUNK_BYTES = 10_000_000;

async function bundle() {
  fs.mkdirSync(HOME, {recursive: true});
  fs.writeFileSync(path.join(HOME, 'package.json'), '{"private": true}');
  fs.writeFileSync(path.join(HOME, 'entry.ts'), ENTRY);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...PACKAGES], {cwd: HOME, stdio: ['ignore', 2, 2]});
  const esbuild = await import(pathToFileURL(path.join(HOME, 'node_modules/esbuild/lib/main.js')).href);
  const locales = {
    name: 'locales',
    setup(build) {
      build.onResolve({filter: /\/locales\.js$/}, ({path}) => ({path, namespace: 'locales'}));
      build.onLoad({filter: /.*/, namespace: 'locales'}, () => ({contents: LOCALES}));
    },
  };
  await esbuild.build({
    entryPoints: [path.join(HOME, 'entry.ts')], bundle: true, platform: 'node', format: 'esm', target: 'node20',
    outfile: BUNDLE, plugins: [locales], logLevel: 'error',
    tsconfigRaw: '{"compilerOptions": {"useDefineForClassFields": true, "target": "es2022"}}',
  });
}

// Node 20 lacks this, and the worker uses it.
Promise.withResolvers ??= function() {
  let resolve, reject;
  const promise = new this((yes, no) => { [resolve, reject] = [yes, no]; });
  return {promise, resolve, reject};
};

async function main(file) {
  if (!fs.existsSync(BUNDLE)) {
    await bundle();
  }
  const {HeapSnapshotWorker, HeapSnapshotModel} = await import(pathToFileURL(BUNDLE).href);
  const began = performance.now();
  const loader = new HeapSnapshotWorker.HeapSnapshotLoader.HeapSnapshotLoader({sendEvent() {}});
  const decoder = new TextDecoder();
  const input = fs.openSync(file, 'r');
  const size = fs.fstatSync(input).size;
  for (let at = 0; at < size;) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, size - at));
    at += fs.readSync(input, bytes, 0, bytes.length, at);
    loader.write(decoder.decode(bytes, {stream: at < size}));
    await new Promise(resolve => setImmediate(resolve));
  }
  fs.closeSync(input);
  loader.close();
  await loader.parsingComplete;
  const channel = new MessageChannel();
  const second = new Worker(SELF, {workerData: {port: channel.port2}, transferList: [channel.port2], resourceLimits: {maxOldGenerationSizeMb: 20000}});
  await new Promise((resolve, reject) => { second.once('online', resolve); second.once('error', reject); });
  const snapshot = await loader.buildSnapshot(channel.port1);
  const loaded = performance.now() - began;
  snapshot.aggregatesWithFilter(new HeapSnapshotModel.NodeFilter());
  const complete = performance.now() - began;
  console.log(JSON.stringify({loaded_ms: loaded, complete_ms: complete, peak_bytes: process.resourceUsage().maxRSS * 1024}));
  process.exit(0);
}

if (isMainThread) {
  await main(process.argv[2]);
} else {
  const {HeapSnapshotWorker} = await import(pathToFileURL(BUNDLE).href);
  new HeapSnapshotWorker.HeapSnapshot.SecondaryInitManager(workerData.port);
}
