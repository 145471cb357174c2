/**
 * What lib/store/store.ts promises, checked against any implementation. Keys are new in every test, so that a table may be
 * shared and need not be empty; nothing here asks for more than DynamoDB can do.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Attributes,
  absent,
  atMost,
  equals,
  type Item,
  ITEM_LIMIT_BYTES,
  type Key,
  oneOf,
  present,
  type Store,
  type WriteResult,
} from '../../lib/store/index.ts';

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

const ATTRIBUTES: Attributes = {
  text: 'Grüße, 世界 🎉',
  emptyText: '',
  zero: 0,
  negative: -7,
  large: 2 ** 53,
  small: -(2 ** 53),
  fraction: 0.1,
  tiny: 1.5e-9,
  yes: true,
  no: false,
  bytes: new Uint8Array([0, 1, 127, 128, 255]),
  emptyBytes: new Uint8Array(),
  list: ['b', 'a', 'a', ''],
  emptyList: [],
};

/** Words that DynamoDB reserves, names that a table may use itself, and names that JavaScript objects have. */
const AWKWARD_NAMES = [
  'name',
  'size',
  'status',
  'key',
  'partition',
  'sort',
  'pk',
  'sk',
  'a.b',
  'a-b',
  '#a',
  ':a',
  '0',
  'constructor',
  '__proto__',
  'base64',
  'ü',
];

export function describeStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of Store`, () => {
    let subject: StoreUnderTest;
    const store = (): Store => subject.store;
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

    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => {
      await subject.close();
    });

    describe('items', () => {
      it('an item that was never written is undefined', async () => {
        expect(await store().get(newKey())).toBeUndefined();
        expect(await store().get(newKey(), { consistent: false })).toBeUndefined();
      });

      it('an item that was put is read back with its key', async () => {
        const key = await stored({ a: 1 });
        expect(await store().get(key)).toEqual({ key, attributes: { a: 1 } });
        expect(await store().get(key, { consistent: true })).toEqual({ key, attributes: { a: 1 } });
      });

      it('values keep their type, empty ones too', async () => {
        const key = await stored(ATTRIBUTES);
        expect(await attributesOf(key)).toStrictEqual(ATTRIBUTES);
      });

      it('bytes are a plain Uint8Array, whatever view was written', async () => {
        const key = await stored({ view: Buffer.from('abcdef').subarray(2, 4) });
        const view = (await attributesOf(key))?.['view'];
        expect(Object.getPrototypeOf(view)).toBe(Uint8Array.prototype);
        expect(view).toStrictEqual(new Uint8Array([99, 100]));
      });

      it('a value of one type can be replaced by one of another', async () => {
        const key = await stored({ a: 'x' });
        for (const value of [1, true, new Uint8Array([1]), ['x'], 'x']) {
          await store().update(key, { set: { a: value } });
          expect(await attributesOf(key)).toStrictEqual({ a: value });
        }
      });

      it.each(AWKWARD_NAMES)('an attribute may be called %j', async (attribute) => {
        const attributes = Object.fromEntries([[attribute, 'v']]);
        const key = await stored(attributes);
        expect(Object.entries((await attributesOf(key)) ?? {})).toEqual([[attribute, 'v']]);
        expect(
          await store().update(key, { set: Object.fromEntries([[attribute, 'w']]) }, [equals(attribute, 'v')]),
        ).toEqual({
          outcome: 'applied',
        });
        expect(Object.entries((await attributesOf(key)) ?? {})).toEqual([[attribute, 'w']]);
        await store().update(key, { remove: [attribute] });
        expect(await attributesOf(key)).toEqual({});
      });

      it('an item may have no attributes', async () => {
        const key = await stored({});
        expect(await store().get(key)).toEqual({ key, attributes: {} });
      });

      it('keys differ by every byte of both parts', async () => {
        const { partition } = newKey();
        const keys: Key[] = [
          { partition, sort: 'a' },
          { partition, sort: 'A' },
          { partition, sort: 'a ' },
          { partition, sort: 'é' },
          { partition, sort: 'e\u0301' },
          { partition: `${partition}a`, sort: 'a' },
          { partition: `${partition}A`, sort: 'a' },
        ];
        for (const [position, key] of keys.entries()) await stored({ position }, key);
        for (const [position, key] of keys.entries()) expect(await attributesOf(key)).toEqual({ position });
      });

      it('a key of 2048 and 1024 bytes is kept, a longer or an empty one is item-invalid', async () => {
        const { partition } = newKey();
        const key = { partition: partition.padEnd(2048, 'p'), sort: 's'.repeat(1024) };
        await stored({ a: 1 }, key);
        expect(await attributesOf(key)).toEqual({ a: 1 });
        const unfit = [
          { partition: `${key.partition}p`, sort: 's' },
          { partition, sort: `${key.sort}s` },
          { partition: '', sort: 's' },
          { partition, sort: '' },
        ];
        for (const key of unfit) {
          await expect(store().put({ key, attributes: {} })).rejects.toMatchObject({ code: 'item-invalid' });
          await expect(store().get(key)).rejects.toMatchObject({ code: 'item-invalid' });
        }
      });

      it.each([
        ['null', null],
        ['undefined', undefined],
        ['NaN', Number.NaN],
        ['infinity', Number.POSITIVE_INFINITY],
        ['an object', { a: 1 }],
        ['a list of numbers', [1]],
      ])('%s is not a value: item-invalid', async (_, value) => {
        const key = newKey();
        const attributes = { a: value } as unknown as Attributes;
        await expect(store().put({ key, attributes })).rejects.toMatchObject({ code: 'item-invalid' });
        await expect(store().update(key, { set: attributes })).rejects.toMatchObject({ code: 'item-invalid' });
        expect(await store().get(key)).toBeUndefined();
      });
    });

    describe('writes', () => {
      it('put replaces the whole item', async () => {
        const key = await stored({ a: 1, b: 2 });
        await stored({ b: 3 }, key);
        expect(await attributesOf(key)).toEqual({ b: 3 });
      });

      it('update sets and removes single attributes and leaves the others', async () => {
        const key = await stored({ a: 1, b: 2, c: 3 });
        expect(await store().update(key, { set: { b: 20, d: 4 }, remove: ['c', 'never'] })).toEqual({
          outcome: 'applied',
        });
        expect(await attributesOf(key)).toEqual({ a: 1, b: 20, d: 4 });
      });

      it('update makes an item that does not exist', async () => {
        const key = newKey();
        expect(await store().update(key, { set: { a: 1 } })).toEqual({ outcome: 'applied' });
        expect(await attributesOf(key)).toEqual({ a: 1 });
      });

      it('update without changes makes an item without attributes', async () => {
        const key = newKey();
        expect(await store().update(key, {})).toEqual({ outcome: 'applied' });
        expect(await attributesOf(key)).toEqual({});
      });

      it('an attribute both set and removed is item-invalid', async () => {
        const update = store().update(newKey(), { set: { a: 1 }, remove: ['a'] });
        await expect(update).rejects.toMatchObject({ code: 'item-invalid' });
      });

      it('delete removes the item, and is applied where there is none', async () => {
        const key = await stored({ a: 1 });
        expect(await store().delete(key)).toEqual({ outcome: 'applied' });
        expect(await store().get(key)).toBeUndefined();
        expect(await store().delete(key)).toEqual({ outcome: 'applied' });
      });

      it('what was applied is there after the store was opened again', async () => {
        const key = await stored(ATTRIBUTES);
        const gone = await stored({ a: 1 });
        await store().delete(gone);
        await subject.reopen();
        expect(await attributesOf(key)).toStrictEqual(ATTRIBUTES);
        expect(await store().get(gone)).toBeUndefined();
      });
    });

    describe('conditions', () => {
      type Attempt = (key: Key) => Promise<WriteResult>;
      const attempts: [string, (conditions: Parameters<Store['delete']>[1]) => Attempt][] = [
        ['put', (conditions) => (key) => store().put({ key, attributes: { won: true } }, conditions)],
        ['update', (conditions) => (key) => store().update(key, { set: { won: true } }, conditions)],
        ['delete', (conditions) => (key) => store().delete(key, conditions)],
      ];

      describe.each(attempts)('of %s', (_, attempt) => {
        const isApplied = async (key: Key, conditions: Parameters<Store['delete']>[1]): Promise<boolean> => {
          const before = await store().get(key);
          const result = await attempt(conditions)(key);
          if (result.outcome === 'refused') {
            expect(result.current).toEqual(before);
            expect(await store().get(key)).toEqual(before);
          }
          expect(result.outcome).not.toBe('unknown');
          return result.outcome === 'applied';
        };

        it('absent holds where there is no item', async () => {
          expect(await isApplied(newKey(), [absent])).toBe(true);
          expect(await isApplied(await stored({}), [absent])).toBe(false);
          expect(await isApplied(await stored({ a: 1 }), [absent])).toBe(false);
        });

        it('present holds where there is one', async () => {
          expect(await isApplied(newKey(), [present])).toBe(false);
          expect(await isApplied(await stored({}), [present])).toBe(true);
        });

        it.each(Object.entries(ATTRIBUTES))('equals holds for the same %s', async (name, value) => {
          expect(await isApplied(await stored({ [name]: value }), [equals(name, value)])).toBe(true);
        });

        it('equals is of type and value', async () => {
          const attributes = { n: 1, s: '1', b: true, bytes: new Uint8Array([49]), list: ['1'] };
          const wrong = [
            equals('n', '1'),
            equals('n', 2),
            equals('n', true),
            equals('s', 1),
            equals('s', '2'),
            equals('s', ['1']),
            equals('s', new Uint8Array([49])),
            equals('b', 1),
            equals('b', false),
            equals('bytes', '1'),
            equals('bytes', new Uint8Array([50])),
            equals('bytes', new Uint8Array([49, 49])),
            equals('list', '1'),
            equals('list', ['1', '1']),
            equals('list', []),
            equals('constructor', 'x'),
            equals('other', ''),
          ];
          const key = await stored(attributes);
          for (const condition of wrong) expect(await isApplied(key, [condition])).toBe(false);
        });

        it('equals and oneOf are refused where there is no item', async () => {
          expect(await isApplied(newKey(), [equals('a', 1)])).toBe(false);
          expect(await isApplied(newKey(), [oneOf('a', [1])])).toBe(false);
          expect(await isApplied(newKey(), [atMost('a', 1)])).toBe(false);
        });

        it('oneOf holds for any of its values', async () => {
          expect(await isApplied(await stored({ status: 'up' }), [oneOf('status', ['up', 'draining'])])).toBe(true);
          expect(await isApplied(await stored({ status: 'draining' }), [oneOf('status', ['up', 'draining'])])).toBe(
            true,
          );
          expect(await isApplied(await stored({ status: 'left' }), [oneOf('status', ['up', 'draining'])])).toBe(false);
          expect(await isApplied(await stored({ other: 'up' }), [oneOf('status', ['up'])])).toBe(false);
          expect(await isApplied(await stored({ n: 1 }), [oneOf('n', ['1', 1])])).toBe(true);
        });

        it('atMost holds for a number not above the bound', async () => {
          expect(await isApplied(await stored({ epoch: 4 }), [atMost('epoch', 5)])).toBe(true);
          expect(await isApplied(await stored({ epoch: 5 }), [atMost('epoch', 5)])).toBe(true);
          expect(await isApplied(await stored({ epoch: -1 }), [atMost('epoch', 0)])).toBe(true);
          expect(await isApplied(await stored({ epoch: 10 }), [atMost('epoch', 9)])).toBe(false);
          expect(await isApplied(await stored({ epoch: 5.5 }), [atMost('epoch', 5)])).toBe(false);
          expect(await isApplied(await stored({ epoch: '4' }), [atMost('epoch', 5)])).toBe(false);
          expect(await isApplied(await stored({ other: 4 }), [atMost('epoch', 5)])).toBe(false);
        });

        it('all conditions must hold', async () => {
          const attributes = { version: 3, epoch: 7 };
          expect(await isApplied(await stored(attributes), [equals('version', 3), atMost('epoch', 7)])).toBe(true);
          expect(await isApplied(await stored(attributes), [equals('version', 2), atMost('epoch', 7)])).toBe(false);
          expect(await isApplied(await stored(attributes), [equals('version', 3), atMost('epoch', 6)])).toBe(false);
          expect(await isApplied(await stored(attributes), [present, equals('version', 3), oneOf('epoch', [7])])).toBe(
            true,
          );
        });

        it('no conditions always hold', async () => {
          expect(await isApplied(newKey(), [])).toBe(true);
        });
      });

      it('refused bears the item as it is, every attribute of it', async () => {
        const key = await stored(ATTRIBUTES);
        const result = await store().update(key, { set: { yes: false } }, [equals('zero', 1)]);
        expect(result).toStrictEqual({ outcome: 'refused', current: { key, attributes: ATTRIBUTES } });
      });

      it('refused bears no item where there is none', async () => {
        expect(await store().delete(newKey(), [present])).toEqual({ outcome: 'refused', current: undefined });
      });
    });

    describe('concurrency', () => {
      it('of 100 parallel writes on one version exactly one is applied', async () => {
        const key = await stored({ version: 1 });
        const results = await Promise.all(
          Array.from({ length: 100 }, (_, writer) =>
            store().update(key, { set: { version: 2, writer } }, [equals('version', 1)]),
          ),
        );
        const winners = [...results.entries()].filter(([, result]) => result.outcome === 'applied');
        expect(winners).toHaveLength(1);
        expect(await attributesOf(key)).toEqual({ version: 2, writer: winners[0]?.[0] });
        for (const result of results) {
          if (result.outcome === 'refused')
            expect(result.current?.attributes).toEqual({ version: 2, writer: winners[0]?.[0] });
        }
      });

      it('of 100 parallel claims of an absent item exactly one is applied', async () => {
        const key = newKey();
        const results = await Promise.all(
          Array.from({ length: 100 }, (_, writer) => store().put({ key, attributes: { writer } }, [absent])),
        );
        const winner = results.findIndex((result) => result.outcome === 'applied');
        expect(results.filter((result) => result.outcome === 'refused')).toHaveLength(99);
        expect(await attributesOf(key)).toEqual({ writer: winner });
      });

      it('40 parallel increments, each tried until it is applied, count to 40 with one winner a version', async () => {
        const key = await stored({ version: 0 });
        const winners = new Map<number, number>();
        const increment = async (): Promise<void> => {
          for (;;) {
            const version = (await attributesOf(key))?.['version'] as number;
            const result = await store().update(key, { set: { version: version + 1 } }, [equals('version', version)]);
            if (result.outcome !== 'applied') continue;
            winners.set(version, (winners.get(version) ?? 0) + 1);
            return;
          }
        };
        await Promise.all(Array.from({ length: 40 }, increment));
        expect(await attributesOf(key)).toEqual({ version: 40 });
        expect([...winners.values()]).toEqual(Array.from({ length: 40 }, () => 1));
      });

      it('updates of different attributes at once lose none', async () => {
        const key = await stored({});
        await Promise.all(Array.from({ length: 50 }, (_, n) => store().update(key, { set: { [`a${n}`]: n } })));
        expect(await attributesOf(key)).toEqual(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`a${n}`, n])));
      });

      it('one write that cannot be made leaves those beside it alone', async () => {
        const keys = Array.from({ length: 10 }, () => newKey());
        const results = await Promise.allSettled(
          keys.map((key, n) => store().update(key, { set: { a: 'x'.repeat(n === 5 ? ITEM_LIMIT_BYTES : 10) } })),
        );
        expect(results.map((result) => result.status)).toEqual(
          keys.map((_, n) => (n === 5 ? 'rejected' : 'fulfilled')),
        );
        for (const [n, key] of keys.entries()) expect((await store().get(key)) === undefined).toBe(n === 5);
      });
    });

    describe('query', () => {
      const sortsOf = async (partition: string, options?: Parameters<Store['query']>[1]): Promise<string[]> => {
        const sorts: string[] = [];
        for await (const item of store().query(partition, options)) sorts.push(item.key.sort);
        return sorts;
      };

      it('an empty partition has no items', async () => {
        expect(await sortsOf(newKey().partition)).toEqual([]);
      });

      it('gives whole items with their keys', async () => {
        const key = await stored(ATTRIBUTES);
        const items: Item[] = [];
        for await (const item of store().query(key.partition)) items.push(item);
        expect(items).toStrictEqual([{ key, attributes: ATTRIBUTES }]);
      });

      it('gives the items of its partition alone', async () => {
        const partition = await filled(['a', 'b']);
        await stored({}, { partition: `${partition}#`, sort: 'c' });
        await stored({}, { partition: partition.slice(0, -1), sort: 'd' });
        expect(await sortsOf(partition)).toEqual(['a', 'b']);
      });

      it('orders by the UTF-8 bytes of the sort key, not by UTF-16 units or a language', async () => {
        // U+FF5E comes before U+1F389 in UTF-8 and after it in UTF-16.
        const sorts = ['!', '10', '9', 'A', 'Z', 'a', 'aa', 'b', '~', 'é', '\uff5e', '\u{1f389}'];
        const partition = await filled(sorts.toReversed());
        expect(await sortsOf(partition)).toEqual(sorts);
      });

      it('prefix keeps the sort keys that begin so, itself included', async () => {
        const sorts = [
          'DEVICE',
          'DEVICE#',
          'DEVICE#1',
          'DEVICE#1#FOLDERS',
          'DEVICE#10',
          'DEVICE#2',
          'DEVICE$',
          'FOLDERS',
          'device#1',
        ];
        const partition = await filled(sorts);
        expect(await sortsOf(partition, { prefix: 'DEVICE#' })).toEqual(sorts.slice(1, 6));
        expect(await sortsOf(partition, { prefix: 'DEVICE#1' })).toEqual(sorts.slice(2, 5));
        expect(await sortsOf(partition, { prefix: 'DEVICE#1#' })).toEqual(['DEVICE#1#FOLDERS']);
        expect(await sortsOf(partition, { prefix: 'X' })).toEqual([]);
      });

      it.each(['%', '_', '*', '\\', 'z', '\u007f', 'é', '\ud7ff', '\u{1f389}', '\u{10ffff}'])(
        'prefix %j is taken as it is',
        async (prefix) => {
          const within = [prefix, `${prefix}1`, `${prefix}\u{10ffff}`, `${prefix}\u{10ffff}\u{10ffff}x`];
          const partition = await filled([...within, 'A', 'y', '\ue000', '\u{1f388}', '\u{1f38a}']);
          expect(await sortsOf(partition, { prefix })).toEqual(within);
        },
      );

      it('limit gives the first items; more than there are is no error', async () => {
        const partition = await filled(['a', 'b', 'c']);
        expect(await sortsOf(partition, { limit: 2 })).toEqual(['a', 'b']);
        expect(await sortsOf(partition, { limit: 3 })).toEqual(['a', 'b', 'c']);
        expect(await sortsOf(partition, { limit: 9 })).toEqual(['a', 'b', 'c']);
        expect(await sortsOf(partition, { limit: 1, prefix: 'b' })).toEqual(['b']);
      });

      it('gives many items and large ones whole, in order', async () => {
        const sorts = Array.from({ length: 150 }, (_, n) => `ITEM#${String(n).padStart(4, '0')}`);
        const { partition } = newKey();
        await Promise.all(sorts.map((sort) => stored({ filler: new Uint8Array(20_000) }, { partition, sort })));
        expect(await sortsOf(partition)).toEqual(sorts);
        expect(await sortsOf(partition, { limit: 100 })).toEqual(sorts.slice(0, 100));
        expect(await sortsOf(partition, { limit: 64 })).toEqual(sorts.slice(0, 64));
      });

      it('may be left early, and may write while it goes on', async () => {
        const partition = await filled(Array.from({ length: 80 }, (_, n) => `S${n + 100}`));
        for await (const item of store().query(partition)) {
          expect(item.key.sort).toBe('S100');
          break;
        }
        for await (const item of store().query(partition)) await store().delete(item.key);
        expect(await sortsOf(partition)).toEqual([]);
      });

      it('sees every write that was applied before', async () => {
        const partition = await filled(['a']);
        await store().delete({ partition, sort: 'a' });
        await stored({}, { partition, sort: 'b' });
        expect(await sortsOf(partition, { consistent: true })).toEqual(['b']);
      });
    });

    describe('scan', () => {
      it('gives every item of every partition once', async () => {
        const keys = await Promise.all(Array.from({ length: 100 }, (_, n) => stored({ n })));
        const [deleted, rewritten] = [keys[3] as Key, keys[4] as Key];
        await store().delete(deleted);
        await stored({ n: -1 }, rewritten);
        const seen = new Map<string, number>();
        for await (const item of store().scan()) {
          seen.set(item.key.partition, (seen.get(item.key.partition) ?? 0) + 1);
          if (item.key.partition === rewritten.partition) {
            expect(item).toEqual({ key: rewritten, attributes: { n: -1 } });
            await store().update(rewritten, { set: { more: 'x'.repeat(5000) } });
          }
        }
        for (const key of keys) expect(seen.get(key.partition)).toBe(key === deleted ? undefined : 1);
      });
    });

    describe('limits', () => {
      const room = ITEM_LIMIT_BYTES - 2048;

      it('an item of nearly 400 KB is kept', async () => {
        const key = await stored({ bytes: new Uint8Array(room).fill(200) });
        expect((await attributesOf(key))?.['bytes']).toHaveLength(room);
      });

      it('the limit counts UTF-8 bytes, and those of names', async () => {
        const key = newKey();
        const tooLarge = { code: 'item-too-large' };
        await expect(store().put({ key, attributes: { text: 'é'.repeat(room / 2 + 2048) } })).rejects.toMatchObject(
          tooLarge,
        );
        await expect(store().put({ key, attributes: { ['n'.repeat(ITEM_LIMIT_BYTES)]: 1 } })).rejects.toMatchObject(
          tooLarge,
        );
        await expect(
          store().put({ key, attributes: { list: ['x'.repeat(room), 'x'.repeat(4096)] } }),
        ).rejects.toMatchObject(tooLarge);
        expect(await store().get(key)).toBeUndefined();
      });

      it('an update that would make the item too large changes nothing', async () => {
        const key = await stored({ a: new Uint8Array(room / 2) });
        const update = store().update(key, { set: { b: new Uint8Array(room / 2 + 4096), c: 1 } });
        await expect(update).rejects.toMatchObject({ code: 'item-too-large' });
        expect(Object.keys((await attributesOf(key)) ?? {})).toEqual(['a']);
        expect(await store().update(key, { set: { b: new Uint8Array(room / 2 + 4096) }, remove: ['a'] })).toEqual({
          outcome: 'applied',
        });
      });
    });

    describe('a write whose response is lost', () => {
      it.each([true, false])('is unknown; a consistent read tells (applied: %s)', async (isApplied) => {
        const key = await stored({ version: 1 });
        if (!subject.loseNextResponse) {
          // Nothing lies between an embedded store and its caller: its writes tell of themselves.
          expect(await store().update(key, { set: { version: 2 } })).toEqual({ outcome: 'applied' });
          return;
        }
        subject.loseNextResponse(isApplied);
        const result = await store().update(key, { set: { version: 2 } }, [equals('version', 1)]);
        expect(result).toMatchObject({ outcome: 'unknown', cause: expect.anything() });
        expect(await attributesOf(key)).toEqual({ version: isApplied ? 2 : 1 });
      });
    });

    describe('a closed store', () => {
      it('keeps what was asked for before, may be closed twice, and answers store-unavailable', async () => {
        const key = newKey();
        const write = store().put({ key, attributes: { a: 1 } });
        await store().close();
        await store().close();
        expect(await write).toEqual({ outcome: 'applied' });
        const unavailable = { code: 'store-unavailable' };
        await expect(store().get(key)).rejects.toMatchObject(unavailable);
        await expect(store().put({ key, attributes: {} })).rejects.toMatchObject(unavailable);
        await subject.reopen();
        expect(await attributesOf(key)).toEqual({ a: 1 });
      });
    });
  });
}
