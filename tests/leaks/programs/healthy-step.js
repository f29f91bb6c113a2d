'use strict';
// The price lists of two more regions are loaded in round 1 and stay; nothing grows after that.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class ListPrice {
  constructor(sku, cents, region) {
    this.sku = sku;
    this.cents = cents;
    this.region = region;
  }
}

const lists = {};

function priceList(region) {
  return lists[region] ??= new Map(Array.from({length: 900}, (_, k) => [`P-${k}`, new ListPrice(`P-${k}`, k * 3, region)]));
}

let regions = ['north'];

rounds({
  warm: 900,
  rounds: [400, 400],
  before() { regions = ['north', 'south', 'islands']; },
  serve(n) {
    const price = priceList(regions[n % regions.length]).get(`P-${n % 900}`);
    return price.cents + chores(n);
  },
});
