/**
 * A process of the simulated world: it runs, is paused (its clock goes on, it does nothing, what reaches it waits) or is
 * dead (nothing reaches it any more). Its clock has a rate and a wall time of its own.
 */
import type { Clock, Timer } from '../../../lib/platform/index.ts';
import type { Scheduler } from './scheduler.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  /** Of its clocks against the world's: 1.01 is one percent fast. Default 1. */
  readonly rate?: number;
  /** Its wall clock is wrong by so much. Default 0. */
  readonly wallErrorMs?: number;
}

const EPOCH_MS = Date.UTC(2026, 0, 15, 9);

export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  #state: 'running' | 'paused' | 'dead' = 'running';
  #waiting: (() => void)[] = [];

  constructor({ name, scheduler, rate = 1, wallErrorMs = 0 }: ProcessOptions) {
    this.name = name;
    this.#scheduler = scheduler;
    this.clock = {
      now: () => EPOCH_MS + wallErrorMs + scheduler.now * rate,
      monotonic: () => scheduler.now * rate,
      after: (delayMs, task): Timer => {
        let isCancelled = false;
        const cancel = scheduler.after(delayMs / rate, () =>
          this.deliver(() => {
            if (!isCancelled) task();
          }),
        );
        return {
          cancel: () => {
            isCancelled = true;
            cancel();
          },
        };
      },
    };
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  /** Something reaches the process: now, when it goes on, or never. */
  deliver(task: () => void): void {
    if (this.#state === 'running') task();
    else if (this.#state === 'paused') this.#waiting.push(task);
  }

  /** As SIGSTOP. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** As SIGCONT. What came meanwhile is taken up in the order in which it came. */
  goOn(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    // One by one: each may kill or pause the process again.
    for (const task of waiting) this.#scheduler.after(0, () => this.deliver(task));
  }

  /** As kill -9. */
  kill(): void {
    this.#state = 'dead';
    this.#waiting = [];
  }
}
