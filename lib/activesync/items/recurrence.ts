/** Email:Recurrences of a meeting request, from an iCalendar rule (MS-ASEMAIL 2.2.2.60). */
import { atLeast, type Element, element, type ProtocolVersion } from '../protocol/index.ts';
import { compactDateTime } from './date-time.ts';
import type { Invitation } from './invitation.ts';

/** Type (MS-ASEMAIL 2.2.2.80) */
const DAILY = 0;
const WEEKLY = 1;
const MONTHLY = 2;
const MONTHLY_NTH = 3;
const YEARLY = 5;
const YEARLY_NTH = 6;

/** CalendarType (MS-ASEMAIL 2.2.2.15) */
const GREGORIAN = 1;
const LAST_WEEK = 5;
const INTERVAL_LIMIT = 999;

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

interface Pattern {
  readonly type: number;
  readonly weekOfMonth?: number;
  readonly dayOfMonth?: number;
  readonly dayOfWeek?: number;
  readonly monthOfYear?: number;
}

/** Undefined for a meeting that does not recur, or in a way that the protocol has no words for. */
export function recurrencesElement({ rule, localStart }: Invitation, version: ProtocolVersion): Element | undefined {
  const pattern = rule && patternOf(rule.freq, (name) => rule.getComponent(name).map(String), localStart);
  if (!rule || !pattern) return undefined;
  const isModern = atLeast(version, '14.0');
  const { until, count } = rule;
  return element(
    'Email:Recurrences',
    element(
      'Email:Recurrence',
      element('Email:Type', pattern.type),
      element('Email:Interval', Math.min(INTERVAL_LIMIT, Math.max(1, rule.interval || 1))),
      !!until &&
        element(
          'Email:Until',
          compactDateTime(
            new Date(Date.UTC(until.year, until.month - 1, until.day, until.hour, until.minute, until.second)),
          ),
        ),
      !until && !!count && element('Email:Occurrences', count),
      pattern.weekOfMonth !== undefined && element('Email:WeekOfMonth', pattern.weekOfMonth),
      pattern.dayOfMonth !== undefined && element('Email:DayOfMonth', pattern.dayOfMonth),
      pattern.dayOfWeek !== undefined && element('Email:DayOfWeek', pattern.dayOfWeek),
      pattern.monthOfYear !== undefined && element('Email:MonthOfYear', pattern.monthOfYear),
      isModern && pattern.type >= MONTHLY && element('Email2:CalendarType', GREGORIAN),
      isModern && element('Email2:IsLeapMonth', 0),
      atLeast(version, '14.1') &&
        pattern.type === WEEKLY &&
        element('Email2:FirstDayOfWeek', Math.max(0, (rule.wkst || 2) - 1)),
    ),
  );
}

function patternOf(
  frequency: string,
  by: (name: string) => readonly string[],
  start: Invitation['localStart'],
): Pattern | undefined {
  const days = by('BYDAY').flatMap(readDay);
  const mask = days.reduce((sum, it) => sum | (1 << it.weekday), 0);
  switch (frequency) {
    case 'DAILY':
      return mask === 0 ? { type: DAILY } : { type: WEEKLY, dayOfWeek: mask };
    case 'WEEKLY':
      return { type: WEEKLY, dayOfWeek: mask || 1 << start.weekday };
    case 'MONTHLY':
      if (mask !== 0) return { type: MONTHLY_NTH, weekOfMonth: weekOf(days, by('BYSETPOS')), dayOfWeek: mask };
      return { type: MONTHLY, dayOfMonth: dayOf(by('BYMONTHDAY'), start.day) };
    case 'YEARLY': {
      const month = Number(by('BYMONTH')[0] ?? start.month);
      const monthOfYear = month >= 1 && month <= 12 ? month : start.month;
      if (mask !== 0)
        return { type: YEARLY_NTH, weekOfMonth: weekOf(days, by('BYSETPOS')), dayOfWeek: mask, monthOfYear };
      return { type: YEARLY, dayOfMonth: dayOf(by('BYMONTHDAY'), start.day), monthOfYear };
    }
    default:
      return undefined;
  }
}

function readDay(text: string): readonly { week: number | undefined; weekday: number }[] {
  const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(text);
  return match
    ? [{ week: match[1] ? Number(match[1]) : undefined, weekday: WEEKDAYS.indexOf(match[2] as string) }]
    : [];
}

/** 1 to 4, or 5 for the last. */
function weekOf(days: readonly { readonly week: number | undefined }[], positions: readonly string[]): number {
  const week = days[0]?.week ?? Number(positions[0] ?? 1);
  return week < 0 || week > 4 ? LAST_WEEK : Math.max(1, week || 1);
}

/** The last day of the month is the 31st to the protocol. */
function dayOf(days: readonly string[], start: number): number {
  const day = Number(days[0] ?? start);
  return day >= 1 && day <= 31 ? day : day < 0 ? 31 : start;
}
