// Invitations answered from the inbox and from the calendar, on local folders, as transcripts.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { TestDevice } from './support/test-device.ts';

const START = '20300301T090000Z';
const calendarOf = (method: string | undefined, more: readonly string[] = [], organizer = 'bob@example.org'): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Test//EN',
    ...(method ? [`METHOD:${method}`] : []),
    'BEGIN:VEVENT',
    'UID:planning-1@example.org',
    'DTSTAMP:20260101T080000Z',
    `DTSTART:${START}`,
    'DTEND:20300301T100000Z',
    'SUMMARY:Planning',
    `ORGANIZER:mailto:${organizer}`,
    'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ada@example.org',
    'X-ROOM-CODE:42',
    ...more,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
const mail = (calendar: string | undefined): string =>
  [
    'From: Bob Moss <bob@example.org>',
    'To: Ada Lovelace <ada@example.org>',
    'Subject: Planning',
    'Date: Thu, 15 Jan 2026 09:00:00 +0000',
    'Message-ID: <planning-mail-1@example.org>',
    'MIME-Version: 1.0',
    calendar ? 'Content-Type: text/calendar; charset=utf-8; method=REQUEST' : 'Content-Type: text/plain',
    '',
    calendar ?? 'No meeting at all.',
    '',
  ].join('\r\n');

let ada: MailUser;
let inbox: string;
let inboxId: string;
beforeEach(async () => {
  ada = await startMailUser();
  inbox = await ada.standalone.folder('inbox');
  inboxId = ada.folder(inbox).id;
});
afterEach(() => ada.stop());

const phone = (version: ProtocolVersion = '16.1') =>
  new TestDevice(ada.user, { version, outbox: ada.standalone.outbox });
const ask = (choice: number, requestId: string, more = '', collectionId = inboxId): string =>
  `<MeetingResponse><Request><UserResponse>${choice}</UserResponse><CollectionId>${collectionId}</CollectionId><RequestId>${requestId}</RequestId>${more}</Request></MeetingResponse>`;
const status = (requestId: string, code: number): string =>
  `<MeetingResponse><Result><RequestId>${requestId}</RequestId><Status>${code}</Status></Result></MeetingResponse>`;
const calendarIdOf = (xml: string): string => /<CalendarId>([^<]+)</.exec(xml)?.[1] ?? '';

async function events(): Promise<readonly string[]> {
  const { resources } = ada.mailbox;
  const id = ada.calendar().backendId ?? '';
  const { resources: states = [] } = (await resources?.changes(id)) ?? {};
  const found =
    (await resources?.read(
      id,
      states.map((it) => it.name),
    )) ?? [];
  return found.map((it) => it.text.replace(/\r\n /g, '')).filter((it) => it.includes('planning-1@'));
}
/** An event that its mail, answered as tentative, is about. */
async function putEvent(more: readonly string[] = []): Promise<string> {
  const { resources } = ada.mailbox;
  await resources?.put(ada.calendar().backendId ?? '', 'planning.ics', calendarOf(undefined, more), 'new');
  const xml = (
    await phone('14.1').post('MeetingResponse', ask(2, await ada.put(inbox, mail(calendarOf('REQUEST', more)))))
  ).xml;
  return calendarIdOf(xml);
}
/** iTIP objects that Bob got. */
async function toldBob(): Promise<readonly string[]> {
  return (await ada.messagesIn('INBOX', 'bob')).flatMap((raw) => {
    const [, coded] = /text\/calendar[^]*?base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(raw) ?? [];
    return coded ? [Buffer.from(coded, 'base64').toString('utf8').replace(/\r\n /g, '')] : [];
  });
}

describe('An invitation in the inbox', () => {
  it.each([
    ['MS-ASCMD_R5723, MS-ASCMD_R5071, MS-ASCMD_R4724: accepted', 1, 'ACCEPTED'],
    ['MS-ASCMD_R5724, MS-ASCMD_R5790, MS-ASCMD_R4725: tentative', 2, 'TENTATIVE'],
  ])(
    '%s, MS-ASCMD_R830, MS-ASCMD_R3843, MS-ASCMD_R7114: is an event, told by mail, and in the trash',
    async (_, choice, word) => {
      const invitation = await ada.put(inbox, mail(calendarOf('REQUEST')));
      const { xml } = await phone().post('MeetingResponse', ask(choice, invitation, '<SendResponse/>'));
      const calendarId = calendarIdOf(xml);
      expect(xml).toBe(
        `<MeetingResponse><Result><RequestId>${invitation}</RequestId><Status>1</Status><CalendarId>${calendarId}</CalendarId></Result></MeetingResponse>`,
      );
      expect((await ada.user.item(calendarId))?.folder.kind).toBe('calendar');
      const [event, another] = await events();
      expect(another).toBeUndefined();
      expect(event).toContain(`PARTSTAT=${word}`);
      expect(event).toContain('X-ROOM-CODE:42');
      expect(event).not.toContain('METHOD');
      expect(await ada.messagesIn(inbox)).toEqual([]);
      expect(await ada.messagesIn(await ada.standalone.folder('trash'))).toHaveLength(1);
      const [told] = await toldBob();
      expect(told).toContain('METHOD:REPLY');
      expect(told).toContain(`PARTSTAT=${word}`);
    },
  );

  it('MS-ASCMD_R5725, MS-ASCMD_R5072, MS-ASCMD_R4726: declined, there is no event and no CalendarId', async () => {
    const invitation = await ada.put(inbox, mail(calendarOf('REQUEST')));
    const request = ask(3, invitation, '<SendResponse/>');
    expect((await phone().post('MeetingResponse', request)).xml).toBe(status(invitation, 1));
    expect(await events()).toEqual([]);
    expect((await toldBob()).join()).toContain('PARTSTAT=DECLINED');
    expect((await phone().post('MeetingResponse', request)).xml).toBe(status(invitation, 1));
    expect(await toldBob()).toHaveLength(1);
  });

  it('a repeated request does nothing twice and sends nothing twice', async () => {
    const invitation = await ada.put(inbox, mail(calendarOf('REQUEST')));
    const request = ask(1, invitation, '<SendResponse/>');
    const first = await phone().post('MeetingResponse', request);
    const before = await events();
    const second = await phone().post('MeetingResponse', request);
    expect(second.xml).toBe(first.xml);
    expect(await events()).toEqual(before);
    expect(await ada.messagesIn(await ada.standalone.folder('trash'))).toHaveLength(1);
    expect(await toldBob()).toHaveLength(1);
  });

  it('MS-ASCMD_R7113, MS-ASCMD_R7118: without SendResponse, and at 14.1 with one, nothing is sent', async () => {
    const first = await ada.put(inbox, mail(calendarOf('REQUEST')));
    await phone().post('MeetingResponse', ask(1, first));
    const second = await ada.put(inbox, mail(calendarOf('REQUEST')));
    await phone('14.1').post('MeetingResponse', ask(2, second, '<SendResponse/>'));
    expect(await toldBob()).toEqual([]);
    expect((await events()).join()).toContain('PARTSTAT=TENTATIVE');
  });

  it('MS-ASCMD_R7115, MS-ASCMD_R6990101702, MS-ASCMD_R6990101723: a text and another time go to the organizer', async () => {
    const invitation = await ada.put(inbox, mail(calendarOf('REQUEST')));
    const reply =
      '<SendResponse><airsyncbase:Body><airsyncbase:Type>1</airsyncbase:Type><airsyncbase:Data>Later, please</airsyncbase:Data></airsyncbase:Body><ProposedStartTime>20300301T140000Z</ProposedStartTime><ProposedEndTime>20300301T150000Z</ProposedEndTime></SendResponse>';
    await phone().post('MeetingResponse', ask(2, invitation, reply));
    const [told] = await toldBob();
    expect(told).toContain('METHOD:COUNTER');
    expect(told).toContain('DTSTART:20300301T140000Z');
    expect(told).toContain('COMMENT:Later\\, please');
    expect((await events()).join()).toContain(`DTSTART:${START}`);
  });

  it('by the LongId of a search', async () => {
    const invitation = await ada.put(inbox, mail(calendarOf('REQUEST')));
    const { xml } = await phone().post(
      'MeetingResponse',
      `<MeetingResponse><Request><UserResponse>1</UserResponse><search:LongId>L.${invitation}</search:LongId></Request></MeetingResponse>`,
    );
    expect(xml).toMatch(/^<MeetingResponse><Result><Status>1<\/Status><CalendarId>/);
  });
});

describe('What cannot be answered', () => {
  it.each([
    ['MS-ASCMD_R4183: mail that is no invitation', mail(undefined)],
    ['MS-ASCMD_R4184: a meeting of the user himself', mail(calendarOf('REQUEST', [], 'ada@example.org'))],
    ['a cancellation', mail(calendarOf('CANCEL'))],
    ['MS-ASCMD_R4182: a calendar that is none', mail('BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR')],
  ])('%s: 2, and it stays', async (_, raw) => {
    const id = await ada.put(inbox, raw);
    expect((await phone().post('MeetingResponse', ask(1, id, '<SendResponse/>'))).xml).toBe(status(id, 2));
    expect(await ada.messagesIn(inbox)).toHaveLength(1);
    expect(await events()).toEqual([]);
  });

  it('an unknown RequestId, in a folder or in none: 2', async () => {
    expect((await phone().post('MeetingResponse', ask(1, `${inboxId}:999`))).xml).toBe(status(`${inboxId}:999`, 2));
    expect((await phone().post('MeetingResponse', ask(1, 'nonsense'))).xml).toBe(status('nonsense', 2));
  });

  it('MS-ASCMD_R4185, MS-ASCMD_R3195: an instance of a message is 2, one that is no time 104', async () => {
    const id = await ada.put(inbox, mail(calendarOf('REQUEST')));
    const instance = (text: string) => ask(1, id, `<InstanceId>${text}</InstanceId>`);
    expect((await phone().post('MeetingResponse', instance('2030-03-01T09:00:00.000Z'))).xml).toBe(status(id, 2));
    expect((await phone().post('MeetingResponse', instance('yesterday'))).xml).toBe(status(id, 104));
  });
});

describe('A meeting in the calendar', () => {
  const inCalendar = (choice: number, id: string, more = ''): string => ask(choice, id, more, ada.calendar().id);

  it('MS-ASCMD_R5707, MS-ASCMD_R5709: is accepted once, then declined and gone', async () => {
    const id = await putEvent();
    const accept = inCalendar(1, id, '<SendResponse/>');
    for (const _ of ['once', 'again']) {
      expect(calendarIdOf((await phone().post('MeetingResponse', accept)).xml)).toBe(id);
      expect((await events()).join()).toContain('PARTSTAT=ACCEPTED');
      expect(await toldBob()).toHaveLength(1);
    }
    const decline = inCalendar(3, id, '<SendResponse/>');
    for (const _ of ['once', 'again']) {
      expect((await phone().post('MeetingResponse', decline)).xml).toBe(status(id, 1));
      expect(await events()).toEqual([]);
      expect(await toldBob()).toHaveLength(2);
    }
  });

  it('MS-ASCMD_R7509, MS-ASCMD_R7510: not before 14.1; MS-ASCMD_R3196: a single one has no instances', async () => {
    const id = await putEvent();
    for (const version of ['12.1', '14.0'] as const)
      expect((await phone(version).post('MeetingResponse', inCalendar(1, id))).xml).toBe(status(id, 2));
    const instance = '<InstanceId>2030-03-01T09:00:00.000Z</InstanceId>';
    expect((await phone().post('MeetingResponse', inCalendar(1, id, instance))).xml).toBe(status(id, 146));
  });

  it('MS-ASCMD_R4186: an instance that there never was, or none: 2, and the event stays as it was', async () => {
    const id = await putEvent(['RRULE:FREQ=DAILY;COUNT=5']);
    const before = await events();
    for (const instance of ['2030-03-02T10:00:00.000Z', '2030-03-06T09:00:00.000Z', '2030-02-28T09:00:00.000Z', '']) {
      const request = inCalendar(1, id, `<InstanceId>${instance}</InstanceId><SendResponse/>`);
      expect((await phone().post('MeetingResponse', request)).xml, instance).toBe(status(id, 2));
    }
    expect(await events()).toEqual(before);
    expect(await toldBob()).toEqual([]);
  });

  it('one occurrence is declined, and another accepted; the series goes on', async () => {
    const id = await putEvent(['RRULE:FREQ=DAILY;COUNT=5']);
    const at = (day: number) => `<InstanceId>2030-03-0${day}T09:00:00.000Z</InstanceId><SendResponse/>`;
    expect((await phone().post('MeetingResponse', inCalendar(3, id, at(2)))).xml).toContain(
      '<Status>1</Status><InstanceId>2030-03-02T09:00:00.000Z</InstanceId>',
    );
    await phone().post('MeetingResponse', inCalendar(1, id, at(3)));
    const [event = ''] = await events();
    expect(event).toContain('EXDATE:20300302T090000Z');
    expect(event).toMatch(
      /PARTSTAT=ACCEPTED[^]*RECURRENCE-ID:20300303T090000Z|RECURRENCE-ID:20300303T090000Z[^]*PARTSTAT=ACCEPTED/,
    );
    expect((await toldBob()).map((it) => /RECURRENCE-ID:(\w+)/.exec(it)?.[1])).toEqual([
      '20300302T090000Z',
      '20300303T090000Z',
    ]);
  });
});
