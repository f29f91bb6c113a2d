#!/usr/bin/env node
// Prints the time that JSON.parse takes for a file, in milliseconds. Reading the file is not counted.
//
//   node --max-old-space-size=16000 benches/parse.mjs FILE
//
// Node's strings are limited to 512 MB.
import fs from 'node:fs';

const text = fs.readFileSync(process.argv[2], 'latin1');
const began = performance.now();
JSON.parse(text);
console.log(performance.now() - began);
