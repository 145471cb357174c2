/** Somebody with a phone who does one thing after another, and sends each again for as long as servers ask for it. */
import type { DeviceClient } from '../../../lib/activesync/client/index.ts';
import { reasonOf } from '../../../lib/platform/index.ts';
import type { SeededRandom } from '../../simulation/support/seeded-random.ts';
import { answered, type Statuses } from './again.ts';
import type { Hardships } from './persistent-transport.ts';

export interface SomebodyOptions<Ledger> {
  readonly user: string;
  readonly phone: DeviceClient;
  /** Of this phone alone. */
  readonly hardships: Hardships;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  /** What went wrong for good. */
  readonly failures: string[];
  /** A name that nothing else has. */
  readonly name: (prefix: string) => string;
  /** Told of answers by which a server asks for the same again. */
  readonly onAgain: (command: string, status: number) => void;
}

/** A command as the device went through it. */
export interface Lived {
  readonly user: string;
  readonly command: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Attempts that had no answer of a server, or one by which it was to be tried again. */
  readonly brokenOff: number;
}

const THINK_MS = [50, 800] as const;
const MOST_FAILURES = 50;

export abstract class Somebody<Ledger = unknown> {
  readonly user: string;
  readonly phone: DeviceClient;
  readonly hardships: Hardships;
  /** Commands that were answered, those that wait for news apart. */
  readonly lived: Lived[] = [];
  /** The device is held until something is new. */
  isWaiting = false;
  /** The command under way. */
  doing: string | undefined;
  protected readonly options: SomebodyOptions<Ledger>;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: SomebodyOptions<Ledger>) {
    this.options = options;
    this.user = options.user;
    this.phone = options.phone;
    this.hardships = options.hardships;
  }

  start(): void {
    this.#isStopping = false;
    this.#running = this.#live();
  }

  /** What is under way is finished; a device that waits does so when something is new. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#running;
  }

  /** One thing, by a chance from 0 to 1. */
  protected abstract act(chance: number): Promise<void>;

  /** Tells how many attempts of it broke off. */
  protected async command<T>(
    command: string,
    run: () => Promise<T>,
    statuses?: (result: T) => Statuses,
  ): Promise<{ readonly result: T; readonly brokenOff: number }> {
    const fromMs = performance.now();
    const before = this.hardships.lost + this.hardships.refused;
    this.doing = command;
    const result = await answered(run, (status) => this.options.onAgain(command, status), statuses);
    this.doing = undefined;
    const brokenOff = this.hardships.lost + this.hardships.refused - before;
    if (!this.isWaiting) this.lived.push({ user: this.user, command, fromMs, toMs: performance.now(), brokenOff });
    return { result, brokenOff };
  }

  protected async waiting(wait: () => Promise<unknown>): Promise<void> {
    this.isWaiting = true;
    try {
      await wait();
    } finally {
      this.isWaiting = false;
    }
  }

  async #live(): Promise<void> {
    const { random, failures } = this.options;
    while (!this.#isStopping && failures.length <= MOST_FAILURES) {
      try {
        await new Promise((done) => setTimeout(done, random.between(...THINK_MS)));
        await this.act(random.number());
      } catch (thrown) {
        failures.push(`${this.user}: ${reasonOf(thrown)}`);
      }
    }
  }
}
