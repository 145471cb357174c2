import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../lib/platform/index.ts';
import {
  absent,
  equals,
  type Item,
  openDynamoStore,
  SegmentedItems,
  SqliteStore,
  startEmbeddedDynamo,
  type Store,
  type WriteResult,
} from '../../lib/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const DAY_MS = 86_400_000;
const KEY = { partition: 'USER#ada', sort: 'FOLDERS' };

interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}

const stores: Record<string, (directory: string) => Promise<Opened>> = {
  sqlite: async (directory) => {
    const store = new SqliteStore({ file: join(directory, 'caravan.db') });
    return { store, close: () => store.close() };
  },
  dynoxide: async (directory) => {
    const dynamo = await startEmbeddedDynamo({ file: join(directory, 'pool') });
    const store = await openDynamoStore({ table: 'caravan', endpoint: dynamo.endpoint, requestTimeoutMs: 20_000 });
    await store.createTable();
    const close = async () => {
      await store.close();
      await dynamo.stop();
    };
    return { store, close };
  },
};

describe.each(Object.entries(stores))('SegmentedItems on %s', (_, open) => {
  let directory: string;
  let opened: Opened;
  let clock: ManualClock;
  let items: SegmentedItems;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'caravan-segments-'));
    opened = await open(directory);
  });
  afterAll(async () => {
    await opened.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    for await (const { key } of opened.store.query(KEY.partition)) await opened.store.delete(key);
    clock = new ManualClock();
    items = on(opened.store);
  });

  const on = (store: Store) => new SegmentedItems({ store, clock, random: systemRandom, attribute: 'body' });
  const itemOf = (version: number, bytes: number): Item => ({
    key: KEY,
    attributes: { version, body: new Uint8Array(bytes).fill(version) },
  });
  const sorts = async () => {
    const found: string[] = [];
    for await (const { key } of opened.store.query(KEY.partition)) found.push(key.sort);
    return found;
  };
  /** The store, but for one method. */
  const faulty = (fault: Partial<Store>): Store => {
    const store = opened.store;
    return {
      get: (key, options) => store.get(key, options),
      put: (item, conditions) => store.put(item, conditions),
      update: (key, changes, conditions) => store.update(key, changes, conditions),
      delete: (key, conditions) => store.delete(key, conditions),
      query: (partition, options) => store.query(partition, options),
      scan: () => store.scan(),
      close: () => store.close(),
      ...fault,
    };
  };
  const isHead = (item: Item) => item.key.sort === KEY.sort;
  const expectStored = async (version: number, bytes: number) =>
    expect((await items.get(KEY))?.attributes).toMatchObject(itemOf(version, bytes).attributes);

  it('keep a small item in one, and cost no more than the item', async () => {
    const calls: string[] = [];
    const counted = on(
      faulty({
        put: (item, conditions) => {
          calls.push('put');
          return opened.store.put(item, conditions);
        },
        get: (key) => {
          calls.push('get');
          return opened.store.get(key);
        },
      }),
    );
    expect(await counted.put(itemOf(1, 1000), [absent])).toEqual({ outcome: 'applied' });
    expect(await counted.get(KEY)).toEqual(itemOf(1, 1000));
    expect(calls).toEqual(['put', 'get']);
    expect(await sorts()).toEqual(['FOLDERS']);
  });

  it('keep a large one in several, and none of those that it replaces', async () => {
    let previous: Item | undefined;
    for (const [version, bytes, count] of [
      [1, 1_500_000, 5],
      [2, 900_000, 3],
      [3, 400_000, 2],
      [4, 344_064, 0],
      [5, 344_065, 2],
      [6, 0, 0],
    ] as const) {
      const condition = previous === undefined ? absent : equals('version', version - 1);
      expect(await items.put(itemOf(version, bytes), [condition], previous)).toEqual({ outcome: 'applied' });
      await expectStored(version, bytes);
      expect(await sorts()).toHaveLength(1 + count);
      previous = await items.get(KEY);
    }
  });

  it('that are refused leave nothing behind, and give the whole of what is there', async () => {
    await items.put(itemOf(1, 800_000), [absent]);
    const before = await sorts();
    const result = await items.put(itemOf(9, 1_000_000), [equals('version', 8)]);
    expect(result).toMatchObject({ outcome: 'refused', current: itemOf(1, 800_000) });
    expect(await sorts()).toEqual(before);
  });

  it('are removed with their segments', async () => {
    await items.put(itemOf(1, 800_000), [absent]);
    const stored = (await items.get(KEY)) as Item;
    expect(await items.delete(stored, [equals('version', 7)])).toMatchObject({ outcome: 'refused' });
    await expectStored(1, 800_000);
    expect(await items.delete(stored, [equals('version', 1)])).toEqual({ outcome: 'applied' });
    expect(await sorts()).toEqual([]);
  });

  it('whose writer dies before the head are as they were; the sweep removes what it left, a day later', async () => {
    await items.put(itemOf(1, 800_000), [absent]);
    const before = await sorts();
    const put: Store['put'] = async (item, conditions) => {
      if (isHead(item)) throw new Error('killed');
      return opened.store.put(item, conditions);
    };
    await expect(on(faulty({ put })).put(itemOf(2, 900_000), [equals('version', 1)])).rejects.toThrow('killed');
    await expectStored(1, 800_000);
    expect((await sorts()).length).toBeGreaterThan(before.length);
    await clock.advance(DAY_MS - 1);
    expect(await items.sweep(KEY.partition)).toBe(0);
    await clock.advance(1);
    expect(await items.sweep(KEY.partition)).toBe(3);
    expect(await sorts()).toEqual(before);
    await expectStored(1, 800_000);
  });

  it('whose segments cannot be written for sure are not stored', async () => {
    await items.put(itemOf(1, 800_000), [absent]);
    const put: Store['put'] = async (item, conditions): Promise<WriteResult> =>
      isHead(item) ? opened.store.put(item, conditions) : { outcome: 'unknown', cause: new Error('reset') };
    await expect(on(faulty({ put })).put(itemOf(2, 900_000), [equals('version', 1)])).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    await expectStored(1, 800_000);
  });

  it('whose head is unknown are the old or the new, whole', async () => {
    await items.put(itemOf(1, 800_000), [absent]);
    for (const isApplied of [false, true]) {
      const put: Store['put'] = async (item, conditions): Promise<WriteResult> => {
        if (!isHead(item)) return opened.store.put(item, conditions);
        if (isApplied) await opened.store.put(item, conditions);
        return { outcome: 'unknown', cause: new Error('reset') };
      };
      const previous = await items.get(KEY);
      const result = await on(faulty({ put })).put(itemOf(2, 900_000), [equals('version', 1)], previous);
      expect(result.outcome).toBe('unknown');
      await expectStored(isApplied ? 2 : 1, isApplied ? 900_000 : 800_000);
    }
  });

  it('are read whole while they are replaced', async () => {
    await items.put(itemOf(1, 700_000), [absent]);
    const over = new AbortController();
    const read = async (): Promise<number> => {
      let last = 0;
      while (!over.signal.aborted) {
        // SQLite answers without a turn of the event loop, which the writer needs.
        await new Promise((resolve) => setImmediate(resolve));
        const attributes = (await items.get(KEY))?.attributes;
        const version = Number(attributes?.['version']);
        const body = attributes?.['body'] as Uint8Array;
        expect(version).toBeGreaterThanOrEqual(last);
        expect(Buffer.compare(body, Buffer.alloc(body.length, version))).toBe(0);
        last = version;
      }
      return last;
    };
    const readers = [read(), read(), read()];
    for (let version = 2; version <= 10; version += 1) {
      const previous = await items.get(KEY);
      const bytes = version % 3 === 0 ? 1000 : 700_000;
      expect(await items.put(itemOf(version, bytes), [equals('version', version - 1)], previous)).toEqual({
        outcome: 'applied',
      });
    }
    over.abort();
    for (const last of await Promise.all(readers)) expect(last).toBeGreaterThan(1);
  });

  it('of which a segment is missing are store-corrupt', async () => {
    await items.put(itemOf(1, 800_000), [absent]);
    const [, segment] = await sorts();
    await opened.store.delete({ partition: KEY.partition, sort: segment as string });
    await expect(items.get(KEY)).rejects.toMatchObject({ code: 'store-corrupt', why: 'a segment of it is missing' });
  });
});
