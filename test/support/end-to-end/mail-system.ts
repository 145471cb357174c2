/** The mail systems that end-to-end suites run on: each with Ada and Bob, mail, calendars, contacts, tasks and notes. */
import { rm } from 'node:fs/promises';
import { ImapMailSystem, type Mailbox } from '../../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { openDav, QUICK } from '../../backends/dav/setup.ts';
import { makeRoot, openAs, PASSWORDS, startSystem, type UserName } from '../../backends/folders/setup.ts';
import { Cyrus } from '../cyrus.ts';
import { TEST_DOMAIN } from '../imap-backend.ts';
import { MailSite } from '../mail-site.ts';
import { Radicale } from '../radicale.ts';
import { SmtpSink } from '../smtp-sink.ts';

export interface TestMailSystem {
  readonly passwords: Readonly<Record<UserName, string>>;
  /** Ada's, the first is the primary one. */
  readonly addresses: readonly string[];
  /** A server's, by flag. */
  readonly settings: Readonly<Record<string, string>>;
  /** Another program in Ada's calendars and so on. */
  readonly other: Mailbox;
  deliver(user: UserName, message: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

export async function folders(): Promise<TestMailSystem> {
  const root = await makeRoot();
  const system = await startSystem({ root });
  const boxes = { ada: await openAs(system.system, 'ada'), bob: await openAs(system.system, 'bob') };
  return {
    passwords: PASSWORDS,
    addresses: ['ada@example.org', 'a.lovelace@example.org'],
    settings: { 'mail-kind': 'folders', 'mail-root': root, 'mail-domain': TEST_DOMAIN },
    other: boxes.ada,
    async deliver(user, message) {
      await boxes[user].append('INBOX', message, { flags: [] });
    },
    async stop() {
      await boxes.bob.close();
      await system.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const IMAP_PASSWORDS = { ada: 'ada-pass', bob: 'bob-pass' };
const DAV_SETTINGS = { 'mail-dav-poll-min-seconds': '1', 'mail-dav-poll-max-seconds': '2' };

export async function dovecotAndRadicale(): Promise<TestMailSystem> {
  const site = await MailSite.start({ users: IMAP_PASSWORDS });
  const radicale = await Radicale.start(IMAP_PASSWORDS);
  for (const user of ['ada', 'bob']) {
    await radicale.makeCalendar(user, 'default', 'Calendar', ['VEVENT']);
    await radicale.makeCalendar(user, 'tasks', 'Tasks', ['VTODO']);
    await radicale.makeCalendar(user, 'notes', 'Notes', ['VJOURNAL']);
    await radicale.makeAddressBook(user, 'contacts', 'Contacts');
  }
  return {
    passwords: IMAP_PASSWORDS,
    addresses: ['ada@example.org'],
    settings: { ...site.settings(), ...DAV_SETTINGS, 'mail-dav-url': radicale.url },
    other: await openDav({ url: radicale.url, timeouts: QUICK }, 'ada', IMAP_PASSWORDS.ada),
    deliver: (user, message) => site.dovecot.deliver(user, Buffer.from(message)),
    async stop() {
      await radicale.stop();
      await site.stop();
    },
  };
}

/** IMAP, CalDAV and CardDAV of one server. */
export async function cyrus(): Promise<TestMailSystem> {
  const server = await Cyrus.start(IMAP_PASSWORDS);
  const isUser = (name: string): name is UserName => name in IMAP_PASSWORDS;
  const userOf = (address: string) => address.replace(`@${TEST_DOMAIN}`, '');
  const deliver = async (user: UserName, message: Uint8Array) => {
    await boxes[user].append('INBOX', message, { flags: [] });
  };
  const smtp = await SmtpSink.start({
    users: IMAP_PASSWORDS,
    async deliver(address, raw) {
      const user = userOf(address);
      if (isUser(user)) await deliver(user, raw);
    },
  });
  const imap = new ImapMailSystem(
    {
      host: '127.0.0.1',
      port: server.imapPort,
      tls: 'none',
      checkCertificates: false,
      domain: TEST_DOMAIN,
      smtp: { host: '127.0.0.1', port: smtp.port, tls: 'none', auth: 'same' },
    },
    { clock: systemClock, random: systemRandom, log: silentLog },
  );
  // A user's mailbox is made when the user first signs in to IMAP, and the collections with it.
  const open = async (user: UserName) => {
    const credentials = { userName: user, password: IMAP_PASSWORDS[user] };
    const account = await imap.authenticate(credentials);
    if (!account) throw new Error(`Cyrus refuses ${user}`);
    const mailbox = await imap.open(account, credentials);
    await mailbox.folders();
    return mailbox;
  };
  const boxes: Readonly<Record<UserName, Mailbox>> = { ada: await open('ada'), bob: await open('bob') };
  return {
    passwords: IMAP_PASSWORDS,
    addresses: ['ada@example.org'],
    settings: {
      ...DAV_SETTINGS,
      'mail-kind': 'imap',
      'mail-host': '127.0.0.1',
      'mail-port': String(server.imapPort),
      'mail-tls': 'off',
      'mail-domain': TEST_DOMAIN,
      'mail-smtp-host': '127.0.0.1',
      'mail-smtp-port': String(smtp.port),
      'mail-smtp-tls': 'off',
      'mail-dav-url': server.url,
    },
    other: await openDav({ url: server.url, timeouts: QUICK }, 'ada', IMAP_PASSWORDS.ada),
    deliver,
    async stop() {
      for (const mailbox of Object.values(boxes)) await mailbox.close();
      await imap.close();
      await smtp.stop();
      await server.stop();
    },
  };
}
