/**
 * A store that many simulated processes share: items in memory, every request a message there and back. Messages are slow,
 * late or lost, and a write may be applied although its sender is told of an error, or long after. Conditions are judged at
 * the instant at which a request arrives, as the real store does.
 */
import { StoreError } from '../../../lib/store/errors.ts';
import { conditionsHold } from '../../../lib/store/evaluate-conditions.ts';
import type { Attributes, Condition, Item, Key, Store, WriteResult } from '../../../lib/store/store.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** Probabilities per request. */
export interface StoreFaults {
  /** The sender is told of an error; the write was applied. */
  readonly appliedButError: number;
  /** The sender is told of an error; the write was not applied. */
  readonly refusedByError: number;
  /** The request arrives late, by up to `lateMs`. */
  readonly lateRequest: number;
  readonly lateAnswer: number;
  readonly lateMs: number;
  /** Request or answer never arrive. */
  readonly lost: number;
  readonly latencyMs: readonly [from: number, to: number];
  /** How old a reading may be that is not asked to be consistent. */
  readonly staleMs: number;
}

export const NO_FAULTS: StoreFaults = {
  appliedButError: 0,
  refusedByError: 0,
  lateRequest: 0,
  lateAnswer: 0,
  lateMs: 0,
  lost: 0,
  latencyMs: [1, 8],
  staleMs: 0,
};

/** An applied write, as a checker sees it at that instant. */
export interface AppliedWrite {
  readonly process: string;
  readonly key: Key;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

interface Version {
  readonly at: number;
  readonly attributes: Attributes | undefined;
}

type Row = { readonly key: Key; versions: Version[] };

const KEPT_MS = 10_000;
const keyOf = (key: Key): string => `${key.partition}\u0000${key.sort}`;

export class SimulatedStore {
  faults: StoreFaults = NO_FAULTS;
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #rows = new Map<string, Row>();
  readonly #partitions = new Map<string, Row[]>();
  readonly #cutOff = new Set<string>();
  readonly #onApplied: (write: AppliedWrite) => void;
  #isDown = false;

  constructor(scheduler: Scheduler, random: SeededRandom, onApplied: (write: AppliedWrite) => void = () => {}) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#onApplied = onApplied;
  }

  /** Nothing passes between this process and the store until `heal`; what is under way already passes. */
  cut(process: string): void {
    this.#cutOff.add(process);
  }

  heal(process: string): void {
    this.#cutOff.delete(process);
  }

  /** The store answers nobody. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown;
  }

  /** The truth, for checkers. */
  peek(key: Key): Attributes | undefined {
    return this.#rows.get(keyOf(key))?.versions.at(-1)?.attributes;
  }

  /** All of a partition whose sort key begins so. */
  peekAll(partition: string, prefix: string): readonly Attributes[] {
    return this.#rowsOf(partition, prefix)
      .map(({ versions }) => versions.at(-1)?.attributes)
      .filter((it) => it !== undefined);
  }

  /** The store as one process has it. */
  storeFor(process: SimulatedProcess): Store {
    const write = (
      key: Key,
      conditions: readonly Condition[],
      change: (before: Attributes | undefined) => Attributes | undefined,
    ) => this.#write(process, key, conditions, change);
    return {
      get: (key, options) => this.#read(process, () => this.#itemOf(key, this.#instant(options?.consistent))),
      put: (item, conditions = []) => write(item.key, conditions, () => item.attributes),
      update: (key, changes, conditions = []) =>
        write(key, conditions, (before) => {
          const after = { ...before, ...changes.set };
          for (const name of changes.remove ?? []) delete after[name];
          return after;
        }),
      delete: (key, conditions = []) => write(key, conditions, () => undefined),
      query: (partition, options) => this.#query(process, partition, options?.prefix ?? '', options?.consistent),
      scan: () => this.#scan(process),
      close: async () => undefined,
    };
  }

  async *#query(process: SimulatedProcess, partition: string, prefix: string, consistent = true): AsyncIterable<Item> {
    const items = await this.#read(process, () => {
      const at = this.#instant(consistent);
      const keys = this.#rowsOf(partition, prefix).map((it) => it.key);
      keys.sort((a, b) => (a.sort < b.sort ? -1 : 1));
      return keys.map((key) => this.#itemOf(key, at)).filter((it) => it !== undefined);
    });
    yield* items;
  }

  async *#scan(process: SimulatedProcess): AsyncIterable<Item> {
    yield* await this.#read(process, () =>
      [...this.#rows.values()]
        .map(({ key }) => this.#itemOf(key, Number.POSITIVE_INFINITY))
        .filter((it) => it !== undefined),
    );
  }

  #rowsOf(partition: string, prefix: string): Row[] {
    return (this.#partitions.get(partition) ?? []).filter(({ key }) => key.sort.startsWith(prefix));
  }

  /** Of which instant a reading is: the present for a consistent one. */
  #instant(consistent = true): number {
    return consistent ? Number.POSITIVE_INFINITY : this.#scheduler.now - this.#random.between(0, this.faults.staleMs);
  }

  #itemOf(key: Key, at: number): Item | undefined {
    const attributes = this.#rows.get(keyOf(key))?.versions.findLast((it) => it.at <= at)?.attributes;
    return attributes && { key, attributes };
  }

  #read<T>(process: SimulatedProcess, answer: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const failed = () =>
        process.deliver(() => reject(new StoreError('store-unavailable', 'The store does not answer')));
      this.#travel(process, this.faults.lateRequest, () => {
        if (this.#random.chance(this.faults.refusedByError)) return this.#travel(process, 0, failed);
        const value = answer();
        this.#travel(process, this.faults.lateAnswer, () => process.deliver(() => resolve(value)));
      });
    });
  }

  #write(
    process: SimulatedProcess,
    key: Key,
    conditions: readonly Condition[],
    change: (before: Attributes | undefined) => Attributes | undefined,
  ): Promise<WriteResult> {
    return new Promise((resolve) => {
      this.#travel(process, this.faults.lateRequest, () => {
        const isSpoiled = this.#random.chance(this.faults.refusedByError);
        const result: WriteResult = isSpoiled ? unknown : this.#apply(process, key, conditions, change);
        const told = this.#random.chance(this.faults.appliedButError) ? unknown : result;
        this.#travel(process, this.faults.lateAnswer, () => process.deliver(() => resolve(told)));
      });
    });
  }

  #apply(
    process: SimulatedProcess,
    key: Key,
    conditions: readonly Condition[],
    change: (before: Attributes | undefined) => Attributes | undefined,
  ): WriteResult {
    const before = this.peek(key);
    if (!conditionsHold(conditions, before))
      return { outcome: 'refused', current: before && { key, attributes: before } };
    const after = change(before);
    const row = this.#rows.get(keyOf(key)) ?? this.#add(key);
    const kept = row.versions.findLastIndex((it) => it.at < this.#scheduler.now - KEPT_MS);
    row.versions = [...row.versions.slice(Math.max(0, kept)), { at: this.#scheduler.now, attributes: after }];
    this.#onApplied({ process: process.name, key, before, after });
    return { outcome: 'applied' };
  }

  #add(key: Key): Row {
    const row: Row = { key, versions: [] };
    this.#rows.set(keyOf(key), row);
    this.#partitions.set(key.partition, [...(this.#partitions.get(key.partition) ?? []), row]);
    return row;
  }

  /** One way between a process and the store. A message that is lost is never heard of again. */
  #travel(process: SimulatedProcess, lateChance: number, arrive: () => void): void {
    if (this.#isDown || this.#cutOff.has(process.name) || this.#random.chance(this.faults.lost)) return;
    const [from, to] = this.faults.latencyMs;
    const lateMs = this.#random.chance(lateChance) ? this.#random.between(0, this.faults.lateMs) : 0;
    this.#scheduler.after(this.#random.between(from, to) + lateMs, arrive);
  }
}

const unknown: WriteResult = { outcome: 'unknown', cause: new Error('an error of the store') };
