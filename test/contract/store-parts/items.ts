/** Items and writes. */
import { describe, expect, it } from 'vitest';
import { type Attributes, equals, type Key } from '../../../lib/store/index.ts';
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

export function describeItems({ underTest, store, newKey, stored, attributesOf }: StoreSubject): void {
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
      await underTest().reopen();
      expect(await attributesOf(key)).toStrictEqual(ATTRIBUTES);
      expect(await store().get(gone)).toBeUndefined();
    });
  });
}
