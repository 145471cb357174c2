/**
 * Contacts and events of the embedded mail system: first Sync, unchanged Sync, and what the owner keeps of ten thousand in memory.
 * Alone: `node test/bench/resources.ts`.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeviceClient, FolderType } from '../../lib/activesync/client/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { FolderSnapshot } from '../../lib/sync/mail/folder-snapshot.ts';
import { ResourceSource } from '../../lib/sync/resources/resource-source.ts';
import { makeRoot, openAs, PASSWORDS, startSystem } from '../backends/folders/setup.ts';
import { describeFigure, type Figure } from './figure.ts';
import { buildBundle } from './standalone/bundle.ts';
import { RawHttp, requestBytes } from './standalone/raw-http.ts';
import { ServerProcess } from './standalone/server-process.ts';
import { median } from './standalone/statistics.ts';
import { scanAnswer, syncBody } from './standalone/sync-request.ts';

export const CONTACTS = 2_000;
export const EVENTS = 1_000;
const ITEMS = 10_000;
export const WINDOW = 100;
const PASSES = 3;

export async function benchResources(): Promise<readonly Figure[]> {
  const bundle = await buildBundle();
  const root = await makeRoot();
  const contacts = join(root, 'ada', 'contacts', 'Contacts');
  const events = join(root, 'ada', 'calendars', 'Calendar');
  await fill(contacts, CONTACTS, '.vcf', cardText);
  await fill(events, EVENTS, '.ics', eventText);
  const settings = { 'mail-kind': 'folders', 'mail-root': root, 'mail-domain': 'example.org' };
  const server = await ServerProcess.start(bundle.main, { ...settings, 'mail-smtp-in-port': '0' });
  try {
    return [
      await benchFirstSync(server, FolderType.contacts, `${CONTACTS} contacts`, contacts),
      await benchFirstSync(server, FolderType.calendar, `${EVENTS} events`, events),
      await benchMemory(),
    ];
  } finally {
    await server.remove();
    await bundle.remove();
    await rm(root, { recursive: true, force: true });
  }
}

async function benchFirstSync(server: ServerProcess, type: number, what: string, files: string): Promise<Figure> {
  const values: number[] = [];
  const bare: number[] = [];
  // The first pass warms both sides up.
  for (let pass = 0; pass <= PASSES; pass++) {
    const bareMs = await readAll(files);
    const ms = await firstSync(server, type, `${type}PASS${pass}`);
    if (pass === 0) continue;
    bare.push(bareMs);
    values.push(ms);
  }
  return {
    name: `first Sync of ${what}, window ${WINDOW}, mail folders`,
    value: median(values) / 1_000,
    unit: 's',
    target: { value: 1.5, is: 'at most' },
    baseline: { name: 'bare reading of the files', value: median(bare) / 1_000 },
    note: `median of ${values.length}`,
  };
}

/** How long it took Ada's new device, in milliseconds. */
export async function firstSync(server: ServerProcess, type: number, deviceId: string): Promise<number> {
  const access = { user: 'ada', password: PASSWORDS.ada, deviceId };
  const device = new DeviceClient({ url: server.url, ...access, version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(type).serverId;
  device.close();
  const connection = await RawHttp.connect(server.port);
  let [syncKey, moreAvailable] = ['0', true];
  const from = performance.now();
  while (moreAvailable) {
    const isFirst = syncKey === '0';
    const body = syncBody({ collectionId, syncKey, ...(!isFirst && { windowSize: WINDOW }) });
    const answer = await connection.send(requestBytes({ command: 'Sync', ...access, body, acceptsGzip: false }));
    if (answer.status !== 200 || answer.body.length === 0) throw new Error(`a Sync got status ${answer.status}`);
    const scanned = scanAnswer(answer.body);
    syncKey = scanned.syncKey;
    moreAvailable = isFirst || scanned.moreAvailable;
  }
  const elapsedMs = performance.now() - from;
  connection.close();
  return elapsedMs;
}

async function readAll(directory: string): Promise<number> {
  const from = performance.now();
  for (const name of await readdir(directory)) await readFile(join(directory, name), 'utf8');
  return performance.now() - from;
}

/** The view, and the names: what is kept as long as the user is owned. */
async function benchMemory(): Promise<Figure> {
  const root = await makeRoot();
  await fill(join(root, 'ada', 'contacts', 'Contacts'), ITEMS, '.vcf', cardText);
  const system = await startSystem({ root });
  try {
    const mailbox = await openAs(system.system, 'ada');
    const id = (await mailbox.folders()).find((it) => it.kind === 'contacts')?.id ?? '';
    if (!mailbox.resources) throw new Error('there are no contacts');
    const source = new ResourceSource(mailbox.resources, silentLog);
    const events = (await mailbox.folders()).find((it) => it.kind === 'calendar')?.id ?? '';
    // The code is no part of what a user costs.
    await viewOf(source, events);
    const before = heapBytes();
    const view = await viewOf(source, id);
    const value = (heapBytes() - before) / 1024 / 1024;
    if (view.uids.length !== ITEMS || [...view.uids].some((it) => source.nameOf(id, it) === undefined))
      throw new Error('not all were kept');
    await mailbox.close();
    return {
      name: `memory of a user with ${ITEMS} contacts in the owner, mail folders`,
      value,
      unit: 'MB',
      target: { value: 2, is: 'at most' },
      note: 'heap and array buffers after a collection of garbage: the view, the names, and what the backend knows of the files',
    };
  } finally {
    await system.stop();
    await rm(root, { recursive: true, force: true });
  }
}

const viewOf = async (source: ResourceSource, id: string): Promise<FolderSnapshot> =>
  FolderSnapshot.empty(source.revisionTable()).with(await source.changes(id), 1);

function heapBytes(): number {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  for (let pass = 0; pass < 3; pass++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function fill(directory: string, count: number, extension: string, text: (n: number) => string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(directory)) await rm(join(directory, name));
  for (let n = 0; n < count; n++) await writeFile(join(directory, `${nameOf(n)}${extension}`), text(n));
}

/** As programs name them. */
export const nameOf = (n: number): string => `5a3c9e10-7b64-4f0e-9d21-${String(n).padStart(12, '0')}`;

export const cardText = (n: number): string =>
  [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `UID:${nameOf(n)}`,
    `FN:Person Number ${n}`,
    `N:Number ${n};Person;;;`,
    'ORG:Example Works;Planning',
    'TITLE:Engineer',
    `EMAIL;TYPE=INTERNET,WORK:person.${n}@example.org`,
    `EMAIL;TYPE=INTERNET,HOME:person.${n}@example.net`,
    `TEL;TYPE=WORK,VOICE:+49 30 1000 ${n}`,
    `TEL;TYPE=CELL:+49 170 2000 ${n}`,
    `TEL;TYPE=HOME:+49 30 3000 ${n}`,
    `ADR;TYPE=WORK:;;Long Street ${n};Berlin;;10115;Germany`,
    'BDAY:1980-02-03',
    'CATEGORIES:Colleagues,Planning',
    'NOTE:Met at the fair.',
    'END:VCARD',
    '',
  ].join('\r\n');

export const eventText = (n: number): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//example.org//bench//EN',
    'BEGIN:VEVENT',
    `UID:${nameOf(n)}`,
    'DTSTAMP:20261101T080000Z',
    `DTSTART;TZID=Europe/Berlin:2026${String((n % 12) + 1).padStart(2, '0')}${String((n % 28) + 1).padStart(2, '0')}T100000`,
    'DURATION:PT1H',
    `SUMMARY:Event number ${n}`,
    'LOCATION:The large room',
    'DESCRIPTION:What is to be talked about\\, at length.',
    ...(n % 5 === 0 ? ['RRULE:FREQ=WEEKLY;COUNT=20'] : []),
    'ORGANIZER;CN=Bob:mailto:bob@example.org',
    'ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:ada@example.org',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT15M',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');

if (import.meta.main) for (const figure of await benchResources()) process.stdout.write(`${describeFigure(figure)}\n`);
