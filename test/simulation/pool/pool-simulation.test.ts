/** `CARAVAN_SIMULATE_SEEDS` seeds (default 200, 500 in CI) from `CARAVAN_SIMULATE_FROM` (default 1); a failing seed replays alone. */
import { describe, expect, it } from 'vitest';
import { simulatePool, type SimulationResult } from './pool-simulation.ts';

const SEEDS = Number(
  process.env['CARAVAN_SIMULATE_SEEDS'] ?? (process.env['CARAVAN_TEST_SIZE'] === 'full' ? 500 : 200),
);
const FROM = Number(process.env['CARAVAN_SIMULATE_FROM'] ?? 1);
const BATCHES = 10;
const TRACE_LINES = 60;

describe('A pool under crashes, pauses, partitions, store errors and clocks that differ', () => {
  for (let batch = 0; batch < BATCHES; batch++) {
    const from = FROM + Math.floor((SEEDS * batch) / BATCHES);
    const until = FROM + Math.floor((SEEDS * (batch + 1)) / BATCHES);
    it(`keeps its invariants (seeds ${from} to ${until - 1})`, { timeout: 600_000 }, async () => {
      for (let seed = from; seed < until; seed++) {
        const result = await simulatePool({ seed });
        expect(result.violations, explain(result)).toEqual([]);
        expect(result.commands).toBeGreaterThan(10);
      }
    });
  }

  it('replays: the same seed gives the same history', async () => {
    const [first, again] = [await simulatePool({ seed: 7 }), await simulatePool({ seed: 7 })];
    expect(again).toEqual(first);
  });
});

const explain = (result: SimulationResult): string =>
  `CARAVAN_SIMULATE_FROM=${result.seed} CARAVAN_SIMULATE_SEEDS=1 replays this:\n${result.trace.slice(-TRACE_LINES).join('\n')}`;
