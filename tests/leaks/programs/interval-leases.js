'use strict';
// Bug: `release` marks the lease as free but does not stop its renewal timer.
var rounds = require('./lib/rounds');
var chores = require('./lib/chores');

function Lease(resource, holder) {
  this.resource = resource;
  this.holder = holder;
  this.renewals = 0;
  this.free = false;
}

Lease.prototype.keepAlive = function (every) {
  var self = this;
  var timer = setInterval(function () {
    self.renewals++;
  }, every);
  timer.unref();
  return this;
};

Lease.prototype.release = function () {
  this.free = true;
};

function withLease(resource, holder, action) {
  var lease = new Lease(resource, holder).keepAlive(75 * 1000);
  try {
    return action(lease);
  } finally {
    lease.release();
  }
}

rounds({
  warm: 500,
  rounds: [220, 220],
  serve: function (n) {
    withLease('volume-' + n % 12, 'job-' + n, function (lease) {
      return chores(n) + lease.renewals;
    });
  },
});
