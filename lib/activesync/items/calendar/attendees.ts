/** ATTENDEE and ORGANIZER ↔ Attendees, OrganizerName, OrganizerEmail (MS-ASCAL 2.2.2.3 to 2.2.2.6, 2.2.2.33, 2.2.2.34). */
import {
  atLeast,
  children,
  type Element,
  element,
  integer,
  MalformedValue,
  text,
  textOf,
} from '../../protocol/index.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import type { ChangeContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { addressOf, bareAddress, type Event, isMeeting, organizerOf, writtenAddress } from './event.ts';

/** As many as a device can be asked to show. */
const ATTENDEES_LIMIT = 1_000;

/** AttendeeStatus (MS-ASCAL 2.2.2.5) */
const STATUSES: Readonly<Record<string, number>> = {
  TENTATIVE: 2,
  ACCEPTED: 3,
  DECLINED: 4,
  'NEEDS-ACTION': 5,
  DELEGATED: 5,
};
const NAMES: Readonly<Record<number, string>> = {
  0: 'NEEDS-ACTION',
  2: 'TENTATIVE',
  3: 'ACCEPTED',
  4: 'DECLINED',
  5: 'NEEDS-ACTION',
};

/** AttendeeType (MS-ASCAL 2.2.2.6) */
const REQUIRED = 1;
const OPTIONAL = 2;
const RESOURCE = 3;

export const answerOf = (line: ContentLine): number => STATUSES[line.parameter('PARTSTAT')?.toUpperCase() ?? ''] ?? 0;

function typeOf(line: ContentLine): number {
  if (/^(?:RESOURCE|ROOM)$/i.test(line.parameter('CUTYPE') ?? '')) return RESOURCE;
  return /^(?:OPT|NON)-PARTICIPANT$/i.test(line.parameter('ROLE') ?? '') ? OPTIONAL : REQUIRED;
}

/** Those who were invited: who calls the meeting is not shown among them. */
export function invitedLines(event: Event): readonly ContentLine[] {
  const organizer = organizerOf(event);
  return event.component.lines('ATTENDEE').filter((it) => addressOf(it) !== organizer);
}

const shownAddress = (line: ContentLine): string => oneLine(writtenAddress(line));

export const attendeesField: Field<Event> = {
  tag: 'Calendar:Attendees',
  read: (event) => {
    const lines = invitedLines(event).slice(0, ATTENDEES_LIMIT);
    if (lines.length === 0) return undefined;
    return element(
      'Calendar:Attendees',
      lines.map((line) =>
        element(
          'Calendar:Attendee',
          element('Calendar:Email', shownAddress(line)),
          element('Calendar:Name', oneLine(line.parameter('CN') ?? '') || shownAddress(line)),
          element('Calendar:AttendeeStatus', answerOf(line)),
          element('Calendar:AttendeeType', typeOf(line)),
        ),
      ),
    );
  },
  write: (event, it, context) => {
    const { component } = event;
    const wanted = new Map(
      children(it, 'Calendar:Attendee').map((sent) => [bareAddress(text(sent, 'Calendar:Email') ?? ''), sent]),
    );
    const lines = invitedLines(event);
    for (const line of lines) {
      const sent = wanted.get(addressOf(line));
      if (sent) component.put(changedAttendee(line, sent, context), line);
      else component.remove(line);
    }
    const known = new Set(lines.map((line) => addressOf(line)));
    for (const [address, sent] of wanted) if (!known.has(address)) component.put(newAttendee(sent, context));
    if (component.line('ATTENDEE')) callMeeting(event, context);
  },
};

/** Whoever invites others calls the meeting. */
export function callMeeting(event: Event, { account }: Pick<ChangeContext, 'account'>): void {
  if (organizerOf(event) !== undefined) return;
  const [address = account.user] = account.addresses;
  event.component.put(ContentLine.of('ORGANIZER', `mailto:${address}`, { CN: account.displayName }));
}

/** From 16.0 on the answers of others are the server's to know (MS-ASCAL_R2028). */
function sentStatus(sent: Element, { version }: ChangeContext): number | undefined {
  const status = integer(sent, 'Calendar:AttendeeStatus');
  if (status !== undefined && NAMES[status] === undefined)
    throw new MalformedValue('Calendar:AttendeeStatus', String(status), '0, 2, 3, 4 or 5');
  return atLeast(version, '16.0') ? undefined : status;
}

function sentType(sent: Element): number | undefined {
  const type = integer(sent, 'Calendar:AttendeeType');
  if (type !== undefined && (type < REQUIRED || type > RESOURCE))
    throw new MalformedValue('Calendar:AttendeeType', String(type), '1, 2 or 3');
  return type;
}

const roleOf = (type: number) => ({
  ROLE: type === RESOURCE ? 'NON-PARTICIPANT' : type === OPTIONAL ? 'OPT-PARTICIPANT' : 'REQ-PARTICIPANT',
  CUTYPE: type === RESOURCE ? 'RESOURCE' : undefined,
});

function changedAttendee(line: ContentLine, sent: Element, context: ChangeContext): ContentLine {
  const name = oneLine(text(sent, 'Calendar:Name') ?? '');
  const status = sentStatus(sent, context);
  const type = sentType(sent);
  const isRenamed = name !== '' && name !== (oneLine(line.parameter('CN') ?? '') || shownAddress(line));
  const isAnswered = status !== undefined && status !== answerOf(line);
  const isOther = type !== undefined && type !== typeOf(line);
  if (!isRenamed && !isAnswered && !isOther) return line;
  return line.with(line.value, {
    ...(isRenamed ? { CN: name } : {}),
    ...(isAnswered ? { PARTSTAT: NAMES[status] } : {}),
    ...(isOther ? roleOf(type) : {}),
  });
}

function newAttendee(sent: Element, context: ChangeContext): ContentLine {
  const address = oneLine(text(sent, 'Calendar:Email') ?? '').replace(/^mailto:/i, '');
  const name = oneLine(text(sent, 'Calendar:Name') ?? '');
  return ContentLine.of('ATTENDEE', `mailto:${address}`, {
    ...(name === '' || name === address ? {} : { CN: name }),
    ...roleOf(sentType(sent) ?? REQUIRED),
    PARTSTAT: NAMES[sentStatus(sent, context) ?? 0],
    RSVP: 'TRUE',
  });
}

const organizerLine = ({ component, file }: Event): ContentLine | undefined =>
  component.line('ORGANIZER') ?? file.master.line('ORGANIZER');

/** Undefined for appointments: they have nobody who called them. */
export const organizerFields: readonly Field<Event>[] = [
  {
    tag: 'Calendar:OrganizerEmail',
    read: (event, { account }) => {
      const line = organizerLine(event);
      const [own] = account.addresses;
      if (!line) return isMeeting(event) && own !== undefined ? element('Calendar:OrganizerEmail', own) : undefined;
      return element('Calendar:OrganizerEmail', shownAddress(line));
    },
    write: (event, it, context) => {
      const { component } = event;
      const address = it && oneLine(textOf(it)).replace(/^mailto:/i, '');
      if (!address || atLeast(context.version, '16.0')) return;
      const line = component.line('ORGANIZER');
      component.put(line ? line.with(`mailto:${address}`) : ContentLine.of('ORGANIZER', `mailto:${address}`), line);
    },
  },
  {
    tag: 'Calendar:OrganizerName',
    read: (event, { account }) => {
      const line = organizerLine(event);
      if (!line)
        return isMeeting(event) && account.displayName
          ? element('Calendar:OrganizerName', account.displayName)
          : undefined;
      return element('Calendar:OrganizerName', oneLine(line.parameter('CN') ?? '') || shownAddress(line));
    },
    write: (event, it, context) => {
      const line = event.component.line('ORGANIZER');
      const name = it && oneLine(textOf(it));
      // From 16.0 on it is the user, whatever the device says (MS-ASCAL_R2175).
      if (line && name && !atLeast(context.version, '16.0'))
        event.component.put(line.with(line.value, { CN: name }), line);
    },
  },
];
