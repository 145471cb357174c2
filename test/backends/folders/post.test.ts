import { readdir, readFile, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { headerFields, headerValue, type Mailbox, type SmtpIn, startSmtpIn } from '../../../lib/backends/index.ts';
import { ConfirmedPasswords } from '../../../lib/server/confirmed-passwords.ts';
import { composeMessage, expectBackendError } from '../../contract/backend/fixture.ts';
import { startSystem, type TestSystem } from './setup.ts';

let started: TestSystem;
let ada: Mailbox;
let bob: Mailbox;
let serial = 0;
const nextMessage = (options: Parameters<typeof composeMessage>[0] = {}) =>
  composeMessage({ messageId: `<post-${++serial}@example.org>`, ...options });

async function copiesOf(mailbox: Mailbox, messageId: string): Promise<string[]> {
  const uids = await mailbox.findMessageId('INBOX', messageId);
  const messages = await mailbox.fetch('INBOX', uids, () => [{ path: '' }]);
  return messages.map((message) => Buffer.from(message.parts.get('')?.bytes ?? []).toString());
}

beforeAll(async () => {
  started = await startSystem();
  [ada, bob] = [await started.open('ada'), await started.open('bob')];
});
afterAll(() => started.stop());

/** Speaks SMTP line by line; tells the replies. */
function dialogue(port: number, lines: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const replies: string[] = [];
    const waiting = [...lines];
    const socket = createConnection(port, '127.0.0.1');
    let buffer = '';
    socket.on('error', reject);
    socket.on('close', () => resolve(replies));
    socket.on('data', (data) => {
      buffer += data.toString();
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (/^\d{3}-/.test(line)) continue;
        replies.push(line);
        const next = waiting.shift();
        if (next === undefined) socket.end();
        else socket.write(`${next}\r\n`);
      }
    });
  });
}

describe('SMTP in', () => {
  let smtp: SmtpIn;
  beforeAll(async () => {
    smtp = await startSmtpIn({ system: started.system, port: 0, messageLimitBytes: 100_000 });
  });
  afterAll(() => smtp.close());
  const send = async (envelope: { from: string; to: string[] }, raw: Uint8Array) => {
    const transport = createTransport({ host: '127.0.0.1', port: smtp.port, ignoreTLS: true });
    try {
      return await transport.sendMail({ envelope, raw: Buffer.from(raw) });
    } finally {
      transport.close();
    }
  };

  it('delivers to users, with Return-Path and Received above the message', async () => {
    const { raw, messageId } = nextMessage({ body: 'Łódź\r\n.\r\n..dots' });
    await send({ from: 'carol@partner.example', to: ['Ada@Example.ORG'] }, raw);
    const [copy = ''] = await copiesOf(ada, messageId);
    expect(copy).toMatch(
      /^Return-Path: <carol@partner\.example>\r\nReceived: from \S+ \(\[127\.0\.0\.1\]\)\r\n\tby localhost \(Caravan\) with ESMTP id \S+\r\n\tfor <ada@example\.org>; \w{3}, [^\r]*\+0000\r\nFrom: /i,
    );
    expect(copy.endsWith(Buffer.from(raw).toString())).toBe(true);
  });

  it('gives one copy to a user with two addresses, and one to each user', async () => {
    const { raw, messageId } = nextMessage();
    const to = ['ada@example.org', 'a.lovelace@example.org', 'bob+tag@example.org', 'postmaster@example.org'];
    await send({ from: 'carol@partner.example', to }, raw);
    expect(await copiesOf(ada, messageId)).toHaveLength(1);
    expect(await copiesOf(bob, messageId)).toHaveLength(1);
  });

  it('RFC 5321 section 3.4, 3.6: refuses unknown users and relaying with 550, and takes the others', async () => {
    const { raw, messageId } = nextMessage();
    const sent = await send(
      { from: 'carol@partner.example', to: ['nobody@example.org', 'x@elsewhere.example', 'bob@example.org'] },
      raw,
    );
    expect(sent.accepted).toEqual(['bob@example.org']);
    expect((sent.rejectedErrors ?? []).map((error) => (error as { response?: string }).response)).toEqual([
      expect.stringMatching(/^550 5\.1\.1 /),
      expect.stringMatching(/^550 5\.7\.1 /),
    ]);
    expect(await copiesOf(bob, messageId)).toHaveLength(1);
    expect(await copiesOf(ada, messageId)).toEqual([]);
  });

  it('refuses a message that is too big, announced or not, with 552', async () => {
    const big = nextMessage({ body: 'x'.repeat(120_000) });
    await expect(send({ from: 'c@d.example', to: ['ada@example.org'] }, big.raw)).rejects.toMatchObject({
      responseCode: 552,
    });
    const replies = await dialogue(smtp.port, [
      'EHLO test',
      'MAIL FROM:<c@d.example>',
      'RCPT TO:<ada@example.org>',
      'DATA',
      `${Buffer.from(big.raw).toString()}\r\n.`,
      'QUIT',
    ]);
    expect(replies.at(-2)).toMatch(/^552 /);
    expect(await copiesOf(ada, big.messageId)).toEqual([]);
  });

  it('takes notices, whose sender is empty', async () => {
    const { raw, messageId } = nextMessage();
    const replies = await dialogue(smtp.port, [
      'EHLO test',
      'MAIL FROM:<>',
      'RCPT TO:<ada@example.org>',
      'DATA',
      `${Buffer.from(raw).toString()}.`,
      'QUIT',
    ]);
    expect(replies.map((line) => line.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250', '221']);
    expect((await copiesOf(ada, messageId))[0]).toMatch(/^Return-Path: <>\r\n/);
  });

  it('refuses mail that goes round in circles with 554', async () => {
    const { raw } = nextMessage();
    const looped = Buffer.concat([Buffer.from('Received: from a by b\r\n'.repeat(101)), raw]);
    await expect(send({ from: 'c@d.example', to: ['ada@example.org'] }, looped)).rejects.toMatchObject({
      responseCode: 554,
    });
  });

  it('offers neither AUTH nor STARTTLS', async () => {
    const replies = await dialogue(smtp.port, ['EHLO test', 'AUTH PLAIN AGEAYg==', 'STARTTLS', 'QUIT']);
    expect(replies.slice(2, 4).every((line) => line.startsWith('5'))).toBe(true);
  });

  it('says so when its port is taken', async () => {
    await expectBackendError(startSmtpIn({ system: started.system, port: smtp.port }), 'unavailable');
  });
});

describe('submission', () => {
  it('puts the sender into Return-Path and leaves nothing half-written', async () => {
    const { raw, messageId } = nextMessage();
    await ada.submit({ from: 'a.lovelace@example.org', to: ['bob@example.org', 'BOB@example.org'] }, raw);
    const copies = await copiesOf(bob, messageId);
    expect(copies).toHaveLength(1);
    expect(copies[0]).toMatch(/^Return-Path: <a\.lovelace@example\.org>\r\nReceived: by localhost /);
    expect(await readdir(join(started.root, 'bob', 'mail', 'tmp'))).toEqual([]);
  });

  it('no line of an envelope gets into the header', async () => {
    const { raw } = nextMessage();
    await expectBackendError(
      ada.submit({ from: 'ada@example.org', to: ['bob@example.org\r\nX-Injected: 1'] }, raw),
      'rejected',
    );
  });

  it('rejects a sender that is not the user', async () => {
    await expectBackendError(
      ada.submit({ from: 'bob@example.org', to: ['bob@example.org'] }, nextMessage().raw),
      'rejected',
    );
  });

  it('rejects other domains without a relay, with the reason, and nobody gets it', async () => {
    const { raw, messageId } = nextMessage();
    await expect(
      ada.submit({ from: 'ada@example.org', to: ['bob@example.org', 'x@elsewhere.example'] }, raw),
    ).rejects.toMatchObject({
      code: 'rejected',
      why: 'mail to other domains (x@elsewhere.example) has no way out: no relay is configured',
    });
    expect(await copiesOf(bob, messageId)).toEqual([]);
  });

  it('makes messages with LF those with CRLF', async () => {
    const raw = Buffer.from('Message-ID: <lf@example.org>\nSubject: x\n\none\ntwo\n');
    await ada.submit({ from: 'ada@example.org', to: ['bob@example.org'] }, raw);
    expect((await copiesOf(bob, '<lf@example.org>'))[0]).toMatch(/Subject: x\r\n\r\none\r\ntwo\r\n$/);
  });
});

describe('submission through a relay', () => {
  const taken: { from: string; to: string[]; content: string }[] = [];
  const refusing = new Map<string, number>();
  let relay: SMTPServer;
  let relaying: TestSystem;
  let sender: Mailbox;

  beforeAll(async () => {
    relay = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo({ address }, _session, callback) {
        const responseCode = refusing.get(address);
        callback(responseCode ? Object.assign(new Error('not that one'), { responseCode }) : null);
      },
      onData(stream, session, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom ? mailFrom.address : '';
          taken.push({ from, to: rcptTo.map((each) => each.address), content: Buffer.concat(chunks).toString() });
          callback();
        });
      },
    });
    const port = await new Promise<number>((resolve) => {
      const server = relay.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    relaying = await startSystem({ root: started.root, relay: { host: '127.0.0.1', port, tls: 'off' } });
    sender = await relaying.open('ada');
  });
  afterAll(async () => {
    await relaying.stop();
    await new Promise<void>((resolve) => relay.close(() => resolve()));
  });
  afterEach(() => {
    taken.length = 0;
    refusing.clear();
  });

  it('hands other domains to the relay and keeps its own users', async () => {
    const { raw, messageId } = nextMessage({ body: '.\r\nŁódź' });
    await sender.submit({ from: 'ada@example.org', to: ['x@elsewhere.example', 'bob@example.org'] }, raw);
    expect(taken).toEqual([
      { from: 'ada@example.org', to: ['x@elsewhere.example'], content: Buffer.from(raw).toString() },
    ]);
    expect(await copiesOf(bob, messageId)).toHaveLength(1);
  });

  it('is rejected with the relay’s words if it refuses all, and nobody gets it', async () => {
    refusing.set('x@elsewhere.example', 550);
    const { raw, messageId } = nextMessage();
    const submitted = sender.submit({ from: 'ada@example.org', to: ['x@elsewhere.example', 'bob@example.org'] }, raw);
    await expect(submitted).rejects.toMatchObject({ code: 'rejected', why: expect.stringContaining('not that one') });
    expect(await copiesOf(bob, messageId)).toEqual([]);
  });

  it('is unavailable, worth trying again, if the relay says so', async () => {
    refusing.set('x@elsewhere.example', 451);
    const submitted = sender.submit({ from: 'ada@example.org', to: ['x@elsewhere.example'] }, nextMessage().raw);
    await expectBackendError(submitted, 'unavailable');
  });

  it('RFC 3464: tells the sender of those that the relay refused', async () => {
    refusing.set('no@elsewhere.example', 550);
    const { raw } = nextMessage({ subject: 'For two' });
    const before = (await sender.changes('INBOX')).messages.map((message) => message.uid);
    await sender.submit({ from: 'ada@example.org', to: ['no@elsewhere.example', 'yes@elsewhere.example'] }, raw);
    expect(taken.map(({ to }) => to)).toEqual([['yes@elsewhere.example']]);
    const fresh = (await sender.changes('INBOX')).messages.filter((message) => !before.includes(message.uid));
    const [notice] = await sender.fetch(
      'INBOX',
      fresh.map((message) => message.uid),
      () => [{ path: '1' }, { path: '2' }, { path: '3' }],
    );
    expect(notice?.structure).toMatchObject({
      type: 'multipart/report',
      parameters: { 'report-type': 'delivery-status' },
      parts: [{ type: 'text/plain' }, { type: 'message/delivery-status' }, { type: 'text/rfc822-headers' }],
    });
    const fields = headerFields(notice?.header ?? Buffer.alloc(0));
    expect(headerValue(fields, 'return-path')).toBe('<>');
    expect(headerValue(fields, 'auto-submitted')).toBe('auto-replied');
    const part = (path: string) => Buffer.from(notice?.parts.get(path)?.bytes ?? []).toString();
    expect(part('1')).toContain('no@elsewhere.example: ');
    expect(part('2')).toMatch(/Final-Recipient: rfc822; no@elsewhere\.example\r\nAction: failed\r\nStatus: 5/);
    expect(part('3')).toContain('Subject: For two');
  });

  it('is unavailable if there is no relay where one should be', async () => {
    const lost = await startSystem({ root: started.root, relay: { host: '127.0.0.1', port: 1, tls: 'off' } });
    const mailbox = await lost.open('ada');
    const submitted = mailbox.submit({ from: 'ada@example.org', to: ['x@elsewhere.example'] }, nextMessage().raw);
    await expectBackendError(submitted, 'unavailable');
    await lost.stop();
  });
});

describe('users', () => {
  it('have their passwords hashed, in a file that nobody else may read', async () => {
    const path = join(started.root, 'users.json');
    const text = await readFile(path, 'utf8');
    expect(text).not.toMatch(/correct horse|battery/);
    expect(text).toMatch(/"scrypt\$16384\$8\$1\$/);
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('may sign in with any address of theirs, and with any Windows domain', async () => {
    for (const userName of ['a.lovelace@example.org', 'ADA@EXAMPLE.ORG', 'CORP\\ada', 'example.org\\ada']) {
      const account = await started.system.authenticate({ userName, password: 'correct horse' });
      expect(account?.user, userName).toBe('ada');
    }
  });

  it('are refused with a password that was changed', async () => {
    const account = { user: 'ada', addresses: ['ada@example.org'] };
    await expectBackendError(
      started.system.open(account, { userName: 'ada', password: 'old' }),
      'rejected-credentials',
    );
  });

  it('have their mailbox opened with another password of theirs where the first is no longer right', async () => {
    const passwords = new ConfirmedPasswords({ userName: 'ada', password: 'old' });
    passwords.add({ userName: 'ada', password: 'correct horse' });
    const mailbox = await started.system.open({ user: 'ada', addresses: ['ada@example.org'] }, passwords);
    expect(passwords.password).toBe('correct horse');
    await mailbox.close();
  });
});
