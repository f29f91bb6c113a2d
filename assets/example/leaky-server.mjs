// A small service with a leak, as they happen: every request subscribes to an event and nobody unsubscribes.
//
// The two example snapshots of Heapglass come from this program, before and after 2,000 requests:
//
//     env -i /usr/bin/node leaky-server.mjs      (in this file's folder, with Node.js 20)
//     zstd -19 example-*.heapsnapshot
import {EventEmitter} from 'node:events';
import {writeHeapSnapshot} from 'node:v8';

const priceFeed = new EventEmitter();
priceFeed.setMaxListeners(Infinity);

class ShoppingCart {
  constructor(customer) {
    this.customer = customer;
    this.items = [];
  }

  add(product, quantity) {
    this.items.push(new CartItem(product, quantity));
  }
}

class CartItem {
  constructor(product, quantity) {
    this.product = product;
    this.quantity = quantity;
    this.note = `${quantity} × ${product.title}`;
  }
}

class Catalogue {
  constructor() {
    this.products = new Map();
    for (let id = 0; id < 300; id++) this.products.set(id, {id, title: `Product ${id}`, price: 3 + id * 0.5});
  }
}

const catalogue = new Catalogue();

function handleRequest(number) {
  const cart = new ShoppingCart({name: `Customer ${number}`, session: `s-${number.toString(36)}`});
  for (let i = 0; i < 5; i++) cart.add(catalogue.products.get((number * 7 + i) % 300), i + 1);
  // The leak: the listener keeps the cart, the feed keeps the listener, and nothing ever calls off().
  priceFeed.on('price', product => {
    for (const item of cart.items) if (item.product.id === product.id) item.product = product;
  });
  return cart.items.length;
}

for (let number = 0; number < 20; number++) handleRequest(number);
writeHeapSnapshot('example-before.heapsnapshot');
for (let number = 20; number < 2020; number++) handleRequest(number);
writeHeapSnapshot('example-after.heapsnapshot');
