/** The starts of a series, one by one. */
import ICAL from 'ical.js';

/**
 * Local times, as if they were UTC, from `startMs` on, perhaps without end. Throws for a rule that ical.js does not take; one that
 * hardly ever matches ends late.
 */
export function* startsOf(rule: string, startMs: number): Generator<number, void> {
  const at = new Date(startMs);
  const start = ICAL.Time.fromData({
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    isDate: false,
  });
  const iterator = ICAL.Recur.fromString(rule).iterator(start);
  for (;;) {
    const next = iterator.next() as ICAL.Time | null;
    if (!next) return;
    yield Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute, next.second);
  }
}
