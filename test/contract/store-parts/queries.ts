/** Query and scan. */
import { describe, expect, it } from 'vitest';
import { type Attributes, type Item, type Key, type Store } from '../../../lib/store/index.ts';
import { type StoreSubject } from './subject.ts';

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

export function describeQueries({ store, newKey, stored, filled }: StoreSubject): void {
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
}
