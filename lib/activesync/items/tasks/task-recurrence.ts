/** RRULE ↔ Tasks:Recurrence (MS-ASTASK 2.2.2.18), with what only tasks have: a start of its own, regeneration. */
import {
  child,
  type Element,
  element,
  flag,
  MalformedValue,
  parseTimestamp,
  type TagName,
  text,
} from '../../protocol/index.ts';
import type { Component } from '../content-lines/component.ts';
import { dateTime } from '../date-time.ts';
import { readWhen, setTime, type When, whenOf, writtenDate, writtenTime } from '../icalendar/times.ts';
import { lastStart } from '../recurrence/occurrences.ts';
import { startDayOf } from '../recurrence/pattern.ts';
import { readRecurrence, recurrenceElement } from '../recurrence/recurrence-element.ts';
import { readRule } from '../recurrence/rule.ts';
import type { ResourceContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import { localDateTime } from '../zones/vtimezone.ts';
import { UTC_ZONE } from '../zones/zones.ts';
import { dueOf, startOf, type Task } from './task.ts';

const DAY_MS = 86_400_000;

/** iCalendar has no words for these. */
export const START = 'X-CARAVAN-RECURRENCE-START';
export const REGENERATE = 'X-CARAVAN-REGENERATE';
export const DEAD_OCCURRENCE = 'X-CARAVAN-DEAD-OCCURRENCE';
/** What makes a task a series. */
export const SERIES_PROPERTIES = ['RRULE', 'RDATE', 'EXDATE', START, REGENERATE, DEAD_OCCURRENCE];

/** The first day of the pattern: in local time, as if it were UTC. */
function patternStart(task: Task, context: Pick<ResourceContext, 'zone'>): number {
  const { component, file } = task;
  const own = whenOf(component.line(START), file, UTC_ZONE);
  const when: When | undefined = own ?? startOf(task, context) ?? dueOf(task, context);
  return when?.localMs ?? whenOf(component.line('CREATED'), file, UTC_ZONE)?.localMs ?? 0;
}

export const isTrue = (component: Component, name: string): boolean => /^true$/i.test(component.text(name) ?? '');

export const taskRecurrenceField: Field<Task> = {
  tag: 'Tasks:Recurrence',
  read: (task, context) => {
    const { component, file } = task;
    const line = component.line('RRULE');
    const rule = line && readRule(line.value);
    if (!line || !rule) return undefined;
    const startMs = patternStart(task, context);
    const until = rule.until === undefined ? undefined : readWhen(rule.until, undefined, file, UTC_ZONE);
    const asDate = (it: number | undefined) => (it === undefined ? undefined : new Date(it));
    return recurrenceElement(
      rule,
      startDayOf(startMs),
      { count: rule.count, until: asDate(until?.localMs) },
      { prefix: 'Tasks', version: context.version, writeDate: dateTime },
      [
        element('Tasks:Start', dateTime(new Date(startMs))),
        element('Tasks:Regenerate', isTrue(component, REGENERATE) ? 1 : 0),
        element('Tasks:DeadOccur', isTrue(component, DEAD_OCCURRENCE) ? 1 : 0),
      ],
      () => asDate(lastStart(line.value, rule, startMs)),
    );
  },
  write: (task, it, context) => {
    const { component } = task;
    if (!it) {
      for (const name of SERIES_PROPERTIES) component.set(name, undefined);
      return;
    }
    // MS-ASTASK_R37011
    const startMs = parseTimestamp(text(it, 'Tasks:Start')?.trim() ?? '');
    if (startMs === undefined)
      throw new MalformedValue('Tasks:Start', text(it, 'Tasks:Start') ?? '', 'the start of the recurrence');
    const { rule, count, until } = readRecurrence(it, 'Tasks', startDayOf(startMs));
    const isOfDue = component.line('DUE') !== undefined && patternStart(task, context) === startMs;
    if (!component.line('DTSTART') && !isOfDue) {
      setTime(component, 'DTSTART', startMs % DAY_MS === 0 ? writtenDate(startMs) : writtenTime(startMs, UTC_ZONE));
    }
    component.set(START, undefined);
    if (patternStart(task, context) !== startMs) component.set(START, `${localDateTime(startMs)}Z`);
    component.set(
      'RRULE',
      `${rule}${count === undefined ? untilText(until, startOf(task, context)) : `;COUNT=${count}`}`,
    );
    for (const [tag, name] of [
      ['Tasks:Regenerate', REGENERATE],
      ['Tasks:DeadOccur', DEAD_OCCURRENCE],
    ] as const) {
      component.set(name, readFlag(it, tag) ? 'TRUE' : undefined);
    }
  },
};

const readFlag = (it: Element, tag: TagName): boolean => (child(it, tag) && flag(it, tag)) ?? false;

function untilText(until: string | undefined, start: When | undefined): string {
  if (until === undefined) return '';
  const epochMs = parseTimestamp(until);
  if (epochMs === undefined) throw new MalformedValue('Tasks:Until', until, 'a date such as 2026-03-01T08:00:00.000Z');
  return `;UNTIL=${start?.isDate ? localDateTime(epochMs).slice(0, 8) : `${localDateTime(epochMs)}Z`}`;
}
