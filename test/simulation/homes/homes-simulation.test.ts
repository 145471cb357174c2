/**
 * A thousand histories of several pools in CI, some in a quick run; any number by `npm run simulate -- --homes --seeds 10000`. A
 * violation names its seed, and `npm run simulate -- --homes --from SEED --seeds 1 --trace` tells that history.
 */
import { describe, expect, it } from 'vitest';
import { runHomes } from './run-homes.ts';

const SEEDS = process.env['CARAVAN_TEST_SIZE'] === 'full' ? 1_000 : 40;
const BATCH = 100;
const LIMIT_MS = 600_000;

describe('Several pools under partitions, crashes, moves and fail-overs from a replica that lags by up to 30 s', () => {
  for (let from = 1; from <= SEEDS; from += BATCH) {
    const seeds = Math.min(BATCH, SEEDS - from + 1);
    it(`never own one user twice, and keep what a device was told (seeds ${from} to ${from + seeds - 1})`, {
      timeout: LIMIT_MS,
    }, async () => {
      const summary = await runHomes({ from, seeds });
      expect(summary.violations.map(({ seed, what }) => `seed ${seed}: ${what}`)).toEqual([]);
      expect(summary.commands).toBeGreaterThan(20 * seeds);
      expect(summary.moves).toBeGreaterThan(seeds);
      expect(summary.failOvers).toBeGreaterThan(seeds / 4);
    });
  }
});
