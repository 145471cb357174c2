/** The mail systems that end-to-end suites run on: each with Ada and Bob, mail, calendars, contacts, tasks and notes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapMailSystem, type Mailbox } from '../../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { openDav, QUICK } from '../../backends/dav/setup.ts';
import { makeRoot, openAs, PASSWORDS, startSystem, type UserName } from '../../backends/folders/setup.ts';
import { CARDS } from '../../contract/directory-cards.ts';
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
  /** The calendar server tells whom a meeting concerns (RFC 6638). */
  readonly schedulesItself: boolean;
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
    schedulesItself: false,
    settings: { 'mail-kind': 'folders', 'mail-root': root, 'mail-domain': TEST_DOMAIN },
    other: boxes.ada,
    async deliver(user, message) {
      await boxes[user].append('INBOX', message, { flags: [] });
    },
    async stop() {
      for (const mailbox of Object.values(boxes)) await mailbox.close();
      await system.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const IMAP_PASSWORDS = { ada: 'ada-pass', bob: 'bob-pass' };
/** Ada, Grace, and who has no address. */
const DIRECTORY_CARDS = CARDS.slice(0, 3);
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
  const other = await openDav({ url: radicale.url, timeouts: QUICK }, 'ada', IMAP_PASSWORDS.ada);
  return {
    passwords: IMAP_PASSWORDS,
    addresses: ['ada@example.org'],
    schedulesItself: false,
    settings: { ...site.settings(), ...DAV_SETTINGS, 'mail-dav-url': radicale.url },
    other,
    deliver: (user, message) => site.dovecot.deliver(user, Buffer.from(message)),
    async stop() {
      await other.close();
      await radicale.stop();
      await site.stop();
    },
  };
}

const imapAt = (port: number, smtpPort: number): ImapMailSystem =>
  new ImapMailSystem(
    {
      host: '127.0.0.1',
      port,
      tls: 'none',
      checkCertificates: false,
      domain: TEST_DOMAIN,
      smtp: { host: '127.0.0.1', port: smtpPort, tls: 'none', auth: 'same' },
    },
    { clock: systemClock, random: systemRandom, log: silentLog },
  );

async function openImap(imap: ImapMailSystem, user: UserName): Promise<Mailbox> {
  const credentials = { userName: user, password: IMAP_PASSWORDS[user] };
  const account = await imap.authenticate(credentials);
  if (!account) throw new Error(`the mail system refuses ${user}`);
  return imap.open(account, credentials);
}

const DIRECTORY_PASSWORD = 'people-pass';

/** Contacts, a calendar of Ada's and the directory on Radicale, notes in a folder of the mail. `other` is another mail program of Ada's, `othersOfBob` one of Bob's. */
export async function notesInMail(): Promise<
  TestMailSystem & { readonly radicale: Radicale; readonly othersOfBob: Mailbox }
> {
  const site = await MailSite.start({ users: IMAP_PASSWORDS });
  const radicale = await Radicale.start({ ...IMAP_PASSWORDS, people: DIRECTORY_PASSWORD });
  await radicale.makeAddressBook('ada', 'contacts', 'Contacts');
  await radicale.makeCalendar('ada', 'default', 'Calendar', ['VEVENT']);
  await radicale.makeAddressBook('people', 'everybody', 'Everybody');
  for (const [at, card] of DIRECTORY_CARDS.entries())
    await radicale.put('people', 'everybody', `card${at}.vcf`, card.replace('\r\nFN:', `\r\nUID:card${at}\r\nFN:`));
  const directory = await mkdtemp(join(tmpdir(), 'caravan-end-to-end-'));
  const passwordFile = join(directory, 'directory-password');
  await writeFile(passwordFile, DIRECTORY_PASSWORD, { mode: 0o600 });
  const imap = imapAt(site.dovecot.imapPort, site.smtp.port);
  const [other, othersOfBob] = [await openImap(imap, 'ada'), await openImap(imap, 'bob')];
  return {
    passwords: IMAP_PASSWORDS,
    addresses: ['ada@example.org'],
    schedulesItself: false,
    settings: {
      ...site.settings(),
      ...DAV_SETTINGS,
      'mail-dav-url': radicale.url,
      'mail-notes-folder': 'Notes',
      'directory-kind': 'carddav',
      'directory-url': `${radicale.url}people/everybody/`,
      'directory-user-name': 'people',
      'directory-bind-password-file': passwordFile,
    },
    radicale,
    other,
    othersOfBob,
    deliver: (user, message) => site.dovecot.deliver(user, Buffer.from(message)),
    async stop() {
      await other.close();
      await othersOfBob.close();
      await imap.close();
      await radicale.stop();
      await site.stop();
      await rm(directory, { recursive: true, force: true });
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
  const imap = imapAt(server.imapPort, smtp.port);
  // A user's mailbox is made when the user first signs in to IMAP, and the collections with it.
  const open = async (user: UserName) => {
    const mailbox = await openImap(imap, user);
    await mailbox.folders();
    return mailbox;
  };
  const boxes: Readonly<Record<UserName, Mailbox>> = { ada: await open('ada'), bob: await open('bob') };
  const other = await openDav({ url: server.url, timeouts: QUICK }, 'ada', IMAP_PASSWORDS.ada);
  return {
    passwords: IMAP_PASSWORDS,
    addresses: ['ada@example.org'],
    schedulesItself: true,
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
    other,
    deliver,
    async stop() {
      await other.close();
      for (const mailbox of Object.values(boxes)) await mailbox.close();
      await imap.close();
      await smtp.stop();
      await server.stop();
    },
  };
}
