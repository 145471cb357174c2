// A meeting's organizer at a phone: what those invited are told by mail of each thing that the phone does to it (RFC 5546, 6047).
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { BackendError } from '../../../lib/backends/index.ts';
import type { Outbox } from '../../../lib/outbox/index.ts';
import type { UserSync } from '../../../lib/sync/index.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { TestOutbox } from './support/test-outbox.ts';
import { TestDevice } from './support/test-device.ts';

const CAROL = '<calendar:Attendee><calendar:Email>carol@example.org</calendar:Email></calendar:Attendee>';
const BOB = '<calendar:Attendee><calendar:Email>bob@example.org</calendar:Email></calendar:Attendee>';
const attendees = (list: string): string => `<calendar:Attendees>${list}</calendar:Attendees>`;
const times = (day: number): string =>
  `<calendar:StartTime>203003${day}T090000Z</calendar:StartTime><calendar:EndTime>203003${day}T100000Z</calendar:EndTime>`;
const MEETING = `${times(10)}<calendar:Subject>Planning</calendar:Subject>${attendees(BOB)}`;

let ada: MailUser;
beforeEach(async () => {
  ada = await startMailUser();
});
afterEach(() => ada.stop());

interface Another {
  readonly user?: UserSync;
  readonly id?: string;
}

/** A phone whose calendar is in step. */
class Phone {
  readonly device: TestDevice;
  key = '0';
  constructor(version: ProtocolVersion = '16.1', outbox: Outbox = ada.standalone.outbox, more: Another = {}) {
    const { user = ada.user, ...device } = more;
    this.device = new TestDevice(user, { version, outbox, ...device });
  }
  /** What comes back; the key goes on. */
  async sync(commands = '', more = ''): Promise<string> {
    const { id } = ada.calendar();
    const { xml } = await this.device.post(
      'Sync',
      `<Sync><Collections><Collection><SyncKey>${this.key}</SyncKey><CollectionId>${id}</CollectionId>${more}${commands && `<Commands>${commands}</Commands>`}</Collection></Collections></Sync>`,
    );
    this.key = /<SyncKey>([^<]+)</.exec(xml)?.[1] ?? this.key;
    return xml;
  }
  async add(data = MEETING): Promise<string> {
    if (this.key === '0') await this.start();
    return idIn(await this.sync(addOf(data)));
  }
  async start(): Promise<void> {
    await this.sync();
    await this.sync();
  }
}

const addOf = (data: string): string => `<Add><ClientId>c1</ClientId><ApplicationData>${data}</ApplicationData></Add>`;
const changeOf = (id: string, data: string): string =>
  `<Change><ServerId>${id}</ServerId><ApplicationData>${data}</ApplicationData></Change>`;
const deleteOf = (id: string): string => `<Delete><ServerId>${id}</ServerId></Delete>`;
const idIn = (xml: string): string => /<ServerId>([^<]+)</.exec(xml)?.[1] ?? '';

/** iTIP objects that were sent, oldest first, as method, recipients, and lines. */
async function told(): Promise<readonly { method: string; to: string; lines: readonly string[] }[]> {
  const raws = await ada.messagesIn(await ada.standalone.folder('sent'));
  return raws.flatMap((raw) => {
    const [, coded = ''] = /text\/calendar[^]*?base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(raw) ?? [];
    if (coded === '') return [];
    const text = Buffer.from(coded, 'base64').toString('utf8').replace(/\r\n /g, '');
    const to = /^To: (.*)\r$/m.exec(raw)?.[1] ?? '';
    return [{ method: /^METHOD:(\w+)/m.exec(text)?.[1] ?? '', to, lines: text.split('\r\n') }];
  });
}
const shortly = async (): Promise<readonly string[]> => (await told()).map(({ method, to }) => `${method} ${to}`);

describe('A meeting that a phone', () => {
  it('MS-ASCMD_R7478: of 16.1 makes is sent to whom it invites', async () => {
    await new Phone().add();
    const [invitation, another] = await told();
    expect(another).toBeUndefined();
    expect(invitation).toMatchObject({ method: 'REQUEST', to: 'bob@example.org' });
    expect(invitation?.lines).toContain('SUMMARY:Planning');
    expect((await ada.messagesIn('INBOX', 'bob')).join()).toContain('method=REQUEST');
  });

  it('of 14.1 makes is the phone’s own to send', async () => {
    await new Phone('14.1').add(
      `<calendar:UID>u1</calendar:UID>${MEETING}<calendar:MeetingStatus>1</calendar:MeetingStatus>`,
    );
    expect(await told()).toEqual([]);
  });

  it('makes without anybody else is told to nobody', async () => {
    await new Phone().add(`${times(10)}<calendar:Subject>Alone</calendar:Subject>`);
    expect(await told()).toEqual([]);
  });

  it('moves is sent as an update with a higher sequence', async () => {
    const phone = new Phone();
    const id = await phone.add();
    await phone.sync(changeOf(id, times(11)));
    expect(await shortly()).toEqual(['REQUEST bob@example.org', 'REQUEST bob@example.org']);
    const [, update] = await told();
    expect(update?.lines).toContain('SEQUENCE:1');
    expect(update?.lines.join()).toContain('DTSTART:20300311T090000Z');
  });

  it('invites others to, and no longer whom it invited first, is sent to these and cancelled for those', async () => {
    const outbox = new TestOutbox();
    const phone = new Phone('16.1', outbox);
    const id = await phone.add();
    await phone.sync(changeOf(id, attendees(CAROL)));
    const heads = outbox.sent.map((it) => Buffer.from(it.message).toString('utf8'));
    const methods = heads.map((it) => `${/method=(\w+)/.exec(it)?.[1]} ${/^To: (.*)\r$/m.exec(it)?.[1]}`);
    expect(methods.slice(1)).toEqual(['CANCEL bob@example.org', 'REQUEST carol@example.org']);
  });

  it('invites somebody to whom nobody knows still reaches the others', async () => {
    await new Phone().add(`${times(10)}${attendees(`${CAROL}${BOB}`)}`);
    expect(await shortly()).toEqual(['REQUEST bob@example.org']);
  });

  it('changes for its owner alone is told to nobody', async () => {
    const phone = new Phone();
    const id = await phone.add();
    await phone.sync(changeOf(id, '<calendar:Reminder>10</calendar:Reminder>'));
    expect(await shortly()).toHaveLength(1);
  });

  it('deletes is cancelled', async () => {
    const phone = new Phone();
    const id = await phone.add();
    await phone.sync(deleteOf(id));
    const [, cancelled] = await told();
    expect(cancelled).toMatchObject({ method: 'CANCEL', to: 'bob@example.org' });
    expect(cancelled?.lines).toContain('STATUS:CANCELLED');
    expect(cancelled?.lines).toContain('SEQUENCE:1');
  });
});

describe('Nobody is told twice', () => {
  it('when the answer was lost and the phone repeats itself', async () => {
    const phone = new Phone();
    await phone.start();
    const [before] = [phone.key];
    const id = idIn(await phone.sync(addOf(MEETING)));
    phone.key = before;
    expect(idIn(await phone.sync(addOf(MEETING)))).toBe(id);
    expect(await shortly()).toEqual(['REQUEST bob@example.org']);
  });

  it.each([
    ['made', () => addOf(MEETING), ['REQUEST bob@example.org']],
    ['moved', (id: string) => changeOf(id, times(11)), ['REQUEST bob@example.org', 'REQUEST bob@example.org']],
    ['deleted', deleteOf, ['REQUEST bob@example.org', 'CANCEL bob@example.org']],
  ])('when the server ended as it had sent what concerns a meeting that was %s', async (_, commandOf, sent) => {
    const phone = new Phone();
    await phone.start();
    const isNew = commandOf('').startsWith('<Add>');
    const id = isNew ? '' : await phone.add();
    const before = phone.key;
    const lost = new Phone('16.1', ending(ada.standalone.outbox));
    lost.key = before;
    await lost.sync(commandOf(id)).catch(() => undefined);
    expect(await shortly()).toEqual(sent);
    phone.key = before;
    await phone.sync(commandOf(id));
    expect(await shortly()).toEqual(sent);
  });

  it('and everybody once, when the phone comes again after a change of which nobody could be told', async () => {
    const phone = new Phone();
    const id = await phone.add();
    const cut = new Phone('16.1', AWAY);
    cut.key = phone.key;
    expect(await cut.sync(changeOf(id, times(11)))).toContain('<Status>16</Status>');
    expect(await shortly()).toHaveLength(1);
    expect(await phone.sync(changeOf(id, times(11)))).not.toContain('<Status>16</Status>');
    expect(await shortly()).toHaveLength(2);
  });

  it.each([
    ['moved', (id: string) => changeOf(id, times(11)), 'REQUEST bob@example.org'],
    ['deleted', deleteOf, 'CANCEL bob@example.org'],
  ])(
    'and everybody once, when the phone never comes again: another device syncs a calendar in which a meeting was %s',
    async (_, commandOf, sent) => {
      const phone = new Phone();
      const id = await phone.add();
      const another = new Phone('16.1', ada.standalone.outbox, { id: 'another' });
      await another.start();
      const cut = new Phone('16.1', AWAY);
      cut.key = phone.key;
      await cut.sync(commandOf(id));
      expect(await shortly()).toHaveLength(1);
      // Another server has the user now.
      await ada.standalone.restart();
      const user = await ada.standalone.user();
      const later = new Phone('16.1', ada.standalone.outbox, { id: 'another', user });
      later.key = another.key;
      await later.sync();
      await later.sync();
      expect(await shortly()).toEqual(['REQUEST bob@example.org', sent]);
    },
  );

  it('and nobody of a change that the calendar did not take', async () => {
    const phone = new Phone();
    const id = await phone.add();
    const store = ada.user.mailbox.resources;
    if (!store) throw new Error('there is no calendar');
    const put = vi.spyOn(store, 'put').mockRejectedValue(new BackendError('forbidden', 'nobody writes here'));
    await phone.sync(changeOf(id, times(11)));
    expect(put).toHaveBeenCalledOnce();
    put.mockRestore();
    await phone.sync();
    expect(await shortly()).toEqual(['REQUEST bob@example.org']);
  });
});

const AWAY: Outbox = {
  send: () => Promise.resolve({ kind: 'failed', reason: 'unavailable', why: 'the mail system is away' }),
  wasSent: () => Promise.resolve(false),
};

/** What it is given goes out, and nobody hears of that. */
const ending = (outbox: Outbox): Outbox => ({
  wasSent: (...asked) => outbox.wasSent(...asked),
  send: async (...asked) => {
    await outbox.send(...asked);
    throw new Error('the server ended');
  },
});
