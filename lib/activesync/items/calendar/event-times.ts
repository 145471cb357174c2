/** Timezone, AllDayEvent, StartTime and EndTime, which say together when an event is (MS-ASCAL 2.2.2.1, 2.2.2.18, 2.2.2.40, 2.2.2.42). */
import {
  atLeast,
  child,
  type Element,
  element,
  flag,
  MalformedValue,
  parseTimestamp,
  type TagName,
  text,
} from '../../protocol/index.ts';
import { compactDateTime } from '../date-time.ts';
import { setTime, writtenDate, type WrittenTime, writtenTime } from '../icalendar/times.ts';
import { whenOf } from '../icalendar/times.ts';
import type { ChangeContext, ResourceContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import { toLocal } from '../zones/local-time.ts';
import type { Zone } from '../zones/zones.ts';
import { type Event, type EventTimes, requiredTimes, timesOf } from './event.ts';

const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 30 * 60_000;

/** From 16.0 on whole days are days, wherever one is (MS-ASCAL_R2005). */
const isFloatingDay = (isAllDay: boolean, { version }: ResourceContext): boolean =>
  isAllDay && atLeast(version, '16.0');

const shownTime = (epochMs: number, { isAllDay, zone }: EventTimes, context: ResourceContext): string =>
  compactDateTime(new Date(isFloatingDay(isAllDay, context) ? toLocal(epochMs, zone.offsets) : epochMs));

export const timeFields: readonly Field<Event>[] = [
  {
    tag: 'Calendar:Timezone',
    read: (event, context) => {
      const times = requiredTimes(event, context);
      if (isFloatingDay(times.isAllDay, context)) return undefined;
      return element('Calendar:Timezone', event.file.zones.blob(times.zone, times.start.epochMs));
    },
  },
  {
    tag: 'Calendar:AllDayEvent',
    read: (event, context) => element('Calendar:AllDayEvent', requiredTimes(event, context).isAllDay ? 1 : 0),
  },
  {
    tag: 'Calendar:StartTime',
    read: (event, context) => {
      const times = requiredTimes(event, context);
      return element('Calendar:StartTime', shownTime(times.start.epochMs, times, context));
    },
  },
  {
    tag: 'Calendar:EndTime',
    read: (event, context) => {
      const times = requiredTimes(event, context);
      return element('Calendar:EndTime', shownTime(times.endMs, times, context));
    },
  },
];

interface Sent {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly isAllDay: boolean | undefined;
  readonly timeZone: string | undefined;
}

/** A day alone is its beginning. Throws MalformedValue. */
export function readMoment(data: Element, tag: TagName): number | undefined {
  const value = text(data, tag)?.trim();
  if (!value) return undefined;
  const epochMs = parseTimestamp(/^\d{8}$/.test(value) ? `${value}T000000Z` : value);
  if (epochMs === undefined) throw new MalformedValue(tag, value, 'a date such as 20260301T080000Z');
  return epochMs;
}

/** The times that a new event lacks (MS-ASCAL 3.1.5.6). */
function completed({ startMs, endMs, ...rest }: Sent, now: Date): Sent & { startMs: number; endMs: number } {
  const rounded = Math.round(now.getTime() / HALF_HOUR_MS) * HALF_HOUR_MS;
  if (startMs !== undefined && endMs !== undefined) return { ...rest, startMs, endMs };
  if (startMs === undefined) {
    if (endMs !== undefined && endMs < Math.max(rounded, now.getTime()))
      throw new MalformedValue('Calendar:EndTime', '', 'a start, or an end that is to come');
    return { ...rest, startMs: rounded, endMs: endMs ?? rounded + HALF_HOUR_MS };
  }
  if (startMs > now.getTime()) throw new MalformedValue('Calendar:EndTime', '', 'an end of what is to come');
  return { ...rest, startMs, endMs: rounded + HALF_HOUR_MS };
}

/** True if the event is at another time now, or is told otherwise. Throws MalformedValue. */
export function writeTimes(event: Event, data: Element, context: ChangeContext): boolean {
  const before = timesOf(event, context);
  const sent: Sent = {
    startMs: readMoment(data, 'Calendar:StartTime'),
    endMs: readMoment(data, 'Calendar:EndTime'),
    isAllDay: child(data, 'Calendar:AllDayEvent') && flag(data, 'Calendar:AllDayEvent'),
    timeZone: text(data, 'Calendar:Timezone')?.trim() || undefined,
  };
  if (!before) return write(event, undefined, completed(sent, context.now), context);
  if (Object.values(sent).every((it) => it === undefined)) return false;
  // MS-ASCAL_R53915; from 16.0 on what does not change is left out.
  if (sent.endMs !== undefined && sent.startMs === undefined && !atLeast(context.version, '16.0'))
    throw new MalformedValue('Calendar:StartTime', '', 'a start together with the end');
  const shown = (epochMs: number) => parseTimestamp(shownTime(epochMs, before, context)) as number;
  const startMs = sent.startMs ?? shown(before.start.epochMs);
  const full = { ...sent, startMs, endMs: sent.endMs ?? Math.max(startMs, shown(before.endMs)) };
  return write(event, before, full, context);
}

function write(
  event: Event,
  before: EventTimes | undefined,
  sent: Sent & { startMs: number; endMs: number },
  context: ChangeContext,
): boolean {
  const { file, component } = event;
  const isAllDay = sent.isAllDay ?? before?.isAllDay ?? false;
  const zone = zoneOf(event, before, sent, context);
  if (before && isAsBefore(before, sent, isAllDay, zone, context)) return false;
  if (isAllDay) {
    const dayOf = (epochMs: number) => dayMs(epochMs, zone, sent, context);
    const first = dayOf(sent.startMs);
    setTime(component, 'DTSTART', writtenDate(first));
    setEnd(event, writtenDate(Math.max(first + DAY_MS, dayOf(sent.endMs))));
    return true;
  }
  const isFixed = component.line('RRULE') === undefined;
  const start = writtenTime(sent.startMs, zone, isFixed);
  setTime(component, 'DTSTART', start);
  if (start.parameters.TZID) file.addZone(zone, sent.startMs);
  setEnd(event, writtenTime(Math.max(sent.startMs, sent.endMs), endZone(event, before, zone, context), isFixed));
  return true;
}

/** DURATION and DTEND exclude each other. */
function setEnd({ component }: Event, end: WrittenTime): void {
  component.set('DURATION', undefined);
  setTime(component, 'DTEND', end);
}

/** A flight ends in another zone than it starts. */
function endZone(event: Event, before: EventTimes | undefined, zone: Zone, context: ChangeContext): Zone {
  const { file, component } = event;
  const end = whenOf(component.line('DTEND'), file, file.homeZone(context));
  const isKept = end && !end.isDate && !end.isFloating && before?.zone.name === zone.name;
  return isKept ? end.zone : zone;
}

function zoneOf(
  event: Event,
  before: EventTimes | undefined,
  sent: Sent & { startMs: number },
  context: ChangeContext,
): Zone {
  const { zones } = event.file;
  const home = event.file.homeZone(context);
  const preferred = before && !before.start.isFloating ? before.zone : home;
  if (sent.timeZone === undefined) return before?.zone ?? home;
  if (before && zones.blob(before.zone, before.start.epochMs) === sent.timeZone) return before.zone;
  return zones.ofBlob(sent.timeZone, sent.startMs, preferred) ?? preferred;
}

/** The day that a device means, as local milliseconds: its midnight, or the nearest one where the zone is nonsense. */
function dayMs(epochMs: number, zone: Zone, { timeZone }: Sent, { version }: ChangeContext): number {
  const isFloating = atLeast(version, '16.0') && (timeZone === undefined || epochMs % DAY_MS === 0);
  const localMs = isFloating ? epochMs : toLocal(epochMs, zone.offsets);
  return Math.round(localMs / DAY_MS) * DAY_MS;
}

function isAsBefore(
  before: EventTimes,
  sent: Sent & { startMs: number; endMs: number },
  isAllDay: boolean,
  zone: Zone,
  context: ChangeContext,
): boolean {
  if (isAllDay !== before.isAllDay) return false;
  const shown = (epochMs: number) => parseTimestamp(shownTime(epochMs, before, context));
  const isSameTime = sent.startMs === shown(before.start.epochMs) && sent.endMs === shown(before.endMs);
  return isSameTime && (isAllDay || zone.name === before.zone.name || sent.timeZone === undefined);
}
