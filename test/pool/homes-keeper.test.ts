// A pool without a tenure, whose servers stand still while an administrator says that it is gone.
import { expect, it } from 'vitest';
import { HomeKeeper, HomeMap, isOneOfSeveral } from '../../lib/pool/homes/index.ts';
import type { HomeCheck } from '../../lib/pool/index.ts';
import { readOwnership } from '../../lib/pool/records.ts';
import { type Clock, silentLog } from '../../lib/platform/index.ts';
import type { Store } from '../../lib/store/index.ts';
import { Scheduler } from '../simulation/support/scheduler.ts';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import { SimulatedProcess } from '../simulation/support/simulated-process.ts';
import { SimulatedStore } from '../simulation/support/simulated-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';

const keeperOf = (map: HomeMap, store: Store, clock: Clock) =>
  new HomeKeeper({
    map,
    pool: 'west',
    store,
    openStore: async () => store,
    session: () => 'west1',
    report: () => ({ url: 'west', mailServer: 'mail', users: 0, store: { table: 'west' } }),
    onNewTerm: () => {},
    clock,
    random: new SeededRandom(3),
    log: silentLog,
  });

async function begin() {
  const scheduler = new Scheduler();
  const process = new SimulatedProcess({ name: 'west1', scheduler });
  const [mapStore, own] = [1, 2].map((seed) => new SimulatedStore(scheduler, new SeededRandom(seed), () => {}));
  if (!mapStore || !own) throw new Error('there are no stores');
  const near = mapStore.storeFor(process);
  const { clock } = process;
  const keeper = keeperOf(new HomeMap({ near, authority: near, clock }), own.storeFor(process), clock);
  void keeper.start();
  const after = (seconds: number) => scheduler.run(scheduler.now + seconds * 1_000);
  await after(10);
  expect(keeper.isOpen()).toBe(true);
  return { keeper, process, own, mapStore, after };
}

it('serves on while the home map does not answer, for as long as that lasts', async () => {
  const { keeper, mapStore, after } = await begin();
  mapStore.setDown(true);
  for (let second = 0; second < 300; second++) {
    await after(1);
    expect(keeper.isOpen()).toBe(true);
  }
});

it('serves nobody once it stood still, until the home map has answered', async () => {
  const { keeper, process, mapStore, after } = await begin();
  process.pause();
  mapStore.setDown(true);
  await after(40);
  process.goOn();
  for (let second = 0; second < 60; second++) {
    expect(keeper.isOpen()).toBe(false);
    await after(1);
  }
  mapStore.setDown(false);
  await after(10);
  expect(keeper.isOpen()).toBe(true);
});

it('gives a user whom its pool has a home in it, whatever road the request came by', async () => {
  const { keeper, own, process, mapStore, after } = await begin();
  const key = { partition: 'USER#ada', sort: 'OWNER' };
  void own.storeFor(process).put({ key, attributes: { session: '', epoch: 4, since: 0 } });
  const seen: HomeCheck[] = [];
  await after(1);
  void keeper.check('ada', readOwnership('ada', { key, attributes: own.peek(key) ?? {} })).then((it) => seen.push(it));
  await after(5);
  expect(seen).toEqual([{ kind: 'here', epoch: 1, term: 1 }]);
  expect(mapStore.peek({ partition: 'HOME#ada', sort: 'HOME' })).toMatchObject({ pool: 'west' });
});

it('gives nobody a home of whom nothing is known, while another pool has not given its own users theirs', async () => {
  const { keeper, mapStore, process, after } = await begin();
  const east = { partition: 'POOLS', sort: 'POOL#east' };
  const attributes = { url: 'east', mailServer: 'mail', users: 0, table: 'east', term: 1, state: 'up' };
  void mapStore.storeFor(process).put({ key: east, attributes });
  await after(1);
  const seen: HomeCheck[] = [];
  const check = async () => void seen.push(await keeper.check('bob', undefined));
  void check();
  await after(5);
  void mapStore.storeFor(process).update(east, { set: { enrolled: true } });
  await after(1);
  void check();
  await after(5);
  expect(seen.map(({ kind }) => kind)).toEqual(['unclear', 'here']);
});

/** Without a scheduler: stores that answer at once, and a clock that stands still. */
async function atOnce() {
  const [clock, own, homes] = [new ManualClock(), new MemoryStore(), new MemoryStore()];
  const map = new HomeMap({ near: homes, authority: homes, clock });
  const keeper = keeperOf(map, own, clock);
  return { clock, own, map, keeper };
}

it('leaves in its own store that its pool is one of several', async () => {
  const { own, keeper } = await atOnce();
  expect(await isOneOfSeveral(own, 'west')).toBe(false);
  await keeper.start();
  expect(await isOneOfSeveral(own, 'west')).toBe(true);
  keeper.stop();
});

it('takes nobody whose first home was still being given when its pool was given up', async () => {
  const { clock, map, keeper } = await atOnce();
  await keeper.start();
  const places = map.places.bind(map);
  map.places = async (replica) => {
    const before = await places(replica);
    const west = before.find((it) => it.pool === 'west');
    if (west) await map.endFailOver(await map.beginFailOver(west));
    // Heard meanwhile.
    await clock.advance(6_000);
    return before;
  };
  expect(keeper.term).toBe(1);
  expect(await keeper.check('bob', undefined)).toMatchObject({ kind: 'unclear' });
  expect(keeper.term).toBe(2);
  keeper.stop();
});
