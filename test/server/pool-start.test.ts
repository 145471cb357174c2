// How a server of a pool comes up, or does not: a store that is not there or is another's, a key that is another's; and what
// comes to it too late.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import { element, writeWbxml } from '../../lib/activesync/index.ts';
import { DEMO_USERS, seedFolders } from '../../lib/backends/index.ts';
import { systemClock, systemRandom } from '../../lib/platform/index.ts';
import { PoolAdministration } from '../../lib/pool/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { poolKeys } from '../../lib/server/peer/pool-key.ts';
import { type EmbeddedDynamo, openDynamoStore, startEmbeddedDynamo, type Store } from '../../lib/store/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import { freePorts } from '../support/dovecot.ts';
import { basicOf } from '../support/folders-server.ts';
import { keptLog, KEY, type LogLine, request, startFront } from './peer/support/two-servers.ts';

const LIMIT_MS = 60_000;
const OTHER_KEY = 'the key of quite another pool';
const NOT_YET = 'The store cannot be used yet';
const REFUSED = 'A connection was refused: it does not have the key of this pool';
const NOT_JOINED = 'This server does not join its pool: servers that are in it have another key';
const POOL = 'main';
const [ADA] = DEMO_USERS;

let root: string;
let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'caravan-pool-start-'));
  await seedFolders({ root: join(root, 'mail'), clock: systemClock, random: systemRandom });
  dynamo = await startEmbeddedDynamo();
}, LIMIT_MS);
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
}, LIMIT_MS);
afterAll(async () => {
  await dynamo.stop();
  await rm(root, { recursive: true, force: true });
});

interface Begun {
  readonly port: number;
  readonly peerPort: number;
  readonly lines: LogLine[];
  /** When it is up. */
  readonly server: Promise<CaravanServer>;
}

async function begin(table: string, { endpoint = dynamo.endpoint, key = KEY } = {}): Promise<Begun> {
  const [port = 0, peerPort = 0] = await freePorts(2);
  const { log, lines } = keptLog();
  const configuration = loadConfiguration({
    environment: { CARAVAN_POOL_KEY: key },
    directory: root,
    flags: {
      'listen-host': '127.0.0.1',
      'listen-port': String(port),
      'listen-tls': 'off',
      'listen-trusted-proxies': '127.0.0.1',
      'mail-kind': 'folders',
      'mail-root': join(root, 'mail'),
      'mail-domain': 'example.org',
      'store-kind': 'dynamodb',
      'store-table': table,
      'store-endpoint': endpoint,
      'pool-name': POOL,
      'pool-peer-host': '127.0.0.1',
      'pool-peer-port': String(peerPort),
      'pool-beat-ms': '500',
      'pool-lease-ms': '10000',
      'pool-drain-seconds': '1',
      'drain-seconds': '1',
    },
  });
  const giveUp = new AbortController();
  const server = startServer(configuration, { log, signal: giveUp.signal });
  // One that never came up ends its start, and closes what it had opened.
  opened.push(async () => {
    giveUp.abort(new Error('the test is over'));
    await server.catch(() => undefined);
  });
  return { port, peerPort, lines, server };
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`it did not come to this: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** To be stopped after the test. */
async function up(begun: Begun): Promise<CaravanServer> {
  const server = await begun.server;
  opened.push(() => server.stop());
  return server;
}

const said = ({ lines }: Begun, message: string) => lines.filter((it) => it.message === message);
const statusOf = async ({ port }: Begun, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;

function phoneOf({ port }: Begun): DeviceClient {
  const { address: user, password } = ADA;
  return new DeviceClient({
    url: `http://127.0.0.1:${port}`,
    user,
    password,
    deviceId: 'phone',
    retry: { attempts: 1 },
  });
}

async function administration(table: string): Promise<PoolAdministration> {
  const place = { clock: systemClock, random: systemRandom };
  const store: Store = await openDynamoStore({ table, endpoint: dynamo.endpoint, ...place });
  opened.push(async () => store.close());
  return new PoolAdministration({ store, ...place, pool: POOL, requestTimeoutMs: 5_000 });
}

/** Lives and is not ready, and what devices ask is refused for now. */
async function acceptsNobody(begun: Begun): Promise<void> {
  expect(await statusOf(begun, '/health')).toBe(200);
  expect(await statusOf(begun, '/ready')).toBe(503);
  const phone = phoneOf(begun);
  await expect(phone.folderSync()).rejects.toMatchObject({ httpStatus: 503 });
  phone.close();
}

describe('a store that cannot be used', { timeout: 3 * LIMIT_MS }, () => {
  it('because it is not reached: which, why and what to do is told, again and again; when it is there, the server is up', async () => {
    const [port = 0] = await freePorts(1);
    const begun = await begin('caravan', { endpoint: `http://127.0.0.1:${port}` });
    await until(() => said(begun, NOT_YET).length >= 2, 'it is told twice');
    expect(said(begun, NOT_YET)[0]).toMatchObject({
      level: 'error',
      fields: {
        table: 'caravan',
        endpoint: `http://127.0.0.1:${port}`,
        reason: expect.stringMatching(/cannot be reached .*ECONNREFUSED/) as string,
        remedy: expect.stringMatching(/^Check the address/) as string,
      },
    });
    await acceptsNobody(begun);
    const late = await startEmbeddedDynamo({ port });
    opened.push(() => late.stop());
    await up(begun);
    expect(await statusOf(begun, '/ready')).toBe(200);
    const phone = phoneOf(begun);
    await phone.folderSync();
    phone.close();
  });

  it('because the table is of something else', async () => {
    const client = new DynamoDBClient({
      endpoint: dynamo.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'caravan', secretAccessKey: 'caravan' },
    });
    await client.send(
      new CreateTableCommand({
        TableName: 'orders',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'orderId', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'orderId', AttributeType: 'S' }],
      }),
    );
    client.destroy();
    const begun = await begin('orders');
    await until(() => said(begun, NOT_YET).length > 0, 'it is told');
    expect(said(begun, NOT_YET)[0]?.fields).toMatchObject({
      table: 'orders',
      reason: expect.stringMatching(/its keys are orderId/) as string,
      remedy: expect.stringMatching(/name another table/) as string,
    });
    await acceptsNobody(begun);
  });
});

describe('a server with the key of another pool', { timeout: 3 * LIMIT_MS }, () => {
  it('does not join, says so on both sides, and accepts nobody', async () => {
    const first = await begin('keys');
    await up(first);
    const other = await begin('keys', { key: OTHER_KEY });
    await until(() => said(other, NOT_JOINED).length > 0, 'it is told');
    expect(said(other, NOT_JOINED)[0]).toMatchObject({
      level: 'error',
      fields: {
        servers: [`127.0.0.1:${first.peerPort}`],
        remedy: expect.stringContaining('pool.previousKey') as string,
      },
    });
    expect(said(first, REFUSED).length).toBeGreaterThan(0);
    await acceptsNobody(other);
    const servers = await (await administration('keys')).servers();
    expect(servers.map(({ address }) => address)).toEqual([`127.0.0.1:${first.peerPort}`]);
  });
});

describe('what a user’s owner says of a request that came to another server', { timeout: 3 * LIMIT_MS }, () => {
  it('names the request, the user, the device and the address that the front saw behind the sprayer; no password', async () => {
    const servers = [await begin('told'), await begin('told')];
    for (const it of servers) await up(it);
    const phone = phoneOf(servers[0] as Begun);
    await phone.folderSync();
    phone.close();
    const sessions = await (await administration('told')).servers();
    const owner = await (await administration('told')).owner(ADA.name);
    const isOwners = ({ peerPort }: Begun) =>
      sessions.find(({ session }) => session === owner?.session)?.address === `127.0.0.1:${peerPort}`;
    const [there, front] = servers.toSorted((a, b) => Number(isOwners(b)) - Number(isOwners(a))) as [Begun, Begun];
    const malformed = writeWbxml(element('Ping:Ping', element('Ping:HeartbeatInterval', 'soon')));
    const query = `Cmd=Ping&User=${ADA.name}&DeviceId=phone&DeviceType=TestPhone`;
    const answer = await fetch(`http://127.0.0.1:${front.port}/Microsoft-Server-ActiveSync?${query}`, {
      method: 'POST',
      headers: {
        Authorization: basicOf(ADA.address, ADA.password),
        'Content-Type': 'application/vnd.ms-sync.wbxml',
        'MS-ASProtocolVersion': '16.1',
        'X-Forwarded-For': '203.0.113.7',
      },
      body: malformed,
    });
    const told = { requestId: answer.headers.get('x-request-id'), user: ADA.name, device: 'phone', command: 'Ping' };
    const [line, ...more] = said(there, 'A request is malformed');
    expect(line?.fields).toMatchObject({ ...told, address: '203.0.113.7' });
    expect(more).toEqual([]);
    const served = said(front, 'Served').find(({ fields }) => fields['requestId'] === told.requestId);
    expect(served?.fields).toMatchObject({ ...told, address: '203.0.113.7', status: 200 });
    expect(JSON.stringify([...there.lines, ...front.lines])).not.toContain(ADA.password);
  });
});

describe('a request of another server that comes too late', { timeout: 3 * LIMIT_MS }, () => {
  it('is refused and logged by a server that the user has left, and runs nothing', async () => {
    const servers = [await begin('late'), await begin('late')];
    for (const it of servers) await up(it);
    const phone = phoneOf(servers[0] as Begun);
    await phone.folderSync();
    phone.close();
    const desk = await administration('late');
    const owner = await desk.owner(ADA.name);
    const sessions = await desk.servers();
    const former = sessions.find(({ session }) => session !== owner?.session);
    const begun = servers.find(({ peerPort }) => former?.address === `127.0.0.1:${peerPort}`) as Begun;
    const front = startFront(poolKeys(POOL, [KEY]));
    opened.push(async () => front.peers.close());
    const { session = '', address = '' } = former ?? {};
    const asked = { ...request(), account: { user: ADA.name, addresses: [ADA.address] } };
    expect(await front.peers.execute({ session, address }, 1, asked)).toEqual({
      kind: 'moved',
      owner: {
        session: owner?.session,
        address: sessions.find((it) => it.session === owner?.session)?.address,
        epoch: owner?.epoch,
      },
    });
    expect(said(begun, 'A request for a user who is not served here was refused')).toHaveLength(1);
    expect(await desk.owner(ADA.name)).toEqual(owner);
  });
});
