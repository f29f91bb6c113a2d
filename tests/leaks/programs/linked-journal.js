'use strict';
// Bug: readers follow `next` from their own cursor, but the journal's head stays at the first entry.
var rounds = require('./lib/rounds');
var chores = require('./lib/chores');

function JournalEntry(revision, change) {
  this.revision = revision;
  this.change = change;
  this.next = null;
}

function Journal() {
  this.head = new JournalEntry(0, null);
  this.tail = this.head;
}

Journal.prototype.append = function (change) {
  var entry = new JournalEntry(this.tail.revision + 1, change);
  this.tail.next = entry;
  this.tail = entry;
};

Journal.prototype.reader = function () {
  var cursor = this.tail;
  return function () {
    var changes = [];
    while (cursor.next) {
      cursor = cursor.next;
      changes.push(cursor.change);
    }
    return changes;
  };
};

var journal = new Journal();
var follow = journal.reader();

rounds({
  warm: 700,
  rounds: [290, 290],
  serve: function (n) {
    journal.append(n % 2 ? 'insert' : 'update');
    if (n % 10 === 9) follow();
    chores(n);
  },
});
