/**
 * Contacts and events on real DAV servers: first Sync, and what an unchanged Sync asks of them. Needs Dovecot and Radicale;
 * Cyrus is unpacked from Debian's packages. Alone: `node test/bench/dav.ts`.
 */
import { ImapFlow } from 'imapflow';
import { DeviceClient, FolderType } from '../../lib/activesync/client/index.ts';
import { openDavResources } from '../../lib/backends/dav/index.ts';
import type { ResourceStore } from '../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { PASSWORDS } from '../backends/folders/setup.ts';
import { Cyrus } from '../support/cyrus.ts';
import { Dovecot } from '../support/dovecot.ts';
import { HttpCounter } from '../support/http-counter.ts';
import { TEST_DOMAIN } from '../support/imap-backend.ts';
import { Radicale } from '../support/radicale.ts';
import { describeFigure, type Figure } from './figure.ts';
import { cardText, CONTACTS, EVENTS, eventText, firstSync, nameOf, WINDOW } from './resources.ts';
import { buildBundle } from './standalone/bundle.ts';
import { ServerProcess } from './standalone/server-process.ts';
import { median } from './standalone/statistics.ts';

interface Site {
  readonly name: string;
  readonly url: string;
  /** Of the mail beside it. */
  readonly host: string;
  readonly imapPort: number;
  stop(): Promise<void>;
}

interface Filled {
  readonly type: number;
  readonly what: string;
  readonly extension: string;
  readonly count: number;
  readonly text: (n: number) => string;
}

const PASSWORD = PASSWORDS.ada;
const PASSES = 3;
const PUT_AT_ONCE = 4;
const UNCHANGED = 20;
const BETWEEN_MS = 400;
const LEFT_ALONE_MS = 1_000;

const FILLED: readonly Filled[] = [
  { type: FolderType.contacts, what: 'contacts', extension: '.vcf', count: CONTACTS, text: cardText },
  { type: FolderType.calendar, what: 'events', extension: '.ics', count: EVENTS, text: eventText },
];

export async function benchDav(): Promise<readonly Figure[]> {
  const bundle = await buildBundle();
  const figures: Figure[] = [];
  try {
    for (const start of [startRadicale, startCyrus]) {
      const site = await start();
      try {
        figures.push(...(await benchSite(site, bundle.main)));
      } finally {
        await site.stop();
      }
    }
    return figures;
  } finally {
    await bundle.remove();
  }
}

async function benchSite(site: Site, main: string): Promise<readonly Figure[]> {
  const store = resourcesOf(site.url);
  const figures: Figure[] = [];
  try {
    for (const filled of FILLED) await fill(store, filled);
    const server = await ServerProcess.start(main, settingsOf(site, site.url));
    try {
      for (const filled of FILLED) figures.push(await benchFirst(site, server, store, filled));
    } finally {
      await server.remove();
    }
    for (const filled of FILLED) figures.push(await benchUnchanged(site, main, filled));
    return figures;
  } finally {
    await store.close();
  }
}

async function benchFirst(
  site: Site,
  server: ServerProcess,
  store: ResourceStore,
  { type, what, count }: Filled,
): Promise<Figure> {
  const values: number[] = [];
  const bare: number[] = [];
  // The first pass warms all sides up.
  for (let pass = 0; pass <= PASSES; pass++) {
    const bareMs = await readAll(store, type);
    const ms = await firstSync(server, type, `${what}PASS${pass}`);
    if (pass === 0) continue;
    bare.push(bareMs);
    values.push(ms);
  }
  return {
    name: `first Sync of ${count} ${what}, window ${WINDOW}, ${site.name}`,
    value: median(values) / 1_000,
    unit: 's',
    target: { value: 1.5, is: 'at most' },
    baseline: { name: 'the list and all texts, bare, one after the other', value: median(bare) / 1_000 },
    note: `median of ${values.length}`,
  };
}

/** All that the server was asked while a device synced the collection again and again, its own looks at tokens told apart. */
async function benchUnchanged(site: Site, main: string, { type, what }: Filled): Promise<Figure> {
  const counter = await HttpCounter.start(site.url);
  const server = await ServerProcess.start(main, settingsOf(site, counter.url));
  try {
    const access = { user: 'ada', password: PASSWORD, deviceId: `UNCHANGED${type}` };
    const device = new DeviceClient({ url: server.url, ...access, version: '16.1' });
    await device.folderSync();
    const collectionId = device.folder(type).serverId;
    await device.syncAll({ collectionId });
    await pause(LEFT_ALONE_MS);
    await device.syncAll({ collectionId });
    const before = counter.asked.length;
    for (let count = 0; count < UNCHANGED; count++) {
      if (await device.sync({ collectionId })) throw new Error('something had changed');
      await pause(BETWEEN_MS);
    }
    device.close();
    const asked = counter.asked.slice(before);
    const looks = asked.filter((it) => it.startsWith('PROPFIND')).length;
    return {
      name: `requests for an unchanged Sync of ${what}, ${site.name}`,
      value: (asked.length - looks) / UNCHANGED,
      unit: '',
      target: { value: 0, is: 'at most' },
      note: `of ${UNCHANGED} in ${(UNCHANGED * BETWEEN_MS) / 1_000} s, counted by a proxy; the monitor looked at the tokens ${looks} times meanwhile`,
    };
  } finally {
    await server.remove();
    await counter.stop();
  }
}

async function readAll(store: ResourceStore, type: number): Promise<number> {
  const id = await collectionOf(store, type);
  const from = performance.now();
  const { resources } = await store.changes(id);
  const names = resources.map((it) => it.name);
  for (let at = 0; at < names.length; at += WINDOW) await store.read(id, names.slice(at, at + WINDOW));
  return performance.now() - from;
}

async function fill(store: ResourceStore, { type, count, extension, text }: Filled): Promise<void> {
  const id = await collectionOf(store, type);
  const left = Array.from({ length: count }, (_, n) => n);
  const put = async () => {
    for (let n = left.pop(); n !== undefined; n = left.pop())
      await store.put(id, `${nameOf(n)}${extension}`, text(n), 'new');
  };
  await Promise.all(Array.from({ length: PUT_AT_ONCE }, put));
}

async function collectionOf(store: ResourceStore, type: number): Promise<string> {
  const kind = type === FolderType.contacts ? 'contacts' : 'calendar';
  const found = (await store.collections()).find((it) => it.kind === kind);
  if (!found) throw new Error(`there are no ${kind}`);
  return found.id;
}

function resourcesOf(url: string): ResourceStore {
  const platform = { clock: systemClock, random: systemRandom, log: silentLog };
  const account = { user: 'ada', addresses: [`ada@${TEST_DOMAIN}`] };
  return openDavResources({ url }, platform, account, { userName: 'ada', password: PASSWORD });
}

const settingsOf = ({ host, imapPort }: Site, url: string): Readonly<Record<string, string>> => ({
  'mail-kind': 'imap',
  'mail-host': host,
  'mail-port': String(imapPort),
  'mail-tls': 'off',
  'mail-domain': TEST_DOMAIN,
  'mail-smtp-tls': 'off',
  'mail-dav-url': url,
});

async function startRadicale(): Promise<Site> {
  const users = { ada: PASSWORD };
  const dovecot = await Dovecot.start({ users });
  const radicale = await Radicale.start(users);
  await radicale.makeCalendar('ada', 'calendar', 'Calendar', ['VEVENT']);
  await radicale.makeAddressBook('ada', 'contacts', 'Contacts');
  return {
    name: 'Radicale',
    url: radicale.url,
    host: dovecot.host,
    imapPort: dovecot.imapPort,
    async stop() {
      await radicale.stop();
      await dovecot.stop();
    },
  };
}

async function startCyrus(): Promise<Site> {
  const cyrus = await Cyrus.start({ ada: PASSWORD });
  // The mailbox is made when its user first signs in, and the collections with it.
  const auth = { user: 'ada', pass: PASSWORD };
  const imap = new ImapFlow({ host: '127.0.0.1', port: cyrus.imapPort, secure: false, auth, logger: false });
  await imap.connect();
  await imap.logout();
  return { name: 'Cyrus', url: cyrus.url, host: '127.0.0.1', imapPort: cyrus.imapPort, stop: () => cyrus.stop() };
}

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));

if (import.meta.main) for (const figure of await benchDav()) process.stdout.write(`${describeFigure(figure)}\n`);
