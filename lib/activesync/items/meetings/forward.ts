/** A meeting or appointment that is sent on to others (MS-ASCMD 2.2.1.19): as its organizer would invite them. */
import { masterOf, organizerOf } from '../calendar/event.ts';
import { isDeleted, occurrenceOf } from '../calendar/exceptions.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import type { ResourceContext } from '../resource-codec.ts';
import { Zones } from '../zones/zones.ts';
import { hadInstance, startOfInstance } from './facts.ts';
import { itipObject, type MeetingContext, type MeetingMessage } from './itip.ts';

export interface MeetingToForward {
  readonly message: Omit<MeetingMessage, 'recipients'>;
  /** Who called it; undefined for an appointment. */
  readonly organizer: string | undefined;
}

/**
 * The whole meeting, or the occurrence that a device names (`instance`). Undefined: there is no such occurrence, `no-series`: there
 * are none. Throws ItemError.
 */
export function meetingToForward(
  source: string,
  instance: Date | undefined,
  context: ResourceContext & Pick<MeetingContext, 'now'>,
): MeetingToForward | 'no-series' | undefined {
  const file = CalendarFile.read(source, 'VEVENT', new Zones());
  const series = masterOf(file);
  let items = [file.master, ...file.overrides];
  if (instance) {
    if (!file.master.line('RRULE') && !file.master.line('RDATE')) return 'no-series';
    const start = startOfInstance(source, instance, context);
    if (!hadInstance(source, start, context.zone) || isDeleted(series, start.getTime(), context)) return undefined;
    items = [occurrenceOf(series, start.getTime(), context)];
  }
  const organizer = organizerOf(series);
  // Nobody can answer to an appointment (RFC 5546 section 3.2.1).
  const method = organizer === undefined ? 'PUBLISH' : 'REQUEST';
  const message = {
    method,
    subject: items[0]?.text('SUMMARY') ?? '',
    calendar: itipObject(method, items, file, context.now),
    text: items[0]?.line('DESCRIPTION')?.text ?? '',
  } as const;
  return { message, organizer };
}
