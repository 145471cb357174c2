/** What goes wrong with the servers of several pools and with their home map, each for a while. */
import type { Scheduler } from '../support/scheduler.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { NO_FAULTS, type SimulatedStore } from '../support/simulated-store.ts';
import type { SimulatedServer } from '../pool/simulated-server.ts';
import type { PoolWorld } from './pool-world.ts';

/** Pools without a tenure are said to be gone, at the earliest, when they have stood still for so long. */
const GONE_AFTER_MS = 31_000;
const ROUGH = {
  ...NO_FAULTS,
  appliedButError: 0.1,
  refusedByError: 0.1,
  lateRequest: 0.1,
  lateMs: 8_000,
  lost: 0.03,
  latencyMs: [1, 200] as const,
};

interface Parts {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly pools: readonly PoolWorld[];
  readonly mapStore: SimulatedStore;
  readonly note: (text: string) => void;
}

export class HomesFaults {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  pause(): void {
    const { random, note } = this.#parts;
    const { world, server } = this.#anyServer();
    const { process } = server;
    process.pause();
    note(`${process.name} stands still`);
    this.#after(random.between(500, 40_000), () => world.isGone || process.goOn());
  }

  /**
   * Nothing tells a pool that stands still from one that has ended, and an administrator says that it has: `saidGone`, which calls
   * `goOnLater` when the fail-over has begun.
   */
  stopAll(saidGone: (world: PoolWorld, goOnLater: () => void) => void): void {
    const { random, pools, note } = this.#parts;
    // Who says so is right of servers that will not hear of it.
    const worlds = pools.filter(({ servers, unaware, isGone }) => servers.length > 0 && unaware.size === 0 && !isGone);
    if (worlds.length === 0) return;
    const world = random.pick(worlds);
    world.isGone = true;
    for (const { process } of world.servers) process.pause();
    note(`all of ${world.pool} stands still`);
    this.#after(GONE_AFTER_MS, () =>
      saidGone(world, () =>
        this.#after(random.between(0, 20_000), () => {
          world.isGone = false;
          for (const { process } of world.servers) process.goOn();
          note(`${world.pool} goes on`);
        }),
      ),
    );
  }

  cutFromStore(): void {
    const { world, server } = this.#anyServer();
    this.#cut(server, world.store, 'its store');
  }

  cutFromMap(): void {
    this.#cut(this.#anyServer().server, this.#parts.mapStore, 'the map');
  }

  mapDown(): void {
    const { random, mapStore, note } = this.#parts;
    mapStore.setDown(true);
    note('the map is down');
    this.#after(random.between(500, 20_000), () => mapStore.setDown(false));
  }

  mapRough(): void {
    const { random, mapStore, note } = this.#parts;
    mapStore.faults = ROUGH;
    note('the map errs');
    this.#after(random.between(1_000, 20_000), () => {
      mapStore.faults = NO_FAULTS;
    });
  }

  #cut({ process: { name } }: SimulatedServer, store: SimulatedStore, what: string): void {
    const { random, note } = this.#parts;
    store.cut(name);
    note(`${name} is cut off from ${what}`);
    this.#after(random.between(500, 50_000), () => store.heal(name));
  }

  #anyServer(): { readonly world: PoolWorld; readonly server: SimulatedServer } {
    const { random, pools } = this.#parts;
    const world = random.pick(pools.filter(({ servers }) => servers.length > 0));
    return { world, server: random.pick(world.servers) };
  }

  #after(delayMs: number, then: () => void): void {
    this.#parts.scheduler.after(delayMs, then);
  }
}
