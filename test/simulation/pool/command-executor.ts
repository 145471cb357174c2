/**
 * Where a simulated command ends, under a lease: one state write each, with the conditions of sync state, one command of a user
 * at a time.
 */
import type { Lease } from '../../../lib/pool/index.ts';
import { absent, atMost, equals, type Item, type Key, type Store } from '../../../lib/store/index.ts';
import type { History } from '../support/history.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';

export interface Command {
  readonly user: string;
  readonly id: string;
}

/** 200, 503, and between servers 421: not mine. */
export type Answer = 200 | 421 | 503;

interface Memory {
  readonly epoch: number;
  readonly version: number;
  readonly done: readonly string[];
}

const STATE_TIMEOUT_MS = 2_000;
const TRIES = 3;

export class CommandExecutor {
  readonly #store: Store;
  readonly #process: SimulatedProcess;
  readonly #history: Pick<History, 'effect'>;
  readonly #memory = new Map<string, Memory>();
  readonly #tails = new Map<string, Promise<unknown>>();
  #writes = 0;

  constructor(store: Store, process: SimulatedProcess, history: Pick<History, 'effect'>) {
    this.#store = store;
    this.#process = process;
    this.#history = history;
  }

  /** The user is another's. */
  forget(user: string): void {
    this.#memory.delete(user);
  }

  /** Resolves when what runs now is done. */
  async finish(user: string): Promise<void> {
    await this.#tails.get(user);
  }

  /** One command of a user at a time. */
  execute(command: Command, lease: Lease): Promise<Answer> {
    const before = this.#tails.get(command.user) ?? Promise.resolve();
    const answer = before.then(() => this.#apply(command, lease));
    this.#tails.set(command.user, answer);
    return answer;
  }

  async #apply(command: Command, lease: Lease): Promise<Answer> {
    if (!lease.isHeld()) return 503;
    const key: Key = { partition: `USER#${command.user}`, sort: 'DEVICE#1' };
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const memory = await this.#recall(key, lease);
      if (memory === undefined || !lease.isHeld()) return 503;
      if (memory.done.includes(command.id)) return 200;
      const written = await this.#write(key, memory, command, lease);
      if (written === 'no') continue;
      if (written === 'unclear') return 503;
      // The lease is asked again: the process may have stood still since the write was sent.
      if (lease.isHeld()) this.#history.effect(command.user, lease.session, lease.epoch);
      return 200;
    }
    return 503;
  }

  async #recall(key: Key, lease: Lease): Promise<Memory | undefined> {
    const known = this.#memory.get(lease.user);
    if (known?.epoch === lease.epoch) return known;
    const read = await this.#bounded(this.#store.get(key));
    if (read === undefined) return undefined;
    const memory = memoryOf(read.value, lease.epoch);
    if (lease.isHeld()) this.#memory.set(lease.user, memory);
    return memory;
  }

  async #write(key: Key, memory: Memory, command: Command, lease: Lease): Promise<'yes' | 'no' | 'unclear'> {
    const { version, done } = memory;
    const writeId = `${this.#process.name}.${lease.session}.${++this.#writes}`;
    const after = { version: version + 1, epoch: lease.epoch, writeId, done: [...done, command.id] };
    const conditions = version === 0 ? [absent] : [equals('version', version), atMost('epoch', lease.epoch)];
    const result = await this.#bounded(this.#store.update(key, { set: after }, conditions));
    if (result?.value.outcome === 'applied') {
      this.#remember(lease, { epoch: lease.epoch, version: version + 1, done: after.done });
      return 'yes';
    }
    this.#memory.delete(lease.user);
    if (result?.value.outcome === 'refused') return 'no';
    const read = await this.#bounded(this.#store.get(key));
    if (read === undefined) return 'unclear';
    return read.value?.attributes['writeId'] === writeId ? 'yes' : 'unclear';
  }

  #remember(lease: Lease, memory: Memory): void {
    if (lease.isHeld()) this.#memory.set(lease.user, memory);
  }

  /** Undefined for no answer in time, or an error. */
  #bounded<T>(promise: Promise<T>): Promise<{ readonly value: T } | undefined> {
    return new Promise((resolve) => {
      const timer = this.#process.clock.after(STATE_TIMEOUT_MS, () => resolve(undefined));
      promise.then(
        (value) => {
          timer.cancel();
          resolve({ value });
        },
        () => resolve(undefined),
      );
    });
  }
}

function memoryOf(item: Item | undefined, epoch: number): Memory {
  if (item === undefined) return { epoch, version: 0, done: [] };
  const { version, done } = item.attributes;
  return { epoch, version: Number(version), done: done as readonly string[] };
}
