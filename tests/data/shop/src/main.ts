import { writeHeapSnapshot } from 'node:v8';
import { ShoppingCart } from './cart';

const cart = new ShoppingCart();
const listeners: Array<() => number> = [];

function subscribe(callback: () => number): void {
  listeners.push(callback);
}

function round(from: number): void {
  for (let n = from; n < from + 300; n++) {
    const entry = cart.add({ sku: 'sku-' + n, price: n % 90 }, n);
    subscribe(function reprice() { return entry.addedAt + cart.size(); });
  }
}

const folder = process.argv[2];
(globalThis as any).keep = { cart, listeners };
for (let k = 1; k <= 3; k++) {
  round(k * 1000);
  (globalThis as any).gc?.();
  writeHeapSnapshot(`${folder}/shop-${k}.heapsnapshot`);
}
