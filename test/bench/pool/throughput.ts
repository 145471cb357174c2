/**
 * Three servers against one: what a second of their processors does. The machine has fewer cores than servers, a load generator
 * and a store need, so the servers' own processor time is counted, not the clock's. Beside the one server alone stand three
 * servers alone, each with its own users and its own database: what the same work costs in three processes that share the cores,
 * their caches and the load; and a pool with each phone at its owner's door, where nothing is passed on. Each server has as many
 * phones, and before it is measured as much behind it, as the one alone: code that has run little is dear. Nobody gives users away
 * meanwhile.
 */
import { readFileSync } from 'node:fs';
import { MailSite } from '../../support/mail-site.ts';
import { passwordOf, TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { buildBundle } from '../standalone/bundle.ts';
import { RawHttp } from '../standalone/raw-http.ts';
import { ServerProcess } from '../standalone/server-process.ts';
import { median } from '../standalone/statistics.ts';
import { deliver, type Mail, type Phone, phonesOf, userNames } from './phones.ts';

const SERVERS = 3;
/** Of each server. `BENCH_PHONES=48 npm run bench:pool -- throughput` for more: as many commands a round, by more at once. */
const PHONES = Number(process.env['BENCH_PHONES'] ?? 12);
const WARM_UP_ROUNDS = 3;
const ROUNDS = 3;
/** Of each server in a round. */
const UNCHANGED = 3_000;
const MIXED_TIMES = Math.max(1, Math.round(96 / PHONES));
/** Of /proc/<pid>/stat: a hundredth of a second on Linux. */
const TICK_MS = 10;

interface Measured {
  readonly unchanged: number;
  readonly mixed: number;
}

export async function benchThroughput(say: (text: string) => void): Promise<readonly Figure[]> {
  say('one server alone');
  const alone = await measureStandalone(1);
  say('three servers alone, side by side');
  const beside = await measureStandalone(SERVERS);
  say('three servers of a pool');
  const sprayed = await measurePool('every door');
  say('three servers of a pool, nothing passed on');
  const atOwners = await measurePool('the owner');
  const target = { value: 0.85, is: 'at least' } as const;
  const mixed = 'commands a second of processor, as phones mix them';
  const unchanged = 'Syncs without a change a second of processor';
  return [
    {
      name: `a pool of 3: ${mixed}`,
      value: sprayed.mixed,
      unit: '/s',
      baseline: { name: 'one server alone', value: alone.mixed, target },
      note: 'of ten commands 4 Syncs without a change, 2 that fetch a new message, 2 that mark one as read, a FolderSync and a GetItemEstimate; each phone by each door in turn, so that two thirds are proxied',
    },
    {
      name: `a pool of 3: ${mixed}`,
      value: sprayed.mixed,
      unit: '/s',
      baseline: { name: 'three servers alone, side by side', value: beside.mixed },
    },
    {
      name: `a pool of 3, nothing passed on: ${mixed}`,
      value: atOwners.mixed,
      unit: '/s',
      baseline: { name: 'three servers alone, side by side', value: beside.mixed },
      note: 'each phone by the door of its owner; what is left is the shared store in the place of a database of its own',
    },
    {
      name: `a pool of 3: ${unchanged}`,
      value: sprayed.unchanged,
      unit: '/s',
      baseline: { name: 'one server alone', value: alone.unchanged },
      note: 'the cheapest command there is: the dearest to pass on',
    },
    {
      name: `a pool of 3: ${unchanged}`,
      value: sprayed.unchanged,
      unit: '/s',
      baseline: { name: 'three servers alone, side by side', value: beside.unchanged },
    },
    {
      name: `a pool of 3, nothing passed on: ${unchanged}`,
      value: atOwners.unchanged,
      unit: '/s',
      baseline: { name: 'three servers alone, side by side', value: beside.unchanged },
    },
  ];
}

/** Each phone by these doors. */
async function measurePool(by: 'every door' | 'the owner'): Promise<Measured> {
  // Servers that share their cores with all else may look overloaded.
  const settings = { 'log-level': 'error', 'pool-balance': 'function' };
  const users = userNames(PHONES * SERVERS);
  const pool = await TestPool.start({ servers: SERVERS, users, store: 'embedded', wires: [], settings });
  try {
    // As many users each as the servers side by side have.
    for (const [index, user] of users.entries()) await pool.administration.bind(user, serverOf(pool, index).address);
    const phones = await phonesOf(pool, pool.users, () => pool.url);
    const pids = pool.servers.map((it) => it.process.pid);
    const ports = pool.servers.map((it) => it.port);
    const ownPorts = new Map(users.map((user, index) => [user, [serverOf(pool, index).port]]));
    const doorsOf: Doors = by === 'the owner' ? ({ user }) => ownPorts.get(user) ?? [] : () => ports;
    return await measure(phones, doorsOf, pids, pool);
  } finally {
    await pool.stop();
  }
}

const serverOf = (pool: TestPool, index: number) => pool.server(index % SERVERS);

/** Each of the servers has its part of the users. */
async function measureStandalone(count: number): Promise<Measured> {
  const users = userNames(PHONES * count);
  const bundle = await buildBundle();
  const site = await MailSite.start({ users: Object.fromEntries(users.map((it) => [it, passwordOf(it)])) });
  const servers: ServerProcess[] = [];
  try {
    for (let index = 0; index < count; index++) servers.push(await ServerProcess.start(bundle.main, site.settings()));
    const mail = { site };
    const serverOfUser = (user: string) => servers[users.indexOf(user) % count] as ServerProcess;
    const phones = await phonesOf(mail, users, (user) => serverOfUser(user).url);
    const pids = servers.map((it) => it.pid);
    return await measure(phones, ({ user }) => [serverOfUser(user).port], pids, mail);
  } finally {
    for (const server of servers) await server.remove();
    await bundle.remove();
    await site.stop();
  }
}

type Doors = (phone: Phone) => readonly number[];

/** After rounds that are not counted. */
async function measure(
  phones: readonly Phone[],
  doorsOf: Doors,
  pids: readonly number[],
  mail: Mail,
): Promise<Measured> {
  let turn = 0;
  for (const phone of phones) {
    const doors = doorsOf(phone);
    phone.door = () => `http://127.0.0.1:${doors[turn++ % doors.length]}`;
  }
  const unchanged: number[] = [];
  const mixed: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await unchangedSyncs(phones, doorsOf);
    await mixedCommands(phones, mail);
  }
  for (let round = 0; round < ROUNDS; round++) {
    unchanged.push(await perProcessorSecond(pids, () => unchangedSyncs(phones, doorsOf)));
    mixed.push(await perProcessorSecond(pids, () => mixedCommands(phones, mail)));
  }
  return { unchanged: median(unchanged), mixed: median(mixed) };
}

async function perProcessorSecond(pids: readonly number[], run: () => Promise<number>): Promise<number> {
  const from = processorMs(pids);
  const commands = await run();
  return commands / ((processorMs(pids) - from) / 1000);
}

const processorMs = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }, 0);

/** Each phone by each of its doors in turn, as a sprayer would have it. */
async function unchangedSyncs(phones: readonly Phone[], doorsOf: Doors): Promise<number> {
  const count = (phones.length / PHONES) * UNCHANGED;
  let left = count;
  await Promise.all(
    phones.map(async (phone, index) => {
      const doors = await Promise.all(doorsOf(phone).map((port) => RawHttp.connect(port)));
      const request = phone.syncRequest();
      for (let turn = index; left-- > 0; turn++) {
        const { status, body } = await (doors[turn % doors.length] as RawHttp).send(request);
        if (status !== 200 || body.length > 0) throw new Error(`status ${status} with ${body.length} bytes`);
      }
      for (const door of doors) door.close();
    }),
  );
  return count;
}

async function mixedCommands(phones: readonly Phone[], mail: Mail): Promise<number> {
  let count = 0;
  const done = async (command: Promise<unknown>) => {
    await command;
    count += 1;
  };
  await Promise.all(
    phones.map(async (phone) => {
      for (let time = 0; time < MIXED_TIMES; time++) {
        for (let fetched = 0; fetched < 2; fetched++) {
          await deliver(mail, phone.user, `mixed-${time}-${fetched}`);
          await done(phone.syncOnce());
          for (let unchanged = 0; unchanged < 2; unchanged++) await done(phone.syncOnce());
          await done(phone.mark((time + fetched) % 2 === 0));
        }
        await done(phone.client.folderSync());
        await done(phone.client.getItemEstimate({ collectionId: phone.inbox }));
      }
    }),
  );
  return count;
}
