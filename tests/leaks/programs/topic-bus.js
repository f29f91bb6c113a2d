'use strict';
// Bug: `subscribe` returns a function that unsubscribes; the order page never calls it.
// Round 1 does three times the work of round 2.
var rounds = require('./lib/rounds');
var chores = require('./lib/chores');

function MessageBus() {
  this.topics = {};
}

MessageBus.prototype.subscribe = function (topic, callback) {
  var callbacks = this.topics[topic] || (this.topics[topic] = []);
  callbacks.push(callback);
  return function unsubscribe() {
    callbacks.splice(callbacks.indexOf(callback), 1);
  };
};

MessageBus.prototype.publish = function (topic, message) {
  (this.topics[topic] || []).forEach(function (callback) { callback(message); });
};

function OrderPage(order) {
  this.order = order;
  this.rows = [order % 3, order % 5];
  this.stale = false;
}

var bus = new MessageBus();

function showOrder(order) {
  var page = new OrderPage(order);
  bus.subscribe('order-updated', function (changed) {
    if (changed === page.order) page.stale = true;
  });
  return page.rows.length;
}

rounds({
  warm: 500,
  rounds: [360, 120],
  serve: function (n) {
    showOrder(n);
    var stop = bus.subscribe('stock-changed', function () {});
    if (n % 50 === 0) bus.publish('order-updated', n);
    stop();
    chores(n);
  },
});
