/** A standalone server's place: alone with its store, or with some of its users in a pool that it joins or leaves. */
import { Migration, Places } from '../../migration/index.ts';
import { randomName, sleep } from '../../platform/index.ts';
import type { StoreMetrics } from '../../store/index.ts';
import { BUILD } from '../build.ts';
import type { PoolParts } from '../pool-placement.ts';
import type { Placement } from '../placement.ts';
import type { Configuration } from '../../topology/index.ts';
import { GrowingRoad, seenFrom } from './growing-road.ts';
import { openPoolLink, type PoolLink } from './pool-link.ts';

export interface StandaloneParts
  extends Pick<PoolParts, 'store' | 'owner' | 'ownerRoad' | 'tracer' | 'clock' | 'random' | 'log'> {
  readonly storeMetrics: StoreMetrics;
}

export function standalone(configuration: Configuration, parts: StandaloneParts): Placement {
  const { store, owner, ownerRoad, storeMetrics, tracer, clock, random, log } = parts;
  const session = randomName(random);
  const places = new Places(store, clock, session);
  let link: PoolLink | undefined;
  const migration = new Migration({
    own: store,
    places,
    clock,
    random,
    log,
    build: BUILD,
    async finish(user, limitMs) {
      const done = new AbortController();
      const late = sleep(clock, limitMs, done.signal).then(
        () => false,
        () => false,
      );
      const isFinished = await Promise.race([ownerRoad.finish(user).then(() => true), late]);
      done.abort();
      return isFinished;
    },
    lose: (user) => ownerRoad.lose(user),
    async openPool(file, name) {
      const opened = await openPoolLink(file, name, {
        configuration,
        owner,
        ownerRoad,
        around: (member, custody) => seenFrom(places, custody, clock, member),
        metrics: storeMetrics,
        tracer,
        clock,
        random,
        log,
      });
      opened.road.onCompletion(road.complete);
      return {
        ...opened,
        async link(signal) {
          await opened.link(signal);
          link = opened;
        },
        async close() {
          if (link === opened) link = undefined;
          await opened.close();
        },
      };
    },
  });
  const road: GrowingRoad = new GrowingRoad({ ownerRoad, places, migration, toPool: () => link?.road, clock, log });
  return {
    road,
    session: () => session,
    notReady: () => undefined,
    join: () => migration.resume(),
    left: new Promise(() => {}),
    migration,
    order: (user, order) => road.order(user, order),
    isServedHere: (user) => places.isHere(user),
    waitingDevices: async (user) => owner.waitingDevices(user),
    drain: async () => {},
    close: () => migration.stop(),
  };
}
