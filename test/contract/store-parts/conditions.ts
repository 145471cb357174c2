/** Conditional writes, alone and against each other. */
import { describe, expect, it } from 'vitest';
import {
  type Attributes,
  absent,
  atMost,
  equals,
  ITEM_LIMIT_BYTES,
  type Key,
  lacks,
  oneOf,
  present,
  type Store,
  type WriteResult,
} from '../../../lib/store/index.ts';
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

export function describeConditions({ store, newKey, stored, attributesOf }: StoreSubject): void {
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
        expect(await isApplied(await stored({ status: 'draining' }), [oneOf('status', ['up', 'draining'])])).toBe(true);
        expect(await isApplied(await stored({ status: 'left' }), [oneOf('status', ['up', 'draining'])])).toBe(false);
        expect(await isApplied(await stored({ other: 'up' }), [oneOf('status', ['up'])])).toBe(false);
        expect(await isApplied(await stored({ n: 1 }), [oneOf('n', ['1', 1])])).toBe(true);
      });

      it('lacks holds where the attribute is not, whether the item is or not', async () => {
        expect(await isApplied(await stored({ version: 1 }), [lacks('copy')])).toBe(true);
        expect(await isApplied(newKey(), [lacks('copy')])).toBe(true);
        expect(await isApplied(await stored({ copy: '' }), [lacks('copy')])).toBe(false);
        expect(await isApplied(await stored({ copy: false }), [lacks('version'), lacks('copy')])).toBe(false);
        expect(await isApplied(await stored({ version: 1 }), [lacks('constructor')])).toBe(true);
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
      expect(results.map((result) => result.status)).toEqual(keys.map((_, n) => (n === 5 ? 'rejected' : 'fulfilled')));
      for (const [n, key] of keys.entries()) expect((await store().get(key)) === undefined).toBe(n === 5);
    });
  });
}
