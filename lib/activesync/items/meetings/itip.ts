/** iTIP objects (RFC 5546): what a meeting's organizer and its attendees send each other, made of a stored event. */
import { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import type { CalendarFile } from '../icalendar/calendar-file.ts';
import type { Account } from '../../../backends/index.ts';

export type MeetingMethod = 'PUBLISH' | 'REQUEST' | 'REPLY' | 'CANCEL' | 'COUNTER';

/** To be sent as mail (`composeMeetingMessage`). */
export interface MeetingMessage {
  readonly method: MeetingMethod;
  /** Addresses, without `mailto:`. */
  readonly recipients: readonly string[];
  readonly subject: string;
  /** The iCalendar object, with its METHOD. */
  readonly calendar: string;
  /** For people whose program knows nothing of meetings. */
  readonly text: string;
}

export interface MeetingContext {
  /** Who answers, or calls the meeting. */
  readonly account: Account;
  readonly now: Date;
  /** IANA name of the user's zone. */
  readonly zone?: string | undefined;
}

export const primaryAddress = ({ addresses, user }: Account): string => addresses[0] ?? user;

export const stampOf = (now: Date): string => now.toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Of the user alone: others neither need to know when he is reminded, nor what he has attached. */
const PRIVATE: ReadonlySet<string> = new Set([
  'VALARM',
  'X-CARAVAN-REPLY-TIME',
  'X-CARAVAN-LOCATION',
  'X-MOZ-LASTACK',
  'X-MOZ-GENERATION',
]);

/** Of an attendee in the organizer's event: the DTSTAMP of the answer that is there. */
export const ANSWERED_AT = 'X-CARAVAN-ANSWERED';

/** The object with these items, and the time zones that they name. */
export function itipObject(method: MeetingMethod, items: readonly Component[], file: CalendarFile, now: Date): string {
  const stamped = items.map((it) => {
    const copy = new Component(
      it.name,
      it.entries
        .filter((entry) => !PRIVATE.has(entry.name))
        .map((entry) =>
          entry instanceof ContentLine && entry.parameter(ANSWERED_AT) !== undefined
            ? entry.with(entry.value, { [ANSWERED_AT]: undefined })
            : entry,
        ),
    );
    copy.set('DTSTAMP', stampOf(now));
    return copy;
  });
  const named = new Set(
    stamped.flatMap((it) =>
      it.entries.flatMap((entry) => (entry instanceof ContentLine ? (entry.parameter('TZID') ?? []) : [])),
    ),
  );
  const zones = file.calendar.components('VTIMEZONE').filter((it) => named.has(it.text('TZID') ?? ''));
  const calendar = new Component('VCALENDAR', [
    ContentLine.of('VERSION', '2.0'),
    ContentLine.of('PRODID', '-//Caravan//EN'),
    ContentLine.of('METHOD', method),
    ...zones,
    ...stamped,
  ]);
  return calendar.write('\r\n');
}

/** A copy with nothing but these lines, in their order. */
export const reduced = (it: Component, names: readonly string[]): Component =>
  new Component(
    it.name,
    it.entries.filter((entry) => entry instanceof ContentLine && names.includes(entry.name)),
  );

export const sequenceOf = (it: Component): number => Math.max(0, Number(it.text('SEQUENCE') ?? 0) || 0);
