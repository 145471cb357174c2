/**
 * Three servers against one: what a second of their processors does. The machine has fewer cores than servers, a load generator
 * and a store need, so the servers' own processor time is counted, not the clock's.
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

const USERS = 12;
const ROUNDS = 3;
const UNCHANGED_MS = 3_000;
const MIXED_TIMES = 12;
/** Of /proc/<pid>/stat: a hundredth of a second on Linux. */
const TICK_MS = 10;

interface Measured {
  readonly unchanged: number;
  readonly mixed: number;
}

export async function benchThroughput(say: (text: string) => void): Promise<readonly Figure[]> {
  say('one server alone');
  const alone = await measureStandalone();
  say('three servers');
  const pooled = await measurePool();
  const target = { value: 0.85, is: 'at least' } as const;
  return [
    {
      name: '3 servers: commands a second of processor, as phones mix them',
      value: pooled.mixed,
      unit: '/s',
      baseline: { name: 'one server alone', value: alone.mixed, target },
      note: 'of ten commands 4 Syncs without a change, 2 that fetch a new message, 2 that mark one as read, a FolderSync and a GetItemEstimate; through the sprayer, so that two thirds are proxied',
    },
    {
      name: '3 servers: commands a second of processor, Sync without a change alone',
      value: pooled.unchanged,
      unit: '/s',
      baseline: { name: 'one server alone', value: alone.unchanged },
      note: 'the cheapest command there is: the dearest to pass on',
    },
  ];
}

async function measurePool(): Promise<Measured> {
  const settings = { 'log-level': 'error' };
  const pool = await TestPool.start({ users: userNames(USERS), store: 'embedded', wires: [], settings });
  try {
    const phones = await phonesOf(pool, pool.users, () => pool.url);
    const pids = pool.servers.map((it) => it.process.pid);
    const ports = pool.servers.map((it) => it.port);
    return await measure(phones, ports, pids, pool);
  } finally {
    await pool.stop();
  }
}

async function measureStandalone(): Promise<Measured> {
  const users = userNames(USERS);
  const site = await MailSite.start({ users: Object.fromEntries(users.map((it) => [it, passwordOf(it)])) });
  const bundle = await buildBundle();
  const server = await ServerProcess.start(bundle.main, site.settings());
  try {
    const mail = { site };
    const phones = await phonesOf(mail, users, () => server.url);
    return await measure(phones, [server.port], [server.pid], mail);
  } finally {
    await server.remove();
    await bundle.remove();
    await site.stop();
  }
}

async function measure(
  phones: readonly Phone[],
  ports: readonly number[],
  pids: readonly number[],
  mail: Mail,
): Promise<Measured> {
  let turn = 0;
  for (const phone of phones) phone.door = () => `http://127.0.0.1:${ports[turn++ % ports.length]}`;
  const unchanged: number[] = [];
  const mixed: number[] = [];
  await unchangedSyncs(phones, ports);
  await mixedCommands(phones, mail, -1);
  for (let round = 0; round < ROUNDS; round++) {
    unchanged.push(await perProcessorSecond(pids, () => unchangedSyncs(phones, ports)));
    mixed.push(await perProcessorSecond(pids, () => mixedCommands(phones, mail, round)));
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

/** Each phone by each door in turn, as a sprayer would have it. */
async function unchangedSyncs(phones: readonly Phone[], ports: readonly number[]): Promise<number> {
  const until = performance.now() + UNCHANGED_MS;
  let count = 0;
  await Promise.all(
    phones.map(async (phone, index) => {
      const doors = await Promise.all(ports.map((port) => RawHttp.connect(port)));
      const request = phone.syncRequest();
      for (let turn = index; performance.now() < until; turn++) {
        const { status, body } = await (doors[turn % doors.length] as RawHttp).send(request);
        if (status !== 200 || body.length > 0) throw new Error(`status ${status} with ${body.length} bytes`);
        count += 1;
      }
      for (const door of doors) door.close();
    }),
  );
  return count;
}

async function mixedCommands(phones: readonly Phone[], mail: Mail, round: number): Promise<number> {
  let count = 0;
  const done = async (command: Promise<unknown>) => {
    await command;
    count += 1;
  };
  await Promise.all(
    phones.map(async (phone) => {
      for (let time = 0; time < MIXED_TIMES; time++) {
        for (let fetched = 0; fetched < 2; fetched++) {
          await deliver(mail, phone.user, `mixed-${round}-${time}-${fetched}`);
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
