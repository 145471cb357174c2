// `caravan join` and `caravan leave` as an administrator has them: two standalone servers and a pool over the same mail folders.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceClient, FolderType, itemText } from '../../lib/activesync/client/index.ts';
import { writeUsersFile } from '../../lib/backends/folders/users-file.ts';
import { seedFolders } from '../../lib/backends/index.ts';
import type { Progress } from '../../lib/migration/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../../lib/store/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import type { Outcome } from '../cli/support/caravan.ts';
import { callCaravan } from '../cli/support/in-process.ts';
import { LOOK, syncEverything } from '../fault/support/settle.ts';
import { freePorts } from '../support/loopback.ts';
import { ServerProcess } from '../support/server-process.ts';

const LIMIT_MS = 240_000;
const KEY = 'the key of a pool that is joined';
const TOKEN = 'the token of the commands of growth';
const PEOPLE = ['ada', 'bob', 'cleo'] as const;
type Person = (typeof PEOPLE)[number];

let root: string;
let dynamo: EmbeddedDynamo;
let office: CaravanServer;
let branch: CaravanServer;
const opened: (() => unknown)[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'caravan-join-'));
  opened.push(() => rm(root, { recursive: true, force: true }));
  await seedFolders({ root: join(root, 'mail'), clock: systemClock, random: systemRandom });
  const users = PEOPLE.map((name) => ({ name, addresses: [`${name}@example.org`], password: `${name}-pass` }));
  await writeUsersFile(join(root, 'mail'), users, systemRandom);
  await writeFile(join(root, 'token'), TOKEN, { mode: 0o600 });
  await writeFile(join(root, 'key'), KEY, { mode: 0o600 });
  dynamo = await startEmbeddedDynamo();
  opened.push(() => dynamo.stop());
  const [poolPeer = 0, officePeer = 0, branchPeer = 0] = await freePorts(3);
  // In a process of its own: one that shares its loop with all others of this test would seem to have too much to do.
  const server = await ServerProcess.start(poolFlags(poolPeer), undefined, { upPath: '/ready' });
  opened.push(() => server.remove());
  await poolFileOf('office', officePeer);
  await poolFileOf('branch', branchPeer);
  office = await start({ data: join(root, 'office') }, 'office');
  branch = await start({ data: join(root, 'branch') }, 'branch');
}, LIMIT_MS);
afterAll(async () => {
  for (const close of opened.toReversed()) await close();
}, LIMIT_MS);

const mail = () => ({ kind: 'folders', root: join(root, 'mail'), domain: 'example.org' });

const poolPart = (peerPort: number) => ({
  store: { kind: 'dynamodb', table: 'caravan', endpoint: dynamo.endpoint },
  pool: { name: 'main', key: KEY, peer: { host: '127.0.0.1', port: peerPort } },
});

const poolFlags = (peerPort: number) => ({
  'pool-name': 'main',
  'pool-key-file': join(root, 'key'),
  'store-kind': 'dynamodb',
  'store-table': 'caravan',
  'store-endpoint': dynamo.endpoint,
  'pool-peer-host': '127.0.0.1',
  'pool-peer-port': String(peerPort),
  'mail-kind': 'folders',
  'mail-root': join(root, 'mail'),
  'mail-domain': 'example.org',
  'drain-seconds': '1',
});

async function poolFileOf(name: string, peerPort: number): Promise<string> {
  const file = join(root, `pool-of-${name}.json`);
  await writeFile(file, JSON.stringify({ ...poolPart(peerPort), mail: mail() }));
  return file;
}

async function start(part: object, name: string): Promise<CaravanServer> {
  const file = join(root, `${name}.json`);
  const listen = { host: '127.0.0.1', port: 0, tls: 'off' };
  const administration = { host: '127.0.0.1', port: 0, tokenFile: join(root, 'token') };
  await writeFile(file, JSON.stringify({ ...part, listen, administration, mail: mail(), drainSeconds: 1 }));
  const server = await startServer(loadConfiguration({ file, environment: {} }), { log: silentLog });
  opened.push(() => server.stop());
  return server;
}

const phones = new Map<string, DeviceClient>();
/** The phone of that name: it speaks to one server for as long as it lives. */
function phoneOf(user: Person, server: CaravanServer, deviceId = `${user}phone`): DeviceClient {
  const known = phones.get(deviceId);
  if (known) return known;
  const phone = new DeviceClient({
    url: server.url,
    user,
    password: `${user}-pass`,
    deviceId,
    deviceType: 'TestPhone',
  });
  phones.set(deviceId, phone);
  opened.push(() => phone.close());
  return phone;
}

/** What has come since, by the key that the phone has. That it was not told to begin again is checked by `status`. */
async function newMail(phone: DeviceClient): Promise<readonly string[]> {
  const inbox = phone.folder(FolderType.inbox).serverId;
  const before = new Set(phone.items(inbox).map((it) => it.serverId));
  const answer = await phone.sync({ collectionId: inbox, ...LOOK });
  if (answer !== undefined) expect(answer).toMatchObject({ status: 1, changed: [], deleted: [] });
  const { added = [] } = answer ?? {};
  expect(added.filter((it) => before.has(it.serverId))).toEqual([]);
  return added.map((it) => itemText(it, 'Email:Subject') ?? '');
}

async function deliver(to: Person, subject: string): Promise<void> {
  const text = `From: ada@example.org\r\nTo: ${to}@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\nHello\r\n`;
  const directory = join(root, 'mail', to, 'mail', 'new');
  for (const name of ['cur', 'new', 'tmp']) await mkdir(join(directory, '..', name), { recursive: true });
  await writeFile(join(directory, `${Date.now()}.${subject}.here`), text);
}

/** Asks the standalone server of that name; again where the pool has too much to do at the moment. */
async function ask(verb: 'join' | 'leave', name: 'office' | 'branch', ...rest: readonly string[]): Promise<Outcome> {
  const end = performance.now() + LIMIT_MS / 2;
  for (;;) {
    const outcome = await callCaravan(verb, '--url', urlOf(name), '--token-file', join(root, 'token'), ...rest);
    if (!/no server of it takes users/.test(outcome.err) || performance.now() > end) return outcome;
    await new Promise((done) => setTimeout(done, 200));
  }
}
const urlOf = (name: 'office' | 'branch') =>
  `http://127.0.0.1:${(name === 'office' ? office : branch).administrationPort}`;
const poolOf = (name: string) => ['--pool', join(root, `pool-of-${name}.json`)];

async function progressOf(...args: Parameters<typeof ask>): Promise<Progress> {
  const { code, out, err } = await ask(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.trim().split('\n')).toHaveLength(1);
  return JSON.parse(out) as Progress;
}

/** In words, and as JSON: what failed, why, what to do; never a stack trace. */
async function refused(args: Parameters<typeof ask>, code: string, said: RegExp): Promise<void> {
  const plain = await ask(...args);
  expect(plain).toMatchObject({ code: 1, out: '', err: expect.stringMatching(said) });
  expect(plain.err).toMatch(/^caravan: /);
  expect(plain.err).not.toMatch(/\n\s+at /);
  const json = await ask(...args, '--json');
  expect(json).toMatchObject({ code: 1, out: '' });
  expect(JSON.parse(json.err)).toMatchObject({ error: { code, remedy: expect.any(String) } });
}

describe('what cannot be done is said, and nothing was begun', { timeout: LIMIT_MS }, () => {
  const wrong: readonly { code: string; said: RegExp; asked: Parameters<typeof ask> }[] = [
    { code: 'no-join', said: /neither joins nor leaves a pool/, asked: ['join', 'office', '--status'] },
    { code: 'no-join', said: /neither joins nor leaves a pool/, asked: ['join', 'office', '--undo'] },
    { code: 'no-join', said: /neither joins nor leaves a pool/, asked: ['leave', 'office', '--finish'] },
    { code: 'bad-option', said: /No pool was named/, asked: ['join', 'office'] },
    {
      code: 'bad-option',
      said: /--undo and --finish do not go together/,
      asked: ['join', 'office', '--undo', '--finish'],
    },
    {
      code: 'bad-option',
      said: /--status and --pool do not go together/,
      asked: ['leave', 'office', '--status', '--pool', 'x.json'],
    },
    {
      code: 'bad-option',
      said: /'an office' cannot be the name/,
      asked: ['join', 'office', '--pool', 'x.json', '--name', 'an office'],
    },
    { code: 'invalid-configuration', said: /none\.json/, asked: ['join', 'office', '--pool', '/nowhere/none.json'] },
  ];
  it.each(wrong)('$code: $said', async ({ code, said, asked }) => {
    await refused(asked, code, said);
  });

  it('a file that is not of a pool, and a wrong token', async () => {
    await refused(
      ['join', 'office', '--pool', join(root, 'branch.json')],
      'not-a-pool',
      /is not the configuration of a server of a pool/,
    );
    await writeFile(join(root, 'wrong'), 'another');
    await refused(
      ['join', 'office', '--status', '--token-file', join(root, 'wrong')],
      'wrong-token',
      /does not accept/,
    );
  });

  it('a server that is not named, a token that is not, and an address that is none', async () => {
    const said = [
      [[], 'no-administration', /not said which standalone server.*\n.*Give --config .*, or --url and --token-file/s],
      [['--url', urlOf('office')], 'missing-token', /with which token .* is asked/],
      [['--url', 'nonsense', '--token-file', join(root, 'token')], 'bad-option', /--url nonsense is no URL/],
    ] as const;
    for (const [words, code, text] of said) {
      expect(await callCaravan('join', '--status', ...words)).toMatchObject({
        code: 1,
        err: expect.stringMatching(text),
      });
      const { err } = await callCaravan('join', '--status', '--json', ...words);
      expect(JSON.parse(err)).toMatchObject({ error: { code } });
    }
  });

  it('somebody whom the pool does not know cannot come from it', async () => {
    await refused(
      ['leave', 'office', ...poolOf('office'), '--name', 'office', '--user', 'nobody'],
      'no-such-user',
      /has no user nobody/,
    );
    expect((await ask('leave', 'office', '--status')).err).toMatch(/neither joins nor leaves/);
  });
});

describe('two standalone servers and a pool', { timeout: LIMIT_MS }, () => {
  it('one joins: what was compared and how long users waited is told, and their phones go on', async () => {
    for (const user of ['ada', 'bob'] as const) await syncEverything(phoneOf(user, office));
    await syncEverything(phoneOf('cleo', branch));
    await syncEverything(phoneOf('ada', branch, 'adatablet'));
    const progress = await progressOf('join', 'office', ...poolOf('office'), '--name', 'office', '--verify');
    expect(progress).toMatchObject({
      direction: 'join',
      phase: 'done',
      users: 2,
      moved: 2,
      pool: 'main',
      troubles: [],
    });
    expect(progress.items).toBeGreaterThan(5);
    expect(progress.verified).toBe(progress.items);
    for (const user of ['ada', 'bob'] as const) {
      await deliver(user, `joined-${user}`);
      expect(await newMail(phoneOf(user, office))).toEqual([`joined-${user}`]);
    }
    const status = await ask('join', 'office', '--status');
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toMatch(
      /^Joining the pool main: done, 2 of 2 users, \d+ items, \d+ compared, longest pause \d+ ms\n$/,
    );
    await refused(['leave', 'office', ...poolOf('office')], 'join-under-way', /A join is done/);
    const again = ['join', 'office', ...poolOf('office'), '--name'] as const;
    await refused([...again, 'bureau'], 'join-under-way', /begun by another name.*office/s);
    await refused([...again, 'office', '--skip', 'bob'], 'join-under-way', /the pool's already: bob/);
  });

  it('another has one of its users, and one of its names: both are told, and without that user it joins', async () => {
    const branchJoins = ['join', 'branch', ...poolOf('branch')] as const;
    await refused([...branchJoins, '--name', 'office'], 'name-taken', /named office is linked to it already/);
    await refused(
      [...branchJoins, '--name', 'branch'],
      'user-conflict',
      /users that branch has too: ada\b.*\n.*--skip/s,
    );
    expect(await newMail(phoneOf('ada', branch, 'adatablet'))).toEqual(['joined-ada']);
    const skipping = [...branchJoins, '--name', 'branch', '--verify', '--skip', 'ada'] as const;
    expect(await progressOf(...skipping, '--skip', 'cleo')).toMatchObject({ phase: 'done', users: 0 });
    // Asked again without her: now she goes. With ada there is what was there before.
    await refused([...branchJoins, '--name', 'branch'], 'user-conflict', /users that branch has too: ada\b/);
    const progress = await progressOf(...skipping);
    expect(progress).toMatchObject({ phase: 'done', users: 1, moved: 1, troubles: [] });
    await deliver('cleo', 'merged');
    expect(await newMail(phoneOf('cleo', branch))).toEqual(['merged']);
    await deliver('ada', 'stays');
    expect(await newMail(phoneOf('ada', branch, 'adatablet'))).toEqual(['stays']);
    expect(await newMail(phoneOf('ada', office))).toEqual(['stays']);
  });

  it('it is taken back, and then there is nothing to take back', async () => {
    const progress = await progressOf('join', 'branch', '--undo');
    expect(progress).toMatchObject({ phase: 'closed', isUndo: true, troubles: [] });
    expect((await ask('join', 'branch', '--status')).out).toMatch(/^Taking it back from the pool/);
    await deliver('cleo', 'back');
    expect(await newMail(phoneOf('cleo', branch))).toEqual(['back']);
    await refused(['join', 'branch', '--undo'], 'no-join', /neither joins nor leaves/);
  });

  it('the first is finished: what is left here is removed, and it is not to be undone', async () => {
    expect(await progressOf('join', 'office', '--finish')).toMatchObject({ phase: 'finished' });
    expect(await progressOf('join', 'office', '--finish')).toMatchObject({ phase: 'finished' });
    await refused(['join', 'office', '--undo'], 'join-finished', /cannot be taken back/);
    await deliver('bob', 'finished');
    expect(await newMail(phoneOf('bob', office))).toEqual(['finished']);
  });

  it('a user leaves for the second, which is finished too; a phone that still comes by the first is sent there', async () => {
    const leaves = ['leave', 'branch', ...poolOf('branch'), '--name', 'branch', '--user', 'bob', '--verify'] as const;
    expect(await progressOf(...leaves)).toMatchObject({ direction: 'leave', phase: 'done', moved: 1, troubles: [] });
    await deliver('bob', 'left');
    expect(await newMail(phoneOf('bob', office))).toEqual(['left']);
    expect((await ask('leave', 'branch', '--finish')).out).toMatch(/^Leaving the pool .*: closed, /);
    await deliver('ada', 'last');
    expect(await newMail(phoneOf('ada', office))).toEqual(['last']);
  });
});
