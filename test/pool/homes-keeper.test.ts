// A pool without a tenure, whose servers stand still while an administrator says that it is gone.
import { expect, it } from 'vitest';
import { HomeKeeper, HomeMap } from '../../lib/pool/homes/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { Scheduler } from '../simulation/support/scheduler.ts';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import { SimulatedProcess } from '../simulation/support/simulated-process.ts';
import { SimulatedStore } from '../simulation/support/simulated-store.ts';

async function begin() {
  const scheduler = new Scheduler();
  const process = new SimulatedProcess({ name: 'west1', scheduler });
  const [mapStore, own] = [1, 2].map((seed) => new SimulatedStore(scheduler, new SeededRandom(seed), () => {}));
  if (!mapStore || !own) throw new Error('there are no stores');
  const near = mapStore.storeFor(process);
  const { clock } = process;
  const keeper = new HomeKeeper({
    map: new HomeMap({ near, authority: near, clock }),
    pool: 'west',
    store: own.storeFor(process),
    openStore: async () => own.storeFor(process),
    session: () => 'west1',
    report: () => ({ url: 'west', mailServer: 'mail', users: 0, store: { table: 'west' } }),
    onNewTerm: () => {},
    clock,
    random: new SeededRandom(3),
    log: silentLog,
  });
  void keeper.start();
  const after = (seconds: number) => scheduler.run(scheduler.now + seconds * 1_000);
  await after(10);
  expect(keeper.isOpen()).toBe(true);
  return { keeper, process, mapStore, after };
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
