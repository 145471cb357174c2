// A device's requests at a server that is not its user's owner, as traces that both servers tell: two processes, a sprayer in
// front that names the trace, a collector behind. What is asked is asked once; then the servers drain and tell the last of it.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceClient, FolderType, type PingAnswer } from '../../../lib/activesync/client/index.ts';
import { DEMO_USERS, seedFolders } from '../../../lib/backends/index.ts';
import { sleep, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { PoolAdministration } from '../../../lib/pool/index.ts';
import { type EmbeddedDynamo, openDynamoStore, startEmbeddedDynamo } from '../../../lib/store/index.ts';
import { freePorts } from '../../support/loopback.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { type CollectedSpan, TraceCollector } from '../../support/trace-collector.ts';

const LIMIT_MS = 120_000;
const TABLE = 'caravan-traces';
const POOL = 'traced';
const [ADA, BOB] = DEMO_USERS;
const SERVER_KIND = 2;
const CLIENT_KIND = 3;
/** MS-ASCMD 2.2.3.177.10. */
const PING_CHANGES = 2;
/** The sprayer's own span. */
const SPRAYER_SPAN = '00f067aa0ba902b7';
const traceId = (digit: string) => digit.repeat(32);
const sampled = (digit: string) => ({ traceparent: `00-${traceId(digit)}-${SPRAYER_SPAN}-01` });
const unsampled = (digit: string) => ({ traceparent: `00-${traceId(digit)}-${SPRAYER_SPAN}-00` });

interface Server {
  readonly process: ServerProcess;
  /** As the other one knows it. */
  readonly address: string;
  readonly administrationPort: number;
}

/** Who serves the user, and who does not. */
interface Roles {
  readonly front: Server;
  readonly owner: Server;
}

const byLoadBalancer = (digit: string) => ({
  'X-Amzn-Trace-Id': `Root=1-${digit.repeat(8)}-${digit.repeat(24)};Parent=53995c3f42cd8ad8;Sampled=0`,
});

const opened: (() => Promise<unknown> | void)[] = [];
let root: string;
let collector: TraceCollector;
const servers: Server[] = [];
let administration: PoolAdministration;
/** Which server the sprayer sends requests to. */
let target = 0;
/** Of Ada's requests, and of Bob's. */
let ada: Roles;
let bob: Roles;
let url: string;
/** What the sprayer adds to requests now. */
let added: Readonly<Record<string, string>> = {};
/** What the device that waited was told. */
let waited: PingAnswer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'caravan-traces-'));
  opened.push(() => rm(root, { recursive: true, force: true }));
  await seedFolders({ root: join(root, 'mail'), clock: systemClock, random: systemRandom });
  collector = await TraceCollector.start();
  opened.push(() => collector.stop());
  const dynamo = await startEmbeddedDynamo();
  opened.push(() => dynamo.stop());
  await writeFile(join(root, 'pool.key'), 'the key of the pool of the traces', { mode: 0o600 });
  // One after the other: the first makes the table.
  for (let count = 0; count < 2; count++) servers.push(await startServer(dynamo));
  const place = { clock: systemClock, random: systemRandom };
  const store = await openDynamoStore({ table: TABLE, endpoint: dynamo.endpoint, ...place });
  opened.push(() => store.close());
  administration = new PoolAdministration({ store, ...place, pool: POOL, requestTimeoutMs: 5_000 });
  url = await startSprayer();
  await askEverything();
}, LIMIT_MS);
afterAll(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
}, LIMIT_MS);

async function startServer(dynamo: EmbeddedDynamo): Promise<Server> {
  const [peerPort = 0, administrationPort = 0] = await freePorts(2);
  const address = `127.0.0.1:${peerPort}`;
  const flags = {
    'log-level': 'info',
    'listen-trusted-proxies': '127.0.0.1',
    'mail-kind': 'folders',
    'mail-root': join(root, 'mail'),
    'mail-domain': 'example.org',
    'store-kind': 'dynamodb',
    'store-table': TABLE,
    'store-endpoint': dynamo.endpoint,
    'pool-name': POOL,
    'pool-key-file': join(root, 'pool.key'),
    'pool-peer-host': '127.0.0.1',
    'pool-peer-port': String(peerPort),
    'pool-peer-advertise': address,
    'administration-port': String(administrationPort),
    'pool-beat-ms': '500',
    'pool-drain-seconds': '1',
    // Nobody moves a user, however busy this machine is.
    'pool-balance': 'function',
    'drain-seconds': '5',
    // Only what the sprayer has sampled, and what fails or is slow.
    'trace-ratio': '0',
    'trace-slow-ms': '60000',
    'trace-endpoint': collector.endpoint,
    'trace-believe-traceparent': 'true',
  };
  const process = await ServerProcess.start(flags, undefined, { upPath: '/ready' });
  opened.push(() => process.remove());
  return { process, address, administrationPort };
}

async function startSprayer(): Promise<string> {
  const sprayer = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = httpRequest(
      { host: '127.0.0.1', port: servers[target]?.process.port, method, path, headers: { ...headers, ...added } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => sprayer.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    const closed = new Promise((resolve) => sprayer.close(resolve));
    sprayer.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(sprayer.address() as AddressInfo).port}`;
}

function phoneOf({ address: user, password }: (typeof DEMO_USERS)[number]): DeviceClient {
  const phone = new DeviceClient({
    url,
    user,
    password,
    deviceId: `PHONEOF${user.slice(0, 3)}`,
    retry: { attempts: 1 },
  });
  opened.push(() => phone.close());
  return phone;
}

/** From now on requests go to the server that does not serve the user. */
async function goRound(user: string): Promise<Roles> {
  const session = (await administration.owner(user))?.session;
  const { address } = (await administration.servers()).find((it) => it.session === session) ?? {};
  target = servers.findIndex((it) => it.address !== address);
  return { front: servers[target] as Server, owner: servers[1 - target] as Server };
}

/** One after the other, each under a trace of its own. */
async function askEverything(): Promise<void> {
  const phone = phoneOf(ADA);
  await phone.folderSync();
  ada = await goRound(ADA.name);
  const inbox = phone.folder(FolderType.inbox).serverId;
  await phone.syncAll({ collectionId: inbox });
  const sent = phone.folder(FolderType.sentItems).serverId;
  added = unsampled('b');
  await phone.sync({ collectionId: sent });
  added = sampled('a');
  await phone.sync({ collectionId: sent });
  added = sampled('c');
  const ping = phone.ping({ folders: [{ id: inbox, itemClass: 'Email' }], heartbeatSeconds: 600 });
  await Promise.race([
    ping.then(({ status }) => Promise.reject(new Error(`it was answered ${status} and does not wait`))),
    untilOneWaits(ada.front),
  ]);
  added = {};
  const mime = Buffer.from(`From: ${BOB.address}\r\nTo: ${ADA.address}\r\nSubject: Awake?\r\n\r\nYes.\r\n`);
  await phone.sendMail({ mime });
  waited = await ping;
  // Whoever opens Bob's mailbox cannot.
  await rename(join(root, 'mail', BOB.name), join(root, 'away'));
  await writeFile(join(root, 'mail', BOB.name), '');
  const other = phoneOf(BOB);
  added = byLoadBalancer('e');
  await expect(other.folderSync()).rejects.toMatchObject({ httpStatus: 503 });
  bob = await goRound(BOB.name);
  added = byLoadBalancer('d');
  await expect(other.folderSync()).rejects.toMatchObject({ httpStatus: 503 });
  for (const { process } of servers) await process.end('SIGTERM');
}

async function untilOneWaits({ administrationPort }: Server): Promise<void> {
  const metrics = async () => (await fetch(`http://127.0.0.1:${administrationPort}/metrics`)).text();
  while (!(await metrics()).includes('caravan_waiting_devices 1\n')) await sleep(systemClock, 20);
}

const part = (spans: readonly CollectedSpan[], which: 'front' | 'owner', name: string) =>
  spans.find((it) => it.attributes['caravan.part'] === which && it.name === name);
const within = (spans: readonly CollectedSpan[], parent: CollectedSpan | undefined) =>
  spans.filter((it) => it.parentSpanId === parent?.spanId);
const logged = ({ process }: Server) =>
  process.lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));

describe('a Sync at a server that is not the owner', () => {
  it('is one trace across both: front, passed on, owner, and what that asked of mail system and store', () => {
    const spans = collector.of(traceId('a'));
    const atFront = part(spans, 'front', 'Sync');
    expect(atFront).toMatchObject({ kind: SERVER_KIND, parentSpanId: SPRAYER_SPAN, isError: false });
    const [passedOn] = within(spans, atFront).filter((it) => it.name === 'pass on Sync');
    expect(passedOn).toMatchObject({ kind: CLIENT_KIND, server: atFront?.server });
    const atOwner = part(spans, 'owner', 'Sync');
    expect(atOwner).toMatchObject({ kind: SERVER_KIND, parentSpanId: passedOn?.spanId, isError: false });
    expect(atOwner?.server).toBe(passedOn?.attributes['caravan.owner']);
    expect(atOwner?.server).not.toBe(atFront?.server);
    expect(atOwner?.attributes['caravan.request_id']).toBe(atFront?.attributes['caravan.request_id']);
    expect(atFront?.attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(atFront?.durationMs).toBeGreaterThanOrEqual(passedOn?.durationMs ?? Number.POSITIVE_INFINITY);
    expect(passedOn?.durationMs).toBeGreaterThanOrEqual(atOwner?.durationMs ?? Number.POSITIVE_INFINITY);
    const asked = within(spans, atOwner);
    expect(asked.map((it) => it.name)).toEqual(expect.arrayContaining([expect.stringMatching(/^mail /), 'store put']));
    expect(asked.every((it) => it.kind === CLIENT_KIND && it.server === atOwner?.server)).toBe(true);
    expect(new Set(spans.map((it) => it.spanId)).size).toBe(spans.length);
  });

  it('bears the trace in its line of the log', () => {
    const lines = logged(ada.front).filter((it) => it['traceId'] === traceId('a'));
    expect(lines.map((it) => it['message'])).toEqual(['Served']);
  });

  it('is not told where nobody sampled it', () => {
    expect(collector.of(traceId('b'))).toEqual([]);
    expect(logged(ada.front).some((it) => it['traceId'] === traceId('b'))).toBe(true);
  });

  it('that fails is told all the same, by both, under the trace that the load balancer named', () => {
    const spans = collector.of(traceId('d'));
    const failed = { isError: true, attributes: { 'http.response.status_code': 503 } };
    expect(part(spans, 'front', 'FolderSync')).toMatchObject({ ...failed, parentSpanId: undefined });
    const atOwner = part(spans, 'owner', 'FolderSync');
    expect(atOwner).toMatchObject(failed);
    expect(atOwner?.attributes['error.type']).toBe('unavailable');
    expect(within(spans, atOwner).find((it) => it.isError)?.name).toMatch(/^mail /);
    const lines = logged(bob.owner).filter((it) => it['traceId'] === traceId('d'));
    expect(lines.map((it) => it['message'])).toContain('A request for another front failed');
  });
});

describe('a device that waits', () => {
  it('ends its spans when it begins to, and is answered within the same trace', () => {
    expect(waited.status).toBe(PING_CHANGES);
    const spans = collector.of(traceId('c'));
    const [atFront, atOwner] = [part(spans, 'front', 'Ping'), part(spans, 'owner', 'Ping')];
    for (const it of [atFront, atOwner]) expect(it?.attributes['caravan.outcome']).toBe('waiting');
    const answered = part(spans, 'front', 'Ping after waiting');
    expect(answered).toMatchObject({ parentSpanId: atFront?.spanId, isError: false });
    expect(answered?.attributes['http.response.status_code']).toBe(200);
  });
});

describe('traces', () => {
  it('name no user, no device and nothing of their mail; what nobody asked for is not told', () => {
    for (const secret of [ADA.name, BOB.name, 'example.org', 'PHONEOF', 'Awake', ADA.password]) {
      expect(collector.text).not.toContain(secret);
    }
    const known = new Set(['a', 'c', 'd', 'e'].map(traceId));
    expect(collector.spans.filter((it) => !known.has(it.traceId))).toEqual([]);
  });
});
