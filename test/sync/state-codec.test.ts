// The state of a collection in the store: it comes back as it went, stays small, and never comes back as something else.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UidRuns } from '../../lib/backends/index.ts';
import type { Attributes } from '../../lib/store/index.ts';
import { SyncError } from '../../lib/sync/index.ts';
import { type CollectionState, currentHolding, firstState } from '../../lib/sync/mail/collection-state.ts';
import { Holding } from '../../lib/sync/mail/holding.ts';
import { decodeHolding, encodeHolding } from '../../lib/sync/mail/holding-codec.ts';
import { printOfNumber } from '../../lib/sync/mail/print-table.ts';
import { decodeState, encodeState } from '../../lib/sync/mail/state-codec.ts';

const uid = fc.integer({ min: 1, max: 0xffff_ffff });
const flags = fc.constantFrom('', '\\Seen', '\\Flagged \\Seen', 'work', 'Ärger', '$Forwarded \\Answered \\Seen');
const told = fc.array(fc.tuple(uid, flags), { maxLength: 60 }).map((entries) => new Map(entries));
const runs = fc.array(uid, { maxLength: 20 }).map((uids) => UidRuns.of(uids));
const mark = fc.nat(5);
const stale = fc
  .array(fc.record({ mark, uids: runs }), { maxLength: 3 })
  .map((all) => all.filter((each) => each.uids.size));
const holding = fc
  .record({ mark, told, stale })
  .map((parts) => Holding.empty(parts.mark, parts.stale).with(parts.told));

/** Of calendars and the like: ids are hashes, and what is told of each is a print. */
const hash = fc.integer({ min: 0x1_0000_0000, max: 2 ** 52 });
const prints = fc.array(fc.tuple(hash, fc.nat(0xffff_ffff)), { minLength: 1, maxLength: 30 });
const staleHashes = fc.array(
  fc.record({ mark, uids: fc.array(hash, { minLength: 1, maxLength: 20 }).map((ids) => UidRuns.of(ids)) }),
  {
    maxLength: 3,
  },
);
const resources = fc
  .record({ mark, prints, staleHashes })
  .map((it) =>
    Holding.empty(it.mark, it.staleHashes).with(new Map(it.prints.map(([id, print]) => [id, printOfNumber(print)]))),
  );

function plain(it: Holding): unknown {
  const items = [...it.uids].map((each) => [each, it.flagTextOf(each)]);
  return { mark: it.mark, items, stale: it.stale.map((each) => [each.mark, each.uids.toString()]) };
}

describe('a holding', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(holding, (it) => {
        expect(plain(decodeHolding(encodeHolding(it)))).toEqual(plain(it));
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(resources, (it) => {
        expect(plain(decodeHolding(encodeHolding(it)))).toEqual(plain(it));
      }),
      { numRuns: 500 },
    );
  });

  it('with changes is what a map with these changes is', () => {
    const changes = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.option(flags, { nil: undefined })), { maxLength: 30 })
      .map((entries) => new Map(entries));
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 5 }), (steps) => {
        const model = new Map<number, string>();
        let it = Holding.empty();
        for (const step of steps) {
          it = it.with(step);
          for (const [each, text] of step)
            if (text === undefined) model.delete(each);
            else model.set(each, text);
        }
        const items = [...it.uids].map((each) => [each, it.flagTextOf(each)]);
        expect(items).toEqual([...model].sort((a, b) => a[0] - b[0]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('damaged bytes are told from sound ones', () => {
    const sound = encodeHolding(
      Holding.empty(1).with(new Map(Array.from({ length: 50 }, (_, i) => [i * 3 + 1, '\\Seen']))),
    );
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Uint8Array.from(sound);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        try {
          // The first bytes say how it is packed, and may say another way that gives the very same.
          expect(plain(decodeHolding(damaged))).toEqual(plain(decodeHolding(sound)));
        } catch (error) {
          if (!(error instanceof SyncError)) throw error;
          expect(error.code).toBe('state-corrupt');
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('random bytes are never taken for one, and cost no memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeHolding(bytes)).toThrow(expect.objectContaining({ code: 'state-corrupt' }) as Error);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a collection state', () => {
  const result = fc.record(
    {
      digest: fc.string(),
      kind: fc.constantFrom('add' as const, 'change' as const, 'delete' as const),
      serverId: fc.string(),
      isAnswered: fc.boolean(),
    },
    { noNullPrototype: true },
  );
  const state: fc.Arbitrary<CollectionState> = fc
    .record(
      {
        base: holding,
        added: told,
        changed: told,
        removed: runs,
        aged: runs,
        deltaMark: mark,
        deltaStale: stale,
        results: fc.array(result, { maxLength: 5 }),
        generation: fc.integer({ min: 2, max: 2 ** 40 }),
        windowLimit: fc.option(fc.integer({ min: 1, max: 512 }), { nil: undefined }),
        filterDays: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        rendering: fc.jsonValue(),
      },
      { noNullPrototype: true },
    )
    .map((it) => ({
      ...firstState('series', { filterDays: it.filterDays, conflict: 'server', rendering: it.rendering }, 5),
      generation: it.generation,
      previousGeneration: it.generation - 1,
      base: it.base,
      delta: {
        mark: it.deltaMark,
        added: it.added,
        changed: it.changed,
        removed: it.removed,
        aged: it.aged,
        stale: it.deltaStale,
      },
      results: it.results,
      windowLimit: it.windowLimit,
      isConfirmed: true,
      skipped: [{ mark: 0, uid: 7, flags: '\\Seen', until: 99 }],
    }));

  it('comes back as it went', () => {
    fc.assert(
      fc.property(state, (it) => {
        const back = decodeState(encodeState(it));
        expect(JSON.parse(JSON.stringify({ ...back, base: 0, delta: 0 }))).toEqual(
          JSON.parse(JSON.stringify({ ...it, base: 0, delta: 0 })),
        );
        expect(plain(back.base)).toEqual(plain(it.base));
        expect(back.delta.added).toEqual(it.delta.added);
        expect(back.delta.removed.toString()).toBe(it.delta.removed.toString());
        expect(plain(currentHolding(back))).toEqual(plain(currentHolding(it)));
      }),
      { numRuns: 500 },
    );
  });

  it('has names that a person can read in a console', () => {
    const names = Object.keys(
      encodeState(firstState('series', { filterDays: 3, conflict: 'server', rendering: {} }, 0)),
    );
    expect(names).toEqual(expect.arrayContaining(['series', 'generation', 'heldCount', 'held', 'options', 'cutOff']));
    for (const name of names) expect(name).toMatch(/^[a-z][a-zA-Z]+$/);
  });
});

describe('its size', () => {
  const sizeOf = (attributes: Attributes) =>
    Object.values(attributes).reduce<number>(
      (sum, value) => sum + (value instanceof Uint8Array ? value.length : String(value).length),
      0,
    );

  /** A mailbox as people have it: gaps where mail was deleted, a fifth of it flagged, answered, sorted or unread. */
  function realistic(count: number): Holding {
    let seed = 7;
    const random = () => {
      seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b_3c6d) ^ (seed << 7);
      seed = Math.imul(seed ^ (seed >>> 12), 0x297a_2d39) + 0x9e37_79b9;
      return ((seed ^ (seed >>> 15)) >>> 0) / 2 ** 32;
    };
    const items = new Map<number, string>();
    for (let at = 1; items.size < count; at++) {
      if (random() < 0.05) continue;
      const dice = random();
      const isRecent = items.size > count * 0.97;
      let text = '\\Seen';
      if (isRecent && dice < 0.5) text = '';
      else if (dice < 0.12) text = '\\Answered \\Seen';
      else if (dice < 0.14) text = '\\Flagged \\Seen';
      else if (dice < 0.17) text = '$Forwarded \\Seen';
      else if (dice < 0.2) text = '';
      else if (dice < 0.21) text = `\\Seen category${Math.floor(random() * 6)}`;
      items.set(at, text);
    }
    return Holding.empty().with(items);
  }

  it.each([
    [500, 500],
    [10_000, 3_000],
    [50_000, 14_000],
  ])('for %i messages with flags as people have them: at most %i bytes', (count, limitBytes) => {
    const state = { ...firstState('series', { filterDays: undefined, conflict: 'server', rendering: {} }, 0) } as const;
    const size = sizeOf(encodeState({ ...state, base: realistic(count) }));
    expect(size).toBeLessThanOrEqual(limitBytes);
  });
});
