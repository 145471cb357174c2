/** What the mail system does when its servers fail, refuse, restart or fall silent. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { ConfirmedPasswords } from '../../../lib/server/confirmed-passwords.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ImapConfiguration, ImapMailSystem, SubmissionError } from '../../../lib/backends/imap/index.ts';
import { BackendError, type FolderEvent, type Mailbox, UidRuns } from '../../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { composeMessage, eventually, expectBackendError, pause } from '../../contract/backend/fixture.ts';
import { type ImapUnderTest, startImapBackend } from '../../support/imap-backend.ts';
import { SmtpSink } from '../../support/smtp-sink.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

const platform = { clock: systemClock, random: systemRandom, log: silentLog };
const ADA = { user: 'ada', addresses: ['ada@example.org'] };
const WRONG = 'a-wrong-secret';
/** A monitor whose password was turned down looks so often for another. */
const LOOK_FOR_PASSWORD_MS = 5_000;

describe('IMAP mail system under faults', () => {
  let t: ImapUnderTest;
  const opened: ImapMailSystem[] = [];
  beforeAll(async () => {
    t = await startImapBackend();
  });
  afterEach(async () => {
    t.smtp.fault = { kind: 'none' };
    await Promise.all(opened.splice(0).map((system) => system.close()));
  });
  afterAll(() => t.stop());

  const systemWith = (overrides: Partial<ImapConfiguration>): ImapMailSystem => {
    const system = new ImapMailSystem({ ...t.configuration, ...overrides }, platform);
    opened.push(system);
    return system;
  };
  const open = (overrides: Partial<ImapConfiguration> = {}): Promise<Mailbox> =>
    systemWith(overrides).open(ADA, t.credentials.ada);
  const connectionsOf = async (user: string): Promise<number> =>
    (await t.dovecot.doveadm('who', '-1', user)).split('\n').filter((line) => line.startsWith(`${user} `)).length;

  describe('without the right to change the mailbox any more', () => {
    it('what takes several steps ends between them', async () => {
      let leftSteps = 1;
      const mailbox = await t.system.open(ADA, t.credentials.ada, { isHeld: () => leftSteps-- > 0 });
      const { uid } = await mailbox.append('INBOX', composeMessage({ subject: 'kept' }).raw, { flags: [] });
      leftSteps = 1;
      await expectBackendError(mailbox.remove('INBOX', [uid]), 'unavailable');
      const [kept] = await mailbox.fetch('INBOX', [uid], () => []);
      expect(kept?.flags).toContain('\\Deleted');
      await mailbox.close();
    });

    it('nothing is changed', async () => {
      const right = { held: true, isHeld: () => right.held };
      const mailbox = await t.system.open(ADA, t.credentials.ada, right);
      const { raw: message } = composeMessage({ subject: 'not touched' });
      const { uid } = await mailbox.append('INBOX', message, { flags: [] });
      await mailbox.createFolder('Rightful', undefined);
      const before = await mailbox.folders();
      right.held = false;
      await expectBackendError(mailbox.updateFlags('INBOX', [uid], { add: ['\\Seen'] }), 'unavailable');
      await expectBackendError(mailbox.move('INBOX', [uid], 'Rightful'), 'unavailable');
      await expectBackendError(mailbox.remove('INBOX', [uid]), 'unavailable');
      await expectBackendError(mailbox.append('Rightful', message, { flags: [] }), 'unavailable');
      await expectBackendError(mailbox.createFolder('Another', undefined), 'unavailable');
      await expectBackendError(mailbox.renameFolder('Rightful', 'Wrongful', undefined), 'unavailable');
      await expectBackendError(mailbox.deleteFolder('Rightful'), 'unavailable');
      expect(await mailbox.folders()).toEqual(before);
      expect(await mailbox.fetch('INBOX', [uid], () => [])).toMatchObject([{ uid, flags: [] }]);
      expect(await mailbox.changes('Rightful')).toMatchObject({ messages: [] });
      await mailbox.close();
    });
  });

  describe('login', () => {
    it('a wrong password is undefined, a server that is down is unavailable', async () => {
      expect(await t.system.authenticate({ userName: 'ada', password: WRONG })).toBeUndefined();
      await t.dovecot.pause();
      try {
        await expectBackendError(t.system.authenticate(t.credentials.ada), 'unavailable');
      } finally {
        await t.dovecot.resume();
      }
      expect(await t.system.authenticate(t.credentials.ada)).toEqual(ADA);
    });

    it('a certificate that is not trusted is unavailable, not a wrong password', async () => {
      const tls = await startImapBackend({ tls: 'implicit' }, { checkCertificates: true });
      try {
        await expectBackendError(tls.system.authenticate(tls.credentials.ada), 'unavailable');
      } finally {
        await tls.stop();
      }
    });

    it('never goes on in clear where STARTTLS is asked for', async () => {
      await expectBackendError(systemWith({ tls: 'starttls' }).authenticate(t.credentials.ada), 'unavailable');
    });

    it('a server that accepts and says nothing is unavailable in time', async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      const startedMs = performance.now();
      const system = systemWith({ port, timeouts: { connectSeconds: 0.5 } });
      await expectBackendError(system.authenticate(t.credentials.ada), 'unavailable');
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      for (const socket of sockets) socket.destroy();
      silent.close();
    });

    it('opening with a password that is no longer right is rejected-credentials', async () => {
      await expectBackendError(t.system.open(ADA, { userName: 'ada', password: WRONG }), 'rejected-credentials');
    });

    it('opens with another password of the user’s where the first is no longer right', async () => {
      const passwords = new ConfirmedPasswords({ userName: 'ada', password: WRONG });
      passwords.add(t.credentials.ada);
      const mailbox = await t.system.open(ADA, passwords);
      expect(passwords.password).toBe(t.credentials.ada.password);
      await mailbox.close();
    });

    it('watches on with another password of the user’s as soon as there is one', async () => {
      let looks = 0;
      const clock = {
        ...systemClock,
        after: (ms: number, task: () => void) => {
          if (ms === LOOK_FOR_PASSWORD_MS) looks++;
          return systemClock.after(ms === LOOK_FOR_PASSWORD_MS ? 20 : ms, task);
        },
      };
      const system = new ImapMailSystem(t.configuration, { ...platform, clock });
      opened.push(system);
      const signIn = { ...t.credentials.ada };
      const mailbox = await system.open(ADA, signIn);
      const events: FolderEvent[] = [];
      await mailbox.watch((event) => events.push(event));
      signIn.password = WRONG;
      await t.dovecot.doveadm('kick', 'ada');
      await eventually('the wrong password to be turned down', () => looks > 2 || undefined);
      expect(events.map(({ kind }) => kind)).not.toContain('resumed');
      signIn.password = t.credentials.ada.password;
      await eventually('the watch to resume', () => events.some((event) => event.kind === 'resumed') || undefined);
    });

    it('a login that has just confirmed a password opens the mailbox, and only with that password', async () => {
      let connections = 0;
      const way = createServer((client) => {
        connections++;
        const server = connect(t.dovecot.imapPort, t.dovecot.host);
        for (const it of [client, server]) it.on('error', () => it.destroy());
        client.pipe(server).pipe(client);
      });
      await new Promise<void>((done) => void way.listen(0, '127.0.0.1', done));
      const system = systemWith({ host: '127.0.0.1', port: (way.address() as AddressInfo).port });
      await system.authenticate(t.credentials.ada);
      expect(connections).toBe(1);
      await expectBackendError(system.open(ADA, { userName: 'ada', password: WRONG }), 'rejected-credentials');
      expect(connections).toBe(2);
      const mailbox = await system.open(ADA, t.credentials.ada);
      expect(await mailbox.folders()).not.toEqual([]);
      expect(connections).toBe(2);
      await mailbox.close();
      way.close();
    });

    it('errors bear no password', async () => {
      const error: unknown = await systemWith({ port: 1 })
        .open(ADA, t.credentials.ada)
        .catch((thrown: unknown) => thrown);
      const rejected: unknown = await t.system
        .open(ADA, { userName: 'ada', password: WRONG })
        .catch((thrown: unknown) => thrown);
      for (const thrown of [error, rejected]) {
        expect(thrown).toBeInstanceOf(BackendError);
        const seen = JSON.stringify(everythingIn(thrown));
        for (const secret of [WRONG, t.credentials.ada.password]) {
          expect(seen).not.toContain(secret);
          expect(seen).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
        }
      }
    });

    it('logs in for the user with a master user, whose users still need their own passwords', async () => {
      const master = { user: 'master', password: 'master-secret' };
      const other = await startImapBackend({ master }, { master });
      try {
        expect(await other.system.authenticate({ userName: 'ada', password: WRONG })).toBeUndefined();
        const mailbox = await other.system.open(ADA, { userName: 'ada', password: '' });
        expect((await mailbox.folders()).some((folder) => folder.kind === 'inbox')).toBe(true);
      } finally {
        await other.stop();
      }
    });
  });

  describe('connections', () => {
    it('keeps to the limit of connections a user, whatever is asked at once', async () => {
      const mailbox = await open({ maxConnectionsPerUser: 3 });
      const watch = await mailbox.watch(() => {});
      watch.update(['INBOX', 'Sent', 'Drafts']);
      const work = Promise.all(Array.from({ length: 40 }, () => mailbox.changes('INBOX')));
      const counts: number[] = [];
      const stop = new AbortController();
      void work.finally(() => stop.abort());
      while (!stop.signal.aborted) counts.push(await connectionsOf('ada'));
      await work;
      counts.push(await connectionsOf('ada'));
      const most = Math.max(...counts);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(3);
    });

    it('closes work connections that are idle', async () => {
      const mailbox = await open({ timeouts: { ...t.configuration.timeouts, idleSeconds: 0.2 } });
      await mailbox.changes('INBOX');
      await eventually('the end of the connection', async () =>
        (await connectionsOf('ada')) === 0 ? true : undefined,
      );
      expect((await mailbox.changes('INBOX')).complete).toBe(true);
    });

    it.each(['SIGTERM', 'SIGKILL'] as const)('reads go on after the server restarted by %s', async (signal) => {
      const mailbox = await open();
      const { uid } = await mailbox.append('INBOX', composeMessage({}).raw, { flags: [] });
      await t.dovecot.restart(signal);
      expect((await mailbox.fetch('INBOX', [uid], () => [{ path: '1' }])).map((message) => message.uid)).toEqual([uid]);
      await t.dovecot.restart(signal);
      const { uid: next } = await mailbox.append('INBOX', composeMessage({}).raw, { flags: [] });
      expect(next).toBeGreaterThan(uid);
    });

    it('while the server is down everything is unavailable, and works afterwards', async () => {
      const mailbox = await open();
      await t.dovecot.pause();
      try {
        await expectBackendError(mailbox.folders(), 'unavailable');
        await expectBackendError(mailbox.changes('INBOX'), 'unavailable');
        await expectBackendError(mailbox.append('INBOX', composeMessage({}).raw, { flags: [] }), 'unavailable');
      } finally {
        await t.dovecot.resume();
      }
      expect((await mailbox.folders()).length).toBeGreaterThan(0);
    });

    it('a mailbox recreated with a new UIDVALIDITY is complete', async () => {
      const mailbox = await open();
      await mailbox.append('INBOX', composeMessage({}).raw, { flags: [] });
      const before = await mailbox.changes('INBOX');
      const known = UidRuns.of(before.messages.map((message) => message.uid));
      await t.dovecot.recreateMailbox('ada');
      const after = await mailbox.changes('INBOX', { validity: before.validity, modseq: before.modseq, known });
      expect(after.validity).not.toBe(before.validity);
      expect(after.complete).toBe(true);
      expect(after.messages).toHaveLength(before.messages.length);
    });
  });

  describe('a STORE that did nothing, as for a message that its connection does not see yet', () => {
    it.each([
      ['once: the flags are set all the same', 1, ['\\Flagged', '\\Seen']],
      ['always: it is repeated once, and what the mailbox has stays', 99, []],
    ])('%s', async (_, times, expected) => {
      let lost = 0;
      const proxy = createServer((client) => {
        const upstream = connect({ host: t.dovecot.host, port: t.dovecot.imapPort });
        for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
        upstream.pipe(client);
        client.on('data', (chunk: Buffer) => {
          const nowhere = chunk.toString('latin1').replace(/UID STORE \d+ /g, (all) => {
            return lost++ < times ? 'UID STORE 4294967290 ' : all;
          });
          upstream.write(nowhere, 'latin1');
        });
        client.on('close', () => upstream.destroy());
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const mailbox = await open({ port: (proxy.address() as { port: number }).port });
      const { uid } = await mailbox.append('INBOX', composeMessage({}).raw, { flags: [] });
      expect(await mailbox.updateFlags('INBOX', [uid], { add: ['\\Seen', '\\Flagged'] })).toEqual([uid]);
      expect(lost).toBe(2);
      const [message] = await mailbox.fetch('INBOX', [uid], () => []);
      expect(message?.flags.toSorted()).toEqual(expected);
      await mailbox.close();
      proxy.close();
    });
  });

  describe('a network that loses connections', () => {
    const HASTY = {
      connectSeconds: 0.5,
      commandSeconds: 0.5,
      idleRenewSeconds: 0.5,
      pollMaxSeconds: 0.5,
      reconnectSeconds: 0.1,
    };
    let proxy: TcpProxy;
    beforeAll(async () => {
      proxy = await TcpProxy.start(t.dovecot.host, t.dovecot.imapPort);
    });
    afterEach(() => proxy.thaw());
    afterAll(() => proxy.stop());

    it('reads survive a reset connection', async () => {
      const mailbox = await open({ port: proxy.port });
      await mailbox.changes('INBOX');
      proxy.cut();
      expect((await mailbox.changes('INBOX')).complete).toBe(true);
    });

    it('a reset amid reads repeats them, or is unavailable', async () => {
      const mailbox = await open({ port: proxy.port });
      const reads = Array.from({ length: 20 }, () => mailbox.changes('INBOX').then((changes) => changes.complete));
      const cutter = setInterval(() => proxy.cut(), 5);
      const results = await Promise.allSettled(reads);
      clearInterval(cutter);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'unavailable' });
      }
      expect((await mailbox.changes('INBOX')).complete).toBe(true);
    });

    it('silence is unavailable in time, for reads and for writes, and no write is done twice', async () => {
      const mailbox = await open({ port: proxy.port, timeouts: HASTY });
      const { raw, messageId } = composeMessage({ messageId: '<frozen@example.org>' });
      proxy.freeze();
      const startedMs = performance.now();
      await expectBackendError(mailbox.changes('INBOX'), 'unavailable');
      await expectBackendError(mailbox.append('INBOX', raw, { flags: [] }), 'unavailable');
      expect(performance.now() - startedMs).toBeLessThan(10_000);
      proxy.thaw();
      expect(await mailbox.findMessageId('INBOX', messageId)).toEqual([]);
    });

    it('a watch whose connection died silently notices, and resumes', async () => {
      const mailbox = await open({ port: proxy.port, timeouts: HASTY });
      const events: FolderEvent[] = [];
      const watch = await mailbox.watch((event) => events.push(event));
      watch.update(['INBOX']);
      await pause(300);
      proxy.freeze();
      await t.deliver('ada', composeMessage({}).raw);
      await pause(1_500);
      proxy.thaw();
      await eventually('the watch to resume', () => events.some((event) => event.kind === 'resumed') || undefined);
    });
  });

  describe('watch', () => {
    it.each(['SIGTERM', 'SIGKILL'] as const)('resumes after a restart by %s and tells so', async (signal) => {
      const mailbox = await open();
      const events: FolderEvent[] = [];
      const watch = await mailbox.watch((event) => events.push(event));
      watch.update(['INBOX']);
      await t.dovecot.pause(signal);
      await t.deliver('ada', composeMessage({}).raw);
      await pause(300);
      await t.dovecot.resume();
      await eventually('the watch to resume', () => events.some((event) => event.kind === 'resumed') || undefined);
      await pause(700);
      events.length = 0;
      await t.deliver('ada', composeMessage({}).raw);
      await eventually('the next change', () => events.some((event) => event.kind === 'changed') || undefined);
    });

    it('a Maildir on this machine is watched, and what it tells of is there', async () => {
      const mailbox = await open({ maildirWatch: `${t.dovecot.root}/mail/%u/Maildir` });
      const before = (await mailbox.changes('INBOX')).messages.length;
      const events: FolderEvent[] = [];
      const watch = await mailbox.watch((event) => events.push(event));
      watch.update(['INBOX']);
      await pause(700);
      for (let i = 1; i <= 5; i++) {
        events.length = 0;
        await t.deliver('ada', composeMessage({}).raw);
        await eventually('the change', () => events.some((event) => event.kind === 'changed') || undefined);
        expect((await mailbox.changes('INBOX')).messages).toHaveLength(before + i);
      }
    });

    it('closing ends the connection', async () => {
      const mailbox = await open();
      await mailbox.watch(() => {});
      await mailbox.close();
      await eventually('no connection', async () => ((await connectionsOf('ada')) === 0 ? true : undefined));
    });
  });

  describe('submission', () => {
    const submit = async (mailbox: Mailbox): Promise<unknown> =>
      mailbox
        .submit({ from: 'ada@example.org', to: ['bob@example.org'] }, composeMessage({}).raw)
        .then(() => undefined)
        .catch((error: unknown) => error);

    it.each([
      ['recipient', 550, 'rejected'],
      ['message', 552, 'rejected'],
      ['message', 554, 'rejected'],
      ['recipient', 450, 'unavailable'],
      ['message', 451, 'unavailable'],
    ] as const)('an answer to the %s of %i is %s, and the message was not taken', async (at, code, expected) => {
      const mailbox = await open();
      t.smtp.fault = { kind: 'reply', at, code };
      const error = await submit(mailbox);
      expect(error).toMatchObject({ code: expected });
      if (expected === 'unavailable') expect((error as Error).cause).toMatchObject({ mayBeAccepted: false });
    });

    it('a connection that breaks before the message: it was not taken', async () => {
      const mailbox = await open();
      t.smtp.fault = { kind: 'drop', at: 'recipient' };
      const error = (await submit(mailbox)) as BackendError;
      expect(error).toMatchObject({ code: 'unavailable' });
      expect(error.cause).toBeInstanceOf(SubmissionError);
      expect((error.cause as SubmissionError).mayBeAccepted).toBe(false);
    });

    it('a connection that breaks after the message: it may have been taken', async () => {
      const mailbox = await open();
      t.smtp.fault = { kind: 'drop', at: 'message' };
      const taken = t.smtp.messages.length;
      const error = (await submit(mailbox)) as BackendError;
      expect(error).toMatchObject({ code: 'unavailable' });
      expect((error.cause as SubmissionError).mayBeAccepted).toBe(true);
      expect(t.smtp.messages).toHaveLength(taken + 1);
    });

    it('logs in as the user', async () => {
      await submit(await open());
      expect(t.smtp.messages.at(-1)).toMatchObject({ user: 'ada', from: 'ada@example.org', to: ['bob@example.org'] });
    });

    it('logs in with another password of the user’s where the one of the mailbox is no longer right', async () => {
      const smtp = await SmtpSink.start({ users: { ada: 'another' } });
      const passwords = new ConfirmedPasswords(t.credentials.ada);
      const system = systemWith({ smtp: { host: '127.0.0.1', port: smtp.port, tls: 'none', auth: 'same' } });
      const mailbox = await system.open(ADA, passwords);
      passwords.add({ userName: 'ada', password: 'another' });
      expect(await submit(mailbox)).toBeUndefined();
      expect(smtp.messages).toHaveLength(1);
      expect(passwords.password).toBe('another');
      await smtp.stop();
    });

    it('a server that is not there: it was not taken', async () => {
      const mailbox = await open({ smtp: { host: '127.0.0.1', port: 1, tls: 'none', auth: 'none' } });
      const error = (await submit(mailbox)) as BackendError;
      expect(error).toMatchObject({ code: 'unavailable' });
      expect((error.cause as SubmissionError).mayBeAccepted).toBe(false);
    });
  });
});

/** All that a log could print of an error, its causes included. */
function everythingIn(thrown: unknown, depth = 0): unknown {
  if (depth > 8 || typeof thrown !== 'object' || thrown === null) return thrown;
  const names = thrown instanceof Error ? Object.getOwnPropertyNames(thrown) : Object.keys(thrown);
  return names.map((name) => [name, everythingIn((thrown as Record<string, unknown>)[name], depth + 1)]);
}
