/** DTSTART and DUE ↔ StartDate, UtcStartDate, DueDate, UtcDueDate (MS-ASTASK 2.2.2.10 and others): a time of the user's, and the moment. */
import {
  child,
  type Element,
  element,
  MalformedValue,
  parseTimestamp,
  type TagName,
  text,
} from '../../protocol/index.ts';
import { dateTime } from '../date-time.ts';
import { setTime, type When, writtenDate, writtenTime } from '../icalendar/times.ts';
import type { ChangeContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import { toInstant } from '../zones/local-time.ts';
import { UTC_ZONE } from '../zones/zones.ts';
import { dueOf, startOf, type Task } from './task.ts';

const DAY_MS = 86_400_000;

interface Kind {
  readonly property: string;
  readonly local: TagName;
  readonly utc: TagName;
  readonly of: typeof startOf;
}

const KINDS: readonly Kind[] = [
  { property: 'DTSTART', local: 'Tasks:StartDate', utc: 'Tasks:UtcStartDate', of: startOf },
  { property: 'DUE', local: 'Tasks:DueDate', utc: 'Tasks:UtcDueDate', of: dueOf },
];

export const taskDateFields: readonly Field<Task>[] = KINDS.flatMap(({ local, utc, of }): readonly Field<Task>[] => [
  {
    tag: utc,
    read: (task, context) => {
      const when = of(task, context);
      return when && element(utc, dateTime(new Date(when.epochMs)));
    },
  },
  {
    tag: local,
    read: (task, context) => {
      const when = of(task, context);
      return when && element(local, dateTime(new Date(when.localMs)));
    },
  },
]);

/** Throws MalformedValue. */
export function readDate(data: Element, tag: TagName): number | undefined {
  const value = text(data, tag)?.trim();
  if (!value) return undefined;
  const epochMs = parseTimestamp(value);
  if (epochMs === undefined) throw new MalformedValue(tag, value, 'a date such as 2026-03-01T08:00:00.000Z');
  return epochMs;
}

/** True if anything was written. */
export const writeTaskDates = (task: Task, data: Element, context: ChangeContext): boolean =>
  KINDS.map((kind) => write(kind, task, data, context)).includes(true);

function write({ property, local, utc, of }: Kind, task: Task, data: Element, context: ChangeContext): boolean {
  const { component, file } = task;
  const before = of(task, context);
  const isSent = child(data, local) !== undefined || child(data, utc) !== undefined;
  const isDeleted = !isSent && (context.supported?.has(utc) || context.supported?.has(local));
  if (!isSent && !isDeleted) return false;
  const [localMs, epochMs] = [readDate(data, local), readDate(data, utc)];
  if (localMs === undefined && epochMs === undefined) {
    component.set(property, undefined);
    return before !== undefined;
  }
  if (before && isAsBefore(before, localMs, epochMs)) return false;
  const isDay = localMs !== undefined && localMs % DAY_MS === 0 && (before?.isDate ?? true);
  if (isDay) setTime(component, property, writtenDate(localMs));
  else {
    const home = before && !before.isFloating ? before.zone : file.homeZone(context);
    const atMs = epochMs ?? toInstant(localMs as number, home.offsets);
    const zone = before?.isDate ? UTC_ZONE : home;
    setTime(component, property, writtenTime(atMs, zone));
    file.addZone(zone, atMs);
  }
  return true;
}

const isAsBefore = (before: When, localMs: number | undefined, epochMs: number | undefined): boolean =>
  (localMs === undefined || localMs === before.localMs) &&
  (epochMs === undefined || epochMs === before.epochMs || before.isDate);
