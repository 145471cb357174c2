/** What a store under test offers to the contract. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Attributes, Key, Store } from '../../../lib/store/index.ts';

export interface StoreUnderTest {
  /** The store as it is now; `reopen` may replace it. */
  readonly store: Store;
  /** Closes the store and opens it again on what it has kept. */
  reopen(): Promise<void>;
  /** Closes it for good and removes what it left. */
  close(): Promise<void>;
  /**
   * For implementations with a network in between: the next write is applied, or not, and its response is lost either
   * way. Embedded ones leave it out, and the suite says so.
   */
  loseNextResponse?(isApplied: boolean): void;
}

/** The store of a contract test, and what several parts of the contract do with it. */
export interface StoreSubject {
  readonly underTest: () => StoreUnderTest;
  readonly store: () => Store;
  readonly newKey: (sort?: string) => Key;
  readonly stored: (attributes: Attributes, key?: Key) => Promise<Key>;
  readonly attributesOf: (key: Key) => Promise<Attributes | undefined>;
  /** The partition, with an item for each. */
  readonly filled: (sorts: readonly string[]) => Promise<string>;
}

export function subjectOf(underTest: () => StoreUnderTest): StoreSubject {
  const store = (): Store => underTest().store;
  const newKey = (sort = 'ITEM'): Key => ({ partition: `TEST#${randomUUID()}`, sort });
  const stored = async (attributes: Attributes, key = newKey()): Promise<Key> => {
    expect(await store().put({ key, attributes })).toEqual({ outcome: 'applied' });
    return key;
  };
  const attributesOf = async (key: Key) => (await store().get(key))?.attributes;
  const filled = async (sorts: readonly string[]): Promise<string> => {
    const { partition } = newKey();
    for (const sort of sorts) await stored({ of: sort }, { partition, sort });
    return partition;
  };
  return { underTest, store, newKey, stored, attributesOf, filled };
}
