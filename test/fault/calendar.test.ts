// Changes of a calendar in flight when a request or an answer is lost, or when the server is killed: every one is made once, who is
// invited gets each message once, the phone and the files agree afterwards, and no device begins again.
import { watch } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceClient, FolderType, itemText } from '../../lib/activesync/client/index.ts';
import { type Element, element } from '../../lib/activesync/protocol/index.ts';
import { makeRoot, PASSWORDS } from '../backends/folders/setup.ts';
import { eventually } from '../contract/backend/fixture.ts';
import { type Fault, FaultProxy } from '../support/fault-proxy.ts';
import { ServerProcess } from '../support/server-process.ts';
import { persistentTransport } from './support/persistent-transport.ts';
import { watchResyncs } from './support/resyncs.ts';
import { LoseEachOnce } from './support/stage.ts';

type Trouble =
  | { readonly kind: 'lost'; readonly fault: Fault; readonly times: number }
  | { readonly kind: 'killed'; readonly at: 'first-byte' | 'written' };

const TROUBLES: readonly (Trouble & { readonly name: string })[] = [
  { name: 'the request is lost', kind: 'lost', fault: { at: 'request' }, times: 1 },
  { name: 'the answer is lost twice', kind: 'lost', fault: { at: 'answer' }, times: 2 },
  { name: 'half of the answer is lost', kind: 'lost', fault: { at: 'half-answer' }, times: 1 },
  { name: 'the server is killed as its answer begins', kind: 'killed', at: 'first-byte' },
  { name: 'the server is killed when the file is written', kind: 'killed', at: 'written' },
];

const eventData = (subject: string): readonly Element[] => [
  element('Calendar:StartTime', '20261201T090000Z'),
  element('Calendar:EndTime', '20261201T100000Z'),
  element('Calendar:Subject', subject),
  element('Calendar:Attendees', element('Calendar:Attendee', element('Calendar:Email', 'bob@example.org'))),
];

let root: string;
let server: ServerProcess;
let proxy: FaultProxy;
let calendar: string;
const resyncs: string[] = [];
const phones: DeviceClient[] = [];

beforeAll(async () => {
  root = await makeRoot();
  calendar = join(root, 'ada', 'calendars', 'Calendar');
  server = await ServerProcess.start({ 'mail-kind': 'folders', 'mail-root': root, 'mail-domain': 'example.org' });
  proxy = await FaultProxy.start(server.port);
}, 60_000);
afterAll(async () => {
  for (const phone of phones) phone.close();
  await proxy.stop();
  await server.remove();
  await rm(root, { recursive: true, force: true });
});

const phoneOf = (): DeviceClient => {
  const phone = new DeviceClient({
    url: proxy.url,
    user: 'ada',
    password: PASSWORDS.ada,
    deviceId: `CALENDARPHONE${phones.length}`,
    deviceType: 'TestPhone',
    version: '16.1',
    transport: persistentTransport({ lost: 0, refused: 0 }),
    retry: { attempts: 1, maxRetryAfterSeconds: 0 },
    onExchange: watchResyncs('ada', false, resyncs),
  });
  phones.push(phone);
  return phone;
};

/** Subjects of the files, sorted. */
const filed = async (): Promise<readonly string[]> => {
  const names = (await readdir(calendar)).filter((name) => name.endsWith('.ics'));
  const texts = await Promise.all(names.map((name) => readFile(join(calendar, name), 'utf8')));
  return texts.map((text) => /^SUMMARY:(.*?)\r?$/m.exec(text)?.[1] ?? '').sort();
};

const fileOf = async (subject: string): Promise<string> => {
  for (const name of await readdir(calendar)) {
    if (name.endsWith('.ics') && (await readFile(join(calendar, name), 'utf8')).includes(`SUMMARY:${subject}\r`))
      return name;
  }
  throw new Error(`no event ${subject}`);
};

/** In one step, as programs write files that others read. */
async function writeByAnother(name: string, subject: string): Promise<void> {
  const text = await readFile(join(calendar, name), 'utf8');
  await writeFile(join(root, name), text.replace(/^SUMMARY:.*\r$/m, `SUMMARY:${subject}\r`));
  await rename(join(root, name), join(calendar, name));
}

/** Of what Bob got: Message-IDs by the subject, each once. */
async function invitations(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  for (const place of ['new', 'cur']) {
    const directory = join(root, 'bob', 'mail', place);
    for (const name of await readdir(directory)) {
      const raw = await readFile(join(directory, name), 'utf8');
      const [subject, id] = ['Subject', 'Message-ID'].map(
        (it) => new RegExp(`^${it}: (.*?)\\r?$`, 'm').exec(raw)?.[1] ?? '',
      );
      const ids = found.get(subject ?? '') ?? new Set();
      found.set(subject ?? '', ids.add(id ?? ''));
    }
  }
  return found;
}

/** Kills as it says, each moment once a request; tells how often when the server is up again. */
function arm(trouble: Trouble): () => Promise<number> {
  let count = 0;
  let dying: Promise<void> = Promise.resolve();
  const kill = () => {
    count++;
    dying = dying.then(async () => {
      await server.end('SIGKILL');
      await server.launch();
    });
  };
  if (trouble.kind === 'killed' && trouble.at === 'written') {
    let isArmed = true;
    const watcher = watch(calendar, () => {
      if (isArmed) kill();
      isArmed = false;
    });
    return async () => {
      watcher.close();
      await dying;
      return count;
    };
  }
  const fault: Fault = trouble.kind === 'lost' ? trouble.fault : { at: 'first-byte', act: kill };
  const losing = new LoseEachOnce(fault, trouble.kind === 'lost' ? trouble.times : 1);
  proxy.intercept = (request) => (request.command === 'Sync' ? losing.intercept(request) : undefined);
  return async () => {
    proxy.intercept = () => undefined;
    await dying;
    return count + [...losing.broken.values()].reduce((sum, it) => sum + it, 0);
  };
}

describe.each(TROUBLES)(
  'while a phone adds, changes and deletes events, and another program changes one, $name',
  (trouble) => {
    it('everything is done once', { timeout: 120_000 }, async () => {
      const phone = phoneOf();
      await phone.folderSync();
      const { serverId: collectionId } = phone.folder(FolderType.calendar);
      await phone.syncAll({ collectionId });
      const before = await filed();
      const act = async (commands: Parameters<typeof phone.syncAll>[0]['commands']) => {
        const disarm = arm(trouble);
        await phone.syncAll({ collectionId, commands });
        expect(await disarm()).toBeGreaterThanOrEqual(1);
      };
      const label = trouble.name.replaceAll(' ', '-');
      const [one, two] = [`One-${label}`, `Two-${label}`];
      await act([
        { kind: 'add', clientId: 'c1', data: eventData(one) },
        { kind: 'add', clientId: 'c2', data: eventData(two) },
      ]);
      expect(await filed()).toEqual([...before, one, two].sort());
      const idOf = (subject: string) =>
        phone.items(collectionId).find((it) => itemText(it, 'Calendar:Subject') === subject)?.serverId ?? '';
      await act([{ kind: 'change', serverId: idOf(one), data: eventData(`${one}-changed`) }]);
      expect(await filed()).toEqual([...before, `${one}-changed`, two].sort());
      await act([{ kind: 'delete', serverId: idOf(two) }]);
      expect(await filed()).toEqual([...before, `${one}-changed`].sort());
      if (trouble.kind === 'lost') {
        await writeByAnother(await fileOf(`${one}-changed`), `${one}-moved`);
        await phone.ping({ heartbeatSeconds: 60, folders: [{ id: collectionId, itemClass: 'Calendar' }] });
        await act([]);
        expect(phone.items(collectionId).map((it) => itemText(it, 'Calendar:Subject'))).toContain(`${one}-moved`);
      }
      const told = await invitations();
      for (const subject of [one, two, `Updated: ${one}-changed`, `Cancelled: ${two}`])
        expect(told.get(subject)?.size, subject).toBe(1);
      await eventually('the phone to have what the files have', async () => {
        await phone.syncAll({ collectionId });
        const held = phone.items(collectionId).map((it) => itemText(it, 'Calendar:Subject') ?? '');
        return JSON.stringify(held.sort()) === JSON.stringify(await filed()) || undefined;
      });
      expect(resyncs).toEqual([]);
    });
  },
);
