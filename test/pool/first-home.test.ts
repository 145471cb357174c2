// The first home of a user who has none, while pools that had users before give them theirs.
import { beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../lib/platform/index.ts';
import { type FirstHomeParts, giveFirstHome, HomeMap, type StorePlace } from '../../lib/pool/homes/index.ts';
import { StoreError } from '../../lib/store/index.ts';
import { FaultyStore, MemoryStore } from '../sync/support/faulty-store.ts';

const POOLS = ['east', 'west', 'south'] as const;
type Pool = (typeof POOLS)[number];

let stores: Record<Pool, FaultyStore>;
let map: HomeMap;
let parts: FirstHomeParts;

beforeEach(async () => {
  const homes = new MemoryStore();
  map = new HomeMap({ near: homes, authority: homes, clock: systemClock });
  stores = { east: store(), west: store(), south: store() };
  for (const pool of POOLS)
    await map.announce(pool, { url: pool, mailServer: 'mail', users: 0, store: { table: pool } });
  const openStore = async ({ table }: StorePlace) => stores[table as Pool];
  parts = { map, pool: 'east', store: stores.east, openStore, clock: systemClock };
});

const store = () => new FaultyStore(new MemoryStore());
const has = (pool: Pool, user: string) =>
  stores[pool].put({
    key: { partition: `USER#${user}`, sort: 'OWNER' },
    attributes: { session: '', epoch: 3, since: 0 },
  });
const areReady = async (...pools: readonly Pool[]) => {
  for (const pool of pools) await map.setEnrolled(pool);
};
/** Where the user is at home then, or for whom is waited. `south` would be chosen. */
async function home(user = 'ada'): Promise<string> {
  const first = await giveFirstHome(parts, user, () => 'south');
  const known = (await map.mustHome(user))?.pool;
  if (first.kind === 'wait') return known === undefined ? `waits for ${first.pools.join(', ')}` : `a home in ${known}`;
  expect(known).toBe(first.home.pool);
  return first.home.pool;
}

it('is in the pool that has the user, whichever is asked, and before any is ready', async () => {
  await has('east', 'ada');
  await has('west', 'bob');
  expect([await home('ada'), await home('bob')]).toEqual(['east', 'west']);
});

it('is none while another pool, which may have the user, has not given its own users theirs', async () => {
  await areReady('east', 'south');
  expect(await home()).toBe('waits for west');
  stores.west.fault = () => 'down';
  expect(await home()).toBe('waits for west');
  stores.west.fault = undefined;
  await areReady('west');
  expect(await home()).toBe('south');
});

it('is in this pool, whose servers may take the user at any time, until it is ready itself', async () => {
  await areReady('west', 'south');
  expect(await home('ada')).toBe('east');
  await areReady('east');
  expect(await home('bob')).toBe('south');
});

it('is none where the own store does not tell whether it has the user, until it is ready', async () => {
  await areReady('west', 'south');
  stores.east.fault = () => 'down';
  expect(await home()).toBe('waits for east');
  await areReady('east');
  expect(await home()).toBe('south');
});

it('waits for a pool whose store cannot be opened', async () => {
  await areReady('east', 'south');
  const openStore = () => Promise.reject(new StoreError('store-unavailable', 'no way there'));
  parts = { ...parts, openStore };
  expect(await home()).toBe('waits for west');
});
