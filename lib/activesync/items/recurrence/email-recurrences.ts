/** Email:Recurrences of a meeting request, from an iCalendar rule (MS-ASEMAIL 2.2.2.60). */
import { atLeast, type Element, element, type ProtocolVersion } from '../../protocol/index.ts';
import { compactDateTime } from '../date-time.ts';
import type { Invitation } from '../invitation.ts';
import { MONTHLY, patternOf, WEEKLY } from './pattern.ts';
import { readRule } from './rule.ts';

/** CalendarType (MS-ASEMAIL 2.2.2.15) */
const GREGORIAN = 1;
const INTERVAL_LIMIT = 999;

/** Undefined for a meeting that does not recur, or in a way that the protocol has no words for. */
export function recurrencesElement({ rule, localStart }: Invitation, version: ProtocolVersion): Element | undefined {
  const read = rule && readRule(rule.toString());
  const pattern = read && patternOf(read, localStart);
  if (!rule || !read || !pattern) return undefined;
  const isModern = atLeast(version, '14.0');
  const { until, count } = rule;
  return element(
    'Email:Recurrences',
    element(
      'Email:Recurrence',
      element('Email:Type', pattern.type),
      element('Email:Interval', Math.min(INTERVAL_LIMIT, pattern.interval)),
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
      atLeast(version, '14.1') && pattern.type === WEEKLY && element('Email2:FirstDayOfWeek', read.weekStart ?? 1),
    ),
  );
}
