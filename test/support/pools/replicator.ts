/**
 * Replicates a table to another region's as a global table does: every item as it is, some time later. Each round reads the
 * source, and writes what it read `lagMs` later.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Item, Store } from '../../../lib/store/index.ts';

const ROUND_MS = 150;

export class Replicator {
  readonly #from: Store;
  readonly #to: Store;
  readonly #lagMs: number;
  readonly #written = new Map<string, Item>();
  #waiting: { readonly dueAt: number; readonly items: readonly Item[] }[] = [];
  #isCut = false;
  readonly #running: Promise<void>;

  constructor(from: Store, to: Store, lagMs: number) {
    this.#from = from;
    this.#to = to;
    this.#lagMs = lagMs;
    this.#running = this.#run();
  }

  /** The region is lost: what was under way never arrives. */
  async cut(): Promise<void> {
    this.#isCut = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isCut) {
      const items: Item[] = [];
      for await (const item of this.#from.scan()) items.push(item);
      this.#waiting.push({ dueAt: performance.now() + this.#lagMs, items });
      await new Promise((done) => setTimeout(done, ROUND_MS));
      const due = this.#waiting.filter(({ dueAt }) => dueAt <= performance.now());
      this.#waiting = this.#waiting.filter((it) => !due.includes(it));
      const newest = due.at(-1);
      if (newest !== undefined) await this.#write(newest.items);
    }
  }

  async #write(items: readonly Item[]): Promise<void> {
    for (const item of items) {
      const name = nameOf(item);
      if (this.#isCut || isDeepStrictEqual(this.#written.get(name)?.attributes, item.attributes)) continue;
      await this.#to.put(item);
      this.#written.set(name, item);
    }
    const there = new Set(items.map(nameOf));
    for (const [name, { key }] of this.#written) {
      if (this.#isCut || there.has(name)) continue;
      await this.#to.delete(key);
      this.#written.delete(name);
    }
  }
}

const nameOf = ({ key }: Item): string => `${key.partition} ${key.sort}`;
