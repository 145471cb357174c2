/**
 * Which recurrence rules may be followed from one occurrence to the next. ical.js goes day by day, or second by second, until it
 * finds one: for ever where there is none, as with a 31st of February. Rules come from strangers, so that only those are
 * followed of which it is known that the next occurrence is near.
 */
import type ICAL from 'ical.js';

/** Of the frequency's steps. ActiveSync has no more than 999. */
const INTERVAL_LIMIT = 1_000;
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const TIMES = ['BYHOUR', 'BYMINUTE', 'BYSECOND'];

export function canBeFollowed(rule: ICAL.Recur): boolean {
  const parts = Object.entries(rule.parts).flatMap(([name, values]) => ((values?.length ?? 0) > 0 ? [name] : []));
  const hasOnly = (...names: readonly string[]) => parts.every((it) => names.includes(it));
  const has = (...names: readonly string[]) => names.every((it) => parts.includes(it));
  if (rule.interval > INTERVAL_LIMIT || !isThereSuchADay(rule)) return false;
  switch (rule.freq) {
    case 'DAILY':
      return hasOnly(...TIMES) || (rule.interval === 1 && hasOnly(...TIMES, 'BYDAY', 'BYMONTH', 'BYMONTHDAY'));
    case 'WEEKLY':
      return hasOnly(...TIMES, 'BYDAY') || (rule.interval === 1 && hasOnly(...TIMES, 'BYDAY', 'BYMONTH'));
    case 'MONTHLY':
    case 'YEARLY':
      // Friday the 13th comes, but not every twelfth month.
      if (has('BYYEARDAY') || has('BYWEEKNO')) return rule.interval === 1 && parts.length === 1;
      return !has('BYDAY', 'BYMONTHDAY') || (rule.interval === 1 && !has('BYSETPOS'));
    default:
      return parts.length === 0;
  }
}

/** All the rules of an event can be. */
export const canFollow = (event: ICAL.Component): boolean =>
  [...event.getAllProperties('rrule'), ...event.getAllProperties('exrule')].every((it) =>
    canBeFollowed(it.getFirstValue() as ICAL.Recur),
  );

/** In some year. */
function isThereSuchADay({ parts }: ICAL.Recur): boolean {
  const months = (parts['BYMONTH'] ?? []).map(Number);
  const days = (parts['BYMONTHDAY'] ?? []).map(Number);
  if (months.length === 0 || days.length === 0) return true;
  return months.some((month) => days.some((day) => Math.abs(day) <= (DAYS_OF_MONTH[month - 1] ?? 0)));
}
