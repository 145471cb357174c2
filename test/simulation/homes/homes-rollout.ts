/**
 * Pools from before there was a home map: their servers know nothing of it, and serve whoever comes. Then it is made, and one server
 * after another is replaced by one that asks the map. When each of these pools stands in it, the other pools begin, and devices may
 * come to any.
 */
import type { Scheduler } from '../support/scheduler.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedServer } from '../pool/simulated-server.ts';
import type { PoolWorld } from './pool-world.ts';

interface Parts {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly pools: readonly PoolWorld[];
  /** How many of them, the first, were there before; 0: there is no before. */
  readonly old: number;
  readonly servers: number;
  readonly boot: (world: PoolWorld, address: string, hasHomes: boolean) => void;
  /** Whether it stands in the map. */
  readonly isListed: (world: PoolWorld) => boolean;
  readonly note: (text: string) => void;
}

const BEFORE_MS = [8_000, 25_000] as const;
const POLL_MS = 1_000;
const REPLACED_WITHIN_MS = 40_000;
/** A task that does not end is ended. */
const DRAIN_MS = 15_000;

export class HomesRollout {
  /** Devices may come to any pool. */
  isOpen: boolean;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    const { pools, old } = parts;
    this.#parts = parts;
    this.isOpen = old === 0;
    // The map is there from the beginning.
    if (old === 0) for (const world of pools) this.#bootAll(world, true);
    for (const world of pools.slice(0, old)) this.#bootAll(world, false);
  }

  begin(): void {
    const { scheduler, random, pools, old, note } = this.#parts;
    if (old === 0) return;
    scheduler.after(random.between(...BEFORE_MS), () => {
      note('there is a home map');
      this.#openSoon();
      for (const world of pools.slice(0, old)) {
        for (const [position, server] of world.servers.entries())
          scheduler.after(random.between(0, REPLACED_WITHIN_MS), () => this.#replace(world, server, position));
      }
    });
  }

  #openSoon(): void {
    const { scheduler, pools, old, isListed, note } = this.#parts;
    scheduler.after(POLL_MS, () => {
      if (!pools.slice(0, old).every(isListed)) return this.#openSoon();
      note('the other pools begin');
      for (const world of pools.slice(old)) this.#bootAll(world, true);
      this.isOpen = true;
    });
  }

  #bootAll(world: PoolWorld, hasHomes: boolean): void {
    for (let number = 1; number <= this.#parts.servers; number++)
      this.#parts.boot(world, `${world.pool}${number}:1`, hasHomes);
  }

  #replace(world: PoolWorld, server: SimulatedServer, position: number): void {
    const { scheduler, random, servers, boot, note } = this.#parts;
    const { process, member } = server;
    boot(world, `${world.pool}${servers + 1 + position}:1`, true);
    const isDrained = random.chance(0.5);
    note(`${process.name} ${isDrained ? 'is drained' : 'is killed'}`);
    if (isDrained) process.deliver(() => void member.drain().catch(() => undefined));
    scheduler.after(isDrained ? DRAIN_MS : 0, () => {
      process.goOn();
      process.kill();
      world.servers.splice(world.servers.indexOf(server), 1);
      world.unaware.delete(server);
      note(`${process.name} is gone`);
    });
  }
}
