/** A store in memory for thousands of cases, and a wrapper of any store that counts what is asked and fails on request. */
import { checkItem } from '../../../lib/store/check-item.ts';
import { conditionsHold } from '../../../lib/store/evaluate-conditions.ts';
import {
  type Changes,
  type Condition,
  type Item,
  type Key,
  type QueryOptions,
  type Store,
  StoreError,
  type WriteResult,
} from '../../../lib/store/index.ts';

export class MemoryStore implements Store {
  #items = new Map<string, Item>();

  /** What it has now, for `goBack`. */
  copy(): ReadonlyMap<string, Item> {
    return new Map(this.#items);
  }

  goBack(copy: ReadonlyMap<string, Item>): void {
    this.#items = new Map(copy);
  }

  get(key: Key): Promise<Item | undefined> {
    return Promise.resolve(this.#items.get(name(key)));
  }

  put(item: Item, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkItem(item.key, item.attributes);
    return this.#write(item.key, conditions, () => this.#items.set(name(item.key), item));
  }

  update(key: Key, { set = {}, remove = [] }: Changes, conditions: readonly Condition[] = []): Promise<WriteResult> {
    return this.#write(key, conditions, () => {
      const attributes = { ...this.#items.get(name(key))?.attributes, ...set };
      for (const each of remove) delete (attributes as Record<string, unknown>)[each];
      this.#items.set(name(key), { key, attributes });
    });
  }

  delete(key: Key, conditions: readonly Condition[] = []): Promise<WriteResult> {
    return this.#write(key, conditions, () => this.#items.delete(name(key)));
  }

  async *query(partition: string, { prefix = '' }: QueryOptions = {}): AsyncIterable<Item> {
    const found = [...this.#items.values()].filter(
      ({ key }) => key.partition === partition && key.sort.startsWith(prefix),
    );
    yield* found.sort((a, b) => (a.key.sort < b.key.sort ? -1 : 1));
  }

  async *scan(): AsyncIterable<Item> {
    yield* this.#items.values();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #write(key: Key, conditions: readonly Condition[], act: () => unknown): Promise<WriteResult> {
    const current = this.#items.get(name(key));
    if (!conditionsHold(conditions, current?.attributes)) return Promise.resolve({ outcome: 'refused', current });
    act();
    return Promise.resolve({ outcome: 'applied' });
  }
}

function name({ partition, sort }: Key): string {
  return `${partition}\n${sort}`;
}

/**
 * What becomes of an operation: `lost` was applied and its answer never came, `dropped` was not applied and nobody knows,
 * `down` cannot be made at all.
 */
export type StoreFault = 'lost' | 'dropped' | 'down' | undefined;

export class FaultyStore implements Store {
  readonly inner: Store;
  readonly counts = { reads: 0, writes: 0, queries: 0 };
  fault: ((operation: 'get' | 'put' | 'update' | 'delete' | 'query', sort: string) => StoreFault) | undefined;

  constructor(inner: Store) {
    this.inner = inner;
  }

  /** What the task asked of the store. */
  async counted(task: () => Promise<unknown>): Promise<{ reads: number; writes: number; queries: number }> {
    const before = { ...this.counts };
    await task();
    return {
      reads: this.counts.reads - before.reads,
      writes: this.counts.writes - before.writes,
      queries: this.counts.queries - before.queries,
    };
  }

  async get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    this.counts.reads++;
    if (this.fault?.('get', key.sort)) throw new StoreError('store-unavailable', 'the test has it fail');
    return this.inner.get(key, options);
  }

  put(item: Item, conditions?: readonly Condition[]): Promise<WriteResult> {
    return this.#write('put', item.key.sort, () => this.inner.put(item, conditions));
  }

  update(key: Key, changes: Changes, conditions?: readonly Condition[]): Promise<WriteResult> {
    return this.#write('update', key.sort, () => this.inner.update(key, changes, conditions));
  }

  delete(key: Key, conditions?: readonly Condition[]): Promise<WriteResult> {
    return this.#write('delete', key.sort, () => this.inner.delete(key, conditions));
  }

  query(partition: string, options?: QueryOptions): AsyncIterable<Item> {
    this.counts.queries++;
    if (this.fault?.('query', options?.prefix ?? '')) throw new StoreError('store-unavailable', 'the test has it fail');
    return this.inner.query(partition, options);
  }

  scan(): AsyncIterable<Item> {
    return this.inner.scan();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async #write(
    operation: 'put' | 'update' | 'delete',
    sort: string,
    act: () => Promise<WriteResult>,
  ): Promise<WriteResult> {
    this.counts.writes++;
    const fault = this.fault?.(operation, sort);
    if (fault === undefined) return act();
    if (fault === 'lost') await act();
    return { outcome: 'unknown', cause: new Error('the test has it fail') };
  }
}
