/** That the simulation can fail: real rules broken one at a time, each found by a history with a small number. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { MUTATIONS } from './mutations.ts';
import { runSeeds } from './run-seeds.ts';

const WORKERS = Math.min(2, availableParallelism());
const LIMIT_MS = 900_000;
/** What is found at the latest by so many seeds. */
const FOUND_BY = 400;

describe('The simulation finds a broken rule', () => {
  it.each(Object.entries(MUTATIONS).map(([name, { rule, from = 1 }]) => [rule, name, from] as const))(
    '%s',
    { timeout: LIMIT_MS },
    async (_, mutation, from) => {
      const options = { from, seeds: FOUND_BY, workers: WORKERS, mutation, isEndedByViolation: true };
      const { violations } = await runSeeds(options);
      expect(violations).not.toEqual([]);
    },
  );
});
