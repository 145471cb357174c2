// A standalone server joins a pool while its devices go on, and what they hold stays what they hold.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import { passwordOf, type TestPool } from '../support/pool/test-pool.ts';
import { PoolStage } from '../fault/pool/support/pool-stage.ts';
import { pause, seconds } from '../fault/pool/support/sizes.ts';
import { expectSoon } from './support/figures.ts';
import { killOnTheWay } from './support/killing.ts';
import { EVERY_MS, IS_FULL, KILLS, OVER_MS, USERS } from './support/sizes.ts';
import { type Refusal, StandaloneBeside } from './support/standalone-beside.ts';

let stage: PoolStage;
let standalone: StandaloneBeside;
beforeAll(async () => {
  const door = async (pool: TestPool) => {
    standalone = await StandaloneBeside.start(pool, 'office');
    return () => standalone.url;
  };
  stage = await PoolStage.start({ users: USERS, servers: 2, door, wires: [] });
  await stage.begin();
}, 300_000);
afterAll(async () => {
  await standalone?.remove();
  await stage?.stop();
}, 60_000);

const owners = () => Promise.all(stage.pool.users.map((it) => stage.pool.administration.owner(it)));

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
  expectSoon(lived, beganMs, [standalone.timeline]);
  const live = new Set((await stage.pool.live()).filter((it) => it.standalone === undefined).map((it) => it.session));
  for (const owner of await owners()) expect(live).toContain(owner?.session);
});

it('it is taken back, and no device notices', { timeout: 3 * OVER_MS }, async () => {
  let beganMs = 0;
  const { troubles, lived } = await stage.during(
    async () => {
      await pause(seconds(10, 1));
      beganMs = performance.now();
      await standalone.ask('POST', '/join/undo');
      const progress = await standalone.over(OVER_MS);
      expect(progress).toMatchObject({ phase: 'closed', troubles: [] });
      process.stderr.write(`undone: ${JSON.stringify(progress)}\n`);
      await pause(seconds(10, 2));
    },
    { everyMs: EVERY_MS },
  );
  expect(troubles).toEqual([]);
  expectSoon(lived, beganMs, [standalone.timeline]);
  expect(await owners()).toEqual(stage.pool.users.map(() => undefined));
});

it(`it joins again, is killed ${KILLS} times on the way, and goes on each time`, { timeout: 5 * OVER_MS }, async () => {
  let beganMs = 0;
  const { lived } = await stage.during(
    async () => {
      await pause(seconds(10, 0));
      beganMs = performance.now();
      await killOnTheWay(standalone, KILLS, stage.random, OVER_MS);
      const progress = await standalone.over(OVER_MS);
      expect(progress).toMatchObject({ phase: 'done', users: USERS, moved: USERS, troubles: [] });
      await standalone.kill();
      expect(await standalone.over(OVER_MS)).toMatchObject({ phase: 'done', users: USERS, moved: USERS });
      await pause(seconds(10, 2));
    },
    { everyMs: EVERY_MS, mayBeTwice: true },
  );
  expectSoon(lived, beganMs, [standalone.timeline]);
});

it('users leave for another standalone server, which serves them through the same door, and come back', {
  timeout: 3 * OVER_MS,
}, async () => {
  const branch = await StandaloneBeside.start(stage.pool, 'branch');
  const leaving = stage.pool.users.slice(0, IS_FULL ? USERS : 2);
  const placesOf = async () => (await owners()).slice(0, leaving.length).map((it) => it?.session);
  const users = leaving.length;
  let beganMs = 0;
  try {
    const { troubles, lived } = await stage.during(
      async () => {
        await pause(seconds(10, 0));
        beganMs = performance.now();
        await branch.begin('leave', { users: leaving });
        expect(await branch.over(OVER_MS)).toMatchObject({ phase: 'done', users, moved: users, troubles: [] });
        process.stderr.write(`left in ${Math.round(performance.now() - beganMs)} ms\n`);
        expect(await placesOf()).toEqual(leaving.map(() => '@branch'));
        await pause(seconds(10, 2));
        const cameMs = performance.now();
        await branch.ask('POST', '/join/undo');
        const back = await branch.over(OVER_MS);
        expect(back).toMatchObject({ phase: 'done', direction: 'join', moved: users, troubles: [] });
        process.stderr.write(`came back in ${Math.round(performance.now() - cameMs)} ms\n`);
        await pause(seconds(10, 2));
      },
      { everyMs: EVERY_MS },
    );
    expect(troubles).toEqual([]);
    expectSoon(lived, beganMs, [standalone.timeline, branch.timeline]);
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
