// Changes, cancellations and answers that come by mail, and what becomes of the events that they are about (RFC 5546, 6047).
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackendError } from '../../../lib/backends/index.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { TestDevice } from './support/test-device.ts';

interface Meeting {
  readonly sequence?: number;
  readonly hour?: number;
  readonly organizer?: string;
  readonly answer?: string;
  readonly title?: string;
  readonly uid?: string;
}

const ADA = 'ada@example.org';
const BOB = 'bob@example.org';

const eventOf = ({ sequence = 0, hour = 9, organizer = BOB, answer = 'NEEDS-ACTION', ...it }: Meeting, method = '') =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Test//EN',
    ...(method ? [`METHOD:${method}`] : []),
    'BEGIN:VEVENT',
    `UID:${it.uid ?? 'planning-1@example.org'}`,
    'DTSTAMP:20260101T080000Z',
    `SEQUENCE:${sequence}`,
    `DTSTART:20300301T${String(hour).padStart(2, '0')}0000Z`,
    'DURATION:PT1H',
    `SUMMARY:${it.title ?? 'Planning'}`,
    `ORGANIZER:mailto:${organizer}`,
    `ATTENDEE;PARTSTAT=${answer};RSVP=TRUE:mailto:${organizer === BOB ? ADA : BOB}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');

let ada: MailUser;
let inbox: string;
beforeEach(async () => {
  ada = await startMailUser();
  inbox = await ada.standalone.folder('inbox');
});
afterEach(() => ada.stop());

const keep = async (meeting: Meeting, name = 'kept.ics') =>
  ada.mailbox.resources?.put(ada.calendar().backendId ?? '', name, eventOf(meeting), 'new');
const mail = (method: string, meeting: Meeting, from = BOB) =>
  ada.put(
    inbox,
    [
      `From: Somebody <${from}>`,
      'To: Ada <ada@example.org>',
      `Subject: ${method}`,
      'Date: Thu, 15 Jan 2026 09:00:00 +0000',
      'MIME-Version: 1.0',
      `Content-Type: text/calendar; charset=utf-8; method=${method}`,
      '',
      eventOf(meeting, method),
    ].join('\r\n'),
  );

/** A phone gets what it has not of the inbox, a window of it. */
async function sync(phone = new TestDevice(ada.user), key = '0', window = 100): Promise<string> {
  const { xml } = await phone.post(
    'Sync',
    `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>${ada.folder(inbox).id}</CollectionId><WindowSize>${window}</WindowSize></Collection></Collections></Sync>`,
  );
  const next = /<SyncKey>([^<]+)</.exec(xml)?.[1] ?? key;
  return key === '0' ? sync(phone, next, window) : next;
}

async function kept(): Promise<string> {
  const { resources } = ada.mailbox;
  const id = ada.calendar().backendId ?? '';
  const names = (await resources?.changes(id))?.resources.map((it) => it.name) ?? [];
  const texts = (await resources?.read(id, names))?.map((it) => it.text.replace(/\r\n /g, '')) ?? [];
  return texts.find((it) => it.includes('planning-1@')) ?? '';
}

describe('What comes by mail', () => {
  it('moves a meeting, and keeps the answer to it where the time stays', async () => {
    await keep({ answer: 'ACCEPTED' });
    await mail('REQUEST', { sequence: 1, title: 'Planning, in the large room' });
    await sync();
    expect(await kept()).toContain('Planning, in the large room');
    expect(await kept()).toContain('PARTSTAT=ACCEPTED');
    await mail('REQUEST', { sequence: 2, hour: 15 });
    await sync();
    expect(await kept()).toContain('DTSTART:20300301T150000Z');
    expect(await kept()).toContain('PARTSTAT=NEEDS-ACTION');
    expect(await kept()).not.toContain('METHOD');
  });

  it('moves a meeting in another calendar than the default one, and makes none in that', async () => {
    const { id = '' } = (await ada.mailbox.resources?.createCollection('Club', 'Calendar')) ?? {};
    await ada.mailbox.resources?.put(id, 'kept.ics', eventOf({ answer: 'ACCEPTED' }), 'new');
    await new TestDevice(ada.user).post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    const serverId = await mail('REQUEST', { sequence: 1, hour: 15 });
    await sync();
    const texts = async () => (await ada.mailbox.resources?.read(id, ['kept.ics']))?.map((it) => it.text).join('');
    expect(await texts()).toContain('DTSTART:20300301T150000Z');
    await new TestDevice(ada.user).post(
      'MeetingResponse',
      `<MeetingResponse><Request><UserResponse>1</UserResponse><CollectionId>${ada.folder(inbox).id}</CollectionId><RequestId>${serverId}</RequestId></Request></MeetingResponse>`,
    );
    expect(await texts()).toContain('PARTSTAT=ACCEPTED');
    expect(await kept()).toBe('');
  });

  it('cancels a meeting', async () => {
    await keep({ answer: 'ACCEPTED' });
    await mail('CANCEL', { sequence: 1 });
    await sync();
    expect(await kept()).toContain('STATUS:CANCELLED');
  });

  it.each([
    ['in the first window', 100, false],
    ['in a later one, fetched ahead', 1, false],
    ['in a later one, two at a time', 2, false],
    ['in a later one, after a restart', 1, true],
  ])('cancels a meeting %s', async (_, window, restarts) => {
    await keep({ answer: 'ACCEPTED' });
    // The newest are told first.
    await mail('CANCEL', { sequence: 1 });
    for (let i = 0; i < 4; i++) await ada.standalone.put();
    let key = await sync(new TestDevice(ada.user), '0', 1);
    for (let sent = 1; sent < 5; sent += window) {
      if (restarts) await ada.standalone.restart();
      key = await sync(new TestDevice(await ada.standalone.user()), key, window);
    }
    expect(await kept()).toContain('STATUS:CANCELLED');
  });

  it('says what an attendee answered to the user’s own meeting', async () => {
    await keep({ organizer: ADA });
    await mail('REPLY', { organizer: ADA, answer: 'ACCEPTED' });
    await sync();
    expect(await kept()).toContain('PARTSTAT=ACCEPTED');
  });

  it('says the last of several answers, which come newest first', async () => {
    await keep({ organizer: ADA });
    const answers = ['ACCEPTED', 'TENTATIVE', 'DECLINED'];
    for (const answer of answers) await mail('REPLY', { organizer: ADA, answer });
    await sync();
    expect(await kept()).toContain('PARTSTAT=DECLINED');
  });

  it('is applied later where the calendar cannot be reached, by whoever serves the user then', async () => {
    await keep({ answer: 'ACCEPTED' });
    await mail('CANCEL', { sequence: 1 });
    const store = ada.user.mailbox.resources;
    if (!store) throw new Error('there is no calendar');
    vi.spyOn(store, 'withUid').mockRejectedValue(new BackendError('unavailable', 'the calendar server is away'));
    const key = await sync();
    expect(await kept()).not.toContain('STATUS:CANCELLED');
    await ada.standalone.restart();
    // Nothing new is in the inbox: the Sync itself is what makes it tried again.
    await sync(new TestDevice(await ada.standalone.user()), key);
    await vi.waitFor(async () => expect(await kept()).toContain('STATUS:CANCELLED'), 20_000);
  });

  it('is applied once, whichever devices get it: what the user did since stays', async () => {
    await keep({ organizer: ADA });
    await mail('REPLY', { organizer: ADA, answer: 'ACCEPTED' });
    await sync();
    const once = await kept();
    await sync(new TestDevice(ada.user, { id: 'phone2' }));
    expect(await kept()).toBe(once);
  });

  it.each([
    ['an older change', { sequence: 2 }, 'REQUEST', { sequence: 1, title: 'Old' }, BOB],
    ['a change by somebody else', {}, 'REQUEST', { sequence: 1, title: 'Hostile' }, 'mallory@example.com'],
    ['a cancellation by somebody else', {}, 'CANCEL', { sequence: 1 }, 'mallory@example.com'],
    [
      'an answer in the name of another',
      { organizer: ADA },
      'REPLY',
      { organizer: ADA, answer: 'DECLINED' },
      'm@example.com',
    ],
    ['a change of the user’s own meeting', { organizer: ADA }, 'REQUEST', { organizer: ADA, sequence: 1 }, ADA],
    ['an answer to the meeting of another', {}, 'REPLY', { answer: 'DECLINED' }, ADA],
  ] as const)('changes nothing: %s', async (_, before, method, received, from) => {
    await keep(before);
    const stored = await kept();
    await mail(method, received, from);
    await sync();
    expect(await kept()).toBe(stored);
  });

  it('for a meeting that is not in the calendar is not put there, and the mail comes all the same', async () => {
    await mail('REQUEST', {});
    expect(await sync()).not.toBe('0');
    expect(await kept()).toBe('');
  });

  it('MS-ASCAL_R314: reaches the phone’s calendar as a change', async () => {
    await keep({});
    const phone = new TestDevice(ada.user);
    const { id } = ada.calendar();
    const calendar = async (key: string) =>
      (
        await phone.post(
          'Sync',
          `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>${id}</CollectionId></Collection></Collections></Sync>`,
        )
      ).xml;
    const keyIn = (xml: string) => /<SyncKey>([^<]+)</.exec(xml)?.[1] ?? '';
    const second = await calendar(keyIn(await calendar('0')));
    await mail('CANCEL', { sequence: 1 });
    await sync(phone);
    expect(await calendar(keyIn(second))).toMatch(/<Change>.*<calendar:MeetingStatus>7</);
  });
});
