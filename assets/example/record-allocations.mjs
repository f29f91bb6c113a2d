// Records what a small leaking job allocates: an allocation timeline with stacks, and two sampling profiles, one of them
// after the leak has grown. node record-allocations.mjs FOLDER
import fs from 'node:fs';
import inspector from 'node:inspector';
import path from 'node:path';

const folder = process.argv[2] ?? '.';
const session = new inspector.Session();
session.connect();
const post = (method, params) =>
  new Promise((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))));
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

const history = [];

class Reading {
  constructor(sensor, value) {
    this.sensor = sensor;
    this.value = value;
  }
}

function parseReading(line) {
  const [sensor, value] = line.split(';');
  return new Reading(sensor, Number(value));
}

// The leak: every reading is kept for a report that nobody asks for.
function remember(reading) {
  history.push({ reading, note: `seen ${reading.sensor}` });
}

function average(lines) {
  const readings = lines.map(parseReading);
  return readings.reduce((sum, reading) => sum + reading.value, 0) / readings.length;
}

function handleBatch(round, size) {
  const lines = Array.from({ length: size }, (_, at) => `sensor-${at % 40};${round * size + at}`);
  average(lines);
  for (const line of lines.slice(0, size / 4)) remember(parseReading(line));
}

async function timeline() {
  const out = fs.openSync(path.join(folder, 'leaky-job.heaptimeline'), 'w');
  session.on('HeapProfiler.addHeapSnapshotChunk', message => fs.writeSync(out, message.params.chunk));
  await post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
  for (let round = 0; round < 12; round++) {
    // A pause in the middle, in which nothing is allocated.
    if (round < 5 || round > 7) handleBatch(round, 120);
    await sleep(60);
  }
  await post('HeapProfiler.stopTrackingHeapObjects', { reportProgress: false });
  fs.closeSync(out);
}

async function sampling(name, rounds) {
  await post('HeapProfiler.startSampling', { samplingInterval: 1024 });
  for (let round = 0; round < rounds; round++) handleBatch(round, 400);
  const { profile } = await post('HeapProfiler.stopSampling');
  fs.writeFileSync(path.join(folder, name), JSON.stringify(profile));
}

await timeline();
await sampling('leaky-job-before.heapprofile', 4);
await sampling('leaky-job-after.heapprofile', 40);
