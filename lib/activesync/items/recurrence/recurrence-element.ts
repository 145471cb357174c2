/** Recurrence of events and tasks (MS-ASCAL 2.2.2.35, MS-ASTASK 2.2.2.18): from a rule, and back. */
import {
  atLeast,
  children,
  type Element,
  element,
  integer,
  MalformedValue,
  type ProtocolVersion,
  type TagName,
} from '../../protocol/index.ts';
import {
  DAILY,
  MONTHLY,
  MONTHLY_NTH,
  type Pattern,
  patternOf,
  ruleText,
  type Scale,
  type StartDay,
  WEEKLY,
  YEARLY,
  YEARLY_NTH,
} from './pattern.ts';
import type { Rule } from './rule.ts';

export type RecurrencePrefix = 'Calendar' | 'Tasks';

/** CalendarType (MS-ASCAL 2.2.2.9) */
const GREGORIAN = 1;
const CALENDAR_TYPES: Readonly<Record<string, number>> = {
  HEBREW: 8,
  'ISLAMIC-CIVIL': 6,
  ISLAMIC: 6,
  CHINESE: 15,
  DANGI: 20,
};
/** By CalendarType; those of solar calendars with the months of the Gregorian one need none. */
const SCALES: Readonly<Record<number, string>> = {
  6: 'ISLAMIC-CIVIL',
  8: 'HEBREW',
  14: 'CHINESE',
  15: 'CHINESE',
  20: 'DANGI',
};
const NO_CALENDAR_TYPES: ReadonlySet<number> = new Set([13, 16, 17, 18, 19, 21, 22, 23]);

const INTERVAL_LIMIT = 999;
/** MS-ASCAL_R345; tasks have a byte (MS-ASTASK 2.2.2.16). */
const OCCURRENCES_LIMITS = { Calendar: 999, Tasks: 255 } as const;

export interface RecurrenceEnd {
  readonly count: number | undefined;
  readonly until: Date | undefined;
}

export interface RecurrenceStyle {
  readonly prefix: RecurrencePrefix;
  readonly version: ProtocolVersion;
  readonly writeDate: (date: Date) => string;
}

/** Undefined where the rule cannot be said. `last`: the last start, for a count that is more than the protocol has. */
export function recurrenceElement(
  rule: Rule,
  start: StartDay,
  end: RecurrenceEnd,
  { prefix, version, writeDate }: RecurrenceStyle,
  extra: readonly Element[] = [],
  last?: () => Date | undefined,
): Element | undefined {
  const pattern = patternOf(rule, start);
  if (!pattern || pattern.interval > INTERVAL_LIMIT) return undefined;
  const tag = (name: string) => `${prefix}:${name}` as TagName;
  const { type } = pattern;
  const isModern = atLeast(version, '14.0');
  const fits = end.count !== undefined && end.count <= OCCURRENCES_LIMITS[prefix];
  const until = end.until ?? (end.count !== undefined && !fits ? last?.() : undefined);
  const calendarType = rule.scale === undefined ? GREGORIAN : CALENDAR_TYPES[rule.scale];
  if (calendarType === undefined) return undefined;
  const isLeapMonth = rule.by('BYMONTH').some((it) => it.endsWith('L'));
  return element(
    tag('Recurrence'),
    element(tag('Type'), type),
    extra,
    until && element(tag('Until'), writeDate(until)),
    fits && element(tag('Occurrences'), end.count),
    element(tag('Interval'), pattern.interval),
    pattern.weekOfMonth !== undefined && element(tag('WeekOfMonth'), pattern.weekOfMonth),
    pattern.dayOfWeek !== undefined && element(tag('DayOfWeek'), pattern.dayOfWeek),
    pattern.monthOfYear !== undefined && element(tag('MonthOfYear'), pattern.monthOfYear),
    pattern.dayOfMonth !== undefined && element(tag('DayOfMonth'), pattern.dayOfMonth),
    isModern && type >= MONTHLY && element(tag('CalendarType'), calendarType),
    isModern && type >= MONTHLY && element(tag('IsLeapMonth'), isLeapMonth ? 1 : 0),
    atLeast(version, '14.1') && type === WEEKLY && element(tag('FirstDayOfWeek'), rule.weekStart ?? 1),
  );
}

export interface SentRecurrence {
  /** RRULE without its end. */
  readonly rule: string;
  readonly count: number | undefined;
  readonly until: string | undefined;
}

const ALLOWED = [
  ['DayOfMonth', [MONTHLY, YEARLY], 1, 31],
  ['DayOfWeek', [DAILY, WEEKLY, MONTHLY_NTH, YEARLY_NTH], 1, 127],
  ['MonthOfYear', [YEARLY, YEARLY_NTH], 1, 12],
  ['WeekOfMonth', [MONTHLY_NTH, YEARLY_NTH], 1, 5],
] as const;

/** What a device sent. Throws MalformedValue, which is Status 6 (MS-ASCAL 3.2.5.4.3, MS-ASTASK 3.2.5.3). */
export function readRecurrence(it: Element, prefix: RecurrencePrefix, start: StartDay): SentRecurrence {
  const tag = (name: string) => `${prefix}:${name}` as TagName;
  const number = (name: string, least: number, most: number): number | undefined => {
    const all = children(it, tag(name));
    const value = integer(it, tag(name));
    if (all.length > 1) throw new MalformedValue(tag(name), 'twice', 'one');
    if (value !== undefined && (value < least || value > most))
      throw new MalformedValue(tag(name), String(value), `a number from ${least} to ${most}`);
    return value;
  };
  const type = number('Type', DAILY, YEARLY_NTH);
  if (type === undefined || type === 4) throw new MalformedValue(tag('Type'), String(type ?? ''), '0, 1, 2, 3, 5 or 6');
  const sent = new Map<string, number | undefined>();
  for (const [name, types, least, most] of ALLOWED) {
    const value = number(name, least, most);
    if (value !== undefined && !(types as readonly number[]).includes(type))
      throw new MalformedValue(tag(name), String(value), `none for a recurrence of type ${type}`);
    sent.set(name, value);
  }
  const scale = scaleOf(number('CalendarType', 0, 23), number('IsLeapMonth', 0, 1), type, prefix, tag('CalendarType'));
  const weekStart = number('FirstDayOfWeek', 0, 6);
  const count = number('Occurrences', 0, 65_535) || undefined;
  const interval = number('Interval', 0, INTERVAL_LIMIT) || 1;
  const pattern = completed({ type, interval }, sent, start);
  const until = children(it, tag('Until'))[0]?.content;
  return {
    rule: ruleText(pattern, weekStart, scale),
    // Both are one too many: the number of occurrences is what counts (MS-ASCAL_R53911, MS-ASTASK_R37013).
    count: count === undefined ? undefined : Math.min(count, OCCURRENCES_LIMITS[prefix]),
    until: count === undefined && typeof until === 'string' && until.trim() !== '' ? until.trim() : undefined,
  };
}

function completed(
  { type, interval }: Pick<Pattern, 'type' | 'interval'>,
  sent: ReadonlyMap<string, number | undefined>,
  start: StartDay,
): Pattern {
  const mask = sent.get('DayOfWeek');
  // Every weekday comes as a daily recurrence on some days.
  if (type === DAILY && mask !== undefined && mask !== 127) return { type: WEEKLY, interval, dayOfWeek: mask };
  return {
    type,
    interval,
    weekOfMonth: sent.get('WeekOfMonth') ?? Math.min(4, Math.ceil(start.day / 7)),
    dayOfMonth: sent.get('DayOfMonth') ?? start.day,
    dayOfWeek: mask ?? 1 << start.weekday,
    monthOfYear: sent.get('MonthOfYear') ?? start.month,
  };
}

function scaleOf(
  calendarType: number | undefined,
  leap: number | undefined,
  type: number,
  prefix: RecurrencePrefix,
  tag: TagName,
): Scale | undefined {
  if (calendarType === undefined) return undefined;
  if (NO_CALENDAR_TYPES.has(calendarType))
    throw new MalformedValue(tag, String(calendarType), 'a calendar that there is');
  if (prefix === 'Tasks' && type < MONTHLY)
    throw new MalformedValue(tag, String(calendarType), 'none for days and weeks');
  const name = type >= MONTHLY ? SCALES[calendarType] : undefined;
  return name === undefined ? undefined : { name, isLeapMonth: leap === 1 };
}
