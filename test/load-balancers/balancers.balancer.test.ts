// docs/load-balancers: a real pool behind a real haproxy and a real nginx. Devices wait long, a server drains, a server is killed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeMail, DeviceClient, FolderType } from '../../lib/activesync/client/index.ts';
import type { UserReport } from '../../lib/administration/index.ts';
import { reasonOf } from '../../lib/platform/index.ts';
import { LongCall } from '../cli/support/caravan.ts';
import { callCaravan } from '../cli/support/in-process.ts';
import { Balancer, type BalancerName } from './support.ts';

const LIMIT_MS = 120_000;
/** Longer than what either has for its own default, and than any other time in the files. */
const HEARTBEAT_SECONDS = 65;
const SERVERS = 3;
const NAMES: readonly BalancerName[] = ['haproxy', 'nginx'];
/** Each has a user of its own. */
const USERS = { haproxy: 'bob', nginx: 'ada' } as const;

let directory: string;
let call: LongCall;
const balancers = new Map<BalancerName, Balancer>();
const phones: DeviceClient[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caravan-balancers-'));
  const config = join(directory, 'quick.json');
  await writeFile(config, JSON.stringify({ pool: { beatMs: 500, leaseMs: 8_000 } }));
  const line = `up --servers ${SERVERS} --port 0 --smtp-port 0 --restart-seconds 1 --directory ${directory} --config ${config}`;
  call = new LongCall(directory, line.split(' '));
  const up = await call.until((it) => 'url' in it, 'the pool is up', LIMIT_MS);
  const servers = (up['servers'] as { url: string }[]).map(({ url }) => new URL(url).host);
  for (const name of NAMES) balancers.set(name, await Balancer.start(name, servers));
}, LIMIT_MS);
afterAll(async () => {
  for (const phone of phones) phone.close();
  for (const balancer of balancers.values()) await balancer.stop();
  await call.end('SIGINT');
  await rm(directory, { recursive: true, force: true });
}, LIMIT_MS);

/** `attempts` 1: what fails is seen. */
async function phoneOf(
  name: BalancerName,
  deviceId: string,
  attempts = 1,
): Promise<{ phone: DeviceClient; inbox: string }> {
  const phone = new DeviceClient({
    url: balancers.get(name)?.url ?? '',
    user: `${USERS[name]}@example.org`,
    password: `${USERS[name]}-pass`,
    deviceId: `${name}${deviceId}`,
    insecureTls: true,
    retry: { attempts },
  });
  phones.push(phone);
  await phone.folderSync();
  const inbox = phone.folder(FolderType.inbox).serverId;
  await phone.syncAll({ collectionId: inbox });
  return { phone, inbox };
}

async function ownerOf(name: BalancerName): Promise<{ address: string; process: number }> {
  const { out } = await callCaravan('pool', 'user', USERS[name], '--directory', directory, '--json');
  const { owner, process: pid = 0 } = JSON.parse(out) as UserReport & { process?: number };
  return { address: owner?.address ?? '', process: pid };
}

/** Every server is up, and what was started last is one of them. */
async function untilAllUp(): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const { out } = await callCaravan('pool', 'show', '--directory', directory, '--json');
    const { servers } = JSON.parse(out) as { servers: { status: string }[] };
    if (servers.filter((it) => it.status === 'up').length === SERVERS) return;
    if (performance.now() > deadline) throw new Error(`not all servers came up: ${out}`);
    await pause(200);
  }
}

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));
const folders = (id: string) => [{ id, itemClass: 'Email' }];

it('a device waits through each for as long as it asks to', { timeout: 2 * LIMIT_MS }, async () => {
  await Promise.all(
    NAMES.map(async (name) => {
      const { phone, inbox } = await phoneOf(name, 'long');
      const from = performance.now();
      const answer = await phone.ping({ heartbeatSeconds: HEARTBEAT_SECONDS, folders: folders(inbox) });
      expect({ name, status: answer.status }).toEqual({ name, status: 1 });
      expect(performance.now() - from).toBeGreaterThan((HEARTBEAT_SECONDS - 1) * 1000);
    }),
  );
});

describe.each(NAMES)('%s', { timeout: 2 * LIMIT_MS }, (name) => {
  it('the server that serves a user drains and ends: no request fails, of a busy device and of one that waits', async () => {
    const { phone: busy, inbox } = await phoneOf(name, 'busy');
    const { phone: waiting } = await phoneOf(name, 'waiting');
    const failures: string[] = [];
    let count = 0;
    const over = new AbortController();
    const goOn = async (what: string, request: () => Promise<unknown>) => {
      while (!over.signal.aborted) {
        await request().then(
          () => count++,
          (thrown: unknown) => over.signal.aborted || failures.push(`${what}: ${reasonOf(thrown)}`),
        );
        await pause(20);
      }
    };
    const living = Promise.all([
      goOn('Sync', () => busy.syncAll({ collectionId: inbox })),
      goOn('Ping', async () => {
        const { status } = await waiting.ping({ heartbeatSeconds: 60, folders: folders(inbox), signal: over.signal });
        if (status !== 1 && status !== 2) throw new Error(`Status ${status}`);
      }),
    ]);
    await pause(500);
    const owner = await ownerOf(name);
    const { code, err } = await callCaravan('pool', 'drain', owner.address, '--directory', directory);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await call.until((it) => it['pid'] === owner.process && it['by'] === 'exit code 0', 'it has ended', LIMIT_MS);
    await untilAllUp();
    await pause(1_000);
    over.abort();
    await living;
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(10);
    expect((await ownerOf(name)).process).not.toBe(owner.process);
  });

  it('the server that serves a user is killed: its waiting device comes back, and is told of the next message', async () => {
    const { phone, inbox } = await phoneOf(name, 'watching');
    const stop = new AbortController();
    const events: { kind: string; at: number }[] = [];
    const watching = (async () => {
      for await (const { kind } of phone.watch({ folders: folders(inbox), signal: stop.signal })) {
        events.push({ kind, at: performance.now() });
        if (kind === 'changes') return;
      }
    })();
    await pause(1_000);
    const owner = await ownerOf(name);
    process.kill(owner.process, 'SIGKILL');
    const { phone: sender } = await phoneOf(name, 'sender', 6);
    const to = [`${USERS[name]}@example.org`];
    await sender.sendMail({
      mime: await composeMail({ from: 'Me <me@example.org>', to, subject: 'Awake?', text: '-' }),
    });
    const sentAt = performance.now();
    const limit = setTimeout(() => stop.abort(), 60_000);
    await watching;
    clearTimeout(limit);
    const told = events.find(({ kind }) => kind === 'changes');
    process.stderr.write(
      `${name}: told ${Math.round((told?.at ?? Number.NaN) - sentAt)} ms after the message was sent\n`,
    );
    expect(events.map(({ kind }) => kind)).toContain('changes');
    await call.until((it) => it['kind'] === 'ended' && it['pid'] === owner.process, 'its end is told', LIMIT_MS);
    await untilAllUp();
  });
});
