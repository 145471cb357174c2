// Wires of a pool are cut, to the store and between servers, and the store throttles and fails: nobody loses anything.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StoreFault } from '../../support/store-proxy.ts';
import { lateEffects } from '../../support/pool/effects.ts';
import { PoolStage } from './support/pool-stage.ts';
import { DELIVER_EVERY_MS, pause, seconds, SERVERS, USERS } from './support/sizes.ts';

/** A request that was given up on may have been run; SendMail's record may be what the store refused. */
const CUT = { everyMs: DELIVER_EVERY_MS, mayBeTwice: true };
/** Until what a server did before it was cut off has come through. */
const UNDER_WAY_MS = 250;

let stage: PoolStage;
beforeAll(async () => {
  stage = await PoolStage.start({ servers: SERVERS, users: USERS, wires: ['store', 'mail', 'peers'] });
  await stage.begin();
}, 300_000);
afterAll(() => stage?.stop(), 60_000);

it('a server is cut from the store: others serve its users, and it does nothing more for them', async () => {
  const server = await stage.pool.busiest();
  const session = await stage.pool.sessionOf(server);
  await stage.during(async () => {
    await pause(1_000);
    const fromMs = performance.now() + UNDER_WAY_MS;
    server.store.always = () => ({ kind: 'silence' });
    await pause(seconds(60, 18));
    server.store.always = () => undefined;
    await stage.pool.untilHealthy();
    const owned = new Set(await stage.pool.usersOf(server));
    const others = stage.pool.effects.filter((it) => !owned.has(it.user));
    expect(lateEffects(others, server.name, { fromMs, toMs: performance.now() })).toEqual([]);
    await pause(seconds(5, 1));
  }, CUT);
  expect(await stage.pool.sessionOf(server)).not.toBe(session);
}, 300_000);

it('all servers are cut from the store: nobody is fenced, and all go on afterwards', async () => {
  const sessions = await stage.pool.sessions();
  await stage.during(async () => {
    await pause(1_000);
    for (const { store } of stage.pool.servers) store.always = () => ({ kind: 'silence' });
    await pause(seconds(60, 13));
    for (const { store } of stage.pool.servers) store.always = () => undefined;
    await stage.pool.untilHealthy();
    await pause(seconds(10, 2));
  }, CUT);
  expect(await stage.pool.sessions()).toEqual(sessions);
}, 300_000);

it('the store throttles and fails: what it refuses is tried again, what it may have done is looked at', async () => {
  const { random } = stage;
  const faults: readonly (StoreFault | undefined)[] = [
    { kind: 'fail', status: 400, type: 'ProvisionedThroughputExceededException' },
    { kind: 'fail', status: 400, type: 'ThrottlingException' },
    { kind: 'fail', status: 500, type: 'InternalServerError' },
    { kind: 'fail-afterwards', status: 500, type: 'InternalServerError' },
    { kind: 'drop-request' },
    { kind: 'drop-response' },
    { kind: 'delay', delayMs: 400 },
    ...Array.from({ length: 7 }, () => undefined),
  ];
  await stage.during(async () => {
    await pause(1_000);
    for (const { store } of stage.pool.servers) store.always = () => random.pick(faults);
    await pause(seconds(60, 12));
    for (const { store } of stage.pool.servers) store.always = () => undefined;
    await stage.pool.untilHealthy();
    await pause(seconds(10, 2));
  }, CUT);
}, 300_000);

it('a server is cut from its peers: devices come through by another door', async () => {
  const server = await stage.pool.busiest();
  await stage.during(async () => {
    await pause(1_000);
    server.peers.freeze();
    await pause(seconds(60, 8));
    server.peers.thaw();
    server.peers.cut();
    await pause(seconds(10, 3));
  }, CUT);
}, 300_000);

it('all servers are cut from each other, then all connections between them are reset', async () => {
  const sessions = await stage.pool.sessions();
  await stage.during(async () => {
    await pause(1_000);
    for (const { peers } of stage.pool.servers) peers.freeze();
    await pause(seconds(60, 8));
    for (const { peers } of stage.pool.servers) {
      peers.thaw();
      peers.cut();
    }
    await pause(seconds(10, 3));
  }, CUT);
  // Beats go by the store: who cannot be reached by others still lives.
  expect(await stage.pool.sessions()).toEqual(sessions);
}, 300_000);
