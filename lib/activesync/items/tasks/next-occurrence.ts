/**
 * A task that recurs is done one occurrence at a time (MS-ASTASK 2.2.2.11, 2.2.2.21): what is done becomes a task of its own, and
 * the series goes on with the next, which it dates by the rule, or from the completion where it regenerates.
 */
import type { Component } from '../content-lines/component.ts';
import { escapeText } from '../content-lines/text-values.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { readWhen, setTime, whenOf, whensOf, type When, writtenLike } from '../icalendar/times.ts';
import { startsOf } from '../recurrence/starts.ts';
import { readRule } from '../recurrence/rule.ts';
import { toInstant, toLocal } from '../zones/local-time.ts';
import { localDateTime } from '../zones/vtimezone.ts';
import { UTC_ZONE, type Zone } from '../zones/zones.ts';
import { isDone, type Task } from './task.ts';
import { DEAD_OCCURRENCE, isTrue, REGENERATE, SERIES_PROPERTIES, START } from './task-recurrence.ts';

const DAY_MS = 86_400_000;
/** The UID of the occurrence that was done last: the same completion, sent again, completes no other one. */
const LAST_DONE = 'X-CARAVAN-LAST-DONE';
/** Twenty-seven years of days. */
const LOOKED_AT_LIMIT = 10_000;

export const isDoneAs = ({ component }: Task, uid: string): boolean => component.text(LAST_DONE) === uid;

/** The series as it stands, completed: its text as that of a task that does not recur, whose UID is `uid`. */
export function doneOccurrence({ file }: Task, uid: string): string {
  const done = CalendarFile.read(file.write(), 'VTODO', file.zones);
  const { calendar, master } = done;
  for (const name of [...SERIES_PROPERTIES, LAST_DONE]) master.set(name, undefined);
  for (const alarm of master.components('VALARM')) master.remove(alarm);
  for (const other of calendar.components('VTODO')) if (other !== master) calendar.remove(other);
  master.set('UID', escapeText(uid));
  return done.write();
}

/** Moves a completed series to its next occurrence, which is to be done. False: the last one is done, nothing is written. */
export function goOn(
  task: Task,
  { completedMs, uid, zone }: { completedMs: number; uid: string; zone: Zone },
): boolean {
  const { component, file } = task;
  const [start, due] = [whenOf(component.line('DTSTART'), file, zone), whenOf(component.line('DUE'), file, zone)];
  const current = start ?? due;
  const next = current && nextOf(task, current, completedMs, zone);
  if (!current || !next) return false;
  const move = (when: When) => writtenLike(toInstant(when.localMs + next.byMs, when.zone.offsets), when);
  if (start) setTime(component, 'DTSTART', move(start));
  if (due) setTime(component, 'DUE', move(due));
  moveAlarms(task, toInstant(current.localMs + next.byMs, current.zone.offsets) - current.epochMs);
  component.set('RRULE', next.rule);
  component.set(START, next.patternStart === undefined ? undefined : `${localDateTime(next.patternStart)}Z`);
  component.set(DEAD_OCCURRENCE, undefined);
  component.set('COMPLETED', undefined);
  component.set('PERCENT-COMPLETE', undefined);
  component.set('STATUS', 'NEEDS-ACTION');
  component.set(LAST_DONE, escapeText(uid));
  return true;
}

interface Next {
  /** From the current occurrence, in local time. */
  readonly byMs: number;
  /** With what is left of its count. */
  readonly rule: string;
  readonly patternStart: number | undefined;
}

/** Undefined as well where the rule is one that cannot be followed. */
function nextOf({ component, file }: Task, current: When, completedMs: number, zone: Zone): Next | undefined {
  const line = component.line('RRULE');
  const rule = line && readRule(line.value);
  if (!line || !rule) return undefined;
  const left = (consumed: number) => line.value.replace(/\bCOUNT=\d+/i, `COUNT=${(rule.count ?? 0) - consumed}`);
  const until = rule.until === undefined ? undefined : readWhen(rule.until, undefined, file, current.zone);
  const isOver = (localMs: number, consumed: number) =>
    (rule.count !== undefined && consumed >= rule.count) ||
    (until !== undefined && isPast(localMs, until, current.zone));
  if (isTrue(component, REGENERATE)) {
    const doneMs = dayOf(toLocal(completedMs, zone.offsets)) + (current.localMs - dayOf(current.localMs));
    const localMs = firstAfter(`FREQ=${rule.frequency};INTERVAL=${rule.interval}`, doneMs, doneMs, () => true);
    if (localMs === undefined || isOver(localMs, 1)) return undefined;
    return { byMs: localMs - current.localMs, rule: left(1), patternStart: undefined };
  }
  const own = whenOf(component.line(START), file, UTC_ZONE)?.localMs;
  // The pattern may be of another of the occurrence's days, or have begun long ago.
  const isAhead = own !== undefined && own >= current.localMs;
  const anchor = isAhead ? own : current.localMs;
  const leftOut = leftOutOf(component, file, zone);
  let consumed = 0;
  const endless = line.value.replace(/;?\b(?:COUNT|UNTIL)=[^;]*/gi, '').replace(/^;/, '');
  const localMs = firstAfter(endless, own ?? anchor, anchor, (it) => {
    consumed++;
    return isOver(it, consumed) || !leftOut.has(current.localMs + it - anchor);
  });
  if (localMs === undefined || isOver(localMs, consumed)) return undefined;
  return { byMs: localMs - anchor, rule: left(consumed), patternStart: isAhead ? localMs : own };
}

function firstAfter(
  rule: string,
  startMs: number,
  afterMs: number,
  isWanted: (localMs: number) => boolean,
): number | undefined {
  let looked = 0;
  try {
    for (const localMs of startsOf(rule, startMs)) {
      if (localMs > afterMs && isWanted(localMs)) return localMs;
      if (++looked > LOOKED_AT_LIMIT) break;
    }
  } catch {
    // Not a rule that the library takes.
  }
  return undefined;
}

const dayOf = (localMs: number): number => Math.floor(localMs / DAY_MS) * DAY_MS;

/** A last day is past when it is over. */
const isPast = (localMs: number, until: When, zone: Zone): boolean =>
  until.isDate ? dayOf(localMs) > until.localMs : toInstant(localMs, zone.offsets) > until.epochMs;

/** Local times of occurrences that are not, or are done already. */
function leftOutOf(component: Component, file: CalendarFile, zone: Zone): ReadonlySet<number> {
  const excluded = component.lines('EXDATE').flatMap((it) => whensOf(it, file, zone));
  const done = file.overrides
    .filter((it) => isDone({ file, component: it }))
    .flatMap((it) => whenOf(it.line('RECURRENCE-ID'), file, zone) ?? []);
  return new Set([...excluded, ...done].map((it) => it.localMs));
}

/** Those that go off at a moment; the others go with the task. */
function moveAlarms({ component, file }: Task, byMs: number): void {
  for (const alarm of component.components('VALARM')) {
    const at = whenOf(alarm.line('TRIGGER'), file, UTC_ZONE);
    if (at) alarm.set('TRIGGER', `${localDateTime(at.epochMs + byMs)}Z`, { VALUE: 'DATE-TIME' });
  }
}
