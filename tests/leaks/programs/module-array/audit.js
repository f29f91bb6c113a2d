'use strict';
// Bug: `flush` sends a copy of the notes; it was meant to replace the list as well.
let pending = [];
let sent = 0;

class AuditNote {
  constructor(actor, action) {
    this.actor = actor;
    this.action = action;
    this.at = process.uptime();
  }
}

exports.note = (actor, action) => {
  pending.push(new AuditNote(actor, action));
};

exports.flush = send => {
  const batch = pending.slice(sent);
  sent += batch.length;
  send(batch);
};

exports.forget = () => {
  pending = [];
  sent = 0;
};
