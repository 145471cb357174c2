// Servers of a pool are stopped for maintenance, one after the other, and another joins: no device notices anything.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PoolStage } from './support/pool-stage.ts';
import { DELIVER_EVERY_MS, pause, seconds, USERS } from './support/sizes.ts';

/** No device notices anything. */
const SEAMLESS = { everyMs: DELIVER_EVERY_MS, seamless: true };

let stage: PoolStage;
beforeAll(async () => {
  stage = await PoolStage.start({ users: USERS, spare: 1 });
  await stage.begin();
}, 300_000);
afterAll(() => stage?.stop(), 60_000);

it('a server is drained (SIGTERM): its users are given away, and no request fails', { timeout: 200_000 }, async () => {
  const server = await stage.pool.busiest();
  await stage.during(async () => {
    await pause(2_000);
    await server.drain();
    await pause(seconds(10, 2));
  }, SEAMLESS);
  expect(await stage.pool.usersOf(server)).toEqual([]);
  await server.process.launch();
  await stage.pool.untilHealthy();
});

it('a server is drained by its item, as when ECS takes it away: it answers all who wait and ends before any signal', {
  timeout: 200_000,
}, async () => {
  const server = await stage.pool.busiest();
  const session = (await stage.pool.sessions()).get(server.name) as string;
  await stage.during(async () => {
    await pause(2_000);
    const ended = server.process.ended();
    await stage.pool.administration.drain(session);
    const { code, milliseconds } = await ended;
    expect(code).toBe(0);
    // A beat, both drains of this pool (20 s, 10 s) and a lingering of two beats: with those of a deployment it is under 120 s.
    expect(milliseconds).toBeLessThan(60_000);
    await pause(seconds(10, 2));
  }, SEAMLESS);
  expect(await stage.pool.usersOf(server)).toEqual([]);
  await server.process.launch();
  await stage.pool.untilHealthy();
});

it('all servers are restarted, one after the other, and no request fails', { timeout: 400_000 }, async () => {
  await stage.during(async () => {
    for (const server of stage.pool.servers) {
      await pause(seconds(5, 1));
      await server.drain();
      await server.process.launch();
      await stage.pool.untilHealthy();
    }
    await pause(seconds(5, 1));
  }, SEAMLESS);
});

it('a server joins, and no request fails', { timeout: 400_000 }, async () => {
  await stage.during(async () => {
    await pause(1_000);
    const server = await stage.pool.launch();
    await stage.pool.untilHealthy();
    await stage.pool.until(
      async () => (await stage.pool.live()).some((it) => it.address === server.address),
      'it is of the pool',
    );
    await pause(seconds(330, 5));
  }, SEAMLESS);
});

it('the whole pool is stopped at once (SIGTERM) and started again: nobody loses anything', async () => {
  await stage.during(
    async () => {
      const running = stage.pool.servers.filter((it) => it.process.isRunning);
      await pause(1_000);
      await Promise.all(running.map((it) => it.drain()));
      await Promise.all(running.map((it) => it.process.launch()));
      await stage.pool.untilHealthy();
      await pause(seconds(20, 2));
    },
    { everyMs: DELIVER_EVERY_MS },
  );
}, 300_000);
