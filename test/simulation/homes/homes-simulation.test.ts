/** `CARAVAN_SIMULATE_SEEDS` seeds (default 40) from `CARAVAN_SIMULATE_FROM` (default 1); a failing seed replays alone. */
import { expect, it } from 'vitest';
import { simulateHomes } from './homes-simulation.ts';

const SEEDS = Number(process.env['CARAVAN_SIMULATE_SEEDS'] ?? 40);
const FROM = Number(process.env['CARAVAN_SIMULATE_FROM'] ?? 1);
const TRACE_LINES = 60;

it('two pools never own one user, and what a device was told is kept', { timeout: 600_000 }, async () => {
  const sums = { commands: 0, moves: 0, failOvers: 0, lost: 0 };
  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    const { violations, trace, ...result } = await simulateHomes(seed);
    const told = `CARAVAN_SIMULATE_FROM=${seed} CARAVAN_SIMULATE_SEEDS=1 replays this:\n${trace.slice(-TRACE_LINES).join('\n')}`;
    expect(violations, told).toEqual([]);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
  }
  expect(sums.commands).toBeGreaterThan(20 * SEEDS);
  if (SEEDS < 20) return;
  expect(sums.moves).toBeGreaterThan(SEEDS);
  expect(sums.failOvers).toBeGreaterThan(SEEDS / 4);
});
