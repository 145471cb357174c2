/** An event of a calendar file, or an occurrence of it that differs from the others. */
import type { Account } from '../../../backends/index.ts';
import type { Component } from '../content-lines/component.ts';
import type { ContentLine } from '../content-lines/content-line.ts';
import type { CalendarFile } from '../icalendar/calendar-file.ts';
import { durationMs, type When, whenOf } from '../icalendar/times.ts';
import { ItemError } from '../errors.ts';
import type { ResourceContext } from '../resource-codec.ts';
import type { Zone } from '../zones/zones.ts';

const DAY_MS = 86_400_000;

export interface Event {
  readonly file: CalendarFile;
  readonly component: Component;
}

export const masterOf = (file: CalendarFile): Event => ({ file, component: file.master });

export interface EventTimes {
  readonly start: When;
  readonly endMs: number;
  readonly isAllDay: boolean;
  /** Of its start. */
  readonly zone: Zone;
}

/** Undefined without a start that can be read. */
export function timesOf({ file, component }: Event, context: ResourceContext): EventTimes | undefined {
  const home = file.homeZone(context);
  const start = whenOf(component.line('DTSTART'), file, home);
  if (!start) return undefined;
  const end = whenOf(component.line('DTEND'), file, home);
  const lengthMs = durationMs(component.line('DURATION')?.value ?? '') ?? (start.isDate ? DAY_MS : 0);
  const endMs = end?.epochMs ?? start.epochMs + lengthMs;
  return { start, endMs: Math.max(endMs, start.epochMs), isAllDay: start.isDate, zone: start.zone };
}

/** Throws ItemError. */
export function requiredTimes(event: Event, context: ResourceContext): EventTimes {
  const times = timesOf(event, context);
  if (!times) throw new ItemError('malformed-item', 'an event without a start');
  return times;
}

/** `mailto:` taken off, in lower case: how calendar addresses are compared. */
export const bareAddress = (value: string): string =>
  value
    .trim()
    .replace(/^mailto:/i, '')
    .toLowerCase();

/** Servers that know people by principals of their own, iCloud among them, write the address beside it. */
export function writtenAddress(line: ContentLine): string {
  const value = line.value.trim().replace(/^mailto:/i, '');
  const email = value.includes('@') ? undefined : line.parameter('EMAIL')?.trim();
  return email?.includes('@') ? email.replace(/^mailto:/i, '') : value;
}

export const addressOf = (line: ContentLine): string => writtenAddress(line).toLowerCase();

export const isOwn = (address: string, { addresses, user }: Account): boolean =>
  addresses.some((it) => it.toLowerCase() === address) || user.toLowerCase() === address;

/** Who called the meeting; undefined for an event that is none. */
export const organizerOf = ({ component, file }: Event): string | undefined => {
  const line = component.line('ORGANIZER') ?? file.master.line('ORGANIZER');
  return line && addressOf(line);
};

export const isMeeting = (event: Event): boolean =>
  event.component.line('ATTENDEE') !== undefined || organizerOf(event) !== undefined;

/** True as well for a meeting that nobody is said to have called. */
export const isOrganizer = (event: Event, account: Account): boolean => {
  const organizer = organizerOf(event);
  return organizer === undefined || isOwn(organizer, account);
};

/**
 * Who is invited to another time must tell it from the one before (RFC 5546 section 2.1.4); an occurrence that is behind its
 * series would be taken for an old one.
 */
export function countRevision(event: Event, { account }: Pick<ResourceContext, 'account'>): void {
  if (!isMeeting(event) || !isOrganizer(event, account)) return;
  const [own = 0, ofSeries = 0] = [event.component, event.file.master].map((it) => Number(it.text('SEQUENCE')) || 0);
  event.component.set('SEQUENCE', String(Math.max(own, ofSeries) + 1));
}
