'use strict';
// Bug: the ledger keeps every price change although only the last one is read.
var rounds = require('./lib/rounds');
var chores = require('./lib/chores');

function PriceChange(sku, before, after) {
  this.sku = sku;
  this.before = before;
  this.after = after;
}

function PriceLedger() {
  this.changes = [];
  this.total = 0;
}

PriceLedger.prototype.record = function (sku, before, after) {
  var change = new PriceChange(sku, before, after);
  this.changes.push(change);
  this.total += after - before;
  return this.changes[this.changes.length - 1];
};

var ledger = new PriceLedger();

rounds({
  warm: 800,
  rounds: [320, 320],
  serve: function (n) {
    var product = chores.catalog[n % chores.catalog.length];
    ledger.record(product.sku, product.cents, product.cents + n % 5);
    chores(n);
  },
});
