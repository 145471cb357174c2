// A pool on this machine as its people have it: what the README walks through, and each command of `caravan pool` against it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceEntry, UserReport } from '../../lib/administration/index.ts';
import { type ShownServer, serverTable } from '../../lib/cli/pool/server-lines.ts';
import { freePorts } from '../support/dovecot.ts';
import { LongCall, runCaravan } from './support/caravan.ts';
import { callCaravan } from './support/in-process.ts';

const LIMIT_MS = 90_000;
const SERVERS = 3;

interface Up {
  readonly url: string;
  readonly servers: readonly {
    readonly name: string;
    readonly pid: number;
    readonly url: string;
    readonly address: string;
  }[];
  readonly administration: { readonly url: string; readonly tokenFile: string };
}

let directory: string;
let kept: string;
let call: LongCall;
let up: Up;

const upArguments = (servers: number) =>
  `up --port 0 --smtp-port 0 --restart-seconds 1 --servers ${servers} --directory ${kept} --config ${directory}/quick.json`.split(
    ' ',
  );

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caravan-up-'));
  kept = join(directory, 'kept');
  await writeFile(join(directory, 'quick.json'), JSON.stringify({ pool: { beatMs: 500, leaseMs: 8_000 } }));
  call = new LongCall(directory, upArguments(SERVERS));
  up = (await call.until((it) => 'url' in it, 'the pool is up', LIMIT_MS)) as unknown as Up;
}, LIMIT_MS);
afterAll(async () => {
  await call.end('SIGKILL');
  await until(async () => up.servers.every(({ pid }) => !isRunning(pid)), 'no server is left');
  await rm(directory, { recursive: true, force: true });
}, LIMIT_MS);

const pool = (...args: readonly string[]) => callCaravan('pool', ...args, '--directory', kept);

async function ask<Answer>(...args: readonly string[]): Promise<Answer> {
  const { code, out, err } = await pool(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Answer;
}

async function refused(args: readonly string[], code: string, said: RegExp): Promise<void> {
  const plain = await callCaravan('pool', ...args);
  expect(plain).toMatchObject({ code: 1, out: '', err: expect.stringMatching(said) });
  expect(plain.err).toMatch(/^caravan: .+\.\n.+\n$/);
  const json = await callCaravan('pool', ...args, '--json');
  expect(json).toMatchObject({ code: 1, out: '' });
  expect(JSON.parse(json.err)).toMatchObject({
    error: { code, message: expect.any(String), remedy: expect.any(String) },
  });
}

const user = (name: string) => ask<UserReport & { readonly process?: number }>('user', name);
const show = async (...args: readonly string[]) => (await ask<{ servers: ShownServer[] }>('show', ...args)).servers;
const device = (verb: string, name: string, ...rest: readonly string[]) => [
  ...`device ${verb} --url ${up.url} --user ${name}@example.org --password ${name}-pass`.split(' '),
  '--state',
  join(directory, `${name}-${verb}.json`),
  ...rest,
];

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`it did not come to this: ${what}\n${call.err}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const untilAllUp = () =>
  until(
    async () => (await show()).filter(({ status, available }) => status === 'up' && available).length === SERVERS,
    'all servers are up',
  );

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('what the README walks through', { timeout: 2 * LIMIT_MS }, () => {
  it('a waiting device goes on when its server is killed, and is told of the next message', async () => {
    const watch = new LongCall(directory, device('watch', 'bob'));
    try {
      await watch.until((it) => 'watching' in it, 'it watches', LIMIT_MS);
      await until(async () => (await user('bob')).devices.some(({ waiting }) => waiting === true), 'the device waits');
      const before = await user('bob@example.org');
      expect(up.servers.find(({ address }) => address === before.owner?.address)?.pid).toBe(before.process);
      process.kill(before.process as number, 'SIGKILL');
      const killedAt = performance.now();
      const sent = await callCaravan(...device('send', 'ada', '--to', 'bob@example.org', '--subject', 'Awake?'));
      expect(sent).toMatchObject({ code: 0, err: '' });
      const sentAt = performance.now();
      await watch.until((it) => it['subject'] === 'Awake?', 'the message is shown', LIMIT_MS);
      const shownAt = performance.now();
      process.stderr.write(
        `owner killed, message sent ${Math.round(sentAt - killedAt)} ms later, shown ${Math.round(shownAt - sentAt)} ms after that\n`,
      );
      // On an idle machine three seconds at most; others may use this one.
      expect(shownAt - sentAt).toBeLessThan(60_000);
      const after = await user('bob');
      expect(after.epoch).toBeGreaterThan(before.epoch);
      expect(after.owner?.session).not.toBe(before.owner?.session);
    } finally {
      await watch.end('SIGINT');
    }
  });

  it('the server that was killed is started again, as a new session', async () => {
    await call.until((it) => it['kind'] === 'ended' && it['by'] === 'SIGKILL', 'its end is told', LIMIT_MS);
    const { name, pid } = await call.until((it) => it['kind'] === 'started', 'it is started', LIMIT_MS);
    await untilAllUp();
    const address = up.servers.find((it) => it.name === name)?.address;
    const sessions = (await show('--all')).filter((it) => it.address === address);
    expect(sessions.map((it) => it.status).toSorted()).toEqual(['fenced', 'up']);
    expect(sessions.find((it) => it.status === 'up')?.process).toBe(pid);
  });
});

describe('caravan pool', { timeout: 2 * LIMIT_MS }, () => {
  it('show: every server, for people and as JSON', async () => {
    const servers = await show();
    expect(servers.map((it) => it.address).toSorted()).toEqual(up.servers.map((it) => it.address).toSorted());
    for (const it of servers)
      expect(it).toMatchObject({ zone: 'local', build: expect.any(String), status: 'up', available: true });
    const { out } = await pool('show');
    expect(out).toMatch(/^SERVER +SESSION +ZONE +BUILD +STATUS +INDEX +USERS +DEVICES +LAST BEAT +PROCESS\n/);
    for (const { address, session, process } of servers)
      expect(out).toMatch(new RegExp(`${address} +${session} .*${process}`));
  });

  it('top: again and again', async () => {
    const top = new LongCall(directory, ['pool', 'top', '--seconds', '1', '--directory', kept]);
    await top.until(() => top.lines.length >= 2, 'two looks', LIMIT_MS);
    expect(await top.end('SIGINT')).toBe(0);
    for (const line of top.lines) expect(line).toMatchObject({ at: expect.any(String), servers: { length: SERVERS } });
  });

  it('user: one that nobody serves yet, and one with a device', async () => {
    expect(await user('nobody')).toEqual({ user: 'nobody', epoch: 0, devices: [] });
    expect((await pool('user', 'nobody')).out).toContain('nobody; the next request of a device finds one');
    expect(await user('EXAMPLE\\Bob')).toMatchObject({
      user: 'bob',
      owner: { status: 'up' },
      since: expect.any(String),
      devices: [{ id: 'caravancli', access: 'allowed', lastSync: expect.any(String), waiting: false }],
    });
    expect((await pool('user', 'bob')).out).toMatch(
      /DEVICE +TYPE +VERSION +ACCESS +LAST SYNC +WAITING\ncaravancli .* no\n$/,
    );
  });

  it('bind and unbind: the user moves to the server', async () => {
    const { owner } = await user('bob');
    const target = (await show()).find((it) => it.address !== owner?.address) as ShownServer;
    expect(await ask('bind', 'bob', target.address)).toMatchObject({ boundTo: target.address });
    await until(async () => (await user('bob')).owner?.session === target.session, 'bob has moved');
    expect(await ask('unbind', 'bob')).not.toHaveProperty('boundTo');
    expect((await user('bob')).owner?.session).toBe(target.session);
  });

  it('available: a server is taken out and brought back', async () => {
    const { address } = (await show())[0] as ShownServer;
    expect(await ask('available', address, 'off')).toMatchObject({ address, available: false });
    expect((await pool('show')).out).toMatch(new RegExp(`${address} .*up, taken out`));
    expect(await ask('available', address, 'on')).toMatchObject({ address, available: true });
    await refused(
      ['available', address, 'perhaps', '--directory', kept],
      'bad-command-line',
      /Allowed choices are on, off/,
    );
  });

  it('rebalance: who has no less than the others gets nobody; the server that came later gets what it lacks', async () => {
    type Plan = { dryRun: boolean; gives: readonly { to: string; users: number }[] };
    const counts = async () => (await show()).map(({ address, users }) => ({ address, users }));
    let servers = await counts();
    let plan: Plan | undefined;
    // Whom the server that was taken out gave away shows at the next beats.
    await until(async () => {
      const before = servers;
      plan = await ask<Plan>('rebalance', '--dry-run');
      servers = await counts();
      return JSON.stringify(servers) === JSON.stringify(before);
    }, 'nobody moves');
    const { dryRun, gives } = plan as Plan;
    const fair = Math.floor(servers.reduce((sum, { users }) => sum + users, 0) / servers.length);
    const lacking = new Map(servers.map(({ address, users }) => [address, Math.max(0, fair - users)]));
    expect(dryRun).toBe(true);
    for (const { to, users } of gives) expect(users).toBeLessThanOrEqual(lacking.get(to) ?? 0);
    expect(new Set(gives.map(({ to }) => to)).size).toBeLessThanOrEqual(1);
  });

  it('fence: one that lives is watched for a lease, and refused', async () => {
    const { session } = (await show())[0] as ShownServer;
    const { code, err } = await pool('fence', session);
    expect(code).toBe(1);
    expect(err).toMatch(/was not fenced: it is alive: it has beaten while it was watched\.\nDrain it/);
  });

  it('drain and remove: a server ends, is started again by the pool, and its sessions are forgotten', async () => {
    const dead = (await show('--all')).find((it) => it.status === 'fenced') as ShownServer;
    const alive = (await show()).find((it) => it.address === dead.address) as ShownServer;
    await ask('drain', alive.session);
    await call.until((it) => it['pid'] === alive.process && it['by'] === 'exit code 0', 'it has ended', LIMIT_MS);
    await untilAllUp();
    // Both its former sessions have that address.
    await refused(['remove', dead.address, '--directory', kept], 'ambiguous-server', /may be any of 2 servers/);
    for (const session of [dead.session, alive.session])
      expect(await ask('remove', session)).toMatchObject({ session });
    expect((await show('--all')).length).toBe(SERVERS);
  });

  it('fence --gone: at once, and one that went on all the same is another session', async () => {
    const { session, address, process: pid } = (await show())[0] as ShownServer & { readonly process: number };
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await ask('fence', session, '--gone')).toMatchObject({ session, address, status: 'fenced' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await untilAllUp();
    const now = (await show()).find((it) => it.address === address) as ShownServer;
    expect(now.session).not.toBe(session);
    expect(await ask('remove', session)).toMatchObject({ session });
  });
});

describe('caravan user', { timeout: 2 * LIMIT_MS }, () => {
  it('orders for a device at any server, and the one that owns the user carries it out', async () => {
    const order = async (verb: string) => {
      const { code, out, err } = await callCaravan('user', verb, 'bob', 'caravancli', '--directory', kept, '--json');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return JSON.parse(out) as DeviceEntry;
    };
    // `callCaravan` asks the first server: once as owner, once as another.
    const addresses = (await show()).map(({ address }) => address).toSorted();
    for (const address of [addresses[0], addresses.at(-1)] as string[]) {
      await ask('bind', 'bob', address);
      // Whom nobody serves goes there with the next request of a device.
      await until(async () => {
        expect(await callCaravan(...device('sync', 'bob'))).toMatchObject({ code: 0, err: '' });
        return (await user('bob')).owner?.address === address;
      }, 'bob has moved');
      expect(await order('block')).toMatchObject({ user: 'bob', access: 'blocked' });
      expect(await callCaravan(...device('sync', 'bob'))).toMatchObject({ code: 1 });
      expect(await order('allow')).toMatchObject({ access: 'allowed' });
      expect((await user('bob')).owner?.address).toBe(address);
    }
    await ask('unbind', 'bob');
  });
});

describe('the table of servers', () => {
  it('says why one takes nobody new, and nothing of those that have ended', () => {
    const base = {
      zone: 'a',
      build: '1',
      available: true,
      started: '2026-11-27T09:00:00Z',
      index: -3,
      users: 1,
      devices: 1,
      lastBeat: '2026-11-27T10:00:00Z',
    };
    const constrained = 'its event loop is busy';
    const lines = serverTable(
      [
        { ...base, session: 's1', address: 'one:1', status: 'up', constrained },
        { ...base, session: 's2', address: 'two:1', status: 'up' },
        { ...base, session: 's3', address: 'three:1', status: 'fenced', constrained },
      ],
      Date.parse('2026-11-27T10:00:02Z'),
    ).split('\n');
    expect(lines[1]).toMatch(/^one:1 +s1 +a +1 +up +-3 +1 +1 +2 s ago/);
    expect(lines.slice(4)).toEqual(['one:1 takes nobody new: its event loop is busy']);
  });
});

describe('what is refused', { timeout: 2 * LIMIT_MS }, () => {
  it('a server that there is not', () =>
    refused(
      ['drain', 'nope', '--directory', kept],
      'unknown-server',
      /no server 'nope' that lives\.\n`caravan pool show`/,
    ));
  it('a place where no pool runs', () =>
    refused(['show', '--directory', directory], 'no-pool', /No pool of `caravan up` runs with .*\n.*--directory/));
  it('an address where nobody is', async () => {
    const [port] = await freePorts(1);
    await refused(
      ['show', '--url', `http://127.0.0.1:${port}`, '--token-file', up.administration.tokenFile],
      'pool-unreachable',
      /No server of the pool answers .*ECONNREFUSED/,
    );
  });
  it('an address that is no administration', () =>
    refused(
      ['show', '--url', up.url, '--token-file', up.administration.tokenFile],
      'not-administration',
      /answers 404, and not as the administration/,
    ));
  it('who has no token, or a wrong one', async () => {
    const { url } = up.administration;
    await refused(['show', '--url', url], 'missing-token', /No token was given/);
    await writeFile(join(directory, 'other'), 'another token altogether');
    await refused(['show', '--url', url, '--token-file', join(directory, 'other')], 'wrong-token', /does not accept/);
    const logged = await readFile(join(kept, 'logs/server-1.log'), 'utf8');
    expect(logged).toContain('A call of the administration was refused');
  });
  it('a second pool in the same directory, and the first is none the worse', async () => {
    const { code, err } = await runCaravan(directory, upArguments(SERVERS), LIMIT_MS);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/process \d+ has it\.\nStop the pool that runs/),
    });
    expect((await show()).length).toBe(SERVERS);
  });
});

describe('the end of a pool', { timeout: 3 * LIMIT_MS }, () => {
  it('Ctrl-C: all of it ends, and everything is kept', async () => {
    const pids = (await show()).map((it) => it.process as number);
    expect(await call.end('SIGINT')).toBe(0);
    expect(pids.filter(isRunning)).toEqual([]);
    await refused(['show', '--directory', kept], 'no-pool', /No pool/);
  });

  it('kill -9 of the process that keeps it: its servers do not stay behind', async () => {
    call = new LongCall(directory, upArguments(1));
    up = (await call.until((it) => 'url' in it, 'the pool is up', LIMIT_MS)) as unknown as Up;
    expect((await user('bob')).devices).toHaveLength(1);
    await call.end('SIGKILL');
    await until(async () => up.servers.every(({ pid }) => !isRunning(pid)), 'no server is left');
    await refused(['show', '--directory', kept], 'pool-unreachable', /No server of the pool answers/);
  });
});
