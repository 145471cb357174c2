/** Is there an occurrence of a series at that time? */
import { startsOf } from './starts.ts';

/** Twenty-seven years of days; what comes later is believed. */
const LOOKED_AT_LIMIT = 10_000;
/** A hundred years, in which a rule of long steps is followed as many days. */
const FOLLOWED_LIMIT_MS = 36_525 * 86_400_000;

/** Local times, as if they were UTC. True as well where the rule is one that cannot be followed, or not so far. */
export function hasOccurrence(rule: string, startMs: number, atMs: number): boolean {
  if (atMs < startMs) return false;
  if (atMs - startMs > FOLLOWED_LIMIT_MS) return true;
  let looked = 0;
  try {
    for (const nextMs of startsOf(rule, startMs)) {
      if (nextMs >= atMs) return nextMs === atMs;
      if (++looked >= LOOKED_AT_LIMIT) return true;
    }
    return false;
  } catch {
    // Not a rule that the library takes.
    return true;
  }
}
