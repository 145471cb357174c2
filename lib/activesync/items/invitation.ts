/** What an iCalendar object in a message says of a meeting: read by ical.js, with moments in UTC. */
import ICAL from 'ical.js';
import { type Offsets, UTC_OFFSETS } from './zones/time-zone.ts';
import { oneLine } from './xml-text.ts';
import { offsetsOfComponent, offsetsOfName } from './zones/zone-offsets.ts';

/** More than any invitation; what is cut does not parse. */
const TEXT_LIMIT = 512 * 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Invitation {
  /** Upper case; '' if none is named. */
  readonly method: string;
  /** PARTSTAT of the attendee who answers. */
  readonly answer: string | undefined;
  readonly uid: string;
  readonly sequence: number;
  readonly stamp: Date | undefined;
  readonly start: Date;
  readonly end: Date;
  readonly isAllDay: boolean;
  readonly recurrenceId: Date | undefined;
  readonly rule: ICAL.Recur | undefined;
  /** Of the start in its own zone: 0 is Sunday. */
  readonly localStart: { readonly weekday: number; readonly day: number; readonly month: number };
  readonly location: string | undefined;
  /** As the organizer wrote it, line breaks and all. */
  readonly description: string | undefined;
  readonly organizer: { readonly name: string; readonly address: string } | undefined;
  readonly reminderSeconds: number | undefined;
  readonly responseRequested: boolean;
  /** PUBLIC, PRIVATE, CONFIDENTIAL, … */
  readonly classification: string;
  /** FREE, TENTATIVE, BUSY, OOF */
  readonly busyStatus: string;
  readonly disallowsCounter: boolean;
  readonly zone: { readonly offsets: Offsets; readonly name: string };
}

/** Undefined for what is no iCalendar, or has no event. Never throws. */
export function readInvitation(text: string, method: string | undefined): Invitation | undefined {
  const bounded = text.slice(0, TEXT_LIMIT);
  for (const attempt of [
    () => bounded,
    () => onlyLines(bounded),
    () => onlyLines(bounded).replace(/^RRULE.*$/gim, ''),
  ]) {
    try {
      return read(attempt(), method);
    } catch {
      // Tried again without the lines that are none, then without the rules, of which the parser takes only good ones.
    }
  }
  return undefined;
}

/** Unfolded, without empty lines and those that have no name (RFC 5545 section 3.1). */
const onlyLines = (text: string): string =>
  text
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .filter((line) => /^[A-Za-z0-9-]+[;:]/.test(line))
    .join('\r\n');

function read(text: string, method: string | undefined): Invitation | undefined {
  const parsed: unknown = ICAL.parse(text.trim());
  const calendar = new ICAL.Component(
    (Array.isArray(parsed) && Array.isArray(parsed[0]) ? parsed[0] : parsed) as unknown[],
  );
  const events = calendar.getAllSubcomponents('vevent');
  const event = events.find((it) => !it.hasProperty('recurrence-id')) ?? events[0];
  const start = event && valueOf(event, 'dtstart');
  if (!event || !(start instanceof ICAL.Time)) return undefined;
  const zones = calendar.getAllSubcomponents('vtimezone');
  const zone = zoneOf(event, zones, start.isDate);
  const toDate = (time: ICAL.Time, property: string): Date => momentOf(time, event, property, zones, zone.offsets);
  const begin = toDate(start, 'dtstart');
  const attendees = event.getAllProperties('attendee');
  const recurrenceId = valueOf(event, 'recurrence-id');
  const rule = valueOf(event, 'rrule');
  const stamp = valueOf(event, 'dtstamp');
  const local = new Date(Date.UTC(start.year, start.month - 1, start.day));
  return {
    method: (stringOf(calendar, 'method') ?? method ?? '').toUpperCase(),
    answer: attendees[0] && parameterOf(attendees[0], 'partstat')?.toUpperCase(),
    uid: stringOf(event, 'uid') ?? '',
    sequence: Number(valueOf(event, 'sequence') ?? 0) || 0,
    stamp: stamp instanceof ICAL.Time ? toDate(stamp, 'dtstamp') : undefined,
    start: begin,
    end: endOf(event, begin, start.isDate, toDate),
    isAllDay: start.isDate || /^true$/i.test(stringOf(event, 'x-microsoft-cdo-alldayevent') ?? ''),
    recurrenceId: recurrenceId instanceof ICAL.Time ? toDate(recurrenceId, 'recurrence-id') : undefined,
    rule: rule instanceof ICAL.Recur ? rule : undefined,
    localStart: { weekday: local.getUTCDay(), day: start.day, month: start.month },
    location: stringOf(event, 'location'),
    description: descriptionOf(event),
    organizer: organizerOf(event),
    reminderSeconds: reminderOf(event),
    responseRequested: attendees.some((it) => parameterOf(it, 'rsvp')?.toUpperCase() === 'TRUE'),
    classification: (stringOf(event, 'class') ?? 'PUBLIC').toUpperCase(),
    busyStatus: busyStatusOf(event),
    disallowsCounter: /^true$/i.test(stringOf(event, 'x-microsoft-disallow-counter') ?? ''),
    zone,
  };
}

/** Undefined where the value is not of its type: the rest of the invitation may be good. */
function valueOf(it: ICAL.Component, name: string): unknown {
  try {
    return it.getFirstPropertyValue(name) ?? undefined;
  } catch {
    return undefined;
  }
}

const stringOf = (it: ICAL.Component, name: string): string | undefined => {
  const value = valueOf(it, name);
  return typeof value === 'string' ? oneLine(value) || undefined : undefined;
};

function descriptionOf(event: ICAL.Component): string | undefined {
  const value = valueOf(event, 'description');
  return typeof value === 'string' && value.trim() !== '' ? value.replace(/\r?\n/g, '\r\n') : undefined;
}

function parameterOf(it: ICAL.Property, name: string): string | undefined {
  const value: unknown = it.getParameter(name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

function zoneOf(event: ICAL.Component, zones: readonly ICAL.Component[], isDate: boolean): Invitation['zone'] {
  const property = event.getFirstProperty('dtstart');
  const tzid = (property && parameterOf(property, 'tzid')) ?? '';
  // A day has no zone: it is taken in the one zone that the invitation knows.
  const only = isDate && tzid === '' && zones.length === 1 ? zones[0] : undefined;
  const component = only ?? zones.find((it) => stringOf(it, 'tzid') === oneLine(tzid));
  const name = oneLine(tzid) || (component && stringOf(component, 'tzid')) || 'UTC';
  const offsets = (component && offsetsOfComponent(component)) ?? (tzid === '' ? undefined : offsetsOfName(tzid));
  return { offsets: offsets ?? UTC_OFFSETS, name };
}

function momentOf(
  time: ICAL.Time,
  event: ICAL.Component,
  name: string,
  zones: readonly ICAL.Component[],
  zone: Offsets,
): Date {
  const localMs = Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second);
  if (time.zone === ICAL.Timezone.utcTimezone) return new Date(localMs);
  const property = event.getFirstProperty(name);
  const tzid = property ? parameterOf(property, 'tzid') : undefined;
  const component = tzid === undefined ? undefined : zones.find((it) => stringOf(it, 'tzid') === oneLine(tzid));
  const offsets =
    (component && offsetsOfComponent(component)) ?? (tzid === undefined ? zone : (offsetsOfName(tzid) ?? zone));
  // The offset at the moment, of which the local time is only a first guess.
  const guess = localMs - offsets(localMs) * MINUTE_MS;
  return new Date(localMs - offsets(guess) * MINUTE_MS);
}

function endOf(
  event: ICAL.Component,
  start: Date,
  isDate: boolean,
  toDate: (it: ICAL.Time, name: string) => Date,
): Date {
  const end = valueOf(event, 'dtend');
  if (end instanceof ICAL.Time) return toDate(end, 'dtend');
  const duration = valueOf(event, 'duration');
  const lengthMs = duration instanceof ICAL.Duration ? duration.toSeconds() * 1_000 : isDate ? DAY_MS : 0;
  return new Date(start.getTime() + lengthMs);
}

function organizerOf(event: ICAL.Component): Invitation['organizer'] {
  const property = event.getFirstProperty('organizer');
  if (!property) return undefined;
  const value: unknown = property.getFirstValue();
  const address = typeof value === 'string' ? oneLine(value).replace(/^mailto:/i, '') : '';
  return { name: oneLine(parameterOf(property, 'cn') ?? ''), address };
}

function reminderOf(event: ICAL.Component): number | undefined {
  for (const alarm of event.getAllSubcomponents('valarm')) {
    const trigger = valueOf(alarm, 'trigger');
    if (trigger instanceof ICAL.Duration) return Math.max(0, -trigger.toSeconds());
  }
  return undefined;
}

function busyStatusOf(event: ICAL.Component): string {
  const intended = stringOf(event, 'x-microsoft-cdo-intendedstatus') ?? stringOf(event, 'x-microsoft-cdo-busystatus');
  if (intended) return intended.toUpperCase();
  if (stringOf(event, 'transp')?.toUpperCase() === 'TRANSPARENT') return 'FREE';
  return stringOf(event, 'status')?.toUpperCase() === 'TENTATIVE' ? 'TENTATIVE' : 'BUSY';
}
