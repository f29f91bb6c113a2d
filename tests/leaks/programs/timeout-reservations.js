'use strict';
// Bug: a confirmed reservation leaves the table, but its expiry timer (20 minutes) keeps running.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class SeatReservation {
  constructor(seat, customer) {
    this.seat = seat;
    this.customer = customer;
    this.basket = [{kind: 'ticket', cents: 4200}, {kind: 'fee', cents: 150}];
    this.state = 'held';
  }
}

const box = {
  held: new Map(),
  hold(seat, customer) {
    const reservation = new SeatReservation(seat, customer);
    this.held.set(seat, reservation);
    setTimeout(expire, 20 * 60 * 1000, reservation).unref();
    return reservation;
  },
  confirm(reservation) {
    reservation.state = 'sold';
    this.held.delete(reservation.seat);
  },
};

function expire(reservation) {
  if (reservation.state === 'held') box.held.delete(reservation.seat);
}

rounds({
  warm: 500,
  rounds: [210, 210],
  serve(n) {
    const reservation = box.hold(n % 800, `customer-${n}`);
    chores(n);
    box.confirm(reservation);
  },
});
