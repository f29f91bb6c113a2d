'use strict';
// Bug: the recorder was meant to keep the mean of each waveform, not the samples.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

function measure(n) {
  const samples = new Float32Array(256);
  for (let k = 0; k < samples.length; k++) samples[k] = Math.sin(n + k / 40);
  return samples;
}

function createRecorder() {
  const waveforms = [];
  let mean = 0;
  return {
    record(samples) {
      mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
      waveforms.push(samples);
    },
    report: () => ({mean, count: waveforms.length}),
  };
}

const recorder = createRecorder();

rounds({
  warm: 300,
  rounds: [160, 160],
  serve(n) {
    recorder.record(measure(n));
    chores(n);
    return recorder.report();
  },
});
