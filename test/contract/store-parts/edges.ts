/** Limits, lost responses, the end. */
import { describe, expect, it } from 'vitest';
import { equals, ITEM_LIMIT_BYTES } from '../../../lib/store/index.ts';
import { type StoreSubject } from './subject.ts';

export function describeEdges({ underTest, store, newKey, stored, attributesOf }: StoreSubject): void {
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
      const subject = underTest();
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
      await underTest().reopen();
      expect(await attributesOf(key)).toEqual({ a: 1 });
    });
  });
}
