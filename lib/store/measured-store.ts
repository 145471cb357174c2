import type { Clock } from '../platform/index.ts';
import { StoreError } from './errors.ts';
import type { StoreMetrics, StoreOperation, StoreRequestResult } from './metrics.ts';
import type { Changes, Condition, Item, Key, QueryOptions, Store, WriteResult } from './store.ts';

/** Measures a store that does not measure itself: each call is one request. */
export class MeasuredStore implements Store {
  readonly #store: Store;
  readonly #metrics: StoreMetrics;
  readonly #clock: Clock;

  constructor(store: Store, metrics: StoreMetrics, clock: Clock) {
    this.#store = store;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#measure('get', () => this.#store.get(key, options));
  }

  put(item: Item, conditions?: readonly Condition[]): Promise<WriteResult> {
    return this.#measure('put', () => this.#store.put(item, conditions), resultOf);
  }

  update(key: Key, changes: Changes, conditions?: readonly Condition[]): Promise<WriteResult> {
    return this.#measure('update', () => this.#store.update(key, changes, conditions), resultOf);
  }

  delete(key: Key, conditions?: readonly Condition[]): Promise<WriteResult> {
    return this.#measure('delete', () => this.#store.delete(key, conditions), resultOf);
  }

  query(partition: string, options?: QueryOptions): AsyncIterable<Item> {
    return this.#measureAll('query', this.#store.query(partition, options));
  }

  scan(): AsyncIterable<Item> {
    return this.#measureAll('scan', this.#store.scan());
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #measure<Result>(
    operation: StoreOperation,
    call: () => Promise<Result>,
    kindOf: (result: Result) => StoreRequestResult = () => 'done',
  ): Promise<Result> {
    const begunAt = this.#clock.monotonic();
    const observe = (result: StoreRequestResult) =>
      this.#metrics.observe(operation, result, this.#clock.monotonic() - begunAt);
    try {
      const result = await call();
      observe(kindOf(result));
      return result;
    } catch (thrown) {
      observe(failureOf(thrown));
      throw thrown;
    }
  }

  /** The time of whoever takes the items counts too: they are read as they are taken. */
  async *#measureAll(operation: StoreOperation, items: AsyncIterable<Item>): AsyncIterable<Item> {
    const begunAt = this.#clock.monotonic();
    let result: StoreRequestResult = 'done';
    try {
      yield* items;
    } catch (thrown) {
      result = failureOf(thrown);
      throw thrown;
    } finally {
      this.#metrics.observe(operation, result, this.#clock.monotonic() - begunAt);
    }
  }
}

const RESULTS = { applied: 'done', refused: 'refused', unknown: 'lost' } as const;
const resultOf = ({ outcome }: WriteResult): StoreRequestResult => RESULTS[outcome];

const failureOf = (thrown: unknown): StoreRequestResult =>
  thrown instanceof StoreError && thrown.code === 'store-unavailable' ? 'unreachable' : 'failed';
