// A user's requests do not wait for a store that takes its time over the last copy.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareItems, type PoolHomes } from '../../lib/migration/index.ts';
import { moveHome, moveOut, type MoveParts } from '../../lib/migration/growth/hand-over.ts';
import { Places } from '../../lib/migration/growth/places.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { Custody, type Lease } from '../../lib/pool/index.ts';
import type { Home } from '../../lib/pool/homes/index.ts';
import { SqliteStore, type Store } from '../../lib/store/index.ts';

const USER = 'ada';
const DEVICE = { partition: `USER#${USER}`, sort: 'DEVICE#x' };
const OWNER = { partition: `USER#${USER}`, sort: 'OWNER' };
const LIMIT_MS = 60;
const LONG_MS = 600_000;

let directory: string;
let own: SqliteStore;
let theirs: SqliteStore;
/** Nothing goes to or from the pool's store before it is resolved. */
let way: Promise<void>;
let places: Places;
let custody: Custody;
let parts: MoveParts;
/** Requests wait, and the last copy is next. */
let atLast: () => Promise<unknown>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'caravan-hand-over-'));
  own = new SqliteStore({ file: join(directory, 'own.db') });
  theirs = new SqliteStore({ file: join(directory, 'theirs.db') });
  way = Promise.resolve();
  const pool: Store = {
    ...bound(theirs),
    put: (...all) => way.then(() => theirs.put(...all)),
    async *query(...all) {
      await way;
      yield* theirs.query(...all);
    },
  };
  places = new Places(own, systemClock, 'here');
  custody = new Custody({ store: pool, clock: systemClock, random: systemRandom, pool: 'main', standalone: 'office' });
  atLast = async () => {};
  parts = {
    own,
    pool,
    custody,
    places,
    prepare: async () => undefined,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    isVerified: true,
    pauseLimitMs: LIMIT_MS,
    finish: async (_, limitMs) => {
      if (places.held(USER)) await atLast();
      return limitMs > 0;
    },
    lose: async () => {},
    signal: new AbortController().signal,
  };
});
afterEach(async () => {
  await Promise.all([own.close(), theirs.close()]);
  rmSync(directory, { recursive: true });
});

const suspended = async (lease: Lease) => {
  while (lease.isHeld()) await pause();
};
const released = async () => {
  while (places.held(USER) === undefined) await pause();
  await places.held(USER);
};
const pause = (ms = 1) => new Promise((done) => setTimeout(done, ms));
const attempt = (move: Promise<unknown>) => {
  const state = { isOver: false, ended: move.then(undefined, (thrown: unknown) => thrown) };
  void state.ended.then(() => (state.isOver = true));
  return state;
};
const bound = (store: Store): Store => ({
  get: (...all) => store.get(...all),
  put: (...all) => store.put(...all),
  update: (...all) => store.update(...all),
  delete: (...all) => store.delete(...all),
  query: (...all) => store.query(...all),
  scan: () => store.scan(),
  close: () => store.close(),
});

it('on the way out: the user is served here again, with what came last, and goes the next time', async () => {
  await own.put({ key: DEVICE, attributes: { version: 1 } });
  const opens = Promise.withResolvers<void>();
  atLast = async () => {
    await own.put({ key: DEVICE, attributes: { version: 2 } });
    way = opens.promise;
  };
  const lease = places.lease(USER);
  const first = attempt(moveOut(parts, USER));
  await suspended(lease);
  await places.held(USER);
  expect(places.isHere(USER)).toBe(true);
  expect(lease.isHeld()).toBe(true);
  await own.put({ key: DEVICE, attributes: { version: 3 } });
  // What was given up may write as long as it is on its way: nothing is begun anew before that.
  await pause(20);
  expect(first.isOver).toBe(false);
  opens.resolve();
  expect(await first.ended).toMatchObject({ code: 'pause-too-long' });

  atLast = async () => {};
  await moveOut({ ...parts, pauseLimitMs: LONG_MS }, USER);
  expect(places.of(USER).place).toBe('pool');
  expect((await theirs.get(DEVICE))?.attributes).toMatchObject({ version: 3 });
  expect(await compareItems(own, theirs, USER)).toEqual([]);
  expect(custody.has(await custody.owner(USER))).toBe(false);
  expect(lease.isHeld()).toBe(false);
});

it('on the way home: the pool has the user again, and gives the user the next time', async () => {
  await theirs.put({ key: DEVICE, attributes: { version: 1 } });
  await theirs.put({ key: OWNER, attributes: { session: '', epoch: 4, since: 0 } });
  const opens = Promise.withResolvers<void>();
  const call = custody.call.bind(custody);
  custody.call = async (...all) => {
    const epoch = await call(...all);
    way = opens.promise;
    return epoch;
  };
  const first = attempt(moveHome(parts, USER));
  await released();
  expect(places.of(USER).place).toBe('coming');
  expect((await custody.owner(USER))?.session).toBe('');
  // What was given up may write as long as it is on its way: nothing is begun anew before that.
  await pause(20);
  expect(first.isOver).toBe(false);
  opens.resolve();
  expect(await first.ended).toMatchObject({ code: 'pause-too-long' });

  custody.call = call;
  await moveHome({ ...parts, pauseLimitMs: LONG_MS }, USER);
  expect(places.of(USER).place).toBe('here');
  expect(places.of(USER).epoch).toBeGreaterThan(5);
  expect(custody.has(await custody.owner(USER))).toBe(true);
  expect(await compareItems(theirs, own, USER)).toEqual([]);
});

it('a user who is in custody already is called by a new epoch: what was to undo the old one comes too late', async () => {
  const { signal } = new AbortController();
  const epoch = await custody.call(USER, signal);
  expect(await custody.call(USER, signal)).toBe(epoch + 1);
});

describe('where the pool is one of several', () => {
  const homeIn = (pool: string) => ({ user: USER, pool, epoch: 1, state: 'here', since: 0 }) as const;
  const homes = (given: Home, onGive: () => Promise<void> = async () => {}): PoolHomes => ({
    pool: 'main',
    places: async () => [],
    home: async () => undefined,
    give: async () => {
      await onGive();
      return given;
    },
  });

  it('a user has a home there before anything of theirs is', async () => {
    await own.put({ key: DEVICE, attributes: { version: 1 } });
    let isGiven = false;
    const given = homes(homeIn('main'), async () => {
      expect(await theirs.get(OWNER)).toBeUndefined();
      expect(await theirs.get(DEVICE)).toBeUndefined();
      isGiven = true;
    });
    await moveOut({ ...parts, homes: given, pauseLimitMs: LONG_MS }, USER);
    expect(isGiven).toBe(true);
    expect(places.of(USER).place).toBe('pool');
  });

  it('who has got a home in another by now stays here, and nothing is left behind', async () => {
    await own.put({ key: DEVICE, attributes: { version: 1 } });
    const moved = moveOut({ ...parts, homes: homes(homeIn('west')), pauseLimitMs: LONG_MS }, USER);
    await expect(moved).rejects.toMatchObject({ code: 'home-elsewhere' });
    expect(places.isHere(USER)).toBe(true);
    expect(await theirs.get(OWNER)).toBeUndefined();
    expect(await theirs.get(DEVICE)).toBeUndefined();
  });
});

it('nobody waits for the mailbox to be closed', async () => {
  await own.put({ key: DEVICE, attributes: { version: 1 } });
  await moveOut({ ...parts, lose: () => new Promise(() => {}), pauseLimitMs: LONG_MS }, USER);
  expect(custody.has(await custody.owner(USER))).toBe(false);
});

it('on the way home after a crash: nobody serves a user who is in custody, so what is copied is the last copy', async () => {
  await theirs.put({ key: DEVICE, attributes: { version: 1 } });
  await custody.call(USER, parts.signal);
  let beforehand = 0;
  const pool: Store = {
    ...parts.pool,
    query: (...all) => {
      if (places.held(USER) === undefined) beforehand++;
      return parts.pool.query(...all);
    },
  };
  await moveHome({ ...parts, pool, pauseLimitMs: LONG_MS }, USER);
  expect(beforehand).toBe(0);
  expect((await own.get(DEVICE))?.attributes).toMatchObject({ version: 1 });
});
