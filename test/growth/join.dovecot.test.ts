// A standalone server joins a pool while its devices go on, and what they hold stays what they hold.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import { passwordOf, type TestPool } from '../support/pool/test-pool.ts';
import type { Lived } from '../fault/support/somebody.ts';
import { PoolStage } from '../fault/pool/support/pool-stage.ts';
import { pause, seconds } from '../fault/pool/support/sizes.ts';
import { type Refusal, StandaloneBeside } from './support/standalone-beside.ts';

const IS_FULL = process.env['CARAVAN_FAULT_SIZE'] === 'full';
const USERS = Number(process.env['CARAVAN_TEST_USERS'] ?? (IS_FULL ? 50 : 4));
const EVERY_MS = IS_FULL ? 60 : 200;
const KILLS = Number(process.env['CARAVAN_TEST_KILLS'] ?? (IS_FULL ? 30 : 3));
/** Fifty users one after the other, beside everything else that the machine does. */
const OVER_MS = IS_FULL ? 900_000 : 120_000;
/** The promise; where other tests run beside this one it says nothing. */
const SLOWEST_MS = IS_FULL ? 2_000 : 15_000;

const SETTLED_MS = 8_000;
const SLOWEST_TOLD = 4;

let stage: PoolStage;
let standalone: StandaloneBeside;
beforeAll(async () => {
  const door = async (pool: TestPool) => {
    standalone = await StandaloneBeside.start(pool, 'office');
    return standalone.url;
  };
  stage = await PoolStage.start({ users: USERS, servers: 2, door, wires: [] });
  await stage.begin();
}, 300_000);
afterAll(async () => {
  await standalone?.remove();
  await stage?.stop();
}, 60_000);

const owners = () => Promise.all(stage.pool.users.map((it) => stage.pool.administration.owner(it)));

const tookMs = ({ fromMs, toMs }: Lived) => Math.round(toMs - fromMs);
const slowestOf = (lived: readonly Lived[]) => Math.max(0, ...lived.map(tookMs));
/** The median, the one of a hundred that takes longest, and the slowest with what they were and when. */
function figuresOf(lived: readonly Lived[], beganMs: number): string {
  const slowestFirst = lived.toSorted((one, other) => tookMs(other) - tookMs(one));
  const at = (share: number) => tookMs(slowestFirst[Math.floor(share * (lived.length - 1))] as Lived);
  const slowest = slowestFirst
    .slice(0, SLOWEST_TOLD)
    .map((it) => `${it.command} of ${it.user} ${tookMs(it)} ms, ${Math.round(it.fromMs - beganMs)} ms after it began`);
  return `${lived.length} requests, median ${at(0.5)} ms, 99 of 100 within ${at(0.01)} ms; ${slowest.join('; ')}`;
}

it('a wrong pool key is refused, and nothing was copied', { timeout: 60_000 }, async () => {
  const file = await standalone.rewrite(stage.pool, (it) => ({
    ...it,
    pool: { ...it.pool, key: 'another key of sixteen' },
  }));
  const { error } = await standalone.begin<Refusal>('join', { file });
  expect(error.code).toBe('wrong-pool-key');
  expect(await owners()).toEqual(stage.pool.users.map(() => undefined));
});

it('all users are handed over, and no device notices', { timeout: 3 * OVER_MS }, async () => {
  let beganMs = 0;
  const { troubles, lived } = await stage.during(
    async () => {
      await pause(seconds(15, 1.5));
      beganMs = performance.now();
      await standalone.begin('join');
      const progress = await standalone.over(OVER_MS);
      expect(progress).toMatchObject({ phase: 'done', users: USERS, moved: USERS, troubles: [] });
      process.stderr.write(`joined in ${Math.round(performance.now() - beganMs)} ms: ${JSON.stringify(progress)}\n`);
      await pause(seconds(10, 2));
    },
    { everyMs: EVERY_MS },
  );
  expect(troubles).toEqual([]);
  // What the machine does to requests when all phones wake at once is another thing.
  const before = lived.filter((it) => it.toMs < beganMs && it.fromMs > beganMs - SETTLED_MS);
  const since = lived.filter((it) => it.toMs >= beganMs);
  for (const [name, some] of Object.entries({ before, since }))
    if (some.length > 0) process.stderr.write(`${name} it began: ${figuresOf(some, beganMs)}\n`);
  expect(slowestOf(since)).toBeLessThan(SLOWEST_MS);
  const live = new Set((await stage.pool.live()).filter((it) => it.standalone === undefined).map((it) => it.session));
  for (const owner of await owners()) expect(live).toContain(owner?.session);
});

it('it is taken back, and no device notices', { timeout: 3 * OVER_MS }, async () => {
  const { troubles } = await stage.during(
    async () => {
      await pause(1_000);
      await standalone.ask('POST', '/join/undo');
      const progress = await standalone.over(OVER_MS);
      expect(progress).toMatchObject({ phase: 'closed', troubles: [] });
      process.stderr.write(`undone: ${JSON.stringify(progress)}\n`);
      await pause(seconds(10, 2));
    },
    { everyMs: EVERY_MS },
  );
  expect(troubles).toEqual([]);
  expect(await owners()).toEqual(stage.pool.users.map(() => undefined));
});

it(`it joins again, is killed ${KILLS} times on the way, and goes on each time`, { timeout: 5 * OVER_MS }, async () => {
  await stage.during(
    async () => {
      await standalone.begin('join').catch(() => undefined);
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(stage.random.between(20, 1_500));
        await standalone.process.end('SIGKILL');
        await standalone.process.launch();
      }
      const progress = await standalone.over(OVER_MS);
      expect(progress).toMatchObject({ phase: 'done', users: USERS, moved: USERS, troubles: [] });
      await standalone.process.end('SIGKILL');
      await standalone.process.launch();
      expect(await standalone.over(OVER_MS)).toMatchObject({ phase: 'done', users: USERS, moved: USERS });
      await pause(seconds(10, 2));
    },
    { everyMs: EVERY_MS, mayBeTwice: true },
  );
});

it('users leave for another standalone server, which serves them through the same door, and come back', {
  timeout: 3 * OVER_MS,
}, async () => {
  const branch = await StandaloneBeside.start(stage.pool, 'branch');
  const leaving = stage.pool.users.slice(0, 2);
  const placesOf = async () => (await owners()).slice(0, 2).map((it) => it?.session);
  try {
    const { troubles } = await stage.during(
      async () => {
        await branch.begin('leave', { users: leaving });
        expect(await branch.over()).toMatchObject({ phase: 'done', users: 2, moved: 2, troubles: [] });
        expect(await placesOf()).toEqual(['@branch', '@branch']);
        await pause(seconds(10, 2));
        await branch.ask('POST', '/join/undo');
        expect(await branch.over()).toMatchObject({ phase: 'done', direction: 'join', moved: 2, troubles: [] });
        await pause(seconds(10, 2));
      },
      { everyMs: EVERY_MS },
    );
    expect(troubles).toEqual([]);
    expect(await placesOf()).not.toContain('@branch');
  } finally {
    await branch.remove();
  }
});

it('a second standalone server that has one of the users is told so before anything is copied, and joins without', {
  timeout: 120_000,
}, async () => {
  const other = await StandaloneBeside.start(stage.pool, 'other');
  try {
    const [user = ''] = stage.pool.users;
    const phone = new DeviceClient({
      url: other.url,
      user,
      password: passwordOf(user),
      deviceId: 'OTHERPHONE',
      deviceType: 'TestPhone',
      version: '16.1',
    });
    await phone.folderSync();
    phone.close();
    const { error } = await other.begin<Refusal>('join');
    expect(error).toMatchObject({ code: 'user-conflict', message: expect.stringContaining(user) });
    expect((await stage.pool.administration.owner(user))?.session).not.toBe('@other');
    await other.begin('join', { users: [user] });
    expect(await other.over()).toMatchObject({ phase: 'done', users: 0, troubles: [] });
  } finally {
    await other.remove();
  }
});
