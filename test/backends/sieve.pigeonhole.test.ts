// Out-of-office replies against a real Dovecot with Pigeonhole: kept beside the user's own script, sent on delivery.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AutoReply, ImapMailSystem, type Mailbox } from '../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { Dovecot, freePorts } from '../support/dovecot.ts';
import { TEST_DOMAIN } from '../support/imap-backend.ts';
import { SmtpSink } from '../support/smtp-sink.ts';

const MASTER = { user: 'master', password: 'master-secret' };
const DAY_MS = 86_400_000;
const LONG = 'Ünïcödé "quoted" \\ lines\r\nand more. '.repeat(300);

let dovecot: Dovecot;
let sink: SmtpSink;
let system: ImapMailSystem;
let sievePort: number;
let users = 0;

beforeAll(async () => {
  sink = await SmtpSink.start();
  const [port] = await freePorts(1);
  sievePort = port as number;
  dovecot = await Dovecot.start({
    master: MASTER,
    users: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`user${n}`, 'secret'])),
    extra: [
      'protocols = $protocols sieve',
      `service managesieve-login {\n  inet_listener sieve {\n    port = ${sievePort}\n  }\n}`,
      `submission_host = 127.0.0.1:${sink.port}`,
      'plugin {\n  sieve = file:~/sieve;active=~/.dovecot.sieve\n  sieve_vacation_send_from_recipient = yes\n}',
      'protocol lmtp {\n  mail_plugins = $mail_plugins sieve\n  postmaster_address = postmaster@localhost\n  hostname = localhost\n}',
    ].join('\n'),
  });
  system = open({});
});
afterAll(async () => {
  await system?.close();
  await dovecot?.stop();
  await sink?.stop();
});

const open = (more: Partial<ConstructorParameters<typeof ImapMailSystem>[0]>) =>
  new ImapMailSystem(
    {
      host: dovecot.host,
      port: dovecot.imapPort,
      tls: 'none',
      smtp: { host: '127.0.0.1', port: sink.port, tls: 'none', auth: 'none' },
      domain: TEST_DOMAIN,
      sieve: { host: dovecot.host, port: sievePort, tls: 'none' },
      ...more,
    },
    { clock: systemClock, random: systemRandom, log: silentLog },
  );
const newUser = () => `user${users++}`;
const mailboxOf = async (user: string, from = system): Promise<Mailbox> => {
  const credentials = { userName: user, password: 'secret' };
  const account = await from.authenticate(credentials);
  if (!account) throw new Error(`${user} is unknown`);
  return from.open(account, credentials);
};
const set = (mailbox: Mailbox, reply: AutoReply) => mailbox.setAutoReply?.(reply);

/** By LMTP, which is where Sieve is. */
async function deliver(to: string, from: string, subject: string): Promise<void> {
  const socket = connect(dovecot.lmtpPort, '127.0.0.1');
  const address = `${to}@${TEST_DOMAIN}`;
  const lines = [
    'LHLO test',
    `MAIL FROM:<${from}>`,
    `RCPT TO:<${address}>`,
    'DATA',
    `From: ${from}\r\nTo: ${address}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@test>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello\r\n.`,
    'QUIT',
  ];
  let seen = '';
  for await (const chunk of socket) {
    seen += String(chunk);
    // One line for each complete answer: `250 …`, not `250-…`.
    while (/^\d{3} .*\r\n/m.test(seen) && lines.length > 0) {
      seen = seen.slice((/^\d{3} .*\r\n/m.exec(seen)?.index ?? 0) + (/^\d{3} .*\r\n/m.exec(seen)?.[0].length ?? 0));
      socket.write(`${lines.shift()}\r\n`);
    }
  }
}
const repliesTo = (address: string) => sink.messages.filter((it) => it.to.includes(address));

describe('out-of-office replies by Sieve', () => {
  it('are off where nothing was ever set', async () => {
    const mailbox = await mailboxOf(newUser());
    expect(mailbox.capabilities.canAutoReply).toBe(true);
    expect(await mailbox.autoReply?.()).toEqual({ state: 'off' });
  });

  it('are read as they were set, whatever the text', async () => {
    const mailbox = await mailboxOf(newUser());
    const reply: AutoReply = {
      state: 'scheduled',
      startMs: Date.UTC(2026, 11, 20),
      endMs: Date.UTC(2027, 0, 2),
      internal: { isEnabled: true, text: LONG, isHtml: false },
      external: { isEnabled: false, text: '<p>Away &amp; gone</p>', isHtml: true },
      externalKnown: { isEnabled: true, text: 'Known', isHtml: false },
    };
    await set(mailbox, reply);
    expect(await mailbox.autoReply?.()).toEqual(reply);
    await set(mailbox, { ...reply, state: 'off' });
    expect(await mailbox.autoReply?.()).toEqual({ ...reply, state: 'off' });
  });

  it('go to insiders and outsiders, each their own, once', async () => {
    const user = newUser();
    await set(await mailboxOf(user), {
      state: 'on',
      internal: { isEnabled: true, text: 'Dear colleague, "I" am away\nuntil Monday', isHtml: false },
      external: { isEnabled: true, text: '<p>We are closed</p>', isHtml: true },
    });
    const inside = `colleague-of-${user}@${TEST_DOMAIN}`;
    const outside = `customer-of-${user}@elsewhere.example`;
    await deliver(user, inside, `one-${user}`);
    await deliver(user, inside, `two-${user}`);
    await deliver(user, outside, `three-${user}`);
    const [internal, ...more] = repliesTo(inside);
    expect(more).toEqual([]);
    expect(internal?.raw.toString()).toContain('Dear colleague, "I" am away\r\nuntil Monday');
    const [external] = repliesTo(outside);
    expect(external?.raw.toString()).toMatch(/Content-Type: text\/html/);
    expect(external?.raw.toString()).toContain(Buffer.from('<p>We are closed</p>').toString('base64'));
    // The mail itself arrives all the same.
    const folders = await (await mailboxOf(user)).changes('INBOX');
    expect(folders.messages).toHaveLength(3);
  });

  it('go to nobody of an audience that is not enabled, nor outside their time', async () => {
    const user = newUser();
    const mailbox = await mailboxOf(user);
    const now = Date.now();
    const internal = { isEnabled: true, text: 'Away', isHtml: false };
    const from = (name: string) => `${name}-${user}@${TEST_DOMAIN}`;
    await set(mailbox, { state: 'on', internal });
    await deliver(user, `stranger-${user}@elsewhere.example`, `a-${user}`);
    await set(mailbox, { state: 'scheduled', startMs: now + DAY_MS, endMs: now + 2 * DAY_MS, internal });
    await deliver(user, from('early'), `b-${user}`);
    await set(mailbox, { state: 'scheduled', startMs: now - 2 * DAY_MS, endMs: now - DAY_MS, internal });
    await deliver(user, from('late'), `c-${user}`);
    await set(mailbox, { state: 'off', internal });
    await deliver(user, from('off'), `d-${user}`);
    await set(mailbox, { state: 'scheduled', startMs: now - DAY_MS, endMs: now + DAY_MS, internal });
    await deliver(user, from('within'), `e-${user}`);
    expect(sink.messages.filter(({ to }) => to.some((it) => it.includes(user))).map(({ to }) => to)).toEqual([
      [from('within')],
    ]);
  });

  it("leave the user's own script in force", async () => {
    const user = newUser();
    await dovecot.putSieve(
      user,
      'own',
      'require "fileinto"; if header :is "subject" "junk" { fileinto "Junk"; stop; }',
    );
    const mailbox = await mailboxOf(user);
    expect(await mailbox.autoReply?.()).toEqual({ state: 'off' });
    await set(mailbox, { state: 'on', internal: { isEnabled: true, text: 'Away', isHtml: false } });
    await deliver(user, 'x@elsewhere.example', 'junk');
    expect((await mailbox.changes('Junk')).messages).toHaveLength(1);
    await set(mailbox, { state: 'off' });
    await deliver(user, 'x@elsewhere.example', 'junk');
    expect((await mailbox.changes('Junk')).messages).toHaveLength(2);
    expect((await mailbox.changes('INBOX')).messages).toHaveLength(0);
  });

  it('are set by a master user in the name of another', async () => {
    const withMaster = open({ master: MASTER });
    const user = newUser();
    const mailbox = await mailboxOf(user, withMaster);
    await set(mailbox, { state: 'on', internal: { isEnabled: true, text: 'Away', isHtml: false } });
    expect(await (await mailboxOf(user)).autoReply?.()).toMatchObject({ state: 'on' });
    await withMaster.close();
  });

  it('where nobody listens: unavailable, with what to check; a server that is none ends, too', async () => {
    for (const port of [1, dovecot.imapPort]) {
      const other = open({ sieve: { host: dovecot.host, port, tls: 'none' }, timeouts: { connectSeconds: 2 } });
      const mailbox = await mailboxOf(newUser(), other);
      await expect(mailbox.autoReply?.()).rejects.toMatchObject({
        code: 'unavailable',
        remedy: expect.stringContaining('mail.sieve') as string,
      });
      await other.close();
    }
  });
});
