/** When a series ends: as exactly as can be said in bounded time. */
import { patternOf, startDayOf } from './pattern.ts';
import type { Rule } from './rule.ts';
import { startsOf } from './starts.ts';

/** Longer series are reckoned by their period: at the worst too far. */
const EXPANDED_LIMIT = 1_000;
/** A rule that hardly ever matches must not be looked for forever: ical.js gives up by itself, but late. */
const DAY_MS = 86_400_000;
const PERIOD_DAYS: Readonly<Record<string, number>> = {
  SECONDLY: 1,
  MINUTELY: 1,
  HOURLY: 1,
  DAILY: 1,
  WEEKLY: 7,
  MONTHLY: 31,
  YEARLY: 366,
};
/** Past this nothing matters to anybody. */
const LATEST_MS = Date.UTC(9000, 0, 1);

/**
 * The local time of the last start of a counted series, or one a little later; undefined for what never ends. `text` is the
 * rule as it stands.
 */
export function lastStart(text: string, rule: Rule, startMs: number): number | undefined {
  if (rule.count === undefined) return undefined;
  const bound = Math.min(
    LATEST_MS,
    startMs + rule.count * rule.interval * (PERIOD_DAYS[rule.frequency] ?? 366) * DAY_MS,
  );
  const isSimple = rule.scale === undefined && patternOf(rule, startDayOf(startMs)) !== undefined;
  if (isSimple && rule.frequency === 'DAILY' && rule.parts.length === 0)
    return Math.min(LATEST_MS, startMs + (rule.count - 1) * rule.interval * DAY_MS);
  if (!isSimple || rule.count > EXPANDED_LIMIT) return bound;
  return Math.min(bound, expanded(text, rule.count, startMs) ?? bound);
}

function expanded(text: string, count: number, startMs: number): number | undefined {
  let last: number | undefined;
  let looked = 0;
  try {
    for (const nextMs of startsOf(text, startMs)) {
      if (nextMs > LATEST_MS) break;
      last = nextMs;
      if (++looked >= count) break;
    }
    return last;
  } catch {
    return undefined;
  }
}
