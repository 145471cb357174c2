// Calendar servers that name people by principals of their own, and write the address beside: meetings with them are like any others.
import { expect, it } from 'vitest';
import {
  answerMeeting,
  applyRequest,
  applyScheduled,
  meetingFacts,
  organizerMessages,
} from '../../../../lib/activesync/items/index.ts';
import { child, children, element, text } from '../../../../lib/activesync/protocol/index.ts';
import { ACCOUNT, at, changed, contentLines, ics, NOW, rendered } from './support.ts';

const BOB = { user: 'bob', addresses: ['bob@example.org'] };
const context = { account: ACCOUNT, now: NOW };
const [ANN, BOBS] = ['EMAIL=Ann@example.org', 'EMAIL=bob@example.org'];

/** Bob's, to which Ann has said yes. */
const theirs = ics(
  'VEVENT',
  `DTSTART:20260304T080000Z
DTEND:20260304T090000Z
SUMMARY:Plans
SEQUENCE:1
ORGANIZER;${BOBS}:/bob/principal/
ATTENDEE;${ANN};PARTSTAT=ACCEPTED:/ann/principal/`,
);
/** Ann's, to which Bob has said nothing yet. */
const own = ics(
  'VEVENT',
  `DTSTART:20260304T080000Z
SUMMARY:Plans
ORGANIZER;${ANN}:/ann/principal/
ATTENDEE;${BOBS};PARTSTAT=NEEDS-ACTION:/bob/principal/`,
);
const attendees = (source: string) => contentLines(source).filter((it) => it.startsWith('ATTENDEE'));

it('the user’s own answer is known, and is changed where it stands', () => {
  expect(meetingFacts(theirs, ACCOUNT)).toMatchObject({ answer: 'ACCEPTED', canBeAnswered: true });
  expect(at(rendered('Calendar', theirs), 'Calendar:ResponseType')).toBe('3');
  const { source, message } = answerMeeting(theirs, { answer: 'declined' }, context);
  expect(attendees(source)).toEqual([`ATTENDEE;${ANN};PARTSTAT=DECLINED:/ann/principal/`]);
  expect(message?.recipients).toEqual(['bob@example.org']);
});

it('a change by the organizer at the same time keeps the user’s answer', () => {
  const request = theirs.replace('SUMMARY:Plans', 'SUMMARY:Others').replace('SEQUENCE:1', 'SEQUENCE:2');
  const asked = request.replace('ACCEPTED', 'NEEDS-ACTION');
  const after = applyRequest(theirs, asked, ACCOUNT) ?? '';
  expect(contentLines(after)).toContain('SUMMARY:Others');
  expect(attendees(after)).toEqual([`ATTENDEE;${ANN};PARTSTAT=ACCEPTED:/ann/principal/`]);
  const mailto = asked.replace(`;${BOBS}:/bob/principal/`, ':mailto:bob@example.org');
  expect(applyRequest(theirs, mailto, ACCOUNT), 'of the same organizer').toBe(
    after.replace(`;${BOBS}:/bob/principal/`, ':mailto:bob@example.org'),
  );
});

it.each([
  ['as the server names them', `;${BOBS}`, '/bob/principal/'],
  ['by their address', '', 'mailto:bob@example.org'],
])('an answer of who is named %s is written down', (_, parameters, value) => {
  const calendar = own.replace(/ATTENDEE.*/, `ATTENDEE${parameters};PARTSTAT=ACCEPTED:${value}`);
  const uid = /UID:(.*)\r/.exec(own)?.[1] ?? '';
  const reply = { method: 'REPLY', uid, calendar, from: BOB.addresses } as const;
  expect(attendees(applyScheduled(own, reply, ACCOUNT) ?? '')).toEqual([
    `ATTENDEE;${BOBS};PARTSTAT=ACCEPTED;X-CARAVAN-ANSWERED=20260101T000000Z:/bob/principal/`,
  ]);
});

it('a change by the user is told to the address, once, and leaves who is invited as they are written', () => {
  const entry = element(
    'Calendar:Attendee',
    element('Calendar:Email', 'bob@example.org'),
    element('Calendar:Name', 'bob@example.org'),
  );
  expect(
    children(child(rendered('Calendar', own), 'Calendar:Attendees')).map((it) => text(it, 'Calendar:Email')),
  ).toEqual(['bob@example.org']);
  const after = changed('Calendar', own, [element('Calendar:Location', 'Attic'), element('Calendar:Attendees', entry)]);
  expect(attendees(after)).toHaveLength(1);
  expect(attendees(after)[0]).toContain('/bob/principal/');
  expect(organizerMessages(own, after, context).map((it) => it.recipients)).toEqual([['bob@example.org']]);
  // The server has written the same otherwise: nobody need be told.
  const rewritten = own.replace(/ATTENDEE.*/, 'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.org');
  expect(organizerMessages(own, rewritten, context)).toEqual([]);
});
