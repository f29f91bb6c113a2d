'use strict';
// Bug: the transcript of the room is only appended to; nobody reads it, so it is never flattened or cut.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

const names = ['ada', 'brian', 'grace', 'ken'];

class ChatRoom {
  constructor(topic) {
    this.topic = topic;
    this.transcript = 'Transcript of the room\n';
    this.unread = 0;
  }
  say(name, text) {
    this.transcript += Buffer.from(`${name}: ${text} (${this.topic})\n`).toString('latin1');
    this.unread++;
  }
}

const room = new ChatRoom('release planning');

rounds({
  warm: 700,
  rounds: [310, 310],
  serve(n) {
    room.say(names[n % names.length], `message number ${n}`);
    chores(n);
  },
});
