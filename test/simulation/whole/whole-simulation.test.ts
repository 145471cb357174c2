/**
 * A thousand histories in CI, a few in a quick run; ten thousand by `npm run simulate -- --seeds 10000`. A violation names its
 * seed, and `npm run simulate -- --from SEED --seeds 1 --trace` tells that history.
 */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runSeeds } from './run-seeds.ts';

const IS_FULL = process.env['CARAVAN_TEST_SIZE'] === 'full';
const SEEDS = IS_FULL ? 1_000 : 20;
/** Each begins processes, which load all of the server. */
const BATCH = 250;
const WORKERS = Math.min(2, availableParallelism());
const LIMIT_MS = 900_000;

describe('A whole pool under crashes, pauses, partitions, errors of store and mail system, lost answers, clocks that differ', () => {
  for (let from = 1; from <= SEEDS; from += BATCH) {
    const seeds = Math.min(BATCH, SEEDS - from + 1);
    it(`keeps its invariants (seeds ${from} to ${from + seeds - 1})`, { timeout: LIMIT_MS }, async () => {
      const summary = await runSeeds({ from, seeds, workers: WORKERS });
      expect(summary.violations).toEqual([]);
      expect(summary.histories).toBe(seeds);
      expect(summary.commands).toBeGreaterThan(30 * seeds);
      expect(summary.effects).toBeGreaterThan(5 * seeds);
    });
  }

  it('is the same history whenever its seed is the same, whatever ran before it', { timeout: LIMIT_MS }, async () => {
    const seeds = { from: 2_000, seeds: 12 };
    const first = await runSeeds({ ...seeds, workers: 1 });
    const again = await runSeeds({ ...seeds, workers: WORKERS });
    expect(new Set(first.digests.values()).size).toBe(12);
    expect(new Map([...again.digests].sort(([a], [b]) => a - b))).toEqual(first.digests);
  });
});
