// Meetings between people: answers, changes and cancellations as iTIP (RFC 5546), by mail (RFC 6047).
import { describe, expect, it } from 'vitest';
import {
  answerMeeting,
  applyCancel,
  applyReply,
  applyRequest,
  composeMeetingMessage,
  instanceOfInvitation,
  organizerMessages,
} from '../../../../lib/activesync/items/index.ts';
import { readInvitation } from '../../../../lib/activesync/items/invitation.ts';
import { element } from '../../../../lib/activesync/protocol/index.ts';
import { parseMessage } from '../../../../lib/backends/index.ts';
import { ACCOUNT, added, at, changed, contentLines, corpusFile, difference, ics, NOW, rendered } from './support.ts';

const BOB = { user: 'bob', addresses: ['bob@example.org'], displayName: 'Bob' };
const context = { account: ACCOUNT, now: NOW, zone: 'Europe/Berlin' };
const bobs = { account: BOB, now: NOW, zone: 'Europe/Berlin' };

const meeting = (inner = '', method = '') =>
  ics(
    'VEVENT',
    `DTSTART;TZID=Europe/Berlin:20260302T090000
DTEND;TZID=Europe/Berlin:20260302T100000
SUMMARY:Plans
SEQUENCE:1
ORGANIZER;CN=Bob:mailto:bob@example.org
ATTENDEE;CN=Ann;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ann@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:cleo@example.org
${inner}`,
    method && `METHOD:${method}\n`,
  );
const SERIES = meeting('RRULE:FREQ=WEEKLY;COUNT=10');

describe('an answer', () => {
  it.each([
    ['accepted', 'ACCEPTED', 'Accepted: Plans', '3'],
    ['tentative', 'TENTATIVE', 'Tentative: Plans', '2'],
    ['declined', 'DECLINED', 'Declined: Plans', '4'],
  ] as const)('%s is kept, and told to the organizer alone', (answer, partstat, subject, responseType) => {
    const { source, message } = answerMeeting(meeting('', 'REQUEST'), { answer, comment: 'See you' }, context);
    expect(source).not.toContain('METHOD');
    const data = rendered('Calendar', source);
    expect(at(data, 'Calendar:ResponseType')).toBe(responseType);
    expect(at(data, 'Calendar:AppointmentReplyTime')).toBe('20260210T101010Z');
    expect(message).toMatchObject({ method: 'REPLY', recipients: ['bob@example.org'], subject, text: 'See you' });
    const lines = contentLines(message?.calendar ?? '');
    expect(lines.filter((it) => it.startsWith('ATTENDEE'))).toEqual([
      `ATTENDEE;CN=Ann;PARTSTAT=${partstat}:mailto:ann@example.org`,
    ]);
    expect(lines).toContain('METHOD:REPLY');
    expect(lines).toContain('SEQUENCE:1');
    expect(lines).toContain('COMMENT:See you');
  });

  it('to one occurrence is about that one', () => {
    const { source, message } = answerMeeting(
      SERIES,
      { answer: 'declined', instance: new Date('2026-03-09T08:00:00Z') },
      context,
    );
    expect(contentLines(message?.calendar ?? '')).toContain('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000');
    const added = difference(SERIES, source);
    expect(added.gone).toEqual([]);
    expect(added.come).toContain('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000');
    expect(at(rendered('Calendar', source), 'Calendar:ResponseType')).toBe('5');
  });

  it('with another time is a counter-proposal, and the calendar keeps the old one', () => {
    const proposal = { start: new Date('2026-03-03T08:00:00Z'), end: new Date('2026-03-03T09:00:00Z') };
    const { source, message } = answerMeeting(meeting(), { answer: 'tentative', proposal }, context);
    expect(message).toMatchObject({ method: 'COUNTER', subject: 'New time proposed: Plans' });
    expect(contentLines(message?.calendar ?? '')).toContain('DTSTART;TZID=Europe/Berlin:20260303T090000');
    expect(at(rendered('Calendar', source), 'Calendar:StartTime')).toBe('20260302T080000Z');
  });

  it('of the organizer himself is told to nobody', () => {
    expect(answerMeeting(meeting(), { answer: 'accepted' }, bobs).message).toBeUndefined();
  });

  it('of who was invited by way of a list adds an attendee', () => {
    const source = meeting().replace(/ATTENDEE;CN=Ann.*\r\n/, '');
    expect(contentLines(answerMeeting(source, { answer: 'accepted' }, context).source)).toContain(
      'ATTENDEE;CN=Ann Example;PARTSTAT=ACCEPTED:mailto:ann@example.org',
    );
  });

  it('to an Exchange invitation takes the busy status that was meant', () => {
    const { source } = answerMeeting(corpusFile('exchange-teams.ics'), { answer: 'accepted' }, context);
    expect(at(rendered('Calendar', source), 'Calendar:BusyStatus')).toBe('2');
  });

  it('an invitation to one occurrence says which', () => {
    expect(instanceOfInvitation(meeting())).toBeUndefined();
    const one = meeting('RECURRENCE-ID;TZID=Europe/Berlin:20260302T090000');
    expect(instanceOfInvitation(one)).toEqual(new Date('2026-03-02T08:00:00Z'));
  });
});

describe('an organizer tells', () => {
  const made = added(
    'Calendar',
    [
      element('Calendar:StartTime', '20260302T080000Z'),
      element('Calendar:EndTime', '20260302T090000Z'),
      element('Calendar:Subject', 'Plans'),
      element(
        'Calendar:Attendees',
        ['bob', 'cleo'].map((it) =>
          element('Calendar:Attendee', element('Calendar:Email', `${it}@example.org`), element('Calendar:Name', it)),
        ),
      ),
    ],
    { version: '16.1' },
  );

  it('of a new meeting, all whom he invites', () => {
    const [message, ...others] = organizerMessages(undefined, made, context);
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      method: 'REQUEST',
      recipients: ['bob@example.org', 'cleo@example.org'],
      subject: 'Plans',
    });
    const read = readInvitation(message?.calendar ?? '', undefined);
    expect(read).toMatchObject({
      method: 'REQUEST',
      start: new Date('2026-03-02T08:00:00Z'),
      organizer: { address: 'ann@example.org' },
      responseRequested: true,
    });
  });

  it('of another time, with a higher sequence', () => {
    const after = changed(
      'Calendar',
      made,
      [element('Calendar:StartTime', '20260302T090000Z'), element('Calendar:EndTime', '20260302T100000Z')],
      { version: '16.1' },
    );
    const [message] = organizerMessages(made, after, context);
    expect(message).toMatchObject({ method: 'REQUEST', subject: 'Updated: Plans' });
    expect(contentLines(message?.calendar ?? '')).toContain('SEQUENCE:1');
  });

  it('nothing of what is his own business', () => {
    for (const it of [
      element('Calendar:Reminder', 10),
      element('Calendar:Categories', element('Calendar:Category', 'x')),
      element('Calendar:BusyStatus', 0),
    ])
      expect(organizerMessages(made, changed('Calendar', made, [it], { version: '16.1' }), context)).toEqual([]);
    expect(organizerMessages(made, made, context)).toEqual([]);
  });

  it('whom he does not invite any more, and whom he invites now', () => {
    const list = element(
      'Calendar:Attendees',
      ['bob', 'dora'].map((it) =>
        element('Calendar:Attendee', element('Calendar:Email', `${it}@example.org`), element('Calendar:Name', it)),
      ),
    );
    const messages = organizerMessages(made, changed('Calendar', made, [list], { version: '16.1' }), context);
    expect(messages.map((it) => [it.method, it.recipients])).toEqual([
      ['CANCEL', ['cleo@example.org']],
      ['REQUEST', ['bob@example.org', 'dora@example.org']],
    ]);
  });

  it('that it is off: deleted, or cancelled', () => {
    for (const after of [undefined, changed('Calendar', made, [element('Calendar:MeetingStatus', 5)])]) {
      const [message, ...others] = organizerMessages(made, after, context);
      expect(others).toEqual([]);
      expect(message).toMatchObject({
        method: 'CANCEL',
        recipients: ['bob@example.org', 'cleo@example.org'],
        subject: 'Cancelled: Plans',
      });
      expect(contentLines(message?.calendar ?? '')).toContain('STATUS:CANCELLED');
    }
  });

  it('that one occurrence is off', () => {
    const series = made.replace('SUMMARY:Plans', 'RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Plans');
    const after = series.replace('SUMMARY:Plans', 'EXDATE;TZID=Europe/Berlin:20260303T090000\r\nSUMMARY:Plans');
    const [message, ...others] = organizerMessages(series, after, context);
    expect(others).toEqual([]);
    expect(message?.method).toBe('CANCEL');
    expect(contentLines(message?.calendar ?? '').some((it) => it.startsWith('RECURRENCE-ID'))).toBe(true);
  });

  it('nothing of the meetings of others, or of appointments', () => {
    expect(organizerMessages(undefined, meeting(), context)).toEqual([]);
    expect(organizerMessages(undefined, ics('VEVENT', 'DTSTART:20260302T080000Z'), context)).toEqual([]);
  });
});

describe('what comes by mail', () => {
  it('a reply changes the answer of that attendee, and nothing else', () => {
    const { message } = answerMeeting(meeting(), { answer: 'accepted' }, context);
    const after = applyReply(meeting(), message?.calendar ?? '') ?? '';
    expect(difference(meeting(), after)).toEqual({
      gone: ['ATTENDEE;CN=Ann;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ann@example.org'],
      come: ['ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED;RSVP=TRUE;X-CARAVAN-ANSWERED=20260210T101010Z:mailto:ann@example.org'],
    });
    expect(applyReply(after, message?.calendar ?? ''), 'once').toBeUndefined();
  });

  it('an older answer than the one that is there takes nothing back, in whatever order they are read', () => {
    const replied = (answer: 'accepted' | 'declined', hour: number) =>
      answerMeeting(meeting(), { answer }, { ...context, now: new Date(Date.UTC(2026, 1, 10, hour)) }).message
        ?.calendar ?? '';
    const [first, second, third] = [replied('accepted', 8), replied('declined', 9), replied('accepted', 10)];
    const answerAfter = (...replies: readonly string[]) =>
      /PARTSTAT=(\w+)[^\n]*mailto:ann@/.exec(
        replies.reduce((stored, reply) => applyReply(stored, reply) ?? stored, meeting()).replaceAll('\r\n ', ''),
      )?.[1];
    expect(answerAfter(second, first)).toBe('DECLINED');
    expect(answerAfter(first, second, first)).toBe('DECLINED');
    expect(answerAfter(first, third, second), 'the same again, later').toBe('ACCEPTED');
    const odd = applyReply(meeting(), first.replace(/DTSTAMP:\S+/, 'DTSTAMP:2026\\nX-EVIL:1')) ?? '';
    expect(odd, 'what is no time is not kept').toContain('PARTSTAT=ACCEPTED');
    expect(odd).not.toMatch(/X-EVIL|X-CARAVAN-ANSWERED/);
    const told = organizerMessages(undefined, applyReply(meeting(), first) ?? '', { ...context, account: ACCOUNT });
    expect(told.map((it) => it.calendar).join(), 'nobody else is told when').not.toContain('X-CARAVAN');
  });

  it('a reply to an older state of the meeting, by a stranger or to another one changes nothing', () => {
    const reply = answerMeeting(meeting(), { answer: 'accepted' }, context).message?.calendar ?? '';
    expect(applyReply(meeting().replace('SEQUENCE:1', 'SEQUENCE:2'), reply)).toBeUndefined();
    expect(applyReply(meeting(), reply.replace('ann@', 'eve@'))).toBeUndefined();
    expect(applyReply(meeting(), reply.replace('UID:1@', 'UID:2@'))).toBeUndefined();
  });

  it('a changed request keeps what is the user’s own, and the answer as long as the time is the same', () => {
    const answered = answerMeeting(
      meeting('CATEGORIES:Mine\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM'),
      { answer: 'accepted' },
      context,
    ).source;
    const renamed = meeting('', 'REQUEST').replace('SEQUENCE:1', 'SEQUENCE:2').replace('Plans', 'Other plans');
    const after = applyRequest(answered, renamed, ACCOUNT) ?? '';
    const data = rendered('Calendar', after);
    expect([at(data, 'Calendar:Subject'), at(data, 'Calendar:ResponseType'), at(data, 'Calendar:Reminder')]).toEqual([
      'Other plans',
      '3',
      '5',
    ]);
    expect(after).toContain('CATEGORIES:Mine');
    const moved = renamed.replaceAll('20260302T', '20260303T').replace('SEQUENCE:2', 'SEQUENCE:3');
    const again = rendered('Calendar', applyRequest(after, moved, ACCOUNT) ?? '');
    expect([at(again, 'Calendar:StartTime'), at(again, 'Calendar:ResponseType')]).toEqual(['20260303T080000Z', '5']);
  });

  it('a request for one occurrence changes that one', () => {
    const one = meeting('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000', 'REQUEST').replaceAll(
      /(DTSTART|DTEND)(;TZID=Europe\/Berlin):20260302/g,
      '$1$2:20260310',
    );
    const after = applyRequest(SERIES, one, ACCOUNT) ?? '';
    expect(difference(SERIES, after).gone).toEqual([]);
    expect(at(rendered('Calendar', after), 'Calendar:Exceptions', 'Calendar:Exception', 'Calendar:StartTime')).toBe(
      '20260310T080000Z',
    );
  });

  it('an old request, one of somebody else or for another meeting changes nothing', () => {
    const request = meeting('', 'REQUEST');
    expect(applyRequest(meeting().replace('SEQUENCE:1', 'SEQUENCE:2'), request, ACCOUNT)).toBeUndefined();
    expect(applyRequest(meeting(), request.replace('bob@', 'eve@'), ACCOUNT)).toBeUndefined();
    expect(applyRequest(meeting(), request.replace('UID:1@', 'UID:2@'), ACCOUNT)).toBeUndefined();
    expect(applyRequest(undefined, request, ACCOUNT)).not.toContain('METHOD');
  });

  it('a cancellation cancels the meeting, or one occurrence of it', () => {
    const cancel = meeting('', 'CANCEL').replace('SEQUENCE:1', 'SEQUENCE:2');
    const after = applyCancel(meeting(), cancel) ?? '';
    expect(at(rendered('Calendar', after), 'Calendar:MeetingStatus')).toBe('7');
    expect(applyCancel(after, cancel)).toBeUndefined();
    expect(applyCancel(meeting(), cancel.replace('bob@', 'eve@'))).toBeUndefined();
    const one = applyCancel(SERIES, meeting('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000', 'CANCEL')) ?? '';
    expect(at(rendered('Calendar', one), 'Calendar:Exceptions', 'Calendar:Exception', 'Calendar:MeetingStatus')).toBe(
      '7',
    );
    expect(at(rendered('Calendar', one), 'Calendar:MeetingStatus')).toBe('3');
  });
});

describe('as mail', () => {
  it('is a text and the object, the same bytes for the same message', async () => {
    const { message } = answerMeeting(meeting(), { answer: 'accepted', comment: 'Gerne!' }, context);
    if (!message) throw new Error('no message');
    const raw = await composeMeetingMessage(message, context);
    expect(Buffer.from(await composeMeetingMessage(message, context)).equals(raw)).toBe(true);
    const { structure, header } = parseMessage(raw);
    expect(Buffer.from(header).toString()).toMatch(
      /From: "Ann Example" <ann@example\.org>\r\nTo: bob@example\.org\r\nSubject: Accepted: Plans\r\n/,
    );
    expect(structure.type).toBe('multipart/alternative');
    expect(structure.parts.map((it) => [it.type, it.parameters['method']])).toEqual([
      ['text/plain', undefined],
      ['text/calendar', 'REPLY'],
    ]);
    const calendar = parseMessage(raw).slice(structure.parts[1]?.path ?? '');
    const text = Buffer.from(Buffer.from(raw.subarray(calendar?.start, calendar?.end)).toString(), 'base64').toString();
    expect(text).toBe(message.calendar);
    expect(readInvitation(text, undefined)).toMatchObject({ method: 'REPLY', answer: 'ACCEPTED' });
  });
});
