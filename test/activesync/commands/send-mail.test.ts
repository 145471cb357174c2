// SendMail, SmartReply and SmartForward (MS-ASCMD 2.2.1.17, 2.2.1.19, 2.2.1.20) in both their forms, on real messages.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommandName, element, type ProtocolVersion } from '../../../lib/activesync/index.ts';
import type { SendResult } from '../../../lib/outbox/index.ts';
import { type MailUser, startMailUser, withMethods } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { type Reply, TestDevice } from './support/test-device.ts';
import { TestOutbox } from './support/test-outbox.ts';

const NEW = 'From: ada@example.org\r\nTo: bob@example.org\r\nSubject: Engines\r\n\r\nThe engine weaves\r\n';
const ANSWER = 'From: ada@example.org\r\nTo: bob@example.org\r\nSubject: Re: Plans\r\n\r\nI like them\r\n';
const PDF = Buffer.from('%PDF-1.4 plans');
const MODERN: readonly ProtocolVersion[] = ['16.1', '16.0', '14.1', '14.0'];
const SMART: readonly ('SmartReply' | 'SmartForward')[] = ['SmartReply', 'SmartForward'];

let ada: MailUser;
let original: string;
let outbox: TestOutbox;

beforeAll(async () => {
  ada = await startMailUser();
});
beforeEach(async () => {
  outbox = new TestOutbox();
  original = await ada.put(
    'INBOX',
    composeMail({
      subject: 'Plans',
      text: 'Here are the plans',
      messageId: '<plans@example.org>',
      attachments: [{ name: 'plan.pdf', type: 'application/pdf', bytes: PDF }],
    }),
  );
});
afterAll(() => ada.stop());

const device = (version: ProtocolVersion = '16.1'): TestDevice => new TestDevice(ada.user, { version, outbox });

/** The form of 14.0 and later; elements beside ClientId and Mime as XML. */
function send(
  command: 'SendMail' | 'SmartReply' | 'SmartForward',
  {
    mime = ANSWER,
    rest = '',
    clientId = 'c1',
    version,
  }: { mime?: string; rest?: string; clientId?: string; version?: ProtocolVersion } = {},
): Promise<Reply> {
  const escaped = mime.replace(/[<>&\r\n]/g, (it) => `&#${it.charCodeAt(0)};`);
  return device(version).post(
    command,
    `<${command}><ClientId>${clientId}</ClientId>${rest}<Mime>${escaped}</Mime></${command}>`,
  );
}

const source = (serverId = original): string =>
  `<Source><FolderId>${serverId.split(':')[0]}</FolderId><ItemId>${serverId}</ItemId></Source>`;
const only = (command: CommandName, status: number): string => `<${command}><Status>${status}</Status></${command}>`;

describe('SendMail', () => {
  it.each(MODERN)(
    'MS-ASCMD_R443, MS-ASCMD_R463, MS-ASCMD_R4379: at %s the message goes out, and the answer is empty',
    async (version) => {
      const reply = await send('SendMail', { mime: NEW, version });
      expect(reply.result).toEqual({ kind: 'empty' });
      expect(outbox.sent).toHaveLength(1);
      expect(outbox.lastText).toBe(NEW);
      expect(outbox.sent[0]).toMatchObject({
        deviceId: 'phone1',
        clientId: 'c1',
        saveInSent: false,
        sentFolderId: 'Sent',
      });
    },
  );

  it('SaveInSentItems is an empty tag that means yes', async () => {
    await send('SendMail', { mime: NEW, rest: '<SaveInSentItems/>' });
    expect(outbox.sent[0]?.saveInSent).toBe(true);
  });

  it('Mime is bytes: they arrive as they were sent', async () => {
    const latin = Buffer.from([...Buffer.from('To: bob@example.org\r\n\r\n'), 0xe9, 0xff, 0x00]);
    await device().post(
      'SendMail',
      element('ComposeMail:SendMail', element('ComposeMail:ClientId', 'c1'), element('ComposeMail:Mime', latin)),
    );
    expect(latin.equals(outbox.sent[0]?.message ?? new Uint8Array())).toBe(true);
  });

  it('a repetition that the outbox knows is a success', async () => {
    outbox.result = { kind: 'repeated' };
    expect((await send('SendMail', { mime: NEW })).result).toEqual({ kind: 'empty' });
  });

  it.each<[Extract<SendResult, { reason: unknown }>['reason'], 'refused' | 'failed', number, string]>([
    ['no-recipients', 'refused', 119, 'MS-ASCMD_R4853'],
    ['malformed', 'refused', 107, 'malformed MIME'],
    ['quota', 'refused', 115, 'the quota for sending'],
    ['rejected', 'refused', 120, 'rejected by the mail system'],
    ['unavailable', 'failed', 111, 'not now'],
  ])(
    'MS-ASCMD_R3887, MS-ASCMD_R2557, MS-ASCMD_R2558, MS-ASCMD_R2559, MS-ASCMD_R2560, MS-ASCMD_R2751, MS-ASCMD_R2752, MS-ASCMD_R2753, MS-ASCMD_R2754, MS-ASCMD_R4380: %s (%s) is status %i (%s)',
    async (reason, kind, status) => {
      outbox.result = { kind, reason, why: 'test' };
      expect((await send('SendMail', { mime: NEW })).xml).toBe(only('SendMail', status));
    },
  );

  it('MS-ASCMD_R4817: without ClientId, with one too long, or without Mime it is 103, and nothing goes out', async () => {
    for (const inside of [
      '<Mime>To: b@example.org</Mime>',
      `<ClientId>${'x'.repeat(41)}</ClientId><Mime>To: b@example.org</Mime>`,
      '<ClientId>c1</ClientId>',
    ]) {
      const reply = await device().post('SendMail', `<SendMail>${inside}</SendMail>`);
      expect([inside, reply.xml]).toEqual([inside, only('SendMail', 103)]);
    }
    expect(outbox.sent).toEqual([]);
  });

  it('a bare message is no request since 14.0', async () => {
    const reply = await device('14.1').post('SendMail', undefined, { mime: NEW });
    expect(reply.xml).toBe(only('SendMail', 101));
  });

  it('MS-ASCMD_R724, MS-ASCMD_R4956: an AccountId that nobody handed out is 166', async () => {
    for (const command of ['SendMail', ...SMART] as const) {
      const reply = await send(command, {
        rest: `${command === 'SendMail' ? '' : source()}<AccountId>Work</AccountId>`,
      });
      expect(reply.xml).toBe(only(command, 166));
    }
  });
});

describe('At 12.1, where the body is the message', () => {
  const post = (
    command: CommandName,
    parameters: { saveInSent?: boolean; itemId?: string; collectionId?: string; longId?: string } = {},
    mime = NEW,
  ) => device('12.1').post(command, undefined, { mime, parameters });

  it('it goes out, and the query says whether to save it', async () => {
    expect((await post('SendMail', { saveInSent: true })).result).toEqual({ kind: 'empty' });
    expect([outbox.lastText, outbox.sent[0]?.saveInSent]).toEqual([NEW, true]);
  });

  it('what is sent again is known by its content', async () => {
    await post('SendMail');
    await post('SendMail');
    await post('SendMail', {}, `${NEW}!`);
    const [one, two, other] = outbox.sent.map((it) => it.clientId);
    expect(one).toBe(two);
    expect(other).not.toBe(one);
    expect(one?.length).toBeLessThanOrEqual(40);
  });

  it.each(SMART)('%s finds the original by item and collection, or by long id', async (command) => {
    const [collectionId = ''] = original.split(':');
    expect((await post(command, { itemId: original, collectionId }, ANSWER)).result).toEqual({ kind: 'empty' });
    expect(outbox.lastText).toContain('Here are the plans');
    expect((await post(command, { longId: `L.${original}` }, ANSWER)).result).toEqual({ kind: 'empty' });
    expect(outbox.lastText).toContain('Here are the plans');
  });

  it('MS-ASCMD_R7547: failures are HTTP statuses', async () => {
    const failing = async (result: SendResult) => {
      outbox.result = result;
      return (await post('SendMail')).result;
    };
    expect(await failing({ kind: 'refused', reason: 'rejected', why: 'x' })).toEqual({ kind: 'http', status: 500 });
    expect(await failing({ kind: 'refused', reason: 'malformed', why: 'x' })).toMatchObject({ status: 400 });
    expect(await failing({ kind: 'failed', reason: 'unavailable', why: 'x' })).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '30' },
    });
    outbox.result = { kind: 'sent' };
    expect((await post('SmartReply', { itemId: '1:999999', collectionId: '1' }, ANSWER)).xml).toBe('HTTP 500');
    expect((await post('SmartReply', {}, ANSWER)).xml).toBe('HTTP 400');
    expect((await device('12.1').post('SendMail')).xml).toBe('HTTP 400');
    expect((await send('SendMail', { version: '12.1' })).xml).toBe('HTTP 400');
  });
});

describe('SmartReply', () => {
  it.each(MODERN)(
    'MS-ASCMD_R569, MS-ASCMD_R580, MS-ASCMD_R605, MS-ASCMD_R5776: at %s the server adds the text of the original; the answer is empty',
    async (version) => {
      const reply = await send('SmartReply', { rest: source(), version });
      expect(reply.result).toEqual({ kind: 'empty' });
      expect(outbox.lastText).toContain('I like them');
      expect(outbox.lastText).toContain('> Here are the plans');
      expect(outbox.lastText).toContain('In-Reply-To: <plans@example.org>');
      expect(outbox.lastText).not.toContain('plan.pdf');
    },
  );

  it('marks the original as answered, once it is sent', async () => {
    outbox.result = { kind: 'refused', reason: 'rejected', why: 'x' };
    await send('SmartReply', { rest: source() });
    expect(await ada.flagsOf(original)).not.toContain('\\Answered');
    outbox.result = { kind: 'sent' };
    await send('SmartReply', { rest: source() });
    expect(await ada.flagsOf(original)).toContain('\\Answered');
  });

  it('is sent all the same where the original cannot be marked', async () => {
    const user = withMethods(ada.user, { updateFlags: () => Promise.reject(new Error('read only')) });
    const reply = await new TestDevice(user, { outbox }).post(
      'SmartReply',
      `<SmartReply><ClientId>1</ClientId>${source()}<Mime>To: bob@example.org</Mime></SmartReply>`,
    );
    expect(reply.result).toEqual({ kind: 'empty' });
  });

  it('MS-ASCMD_R3960, MS-ASCMD_R2647, MS-ASCMD_R2648, MS-ASCMD_R2649, MS-ASCMD_R2650, MS-ASCMD_R2763, MS-ASCMD_R2764, MS-ASCMD_R2765, MS-ASCMD_R2766, MS-ASCMD_R5777: failures have a Status', async () => {
    outbox.result = { kind: 'refused', reason: 'rejected', why: 'x' };
    expect((await send('SmartReply', { rest: source() })).xml).toBe(only('SmartReply', 120));
  });
});

describe('SmartForward', () => {
  it.each(MODERN)(
    'MS-ASCMD_R532, MS-ASCMD_R568, MS-ASCMD_R4407: at %s the server adds the original with its attachments; the answer is empty',
    async (version) => {
      const reply = await send('SmartForward', { rest: source(), version });
      expect(reply.result).toEqual({ kind: 'empty' });
      expect(outbox.lastText).toContain('I like them');
      expect(outbox.lastText).toContain('Here are the plans');
      expect(outbox.lastText).toContain('plan.pdf');
      expect(outbox.lastText.replace(/\s/g, '')).toContain(PDF.toString('base64'));
    },
  );

  it('marks the original as forwarded', async () => {
    await send('SmartForward', { rest: source() });
    expect(await ada.flagsOf(original)).toContain('$Forwarded');
  });

  it('MS-ASCMD_R3957, MS-ASCMD_R2639, MS-ASCMD_R2640, MS-ASCMD_R2641, MS-ASCMD_R2642, MS-ASCMD_R2759, MS-ASCMD_R2760, MS-ASCMD_R2761, MS-ASCMD_R2762, MS-ASCMD_R4408: failures have a Status', async () => {
    outbox.result = { kind: 'refused', reason: 'no-recipients', why: 'x' };
    expect((await send('SmartForward', { rest: source() })).xml).toBe(only('SmartForward', 119));
  });
});

describe.each(SMART)('%s', (command) => {
  it('MS-ASCMD_R3775: with ReplaceMime nothing of the original is added', async () => {
    await send(command, { rest: `<ReplaceMime/>${source()}` });
    expect(outbox.lastText).toContain('I like them');
    expect(outbox.lastText).not.toContain('Here are the plans');
    expect(outbox.lastText).not.toContain('plan.pdf');
  });

  it('MS-ASCMD_R4930: of what is not there is 150, and nothing goes out', async () => {
    expect((await send(command, { rest: source('1:999999') })).xml).toBe(only(command, 150));
    expect((await send(command, { rest: source('nonsense') })).xml).toBe(only(command, 150));
    const elsewhere = `<Source><FolderId>${ada.folder('Drafts').id}</FolderId><ItemId>${original}</ItemId></Source>`;
    expect((await send(command, { rest: elsewhere })).xml).toBe(only(command, 150));
    expect((await send(command, { rest: '<Source><LongId>nonsense</LongId></Source>' })).xml).toBe(only(command, 150));
    expect(outbox.sent).toEqual([]);
  });

  it('MS-ASCMD_R4821: by long id and by place at once is 105', async () => {
    const both = `<Source><LongId>L.${original}</LongId><FolderId>1</FolderId><ItemId>${original}</ItemId></Source>`;
    expect((await send(command, { rest: both })).xml).toBe(only(command, 105));
    expect((await send(command, { rest: '<Source><FolderId>1</FolderId></Source>' })).xml).toBe(only(command, 105));
  });

  it('MS-ASCMD_R541, MS-ASCMD_R578, MS-ASCMD_R4819: an InstanceId that is no date is 104', async () => {
    const instance = (value: string) => source().replace('</Source>', `<InstanceId>${value}</InstanceId></Source>`);
    expect((await send(command, { rest: instance('yesterday') })).xml).toBe(only(command, 104));
    // Mail has no occurrences.
    expect((await send(command, { rest: instance('2026-01-15T09:00:00.000Z') })).xml).toBe(only(command, 146));
  });

  it('without a Source is 103', async () => {
    expect((await send(command)).xml).toBe(only(command, 103));
  });
});

describe('SmartForward of what is in the calendar', () => {
  const event = (uid: string, lines: readonly string[]) =>
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Test//EN',
      'BEGIN:VEVENT',
      `UID:${uid}`,
      'DTSTAMP:20260101T080000Z',
      'DTSTART:20300304T090000Z',
      'DTEND:20300304T100000Z',
      'SUMMARY:Planning',
      'DESCRIPTION:Bring the plans',
      ...lines,
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      'TRIGGER:-PT5M',
      'END:VALARM',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n');
  const MEETING = ['ORGANIZER:mailto:cleo@example.org', 'ATTENDEE:mailto:ada@example.org'];
  let serial = 0;
  async function kept(lines: readonly string[]): Promise<string> {
    const { backendId = '', id } = ada.calendar();
    const name = `forwarded-${++serial}.ics`;
    await ada.mailbox.resources?.put(backendId, name, event(name, lines), 'new');
    const phone = device();
    const sync = async (key: string) =>
      (
        await phone.post(
          'Sync',
          `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>${id}</CollectionId></Collection></Collections></Sync>`,
        )
      ).xml;
    const xml = await sync(/<SyncKey>([^<]+)</.exec(await sync('0'))?.[1] ?? '');
    const item = xml.split('<Add>').find((it) => it.includes(name));
    return /<ServerId>([^<]+)</.exec(item ?? '')?.[1] ?? '';
  }
  const calendarOf = (mime: string) =>
    [...mime.matchAll(/Content-Type: text\/calendar[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/gi)]
      .map(([, coded = '']) => Buffer.from(coded, 'base64').toString('utf8').replace(/\r\n /g, ''))
      .join('');
  const at = (serverId: string, instance: string) =>
    source(serverId).replace('</Source>', `<InstanceId>${instance}</InstanceId></Source>`);
  const forwardees = (...addresses: readonly string[]) =>
    `<Forwardees>${addresses.map((it) => `<Forwardee><ForwardeeEmail>${it}</ForwardeeEmail></Forwardee>`).join('')}</Forwardees>`;
  const forward = (rest: string, version: ProtocolVersion = '16.1') =>
    device(version).post('SmartForward', `<SmartForward><ClientId>f${++serial}</ClientId>${rest}</SmartForward>`);

  it('MS-ASCMD_R539, MS-ASCMD_R5834: adds the whole meeting, and who called it', async () => {
    const serverId = await kept([...MEETING, 'RRULE:FREQ=WEEKLY;COUNT=4']);
    expect((await send('SmartForward', { rest: source(serverId), version: '14.1' })).result).toEqual({ kind: 'empty' });
    expect(outbox.lastText).toContain('I like them');
    expect(outbox.lastText).toContain('Bring the plans');
    expect(outbox.lastText).toContain('cleo@example.org');
    const calendar = calendarOf(outbox.lastText);
    expect(calendar).toContain('METHOD:REQUEST');
    expect(calendar).toContain('RRULE:FREQ=WEEKLY;COUNT=4');
    expect(calendar).not.toContain('VALARM');
  });

  it('MS-ASCMD_R538, MS-ASCMD_R4930: adds the one occurrence that is named', async () => {
    const serverId = await kept([...MEETING, 'RRULE:FREQ=WEEKLY;COUNT=4', 'EXDATE:20300318T090000Z']);
    await send('SmartForward', { rest: at(serverId, '2030-03-11T09:00:00.000Z') });
    const calendar = calendarOf(outbox.lastText);
    expect(calendar).toContain('RECURRENCE-ID:20300311T090000Z');
    expect(calendar).toContain('DTSTART:20300311T090000Z');
    expect(calendar).not.toContain('RRULE');
    for (const none of ['2030-03-18T09:00:00.000Z', '2030-03-12T09:00:00.000Z'])
      expect((await send('SmartForward', { rest: at(serverId, none) })).xml).toBe(only('SmartForward', 150));
    const once = await kept(MEETING);
    expect((await send('SmartForward', { rest: at(once, '2030-03-04T09:00:00.000Z') })).xml).toBe(
      only('SmartForward', 146),
    );
  });

  it('sends an appointment to those who are named, without asking for an answer', async () => {
    const rest = source(await kept([])) + forwardees('cleo@example.org', 'dan@example.org');
    const body =
      '<AirSyncBase:Body><AirSyncBase:Type>1</AirSyncBase:Type><AirSyncBase:Data>See you</AirSyncBase:Data></AirSyncBase:Body>';
    expect((await forward(rest + body)).result).toEqual({ kind: 'empty' });
    expect(outbox.lastText).toMatch(/^To: cleo@example.org,\s+dan@example.org\r$/m);
    expect(outbox.lastText).toContain('Subject: FW: Planning');
    expect(outbox.lastText).toContain('See you');
    expect(calendarOf(outbox.lastText)).toContain('METHOD:PUBLISH');
    expect(outbox.sent.at(-1)).toMatchObject({ saveInSent: true });
  });

  it('MS-ASCMD_R7470, MS-ASCMD_R7177: Forwardees that are none, or of mail, are 179; with Mime they are 178', async () => {
    const serverId = await kept(MEETING);
    for (const rest of [
      source(serverId) + forwardees('nobody'),
      source(serverId) + forwardees(),
      source() + forwardees('cleo@example.org'),
    ])
      expect((await forward(rest)).xml).toBe(only('SmartForward', 179));
    expect((await send('SmartForward', { rest: source(serverId) + forwardees('cleo@example.org') })).xml).toBe(
      only('SmartForward', 178),
    );
    expect((await forward(source(serverId) + forwardees('cleo@example.org'), '14.1')).xml).toBe(
      only('SmartForward', 137),
    );
    expect(outbox.sent).toHaveLength(0);
  });
});
