/** Is there an occurrence of a series at that time? */
import ICAL from 'ical.js';

/** Twenty-seven years of days; what comes later is believed. */
const LOOKED_AT_LIMIT = 10_000;

/** Local times, as if they were UTC. True as well where the rule is one that cannot be followed, or not so far. */
export function hasOccurrence(rule: string, startMs: number, atMs: number): boolean {
  if (atMs < startMs) return false;
  try {
    const iterator = ICAL.Recur.fromString(rule).iterator(timeOf(startMs));
    for (let index = 0; index < LOOKED_AT_LIMIT; index++) {
      const next = iterator.next() as ICAL.Time | null;
      if (!next) return false;
      const nextMs = Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute, next.second);
      if (nextMs >= atMs) return nextMs === atMs;
    }
  } catch {
    // Not a rule that the library takes.
  }
  return true;
}

function timeOf(localMs: number): ICAL.Time {
  const at = new Date(localMs);
  return ICAL.Time.fromData({
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    isDate: false,
  });
}
