/**
 * Recurrence patterns of the protocol (MS-ASCAL 2.2.2.35) and the rules of iCalendar. A rule that says more than the protocol can
 * is shown as far as what is shown is true: rather fewer occurrences than false ones.
 */
import { type Rule, WEEKDAYS } from './rule.ts';

/** Type (MS-ASCAL 2.2.2.43) */
export const DAILY = 0;
export const WEEKLY = 1;
export const MONTHLY = 2;
export const MONTHLY_NTH = 3;
export const YEARLY = 5;
export const YEARLY_NTH = 6;

/** WeekOfMonth: the last one. */
const LAST_WEEK = 5;
const ALL_DAYS = 127;

export interface Pattern {
  readonly type: number;
  readonly interval: number;
  /** 1 to 4, 5 for the last. */
  readonly weekOfMonth?: number;
  readonly dayOfMonth?: number;
  /** Sum of 1 for Sunday to 64 for Saturday. */
  readonly dayOfWeek?: number;
  readonly monthOfYear?: number;
}

/** Of the first start in its own zone: 0 is Sunday, months from 1. */
export interface StartDay {
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
}

export const startDayOf = (localMs: number): StartDay => {
  const date = new Date(localMs);
  return { weekday: date.getUTCDay(), day: date.getUTCDate(), month: date.getUTCMonth() + 1 };
};

interface Day {
  readonly week: number | undefined;
  readonly weekday: number;
}

const readDay = (text: string): readonly Day[] => {
  const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(text);
  if (!match) return [];
  return [{ week: match[1] ? Number(match[1]) : undefined, weekday: WEEKDAYS.indexOf(match[2] as 'SU') }];
};

/** Undefined for rules that the protocol has no words for. */
export function patternOf(rule: Rule, start: StartDay): Pattern | undefined {
  const days = rule.by('BYDAY').flatMap(readDay);
  const mask = days.reduce((sum, it) => sum | (1 << it.weekday), 0);
  const { interval } = rule;
  switch (rule.frequency) {
    case 'DAILY':
      if (hasOther(rule, ['BYDAY'])) return undefined;
      if (mask === 0) return { type: DAILY, interval };
      return interval === 1 ? { type: WEEKLY, interval, dayOfWeek: mask } : undefined;
    case 'WEEKLY':
      return hasOther(rule, ['BYDAY']) ? undefined : { type: WEEKLY, interval, dayOfWeek: mask || 1 << start.weekday };
    case 'MONTHLY':
      if (hasOther(rule, ['BYDAY', 'BYMONTHDAY', 'BYSETPOS'])) return undefined;
      if (mask === 0) return monthly(rule, start);
      return rule.by('BYMONTHDAY').length > 0 ? undefined : monthlyNth(rule, days, mask);
    case 'YEARLY':
      return hasOther(rule, ['BYDAY', 'BYMONTHDAY', 'BYMONTH', 'BYSETPOS'])
        ? undefined
        : yearly(rule, days, mask, start);
    default:
      return undefined;
  }
}

/** Parts that take away occurrences in ways that there are no words for. */
const hasOther = (rule: Rule, known: readonly string[]): boolean => rule.parts.some((it) => !known.includes(it));

function monthly(rule: Rule, start: StartDay): Pattern {
  const day = Number(rule.by('BYMONTHDAY').find((it) => Number(it) > 0 && Number(it) <= 31) ?? 0);
  // The last day of each month is the last of all its days.
  if (day === 0 && rule.by('BYMONTHDAY').includes('-1'))
    return { type: MONTHLY_NTH, interval: rule.interval, weekOfMonth: LAST_WEEK, dayOfWeek: ALL_DAYS };
  return { type: MONTHLY, interval: rule.interval, dayOfMonth: day || start.day };
}

function monthlyNth(rule: Rule, days: readonly Day[], mask: number): Pattern | undefined {
  const nth = nthOf(rule, days, mask);
  if (nth) return { type: MONTHLY_NTH, interval: rule.interval, ...nth };
  // Every Monday of every month is every Monday.
  const isEvery = rule.interval === 1 && days.every((it) => it.week === undefined) && rule.by('BYSETPOS').length === 0;
  return isEvery ? { type: WEEKLY, interval: 1, dayOfWeek: mask } : undefined;
}

function nthOf(rule: Rule, days: readonly Day[], mask: number): { weekOfMonth: number; dayOfWeek: number } | undefined {
  const [position] = rule.by('BYSETPOS');
  const [first] = days;
  if (position !== undefined && days.every((it) => it.week === undefined)) {
    const weekOfMonth = weekNumber(Number(position));
    return weekOfMonth === undefined ? undefined : { weekOfMonth, dayOfWeek: mask };
  }
  const known = days.find((it) => it.week !== undefined && weekNumber(it.week) !== undefined) ?? first;
  const weekOfMonth = known?.week === undefined ? undefined : weekNumber(known.week);
  return known && weekOfMonth !== undefined ? { weekOfMonth, dayOfWeek: 1 << known.weekday } : undefined;
}

/** The fifth is not always the last. */
const weekNumber = (week: number): number | undefined =>
  week >= 1 && week <= 4 ? week : week === -1 ? LAST_WEEK : undefined;

function yearly(rule: Rule, days: readonly Day[], mask: number, start: StartDay): Pattern | undefined {
  const months = rule.by('BYMONTH').map((it) => Number.parseInt(it, 10));
  const monthOfYear = months.length === 0 ? start.month : months.find((it) => it >= 1 && it <= 12);
  if (monthOfYear === undefined) return undefined;
  const { interval } = rule;
  if (mask !== 0) {
    // Without a month the n-th weekday is of the year.
    if (months.length === 0 || rule.by('BYMONTHDAY').length > 0) return undefined;
    const nth = nthOf(rule, days, mask);
    return nth && { type: YEARLY_NTH, interval, ...nth, monthOfYear };
  }
  const day = Number(rule.by('BYMONTHDAY').find((it) => Number(it) > 0 && Number(it) <= 31) ?? 0);
  if (day === 0 && rule.by('BYMONTHDAY').includes('-1'))
    return { type: YEARLY_NTH, interval, weekOfMonth: LAST_WEEK, dayOfWeek: ALL_DAYS, monthOfYear };
  return { type: YEARLY, interval, dayOfMonth: day || start.day, monthOfYear };
}

/** RFC 7529 section 4.1: the scale, and whether the month is a leap one. */
export interface Scale {
  readonly name: string;
  readonly isLeapMonth: boolean;
}

/** RRULE without its end. */
export function ruleText(pattern: Pattern, weekStart: number | undefined, scale: Scale | undefined): string {
  const { type, interval, weekOfMonth = 1, dayOfMonth = 1, dayOfWeek = ALL_DAYS, monthOfYear = 1 } = pattern;
  const position = weekOfMonth === LAST_WEEK ? -1 : weekOfMonth;
  const month = `BYMONTH=${monthOfYear}${scale?.isLeapMonth ? 'L' : ''}`;
  const parts = {
    [DAILY]: ['FREQ=DAILY'],
    [WEEKLY]: ['FREQ=WEEKLY', `BYDAY=${daysOf(dayOfWeek).join(',')}`],
    [MONTHLY]: ['FREQ=MONTHLY', `BYMONTHDAY=${dayOfMonth}`],
    [MONTHLY_NTH]: ['FREQ=MONTHLY', ...nthParts(position, dayOfWeek)],
    [YEARLY]: ['FREQ=YEARLY', month, `BYMONTHDAY=${dayOfMonth}`],
    [YEARLY_NTH]: ['FREQ=YEARLY', month, ...nthParts(position, dayOfWeek)],
  }[type] as readonly string[];
  const [frequency = '', ...by] = parts;
  return [
    ...(scale ? [`RSCALE=${scale.name}`] : []),
    frequency,
    ...(interval > 1 ? [`INTERVAL=${interval}`] : []),
    ...by,
    ...(weekStart === undefined || type !== WEEKLY ? [] : [`WKST=${WEEKDAYS[weekStart]}`]),
  ].join(';');
}

const daysOf = (mask: number): readonly string[] => WEEKDAYS.filter((_, index) => (mask & (1 << index)) !== 0);

/** All days of the month are its days by number; one weekday has its number before it; several are counted together. */
function nthParts(position: number, mask: number): readonly string[] {
  if (mask === ALL_DAYS) return [`BYMONTHDAY=${position}`];
  const days = daysOf(mask);
  return days.length === 1 ? [`BYDAY=${position}${days[0]}`] : [`BYDAY=${days.join(',')}`, `BYSETPOS=${position}`];
}
