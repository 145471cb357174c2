// A server of a pool stands still (SIGSTOP) and goes on later: its users are served by others, and it does nothing for them then.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lateEffects } from '../../support/pool/effects.ts';
import { PoolStage } from './support/pool-stage.ts';
import { DELIVER_EVERY_MS, pause, seconds, SERVERS, USERS } from './support/sizes.ts';

/** Until what a server did before it stood still has come through. */
const UNDER_WAY_MS = 250;

let stage: PoolStage;
beforeAll(async () => {
  stage = await PoolStage.start({ servers: SERVERS, users: USERS });
  await stage.begin();
}, 300_000);
afterAll(() => stage?.stop(), 60_000);

/** Freezes the server with the most users for so long. */
async function freeze(forMs: number) {
  const server = await stage.pool.busiest();
  const session = await stage.pool.sessionOf(server);
  await stage.during(
    async () => {
      await pause(1_000);
      server.freeze();
      const fromMs = performance.now() + UNDER_WAY_MS;
      await pause(forMs);
      server.thaw();
      await stage.pool.untilHealthy();
      const owned = new Set(await stage.pool.usersOf(server));
      // Whom it has again by then it has by right.
      const others = stage.pool.effects.filter((it) => !owned.has(it.user));
      expect(lateEffects(others, server.name, { fromMs, toMs: performance.now() })).toEqual([]);
      await pause(seconds(5, 1));
    },
    // A SendMail under way may have been taken by the submission server and not been recorded.
    { everyMs: DELIVER_EVERY_MS, mayBeTwice: true },
  );
  return { server, session };
}

it('for 5 s: within its lease it stays who it is', { timeout: 200_000 }, async () => {
  const { server, session } = await freeze(5_000);
  expect(await stage.pool.sessionOf(server)).toBe(session);
});

it('for 20 s: its users are served by others, and it comes back as another session', { timeout: 200_000 }, async () => {
  const { server, session } = await freeze(20_000);
  expect(await stage.pool.sessionOf(server)).not.toBe(session);
});

it('for 90 s: the same', { timeout: 400_000 }, async () => {
  const { server, session } = await freeze(seconds(90, 14));
  expect(await stage.pool.sessionOf(server)).not.toBe(session);
});
