/** What an organizer tells the others when a meeting of his changes (RFC 5546 sections 3.2.2, 3.2.5). */
import type { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { invitedLines } from '../calendar/attendees.ts';
import { addressOf, isOrganizer, masterOf } from '../calendar/event.ts';
import { whenOf, whensOf, writtenLike } from '../icalendar/times.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { Zones } from '../zones/zones.ts';
import { itipObject, type MeetingContext, type MeetingMessage, reduced, sequenceOf } from './itip.ts';

/** What others need not be told of. */
const UNTOLD: ReadonlySet<string> = new Set([
  'DTSTAMP',
  'LAST-MODIFIED',
  'CREATED',
  'SEQUENCE',
  'CATEGORIES',
  'TRANSP',
  'X-MICROSOFT-CDO-BUSYSTATUS',
  'X-CARAVAN-REPLY-TIME',
  'X-CARAVAN-LOCATION',
  'COLOR',
]);
const OF_CANCEL = [
  'UID',
  'SEQUENCE',
  'ORGANIZER',
  'RECURRENCE-ID',
  'SUMMARY',
  'DTSTART',
  'DTEND',
  'DURATION',
  'LOCATION',
  'STATUS',
];

const isCancelled = ({ master }: CalendarFile): boolean => master.text('STATUS')?.toUpperCase() === 'CANCELLED';

const invited = (file: CalendarFile): readonly string[] => [
  ...new Set(
    [file.master, ...file.overrides].flatMap((component) =>
      invitedLines({ file, component }).map((it) => addressOf(it)),
    ),
  ),
];

/**
 * The messages to send for a change from `before` (undefined: a new event) to `after` (undefined: it is gone). None for
 * appointments, for the meetings of others, and for changes that are the user's own business. Throws ItemError.
 */
export function organizerMessages(
  before: string | undefined,
  after: string | undefined,
  context: MeetingContext,
): readonly MeetingMessage[] {
  const read = (it: string | undefined) =>
    it === undefined ? undefined : CalendarFile.read(it, 'VEVENT', new Zones());
  const [old, now] = [read(before), read(after)];
  const file = now ?? old;
  if (!file || !isOrganizer(masterOf(file), context.account)) return [];
  const was = old && !isCancelled(old) ? invited(old) : [];
  const is = now && !isCancelled(now) ? invited(now) : [];
  const gone = was.filter((it) => !is.includes(it));
  const messages: MeetingMessage[] = [];
  if (gone.length > 0 && old) messages.push(cancel(now && is.length === 0 ? now : old, [file.master], gone, context));
  if (!now || is.length === 0) return messages;
  const told = is.filter((it) => !was.includes(it));
  const dropped = old ? droppedOccurrences(old, now) : [];
  const isOther = !old || significant(old) !== significant(now);
  const recipients = isOther ? is : told;
  if (recipients.length > 0)
    messages.push(request(now, recipients, old !== undefined && told.length < recipients.length, context));
  const staying = is.filter((it) => was.includes(it));
  if (dropped.length > 0 && staying.length > 0) messages.push(cancel(now, dropped, staying, context));
  return messages;
}

/** What the others see of it. */
function significant(file: CalendarFile): string {
  return [file.master, ...file.overrides]
    .map((it) =>
      it.entries
        .filter(
          (entry): entry is ContentLine =>
            entry instanceof ContentLine && !UNTOLD.has(entry.name) && entry.name !== 'EXDATE',
        )
        .map((entry) => (entry.name === 'ATTENDEE' ? addressOf(entry) : `${entry.name}:${entry.value}`))
        .toSorted()
        .join('\n'),
    )
    .join('\n\n');
}

function request(
  file: CalendarFile,
  recipients: readonly string[],
  isUpdate: boolean,
  { now }: MeetingContext,
): MeetingMessage {
  const title = file.master.text('SUMMARY') ?? '';
  return {
    method: 'REQUEST',
    recipients,
    subject: `${isUpdate ? 'Updated: ' : ''}${title}`,
    calendar: itipObject('REQUEST', [file.master, ...file.overrides], file, now),
    text: file.master.line('DESCRIPTION')?.text ?? '',
  };
}

function cancel(
  file: CalendarFile,
  items: readonly Component[],
  recipients: readonly string[],
  { now }: MeetingContext,
): MeetingMessage {
  const cancelled = items.map((it) => {
    const copy = reduced(it, OF_CANCEL);
    for (const address of recipients) copy.put(ContentLine.of('ATTENDEE', `mailto:${address}`));
    copy.set('STATUS', 'CANCELLED');
    copy.set('SEQUENCE', String(sequenceOf(it) + 1));
    return copy;
  });
  return {
    method: 'CANCEL',
    recipients,
    subject: `Cancelled: ${file.master.text('SUMMARY') ?? ''}`.trim(),
    calendar: itipObject('CANCEL', cancelled, file, now),
    text: '',
  };
}

/** Occurrences that were deleted one by one. */
function droppedOccurrences(old: CalendarFile, now: CalendarFile): readonly Component[] {
  const home = now.homeZone({});
  const start = whenOf(now.master.line('DTSTART'), now, home);
  if (!start || !now.master.line('RRULE')) return [];
  const deleted = (file: CalendarFile) =>
    new Set(file.master.lines('EXDATE').flatMap((it) => whensOf(it, file, home).map((when) => when.epochMs)));
  const known = deleted(old);
  return [...deleted(now)]
    .filter((it) => !known.has(it))
    .map((atMs) => {
      const item = reduced(
        now.master,
        OF_CANCEL.filter((name) => !['DTSTART', 'DTEND', 'DURATION'].includes(name)),
      );
      const { value, parameters } = writtenLike(atMs, start);
      item.put(ContentLine.of('RECURRENCE-ID', value, parameters));
      item.put(ContentLine.of('DTSTART', value, parameters));
      return item;
    });
}
