/** The starts of a series, one by one. */
import ICAL from 'ical.js';
import { canBeFollowed } from '../../../backends/index.ts';
import { ItemError } from '../errors.ts';

/**
 * Local times, as if they were UTC, from `startMs` on, perhaps without end. Throws for a rule that ical.js does not take, or might
 * follow for ever.
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
  const followed = ICAL.Recur.fromString(rule);
  if (!canBeFollowed(followed)) throw new ItemError('malformed-item', `the rule ${rule.slice(0, 100)} is not followed`);
  const iterator = followed.iterator(start);
  for (;;) {
    const next = iterator.next() as ICAL.Time | null;
    if (!next) return;
    yield Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute, next.second);
  }
}
