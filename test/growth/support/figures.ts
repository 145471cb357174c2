/** How long requests took while something happened, and the promise about it. */
import { expect } from 'vitest';
import type { Lived } from '../../fault/support/somebody.ts';
import { IS_FULL } from './sizes.ts';
import type { Timeline } from './timeline.ts';

/** The promise; where other tests run beside this one it says nothing. */
const SLOWEST_MS = IS_FULL ? 2_000 : 15_000;
/** What the machine does to requests when all phones wake at once is another thing. */
const SETTLED_MS = 8_000;
const SLOWEST_TOLD = 4;

/**
 * What is asked of a request that was under way at `beganMs` or came since, and that no kill broke off; told beside what
 * requests took just before it.
 */
export function expectSoon(lived: readonly Lived[], beganMs: number, timelines: readonly Timeline[]): void {
  const before = lived.filter((it) => it.toMs < beganMs && it.fromMs > beganMs - SETTLED_MS);
  const since = lived.filter((it) => it.toMs >= beganMs && it.brokenOff === 0);
  for (const [name, some] of Object.entries({ before, since }))
    if (some.length > 0) process.stderr.write(`${name} it began: ${figuresOf(some, beganMs, timelines)}\n`);
  expect(Math.max(0, ...since.map(tookMs))).toBeLessThan(SLOWEST_MS);
}

/** The median, the one of a hundred that takes longest, and the slowest with what they were, when, and what went on. */
function figuresOf(lived: readonly Lived[], beganMs: number, timelines: readonly Timeline[]): string {
  const slowestFirst = lived.toSorted((one, other) => tookMs(other) - tookMs(one));
  const at = (share: number) => tookMs(slowestFirst[Math.floor(share * (lived.length - 1))] as Lived);
  const slowest = slowestFirst.slice(0, SLOWEST_TOLD).map((it) => {
    const what = `  ${it.command} of ${it.user} ${tookMs(it)} ms, ${Math.round(it.fromMs - beganMs)} ms after it began`;
    return [what, ...timelines.map((one) => one.about(it))].filter((some) => some !== '').join('\n');
  });
  const all = `${lived.length} requests, median ${at(0.5)} ms, 99 of 100 within ${at(0.01)} ms`;
  return [all, ...slowest].join('\n');
}

const tookMs = ({ fromMs, toMs }: Lived): number => Math.round(toMs - fromMs);
