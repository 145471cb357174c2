// A sent message's whole way: from the device through the real outbox to the other user's inbox and the sent folder.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Element, textOf } from '../../../lib/activesync/index.ts';
import { findAll } from '../../support/transcript.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

let ada: MailUser;
let device: TestDevice;

beforeAll(async () => {
  ada = await startMailUser();
  device = new TestDevice(ada.user, { outbox: ada.standalone.outbox });
});
afterAll(() => ada.stop());

const mime = (subject: string, header = 'To: bob@example.org'): string =>
  `From: ada@example.org\r\n${header}\r\nSubject: ${subject}\r\n\r\nThe engine weaves\r\n`;

function send(
  command: 'SendMail' | 'SmartReply' | 'SmartForward',
  clientId: string,
  text: string,
  rest = '',
): Promise<Reply> {
  const escaped = text.replace(/[<>&\r\n]/g, (it) => `&#${it.charCodeAt(0)};`);
  return device.post(
    command,
    `<${command}><ClientId>${clientId}</ClientId>${rest}<Mime>${escaped}</Mime></${command}>`,
  );
}

const withSubject = (messages: readonly string[], subject: string): readonly string[] =>
  messages.filter((it) => it.includes(`Subject: ${subject}`));

async function sync(key: string): Promise<Reply> {
  return device.post(
    'Sync',
    `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>${ada.folder('INBOX').id}</CollectionId></Collection></Collections></Sync>`,
  );
}
const keyOf = (reply: Reply): string =>
  textOf(findAll(reply.document as Element, 'AirSync:SyncKey')[0]?.element as Element);

describe('SendMail', () => {
  it('MS-ASCMD_R443, MS-ASCMD_R463: reaches the other inbox, with a copy in the sent folder where the device wants one', async () => {
    expect((await send('SendMail', 's1', mime('Saved'), '<SaveInSentItems/>')).xml).toBe('');
    expect((await send('SendMail', 's2', mime('Not saved'))).xml).toBe('');
    const received = await ada.messagesIn('INBOX', 'bob');
    expect([withSubject(received, 'Saved').length, withSubject(received, 'Not saved').length]).toEqual([1, 1]);
    const sent = await ada.messagesIn('Sent');
    expect([withSubject(sent, 'Saved').length, withSubject(sent, 'Not saved').length]).toEqual([1, 0]);
  });

  it('repeated, since its answer was lost, is a success and goes out once', async () => {
    for (const _ of [1, 2, 3]) expect((await send('SendMail', 's3', mime('Once'), '<SaveInSentItems/>')).xml).toBe('');
    expect(withSubject(await ada.messagesIn('INBOX', 'bob'), 'Once')).toHaveLength(1);
    expect(withSubject(await ada.messagesIn('Sent'), 'Once')).toHaveLength(1);
  });

  it('under a ClientId that was used for another message goes out, once', async () => {
    for (const subject of ['First of s6', 'Second of s6', 'Second of s6', 'First of s6'])
      expect((await send('SendMail', 's6', mime(subject), '<SaveInSentItems/>')).xml).toBe('');
    const received = await ada.messagesIn('INBOX', 'bob');
    for (const subject of ['First of s6', 'Second of s6']) expect(withSubject(received, subject)).toHaveLength(1);
  });

  it('MS-ASCMD_R4853: without a recipient is 119', async () => {
    expect((await send('SendMail', 's4', mime('To nobody', 'X-Nobody: yes'))).xml).toBe(
      '<SendMail><Status>119</Status></SendMail>',
    );
  });

  it('what is no message at all is 107', async () => {
    expect((await send('SendMail', 's5', '\r\n\r\n')).xml).toMatch(
      /^<SendMail><Status>1(07|19)<\/Status><\/SendMail>$/,
    );
  });
});

describe('SmartReply and SmartForward', () => {
  it('MS-ASCMD_R580: reach the other inbox with what the server added; the device hears that the original was answered and forwarded', async () => {
    const original = await ada.put(
      'INBOX',
      composeMail({
        subject: 'Plans',
        text: 'Here are the plans',
        attachments: [{ name: 'plan.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4 plans') }],
      }),
    );
    const key = keyOf(await sync(keyOf(await sync('0'))));
    const source = `<Source><FolderId>${ada.folder('INBOX').id}</FolderId><ItemId>${original}</ItemId></Source>`;

    expect((await send('SmartReply', 'r1', mime('Re: Plans'), source)).xml).toBe('');
    const [answer] = withSubject(await ada.messagesIn('INBOX', 'bob'), 'Re: Plans');
    expect(answer).toContain('> Here are the plans');

    expect((await send('SmartForward', 'f1', mime('Fw: Plans'), source)).xml).toBe('');
    const [forwarded] = withSubject(await ada.messagesIn('INBOX', 'bob'), 'Fw: Plans');
    expect(forwarded).toContain('plan.pdf');

    const changes = findAll((await sync(key)).document as Element, 'AirSync:Change');
    expect(changes.map((it) => findAll(it.element, 'AirSync:ServerId').map((id) => textOf(id.element)))).toEqual([
      [original],
    ]);
    expect(findAll(changes[0]?.element as Element, 'Email2:LastVerbExecuted')).toHaveLength(1);
  });

  it('repeated under another ClientId goes out once, since it was written at the same second', async () => {
    const original = await ada.put('INBOX', composeMail({ subject: 'Valves' }));
    const source = `<Source><FolderId>${ada.folder('INBOX').id}</FolderId><ItemId>${original}</ItemId></Source>`;
    const dated = mime('Re: Valves', 'To: bob@example.org\r\nDate: Thu, 15 Jan 2026 09:00:00 +0000');
    for (const clientId of ['v1', 'v2']) {
      expect((await send('SmartReply', clientId, dated, source)).xml).toBe('');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(withSubject(await ada.messagesIn('INBOX', 'bob'), 'Re: Valves')).toHaveLength(1);
  });

  it('repeated after the original was deleted is a success all the same', async () => {
    const original = await ada.put('INBOX', composeMail({ subject: 'Cogs' }));
    const source = `<Source><FolderId>${ada.folder('INBOX').id}</FolderId><ItemId>${original}</ItemId></Source>`;
    expect((await send('SmartReply', 'r3', mime('Re: Cogs'), source)).xml).toBe('');
    await ada.mailbox.remove('INBOX', [(await ada.user.item(original))?.uid ?? 0]);
    expect((await send('SmartReply', 'r3', mime('Re: Cogs'), source)).xml).toBe('');
    expect((await send('SmartReply', 'r4', mime('Re: Cogs'), source)).xml).toBe(
      '<SmartReply><Status>150</Status></SmartReply>',
    );
    expect(withSubject(await ada.messagesIn('INBOX', 'bob'), 'Re: Cogs')).toHaveLength(1);
  });

  it('repeated, goes out once', async () => {
    const original = await ada.put('INBOX', composeMail({ subject: 'Looms' }));
    const source = `<Source><FolderId>${ada.folder('INBOX').id}</FolderId><ItemId>${original}</ItemId></Source>`;
    for (const _ of [1, 2]) expect((await send('SmartReply', 'r2', mime('Re: Looms'), source)).xml).toBe('');
    expect(withSubject(await ada.messagesIn('INBOX', 'bob'), 'Re: Looms')).toHaveLength(1);
  });
});
