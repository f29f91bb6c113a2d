'use strict';
// Ordinary work that every service does for a request. All of its state is bounded.
const crypto = require('node:crypto');

class Product {
  constructor(number) {
    this.sku = `P-${1000 + number}`;
    this.title = `Product ${number}`;
    this.cents = 199 + number * 7 % 5000;
    this.stock = number % 40;
    this.labels = number % 3 ? ['standard'] : ['standard', 'bulky'];
  }
}

class Fragment {
  constructor(html, digest) { this.html = html; this.digest = digest; this.uses = 0; }
}

const catalog = Array.from({length: 240}, (_, number) => new Product(number));
const fragments = new Map();
const latencies = new Float64Array(64);

function fragmentOf(product) {
  let fragment = fragments.get(product.sku);
  if (!fragment) {
    const html = ['<dl>', ...Object.entries(product).map(([k, v]) => `<dt>${k}</dt><dd>${v}</dd>`), '</dl>'].join('');
    fragment = new Fragment(html, crypto.createHash('sha256').update(html).digest('base64'));
    if (fragments.size === 90) fragments.delete(fragments.keys().next().value);
    fragments.set(product.sku, fragment);
  }
  fragment.uses++;
  return fragment;
}

module.exports = function chores(n) {
  const product = catalog[n * 31 % catalog.length];
  const url = new URL(`http://shop.test/items/${product.sku}?page=${n % 9}&sort=price`);
  const wire = JSON.stringify({product, page: url.searchParams.get('page'), related: catalog.slice(n % 200, n % 200 + 6)});
  const answer = JSON.parse(wire);
  const ranked = answer.related.map(r => ({sku: r.sku, rank: Math.cos(r.cents + n)})).sort((a, b) => a.rank - b.rank);
  latencies[n % latencies.length] = ranked[0].rank;
  return fragmentOf(product).html.length + ranked.length;
};
module.exports.catalog = catalog;
