/**
 * A hand-over between a standalone server and a pool, with something wrong at every single write of it; and random histories, any
 * number by `npm run simulate -- --growth --seeds 10000`.
 */
import { describe, expect, it } from 'vitest';
import { simulateGrowth } from './growth-simulation.ts';
import { atEveryWrite, type GrowthSummary, MISHAPS, runGrowth, SCRIPTS } from './run-growth.ts';

const IS_FULL = process.env['CARAVAN_TEST_SIZE'] === 'full';
const SEEDS = IS_FULL ? 100 : 20;
const LIMIT_MS = 600_000;
/** A way to the store and back takes 2 to 16 ms; what is more is waiting. */
const SLOWEST_MS = 250;

const told = ({ violations }: GrowthSummary) => violations.map(({ history, what }) => `${history}: ${what}`);

describe('A standalone server that is killed, unanswered or called back at each write of what it does', () => {
  for (const acts of SCRIPTS) {
    for (const what of IS_FULL ? MISHAPS : (['killed after'] as const)) {
      const isBegun = ['join', 'leave'].includes(acts.at(-1) ?? '');
      if (what === 'taken back' && !isBegun) continue;
      it(`serves everybody on one side, with all that their devices were told: ${acts.join(', ')}, ${what}`, {
        timeout: LIMIT_MS,
      }, async () => {
        const summary = await atEveryWrite(acts, what);
        expect(told(summary)).toEqual([]);
        expect(summary.histories).toBeGreaterThan(3);
        if (what.startsWith('killed')) expect(summary.kills).toBe(summary.histories);
      });
    }
  }
});

it.each(SCRIPTS.map((acts) => ({ acts, name: acts.join(', ') })))(
  'no request waits for a quarter of a second where nothing goes wrong: $name',
  { timeout: LIMIT_MS },
  async ({ acts }) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { violations, slowestMs } = await simulateGrowth({ seed, acts });
      expect(violations).toEqual([]);
      expect(slowestMs).toBeLessThan(SLOWEST_MS);
    }
  },
);

it('a standalone server that is killed again and again, before a store that errs, loses no command and does none twice', {
  timeout: LIMIT_MS,
}, async () => {
  const summary = await runGrowth({ from: 1, seeds: SEEDS });
  expect(told(summary)).toEqual([]);
  expect(summary.commands).toBeGreaterThan(50 * SEEDS);
  expect(summary.kills).toBeGreaterThan(SEEDS / 2);
});
