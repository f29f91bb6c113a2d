'use strict';
// Runs a program in rounds: warm-up, snapshot 1, round, snapshot 2, round, snapshot 3.
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');

const sleep = ms => new Promise(done => setTimeout(done, ms));

// Finalizers and weak callbacks run in tasks of their own: collect and pause several times.
async function settle() {
  for (let pass = 0; pass < 5; pass++) {
    global.gc();
    await sleep(20);
  }
  global.gc();
}

/**
 * Writes OUTDIR/NAME-1.heapsnapshot to -3.
 *
 * @param {object} plan
 * @param {number} plan.warm       calls of `serve` before snapshot 1
 * @param {number[]} plan.rounds   calls of `serve` before snapshot 2 and before snapshot 3
 * @param {(n: number) => any} plan.serve   one request; n counts from 0 and never restarts
 * @param {() => any} [plan.open]           runs first
 * @param {(round: number) => any} [plan.before]   runs at the start of round 1 and 2
 * @param {() => any} [plan.quiesce]        runs before each snapshot
 */
module.exports = async function rounds({warm, rounds, serve, open, before, quiesce}) {
  const [out, name] = process.argv.slice(2);
  if (!name || !global.gc) {
    console.error('usage: node --expose-gc PROGRAM.js OUTDIR NAME');
    process.exit(2);
  }
  const beside = process.env.NOISE ? require('./beside') : null;
  let n = 0;
  const work = async count => {
    for (let k = 0; k < count; k++) {
      await serve(n++);
      if (k % 32 === 31) await new Promise(setImmediate);
    }
  };
  const snapshot = async number => {
    await quiesce?.();
    await settle();
    v8.writeHeapSnapshot(path.join(out, `${name}-${number}.heapsnapshot`));
  };

  fs.mkdirSync(out, {recursive: true});
  await open?.();
  beside?.(900);
  await work(warm);
  await settle();
  // Writing the first snapshot fills caches of the runtime.
  v8.getHeapSnapshot().destroy();
  await snapshot(1);
  for (const round of [1, 2]) {
    await before?.(round);
    beside?.(310);
    await work(rounds[round - 1]);
    await snapshot(round + 1);
  }
  process.exit(0);
};
module.exports.sleep = sleep;
