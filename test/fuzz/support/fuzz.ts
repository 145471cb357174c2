/** Runs the cases of one target: none may throw, take long, or leave memory behind. Says how many ran. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { casesOf, type Target } from './plan.ts';

/** Of the processor, for one case; what really loops takes for ever. A machine with other work does not count against it. */
const CASE_LIMIT_MS = 2_000;
/** For a case that waits for what never comes. */
const HANG_LIMIT_MS = 60_000;
/** What may remain after the garbage was collected: caches, the compiler's code. */
const HEAP_GROWTH_LIMIT_BYTES = 48 * 1024 * 1024;
const RSS_GROWTH_LIMIT_BYTES = 256 * 1024 * 1024;
/** The cases after which memory is first measured, as a part of all. */
const WARM_UP = 0.1;

export interface FuzzOptions {
  /** One call of the property may try several cases side by side. */
  readonly casesAtOnce?: number;
  readonly caseLimitMs?: number;
  /** Tells the first failure as it came: where each try takes long, making it smaller takes for ever. */
  readonly endOnFailure?: boolean;
}

export const FUZZ_TIMEOUT_MS = 900_000;

export async function fuzz<Case>(
  target: Target,
  cases: fc.Arbitrary<Case>,
  check: (one: Case) => void | Promise<void>,
  { casesAtOnce = 1, caseLimitMs = CASE_LIMIT_MS, endOnFailure = false }: FuzzOptions = {},
): Promise<void> {
  const numRuns = Math.ceil(casesOf(target) / casesAtOnce);
  const started = performance.now();
  let ran = 0;
  let longestMs = 0;
  let before = memory();
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      if (++ran === Math.ceil(numRuns * WARM_UP)) before = memory();
      const from = process.cpuUsage();
      await check(one);
      const { user, system } = process.cpuUsage(from);
      const tookMs = (user + system) / 1_000;
      longestMs = Math.max(longestMs, tookMs);
      if (tookMs > caseLimitMs) throw new Error(`took ${Math.round(tookMs)} ms`);
    }),
    // A case that hangs without using the processor would otherwise be told as a test that took too long.
    { numRuns, endOnFailure, timeout: HANG_LIMIT_MS },
  );
  const after = memory();
  const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  process.stdout.write(
    `fuzz: ${target}: ${ran * casesAtOnce} cases in ${((performance.now() - started) / 1000).toFixed(1)} s, longest ${Math.round(longestMs)} ms, heap ${megabytes(after.heapUsed - before.heapUsed)}, resident ${megabytes(after.rss - before.rss)} more\n`,
  );
  expect(ran * casesAtOnce).toBeGreaterThanOrEqual(casesOf(target));
  expect(after.heapUsed - before.heapUsed).toBeLessThan(HEAP_GROWTH_LIMIT_BYTES);
  expect(after.rss - before.rss).toBeLessThan(RSS_GROWTH_LIMIT_BYTES);
}

/** After the garbage was collected. */
function memory(): NodeJS.MemoryUsage {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage();
}
