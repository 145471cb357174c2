// Why a pool cannot be joined: told before anything is copied, as what failed, why, and what to do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPool } from '../../lib/migration/growth/check-pool.ts';
import type { MigrationError, PoolHomes, PoolSide } from '../../lib/migration/index.ts';
import { systemClock, systemRandom } from '../../lib/platform/index.ts';
import type { Home, PoolPlace } from '../../lib/pool/homes/index.ts';
import { Custody, RELEASED, type ServerSession } from '../../lib/pool/index.ts';
import { SqliteStore, type Store } from '../../lib/store/index.ts';

const SERVER: ServerSession = {
  session: 's',
  beat: 1,
  status: 'up',
  address: '10.0.0.1:8444',
  zone: 'a',
  build: '1.2',
  index: 90,
  available: true,
  constrained: undefined,
  users: 1,
  devices: 1,
  seen: 0,
  started: 0,
  ended: undefined,
  orders: undefined,
  review: [],
  reviewMark: '',
};

let directory: string;
let store: Store;
let custody: Custody;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'caravan-check-'));
  store = new SqliteStore({ file: join(directory, 'pool.db') });
  custody = new Custody({ store, clock: systemClock, random: systemRandom, pool: 'main', standalone: 'office' });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const side = (change: Partial<PoolSide> = {}, servers: readonly ServerSession[] = [SERVER]): PoolSide => ({
  pool: 'main',
  store,
  custody,
  homes: undefined,
  isOneOfSeveral: async () => false,
  servers: async () => servers,
  hasOurKey: async () => true,
  otherMail: undefined,
  prepare: async () => undefined,
  link: async () => {},
  close: async () => {},
  ...change,
});

const PLACE: PoolPlace = {
  pool: 'main',
  url: 'https://main.example.org',
  mailServer: 'mail',
  users: 10,
  store: { table: 'main' },
  term: 1,
  state: 'up',
  isEvacuated: false,
  isEnrolled: true,
  enrolledUsers: 0,
  conflicts: [],
  seen: 0,
};

/** A pool that is one of two. */
const ofSeveral = (place: Partial<PoolPlace> = {}, homes: readonly Partial<Home>[] = []) => {
  const map: PoolHomes = {
    pool: 'main',
    places: async () => [
      { ...PLACE, ...place },
      { ...PLACE, pool: 'west', isEnrolled: place.isEnrolled ?? true },
    ],
    home: async (user) => {
      const home = homes.find((it) => it.user === user);
      return home && { user, pool: 'main', epoch: 1, state: 'here', since: 0, ...home };
    },
    give: async (user) => ({ user, pool: 'main', epoch: 1, state: 'here', since: 0 }),
  };
  return side({ homes: map, isOneOfSeveral: async () => true });
};

async function refusal(pool: PoolSide, users: readonly string[] = ['ada']): Promise<MigrationError | undefined> {
  try {
    await checkPool(pool, { standalone: 'office', build: '1.2', users });
    return undefined;
  } catch (thrown) {
    return thrown as MigrationError;
  }
}

describe('A pool', () => {
  it('that can take the users is not complained of', async () => {
    expect(await refusal(side())).toBeUndefined();
  });

  it.each([
    ['pool-not-up', side({}, [])],
    ['pool-not-up', side({}, [{ ...SERVER, status: 'fenced' }])],
    ['pool-not-up', side({}, [{ ...SERVER, standalone: 'elsewhere' }])],
    ['pool-not-up', side({ hasOurKey: async () => undefined })],
    ['other-build', side({}, [SERVER, { ...SERVER, session: 't', build: '1.3' }])],
    ['wrong-pool-key', side({ hasOurKey: async () => false })],
    ['pool-full', side({}, [{ ...SERVER, constrained: 'memory' }])],
    ['pool-full', side({}, [{ ...SERVER, available: false }])],
    ['other-mail-system', side({ otherMail: 'it is imap b, and this server has imap a' })],
    ['name-taken', side({}, [SERVER, { ...SERVER, session: 't', standalone: 'office' }])],
  ])('is refused: %s', async (code, pool) => {
    const error = await refusal({ ...pool, store, custody });
    expect(error).toMatchObject({ code, why: expect.stringMatching(/./), remedy: expect.stringMatching(/./) });
  });

  it('that is one of several, with room, is not complained of', async () => {
    expect(await refusal(ofSeveral({ room: 11 }, [{ user: 'ada' }]))).toBeUndefined();
  });

  it.each([
    ['homes-missing', side({ isOneOfSeveral: async () => true }), 'no `homes`'],
    ['homes-missing', ofSeveral({ pool: 'other' }), 'does not know it'],
    ['homes-not-ready', ofSeveral({ isEnrolled: false }), 'west'],
    ['pool-full', ofSeveral({ room: 10 }), 'room for 10 users, serves 10, and 1 would come'],
    ['pool-full', ofSeveral({ isEvacuated: true }), 'evacuated'],
    ['pool-full', ofSeveral({ state: 'failing-over' }), 'given to others'],
    ['home-elsewhere', ofSeveral({}, [{ user: 'ada', pool: 'west' }]), 'ada in west'],
    ['home-elsewhere', ofSeveral({}, [{ user: 'ada', state: 'moving', to: 'west' }]), 'ada in main'],
  ])('that is one of several is refused: %s', async (code, pool, why) => {
    const error = await refusal({ ...pool, store, custody });
    expect(error).toMatchObject({ code, why: expect.stringContaining(why), remedy: expect.stringMatching(/./) });
  });

  it('that is full may still be left', async () => {
    expect(await refusal(side({}, [{ ...SERVER, constrained: 'memory' }]), [])).toBeUndefined();
  });

  it('that has some of the users is refused with their names; those in our own hands are none', async () => {
    await store.put({
      key: { partition: 'USER#bob', sort: 'OWNER' },
      attributes: { session: 's', epoch: 4, since: 0 },
    });
    await custody.take('ada', 1);
    const error = await refusal(side(), ['ada', 'bob', 'eve']);
    expect(error).toMatchObject({ code: 'user-conflict' });
    expect(error?.why).toContain('bob');
    expect(error?.why).not.toContain('ada');
  });
});

describe('Custody', () => {
  it('is taken of nobody whom the pool knows, and raises the epoch with each step', async () => {
    expect(await custody.take('ada', 5)).toBe(5);
    expect(await custody.take('ada', 5)).toBe(5);
    await custody.release('ada');
    expect(await custody.owner('ada')).toMatchObject({ session: RELEASED, epoch: 6 });
    expect(await custody.take('ada', 5)).toBeUndefined();
    expect(await custody.call('ada', new AbortController().signal)).toBe(7);
    expect(await custody.take('ada', 9)).toBe(9);
  });

  it('is claimed of a user whose server is dead, and forgotten', async () => {
    await store.put({
      key: { partition: 'USER#bob', sort: 'OWNER' },
      attributes: { session: 'dead', epoch: 4, since: 0 },
    });
    expect(await custody.call('bob', new AbortController().signal)).toBe(5);
    await custody.forget('bob');
    expect(await custody.owner('bob')).toBeUndefined();
  });
});
