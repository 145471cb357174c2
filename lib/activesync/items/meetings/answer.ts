/** A user's answer to a meeting: kept in the calendar, and told to the organizer (RFC 5546 sections 3.2.3, 3.2.7). */
import { ContentLine } from '../content-lines/content-line.ts';
import { escapeText } from '../content-lines/text-values.ts';
import { addressOf, isOwn, masterOf, organizerOf, requiredTimes } from '../calendar/event.ts';
import { occurrenceOf } from '../calendar/exceptions.ts';
import { REPLY_TIME } from '../calendar/status-fields.ts';
import type { Component } from '../content-lines/component.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { whenOf, writtenLike } from '../icalendar/times.ts';
import type { ResourceContext } from '../resource-codec.ts';
import { Zones } from '../zones/zones.ts';
import { itipObject, type MeetingContext, type MeetingMessage, primaryAddress, reduced, stampOf } from './itip.ts';

export type MeetingAnswer = 'accepted' | 'tentative' | 'declined';

export interface AnsweredMeeting {
  /** The resource to keep: without a METHOD. */
  readonly source: string;
  /** Undefined where there is nobody to be told: no organizer, or the user himself. */
  readonly message: MeetingMessage | undefined;
}

export interface AnswerDetails {
  readonly answer: MeetingAnswer;
  /** One occurrence alone. */
  readonly instance?: Date | undefined;
  /** Another time, from 14.1 on (MS-ASCMD ProposedStartTime): the organizer is asked for it. */
  readonly proposal?: { readonly start: Date; readonly end: Date } | undefined;
  readonly comment?: string | undefined;
}

const WORDS = { accepted: 'Accepted', tentative: 'Tentative', declined: 'Declined' } as const;
const TOLD = ['UID', 'SEQUENCE', 'ORGANIZER', 'RECURRENCE-ID', 'SUMMARY', 'DTSTART', 'DTEND', 'DURATION', 'LOCATION'];

/** `source`: the stored event, or the invitation as it came. Throws ItemError. */
export function answerMeeting(source: string, details: AnswerDetails, context: MeetingContext): AnsweredMeeting {
  const file = CalendarFile.read(source, 'VEVENT', new Zones());
  const resource: ResourceContext = { version: '16.1', account: context.account, zone: context.zone };
  const master = masterOf(file);
  const component = details.instance ? occurrenceOf(master, details.instance.getTime(), resource) : file.master;
  file.calendar.set('METHOD', undefined);
  const own = answer(component, details, context);
  // An answer to the whole series is one to the occurrences that differ.
  if (!details.instance) for (const it of file.overrides) answer(it, details, context);
  file.touch(component, context.now);
  const organizer = organizerOf({ file, component });
  const isTold = organizer !== undefined && !isOwn(organizer, context.account);
  return {
    source: file.write(),
    message: isTold ? reply(file, component, own, organizer, details, context) : undefined,
  };
}

/** Who was invited by way of a list is an attendee from now on. */
function answer(component: Component, { answer }: AnswerDetails, { account, now }: MeetingContext): ContentLine {
  const old = component.lines('ATTENDEE').find((it) => isOwn(addressOf(it), account));
  const changes = { PARTSTAT: answer.toUpperCase(), RSVP: undefined };
  const line = old
    ? old.with(old.value, changes)
    : ContentLine.of('ATTENDEE', `mailto:${primaryAddress(account)}`, { CN: account.displayName, ...changes });
  component.put(line, old);
  component.set(REPLY_TIME, stampOf(now));
  if (answer === 'tentative') component.set('X-MICROSOFT-CDO-BUSYSTATUS', 'TENTATIVE');
  else if (component.text('X-MICROSOFT-CDO-BUSYSTATUS')?.toUpperCase() === 'TENTATIVE')
    component.set('X-MICROSOFT-CDO-BUSYSTATUS', component.text('X-MICROSOFT-CDO-INTENDEDSTATUS') ?? 'BUSY');
  return line;
}

function reply(
  file: CalendarFile,
  component: Component,
  own: ContentLine,
  organizer: string,
  details: AnswerDetails,
  context: MeetingContext,
): MeetingMessage {
  const { proposal, comment } = details;
  // A counter-proposal is the whole meeting, at another time.
  const told = reduced(component, proposal ? [...TOLD, 'ATTENDEE', 'RRULE', 'DESCRIPTION'] : TOLD);
  if (proposal) {
    const { start } = requiredTimes(
      { file, component },
      { version: '16.1', account: context.account, zone: context.zone },
    );
    const [from, to] = [writtenLike(proposal.start.getTime(), start), writtenLike(proposal.end.getTime(), start)];
    told.set('DTSTART', from.value, from.parameters);
    told.set('DURATION', undefined);
    told.set('DTEND', to.value, to.parameters);
  } else told.put(own);
  if (comment?.trim()) told.put(ContentLine.of('COMMENT', escapeText(comment.trim())));
  const method = proposal ? 'COUNTER' : 'REPLY';
  const title = component.text('SUMMARY') ?? '';
  return {
    method,
    recipients: [organizer],
    subject: `${proposal ? 'New time proposed' : WORDS[details.answer]}: ${title}`.trim(),
    calendar: itipObject(method, [told], file, context.now),
    text: comment?.trim() ?? '',
  };
}

/** The start of the occurrence that an invitation is about; undefined for a whole meeting. */
export function instanceOfInvitation(source: string, zone?: string): Date | undefined {
  const file = CalendarFile.read(source, 'VEVENT', new Zones());
  const id = whenOf(file.master.line('RECURRENCE-ID'), file, file.homeZone({ zone }));
  return id && new Date(id.epochMs);
}
