/** Messages between simulated processes: slow, and lost where the two are parted. A dead process refuses at once. */
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedProcess } from './simulated-process.ts';

const LATENCY_MS = [0.2, 3] as const;

export class SimulatedNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #parted = new Set<string>();

  constructor(scheduler: Scheduler, random: SeededRandom) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  part(one: string, other: string): void {
    this.#parted.add(pairOf(one, other));
  }

  join(one: string, other: string): void {
    this.#parted.delete(pairOf(one, other));
  }

  isParted(one: string, other: string): boolean {
    return this.#parted.has(pairOf(one, other));
  }

  /** `refused` runs at the sender if there is no process at the other end; nothing at all runs across a partition. */
  send(from: SimulatedProcess, to: SimulatedProcess, arrive: () => void, refused: () => void = () => {}): void {
    if (this.#parted.has(pairOf(from.name, to.name))) return;
    this.#after(() => {
      if (to.isDead) this.#after(() => from.deliver(refused));
      else to.deliver(arrive);
    });
  }

  #after(task: () => void): void {
    this.#scheduler.after(this.#random.between(...LATENCY_MS), task);
  }
}

const pairOf = (one: string, other: string): string => (one < other ? `${one}|${other}` : `${other}|${one}`);
