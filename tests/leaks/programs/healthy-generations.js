'use strict';
// A cache of two generations: when the young one is full, it replaces the old one. Its size
// moves between the bound and twice the bound.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const createGenerations = bound => {
  let young = new Map();
  let old = new Map();
  return {
    get(key, make) {
      let value = young.get(key) ?? old.get(key);
      if (!young.has(key)) {
        value ??= make(key);
        if (young.size === bound) {
          old = young;
          young = new Map();
        }
        young.set(key, value);
      }
      return value;
    },
  };
};

class Thumbnail {
  constructor(key) {
    this.key = key;
    this.bytes = Buffer.alloc(300, key % 256);
    this.used = async () => this.key;
  }
}

const thumbnails = createGenerations(170);

rounds({
  warm: 1100,
  rounds: [450, 450],
  async serve(n) {
    const thumbnail = thumbnails.get(n * 29 % 3001, key => new Thumbnail(key));
    await thumbnail.used();
    chores(n);
  },
});
