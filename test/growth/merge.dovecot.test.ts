// Two standalone servers become one pool at once, while the devices of both go on.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestPool } from '../support/pool/test-pool.ts';
import { PoolStage } from '../fault/pool/support/pool-stage.ts';
import { pause, seconds } from '../fault/pool/support/sizes.ts';
import { expectSoon } from './support/figures.ts';
import { EVERY_MS, OVER_MS, USERS } from './support/sizes.ts';
import { StandaloneBeside } from './support/standalone-beside.ts';

let stage: PoolStage;
const offices: StandaloneBeside[] = [];
beforeAll(async () => {
  const door = async (pool: TestPool) => {
    for (const name of ['north', 'south']) offices.push(await StandaloneBeside.start(pool, name));
    return (user: string) => (offices[pool.users.indexOf(user) % offices.length] as StandaloneBeside).url;
  };
  stage = await PoolStage.start({ users: USERS, servers: 2, door, wires: [] });
  await stage.begin();
}, 300_000);
afterAll(async () => {
  for (const office of offices) await office.remove();
  await stage?.stop();
}, 60_000);

it('both join at once, and no device of either notices', { timeout: 3 * OVER_MS }, async () => {
  let beganMs = 0;
  const { troubles, lived } = await stage.during(
    async () => {
      await pause(seconds(15, 1));
      beganMs = performance.now();
      for (const office of offices) await office.begin('join');
      for (const office of offices) {
        const progress = await office.over(OVER_MS);
        const users = USERS / offices.length;
        expect(progress).toMatchObject({ phase: 'done', users, moved: users, troubles: [] });
        process.stderr.write(
          `${office.name} after ${Math.round(performance.now() - beganMs)} ms: ${JSON.stringify(progress)}\n`,
        );
      }
      await pause(seconds(10, 1));
    },
    { everyMs: EVERY_MS },
  );
  expect(troubles).toEqual([]);
  expectSoon(
    lived,
    beganMs,
    offices.map((it) => it.timeline),
  );
  const live = new Set((await stage.pool.live()).filter((it) => it.standalone === undefined).map((it) => it.session));
  for (const user of stage.pool.users) expect(live).toContain((await stage.pool.administration.owner(user))?.session);
});
