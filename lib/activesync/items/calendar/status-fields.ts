/** What an event is to others and to the user: busy, meeting or appointment, answered or not. */
import { atLeast, element, flag, parseTimestamp } from '../../protocol/index.ts';
import { compactDateTime } from '../date-time.ts';
import { numberOf } from '../icalendar/common-fields.ts';
import type { Field } from '../resource-fields.ts';
import type { ContentLine } from '../content-lines/content-line.ts';
import type { Account } from '../../../backends/index.ts';
import { answerOf, callMeeting, invitedLines } from './attendees.ts';
import { addressOf, type Event, isMeeting, isOrganizer, isOwn } from './event.ts';

/** BusyStatus (MS-ASCAL 2.2.2.8) */
const BUSY_STATUSES = ['FREE', 'TENTATIVE', 'BUSY', 'OOF', 'WORKINGELSEWHERE'];
const FREE = 0;
const TENTATIVE = 1;
const BUSY = 2;
const ELSEWHERE = 4;

/** When the user answered: nobody else has a name for it. */
export const REPLY_TIME = 'X-CARAVAN-REPLY-TIME';

/** MeetingStatus (MS-ASCAL 2.2.2.26): 1 for a meeting, 2 for one received, 4 for one cancelled. */
const MEETING = 1;
const RECEIVED = 2;
const CANCELLED = 4;

const busyStatusOf = ({ component }: Event): number => {
  const named = BUSY_STATUSES.indexOf(component.text('X-MICROSOFT-CDO-BUSYSTATUS')?.toUpperCase() ?? '');
  if (named >= 0) return named;
  if (component.text('TRANSP')?.toUpperCase() === 'TRANSPARENT') return FREE;
  return component.text('STATUS')?.toUpperCase() === 'TENTATIVE' ? TENTATIVE : BUSY;
};

const busyStatus: Field<Event> = {
  tag: 'Calendar:BusyStatus',
  read: (event, { version }) => {
    const status = busyStatusOf(event);
    return element('Calendar:BusyStatus', status === ELSEWHERE && !atLeast(version, '16.0') ? FREE : status);
  },
  write: (event, it) => {
    const { component } = event;
    const status = it ? numberOf(it, FREE, ELSEWHERE) : BUSY;
    component.set('TRANSP', status === FREE || status === ELSEWHERE ? 'TRANSPARENT' : 'OPAQUE');
    const isPlain = status === FREE || status === BUSY;
    component.set(
      'X-MICROSOFT-CDO-BUSYSTATUS',
      isPlain && !component.line('X-MICROSOFT-CDO-BUSYSTATUS') ? undefined : BUSY_STATUSES[status],
    );
    if (busyStatusOf(event) !== status) component.set('X-MICROSOFT-CDO-BUSYSTATUS', BUSY_STATUSES[status]);
  },
};

const isCancelled = ({ component }: Event): boolean => component.text('STATUS')?.toUpperCase() === 'CANCELLED';

const meetingStatus: Field<Event> = {
  tag: 'Calendar:MeetingStatus',
  read: (event, { account }) => {
    if (!isMeeting(event)) return element('Calendar:MeetingStatus', 0);
    const sum = MEETING + (isOrganizer(event, account) ? 0 : RECEIVED) + (isCancelled(event) ? CANCELLED : 0);
    return element('Calendar:MeetingStatus', sum);
  },
  write: (event, it, context) => {
    const status = it ? numberOf(it, 0, 15) : 0;
    const cancels = (status & CANCELLED) !== 0;
    if (cancels !== isCancelled(event)) event.component.set('STATUS', cancels ? 'CANCELLED' : 'CONFIRMED');
    if ((status & (MEETING | RECEIVED)) === MEETING) callMeeting(event, context);
  },
};

/** The user's own line among those who were invited. */
export const ownLine = (event: Event, account: Account): ContentLine | undefined =>
  event.component.lines('ATTENDEE').find((it) => isOwn(addressOf(it), account));

/** ResponseType (MS-ASCAL 2.2.2.38) */
const RESPONSE_NONE = 0;
const RESPONSE_ORGANIZER = 1;
const NOT_RESPONDED = 5;

const responseType: Field<Event> = {
  tag: 'Calendar:ResponseType',
  read: (event, { account, version }) => {
    if (!atLeast(version, '14.0')) return undefined;
    if (!isMeeting(event)) return element('Calendar:ResponseType', RESPONSE_NONE);
    if (isOrganizer(event, account)) return element('Calendar:ResponseType', RESPONSE_ORGANIZER);
    const line = ownLine(event, account);
    return element('Calendar:ResponseType', (line && answerOf(line)) || NOT_RESPONDED);
  },
};

const replyTime: Field<Event> = {
  tag: 'Calendar:AppointmentReplyTime',
  read: (event, { account, version }) => {
    const line = ownLine(event, account);
    const answer = line ? answerOf(line) : 0;
    const at = parseTimestamp(event.component.text(REPLY_TIME) ?? '');
    if (!atLeast(version, '14.0') || answer === 0 || answer === NOT_RESPONDED || at === undefined) return undefined;
    return element('Calendar:AppointmentReplyTime', compactDateTime(new Date(at)));
  },
};

const responseRequested: Field<Event> = {
  tag: 'Calendar:ResponseRequested',
  read: (event, { version }) => {
    if (!atLeast(version, '14.0')) return undefined;
    const asks = event.component.lines('ATTENDEE').some((it) => it.parameter('RSVP')?.toUpperCase() === 'TRUE');
    return element('Calendar:ResponseRequested', asks ? 1 : 0);
  },
  write: (event, it) => {
    const asks = it ? flag({ tag: it.tag, content: [it] }, it.tag) : false;
    for (const line of invitedLines(event)) {
      if ((line.parameter('RSVP')?.toUpperCase() === 'TRUE') !== asks)
        event.component.put(line.with(line.value, { RSVP: asks ? 'TRUE' : 'FALSE' }), line);
    }
  },
};

const DISALLOW_COUNTER = 'X-MICROSOFT-DISALLOW-COUNTER';

const disallowNewTimeProposal: Field<Event> = {
  tag: 'Calendar:DisallowNewTimeProposal',
  read: ({ component }, { version }) => {
    if (!atLeast(version, '14.0')) return undefined;
    return element('Calendar:DisallowNewTimeProposal', /^true$/i.test(component.text(DISALLOW_COUNTER) ?? '') ? 1 : 0);
  },
  write: ({ component }, it) => {
    const disallows = it ? flag({ tag: it.tag, content: [it] }, it.tag) : false;
    component.set(DISALLOW_COUNTER, disallows ? 'TRUE' : component.line(DISALLOW_COUNTER) && 'FALSE');
  },
};

export const statusFields: readonly Field<Event>[] = [
  busyStatus,
  meetingStatus,
  responseType,
  replyTime,
  responseRequested,
  disallowNewTimeProposal,
];
