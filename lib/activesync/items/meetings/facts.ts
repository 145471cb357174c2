/** What has to be known of a meeting before it can be answered: of an invitation in a message, and of an event. */
import type { Account, FetchedMessage, FetchPlan } from '../../../backends/index.ts';
import { bodyStructure } from '../body-structure.ts';
import { addressOf, isMeeting, isOrganizer, isOwn, masterOf } from '../calendar/event.ts';
import { instanceMoment } from '../calendar/exceptions.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { whenOf, whensOf } from '../icalendar/times.ts';
import { hasOccurrence } from '../recurrence/has-occurrence.ts';
import type { ResourceContext } from '../resource-codec.ts';
import { partText } from '../shown-text.ts';
import { toLocal } from '../zones/local-time.ts';
import { Zones } from '../zones/zones.ts';

/** More than any invitation; what is cut cannot be read, and is none. */
const LIMIT_BYTES = 512 * 1024;

/** For `invitationText`. */
export const invitationPlan: FetchPlan = ({ structure }) => {
  const { calendar } = bodyStructure(structure);
  return calendar ? [{ path: calendar.path, limitBytes: LIMIT_BYTES }] : [];
};

/** The iCalendar object of a message that asks for an answer; undefined for every other message. */
export function invitationText(message: FetchedMessage): string | undefined {
  const { calendar } = bodyStructure(message.structure);
  const fetched = calendar && message.parts.get(calendar.path);
  if (!calendar || !fetched?.complete) return undefined;
  const text = partText(calendar, fetched);
  const method = /^METHOD:\s*(\w+)/im.exec(text)?.[1] ?? calendar.parameters['method'];
  return method?.toUpperCase() === 'REQUEST' ? text : undefined;
}

export interface MeetingFacts {
  readonly uid: string;
  /** Called by somebody else, who can be answered. */
  readonly canBeAnswered: boolean;
  readonly isRecurring: boolean;
  /** The user's PARTSTAT so far. */
  readonly answer: string | undefined;
}

/** Throws ItemError. */
export function meetingFacts(source: string, account: Account): MeetingFacts {
  const event = masterOf(CalendarFile.read(source, 'VEVENT', new Zones()));
  const { file, component } = event;
  const own = component.lines('ATTENDEE').find((it) => isOwn(addressOf(it), account));
  return {
    uid: file.uid,
    canBeAnswered: isMeeting(event) && !isOrganizer(event, account),
    isRecurring: component.line('RRULE') !== undefined || component.line('RDATE') !== undefined,
    answer: own?.parameter('PARTSTAT')?.toUpperCase(),
  };
}

/** The start of the occurrence that a device names: a whole day by its date from 16.0 on. Throws ItemError. */
export function startOfInstance(source: string, named: Date, context: ResourceContext): Date {
  const file = CalendarFile.read(source, 'VEVENT', new Zones());
  return new Date(instanceMoment(named.getTime(), masterOf(file), context));
}

/** Had the series ever an occurrence of that start, deleted since or not? Throws ItemError. */
export function hadInstance(source: string, instance: Date, zone?: string): boolean {
  const file = CalendarFile.read(source, 'VEVENT', new Zones());
  const home = file.homeZone({ zone });
  const start = whenOf(file.master.line('DTSTART'), file, home);
  const rule = file.master.line('RRULE')?.value;
  const atMs = instance.getTime();
  const others = file.overrides.flatMap((it) => whenOf(it.line('RECURRENCE-ID'), file, home) ?? []);
  const added = file.master.lines('RDATE').flatMap((it) => whensOf(it, file, home));
  if ([...others, ...added].some((it) => it.epochMs === atMs)) return true;
  if (!start || rule === undefined) return false;
  const { offsets } = start.zone;
  return hasOccurrence(rule, toLocal(start.epochMs, offsets), toLocal(atMs, offsets));
}
