// A user's requests do not wait for a store that takes its time over the last copy.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compareItems } from '../../lib/migration/index.ts';
import { moveHome, moveOut, type MoveParts } from '../../lib/migration/growth/hand-over.ts';
import { Places } from '../../lib/migration/growth/places.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { Custody, type Lease } from '../../lib/pool/index.ts';
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
const pause = () => new Promise((done) => setTimeout(done, 1));
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
  const first = moveOut(parts, USER).then(undefined, (thrown: unknown) => thrown);
  await suspended(lease);
  await places.held(USER);
  expect(places.isHere(USER)).toBe(true);
  expect(lease.isHeld()).toBe(true);
  await own.put({ key: DEVICE, attributes: { version: 3 } });
  opens.resolve();
  expect(await first).toMatchObject({ code: 'pause-too-long' });

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
  const first = moveHome(parts, USER).then(undefined, (thrown: unknown) => thrown);
  await released();
  expect(places.of(USER).place).toBe('coming');
  expect((await custody.owner(USER))?.session).toBe('');
  opens.resolve();
  expect(await first).toMatchObject({ code: 'pause-too-long' });

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
