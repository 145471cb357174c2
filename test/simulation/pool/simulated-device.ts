/** A device of the simulation: one command at a time, sent again under the same id to whatever server until it is answered. */
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Scheduler } from '../support/scheduler.ts';
import type { History } from '../support/history.ts';
import type { SimulatedStore } from '../support/simulated-store.ts';
import type { SimulatedServer } from './simulated-server.ts';

export interface DeviceWorld {
  readonly scheduler: Scheduler;
  readonly history: Pick<History, 'violate'>;
  /** Where the users' state is in the end. */
  readonly store: Pick<SimulatedStore, 'peek'>;
  /** What answers requests. */
  living(): readonly Pick<SimulatedServer, 'process' | 'front'>[];
}

const PATIENCE_MS = 8_000;
const THINK_MS = [200, 4_000] as const;
const RETRY_MS = [200, 1_500] as const;

export class SimulatedDevice {
  readonly user: string;
  answered = 0;
  readonly #world: DeviceWorld;
  readonly #random: SeededRandom;
  readonly #told: string[] = [];
  readonly #times: { readonly from: number; readonly tookMs: number }[] = [];
  #next = 0;
  #attempt = 0;
  #since = 0;

  readonly #thinkMs: () => readonly [number, number];

  constructor(
    world: DeviceWorld,
    user: string,
    random: SeededRandom,
    thinkMs: () => readonly [number, number] = () => THINK_MS,
  ) {
    this.#world = world;
    this.#thinkMs = thinkMs;
    this.user = user;
    this.#random = random;
  }

  begin(): void {
    const { scheduler } = this.#world;
    scheduler.after(this.#random.between(...this.#thinkMs()), () => {
      this.#next += 1;
      this.#since = scheduler.now;
      this.#send(`${this.user}-${this.#next}`);
    });
  }

  /** Whether a command from before that instant still has no answer. */
  isWaitingSince(instant: number): boolean {
    return this.#told.length < this.#next && this.#since <= instant;
  }

  slowestSince(instant: number): number {
    return Math.max(0, ...this.#times.filter((it) => it.from >= instant).map((it) => it.tookMs));
  }

  /** Every command that was answered is in the state, once and in order. */
  check(): void {
    const state = this.#world.store.peek({ partition: `USER#${this.user}`, sort: 'DEVICE#1' });
    const done = (state?.['done'] ?? []) as readonly string[];
    for (const id of this.#told)
      if (!done.includes(id)) this.#world.history.violate(`${id} was answered and is not there`);
    if (this.#told.length === 0) this.#world.history.violate(`${this.user} was never served`);
  }

  #send(id: string): void {
    const { scheduler } = this.#world;
    const attempt = ++this.#attempt;
    const living = this.#world.living();
    const isCurrent = () => attempt === this.#attempt;
    const again = () => {
      if (isCurrent()) scheduler.after(this.#random.between(...RETRY_MS), () => isCurrent() && this.#send(id));
    };
    scheduler.after(PATIENCE_MS, () => isCurrent() && this.#send(id));
    if (living.length === 0) return again();
    const server = this.#random.pick(living);
    scheduler.after(1, () =>
      server.process.deliver(() => {
        void server.front({ user: this.user, id }).then((answer) => {
          // An answer on a connection that the device gave up reaches nobody.
          if (server.process.isDead || !isCurrent()) return;
          if (answer !== 200) return again();
          this.#attempt += 1;
          this.answered += 1;
          this.#told.push(id);
          this.#times.push({ from: this.#since, tookMs: scheduler.now - this.#since });
          this.begin();
        });
      }),
    );
  }
}
