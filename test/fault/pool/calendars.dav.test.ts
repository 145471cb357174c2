// Owners are killed, frozen and drained while people's phones make, change, move and delete events, contacts and tasks on a real
// Radicale: nothing is lost or there twice, and who is invited gets each message once.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CalendarStage } from './support/calendar-stage.ts';
import { pause, seconds } from './support/sizes.ts';

const IS_FULL = process.env['CARAVAN_FAULT_SIZE'] === 'full';

/** Whether the submission server took what a dead server did not live to record is nobody's to know. */
const BROKEN_OFF = { mayBeTwice: true };

let stage: CalendarStage;
beforeAll(async () => {
  stage = await CalendarStage.start(IS_FULL ? { users: 20 } : { users: 6, store: 'embedded' });
  await stage.begin();
}, 300_000);
afterAll(() => stage?.stop(), 60_000);

it('the server with the most users is killed and started again', { timeout: 300_000 }, async () => {
  await stage.during(async () => {
    for (let round = 0; round < (IS_FULL ? 5 : 1); round++) {
      await pause(seconds(5, 2));
      const server = await stage.pool.busiest();
      await server.kill();
      await pause(seconds(8, 2));
      await server.process.launch();
      await stage.pool.untilHealthy();
    }
    await pause(seconds(5, 1));
  }, BROKEN_OFF);
});

it('it stands still until others have its users, and goes on', { timeout: 300_000 }, async () => {
  const server = await stage.pool.busiest();
  const session = await stage.pool.sessionOf(server);
  await stage.during(async () => {
    await pause(1_000);
    server.freeze();
    await pause(seconds(30, 12));
    server.thaw();
    await stage.pool.untilHealthy();
    await pause(seconds(10, 1));
  }, BROKEN_OFF);
  expect(await stage.pool.sessionOf(server)).not.toBe(session);
});

it('it is drained (SIGTERM), and its users are given away', { timeout: 300_000 }, async () => {
  const server = await stage.pool.busiest();
  await stage.during(async () => {
    await pause(1_500);
    await server.drain();
    await pause(seconds(10, 1));
  });
  expect(await stage.pool.usersOf(server)).toEqual([]);
});
