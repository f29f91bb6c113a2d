'use strict';
// Bug: the constructor registers every invoice in a static list for tests; production uses it too.
const rounds = require('./lib/rounds');
const chores = require('./lib/chores');

class Money {
  constructor(cents) { this.cents = cents; }
  plus(other) { return new Money(this.cents + other.cents); }
}

class Invoice {
  static issued = [];
  static nextNumber = 1;
  constructor(customer, lines) {
    this.number = Invoice.nextNumber++;
    this.customer = customer;
    this.total = lines.reduce((sum, cents) => sum.plus(new Money(cents)), new Money(0));
    Invoice.issued.push(this);
  }
  render() { return `Invoice ${this.number}: ${this.total.cents / 100}`; }
}

rounds({
  warm: 600,
  rounds: [270, 270],
  serve(n) {
    const invoice = new Invoice(n % 45, [n % 100, n % 310, 499]);
    return invoice.render().length + chores(n);
  },
});
