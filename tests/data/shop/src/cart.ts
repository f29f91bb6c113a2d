import { randomUUID } from 'node:crypto';

export interface Item { sku: string; price: number }

export class CartEntry {
  readonly id: string = randomUUID();
  constructor(public item: Item, readonly addedAt: number) {}
}

export class ShoppingCart {
  private entries: Map<string, CartEntry> = new Map();

  add(item: Item, now: number): CartEntry {
    const entry = new CartEntry(item, now);
    this.entries.set(entry.id, entry);
    return entry;
  }

  size(): number {
    return this.entries.size;
  }
}
