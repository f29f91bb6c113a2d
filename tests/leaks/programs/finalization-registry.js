'use strict';
// Bug: the held value of the registry is a closure over the handle itself, so the handle is never collected.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class NativeImage {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint16Array(128);
    this.open = true;
  }
  close() { this.open = false; }
}

const closers = new FinalizationRegistry(close => close());

function decode(n) {
  const image = new NativeImage(n % 640, n % 480);
  closers.register(image, () => image.close());
  return image;
}

rounds({
  warm: 400,
  rounds: [170, 170],
  serve(n) {
    const image = decode(n);
    chores(n);
    return image.width * image.height;
  },
});
