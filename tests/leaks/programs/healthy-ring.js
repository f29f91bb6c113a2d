'use strict';
// Two ring buffers of log events: one by index, one that drops the first entry of an array.
var rounds = require('./lib/rounds');
var chores = require('./lib/chores');

function LogEvent(level, message, context) {
  this.level = level;
  this.message = message;
  this.context = context;
}

function RingLog(size) {
  this.events = new Array(size);
  this.written = 0;
}

RingLog.prototype.write = function (event) {
  this.events[this.written++ % this.events.length] = event;
};

var all = new RingLog(600);
var warnings = [];

function log(level, n) {
  var event = new LogEvent(level, 'request ' + n + ' took ' + n % 90 + ' ms', {request: n, retry: function () { return n; }});
  all.write(event);
  if (level === 'warn' && warnings.push(event) > 50) warnings.shift();
}

rounds({
  warm: 1200,
  rounds: [550, 550],
  serve: function (n) {
    log(n % 9 ? 'info' : 'warn', n);
    chores(n);
  },
});
