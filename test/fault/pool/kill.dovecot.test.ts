// kill -9 of servers of a pool while people live on: nobody loses anything, nothing is done twice, nobody begins again.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PoolStage } from './support/pool-stage.ts';
import { DELIVER_EVERY_MS, pause, seconds, USERS } from './support/sizes.ts';

/** Whether the submission server took what a dead server did not live to record is nobody's to know. */
const KILLED = { everyMs: DELIVER_EVERY_MS, mayBeTwice: true };

let stage: PoolStage;
beforeAll(async () => {
  stage = await PoolStage.start({ users: USERS });
  await stage.begin();
}, 300_000);
afterAll(() => stage?.stop(), 60_000);

it('one server after the other is killed and started again', { timeout: 400_000 }, async () => {
  await stage.during(async () => {
    for (const server of stage.pool.servers) {
      await pause(seconds(8, 2));
      await server.kill();
      await pause(seconds(8, 3));
      await server.process.launch();
      await stage.pool.untilHealthy();
    }
    await pause(seconds(5, 1));
  }, KILLED);
});

it('a server is killed and stays away: the others have its users', { timeout: 200_000 }, async () => {
  const server = await stage.pool.busiest();
  await stage.during(async () => {
    await pause(1_000);
    await server.kill();
    await pause(seconds(20, 4));
  }, KILLED);
  expect(await stage.pool.usersOf(server)).toEqual([]);
  expect(await stage.pool.live()).toHaveLength(2);
  await server.process.launch();
  await stage.pool.untilHealthy();
});

it('the whole pool is killed at once and started again', { timeout: 200_000 }, async () => {
  await stage.during(async () => {
    await pause(2_000);
    await Promise.all(stage.pool.servers.map((it) => it.kill()));
    await pause(1_000);
    await Promise.all(stage.pool.servers.map((it) => it.process.launch()));
    await stage.pool.untilHealthy();
    await pause(seconds(20, 3));
  }, KILLED);
  // A session that had no users is nobody's suspect: it is dead only after a whole lease.
  await stage.pool.until(async () => (await stage.pool.live()).length === 3, 'the old sessions are fenced');
});
