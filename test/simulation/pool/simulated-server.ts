/**
 * A server of the protocol-level simulation: a real Member, a front that passes requests on, and commands that are one state
 * write each, with the conditions of sync state.
 */
import { silentLog, sleep } from '../../../lib/platform/index.ts';
import {
  createMember,
  type HomeGate,
  type Lease,
  type Load,
  type Member,
  type PoolSettings,
} from '../../../lib/pool/index.ts';
import { absent, atMost, equals, type Item, type Key, type Store } from '../../../lib/store/index.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedNetwork } from '../support/simulated-network.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';
import type { SimulatedStore } from '../support/simulated-store.ts';
import type { History } from '../support/history.ts';

export interface Command {
  readonly user: string;
  readonly id: string;
}

/** 200, 503, and between servers 421: not mine. */
export type Answer = 200 | 421 | 503;

export interface ServerWorld {
  readonly network: SimulatedNetwork;
  readonly store: SimulatedStore;
  readonly history: Pick<History, 'effect'>;
  /** Default: 'sim'. */
  readonly pool?: string;
  readonly isBalancing: boolean;
  /** The server that now listens at an address, or the last that did. */
  at(address: string): SimulatedServer | undefined;
}

interface Memory {
  readonly epoch: number;
  readonly version: number;
  readonly done: readonly string[];
}

const PEER_TIMEOUT_MS = 5_000;
const STATE_TIMEOUT_MS = 2_000;
const TRIES = 3;
const TRY_AGAIN_MS = 300;

export class SimulatedServer {
  readonly process: SimulatedProcess;
  readonly member: Member;
  readonly address: string;
  load: Load = { index: 100, constrained: undefined, devices: 0 };
  readonly #world: ServerWorld;
  readonly #random: SeededRandom;
  readonly #store: Store;
  readonly #memory = new Map<string, Memory>();
  readonly #tails = new Map<string, Promise<unknown>>();
  #writes = 0;

  constructor(
    world: ServerWorld,
    process: SimulatedProcess,
    options: {
      readonly address: string;
      readonly random: SeededRandom;
      readonly settings?: Partial<PoolSettings>;
      readonly homes?: HomeGate;
    },
  ) {
    this.process = process;
    this.address = options.address;
    this.#world = world;
    this.#random = options.random;
    this.#store = world.store.storeFor(process);
    this.member = createMember({
      store: this.#store,
      clock: process.clock,
      random: options.random.fork(),
      log: silentLog,
      pool: world.pool ?? 'sim',
      ...(options.homes && { homes: options.homes }),
      ...(options.settings && { settings: options.settings }),
      address: options.address,
      zone: 'here',
      build: '1',
      load: () => this.load,
      isBalancing: world.isBalancing,
      callbacks: {
        onLost: (user) => this.#memory.delete(user),
        idleMs: () => 0,
        give: {
          finish: async ({ user }) => void (await this.#tails.get(user)),
          flush: async () => {},
          answerWaiting: async () => {},
          closeMonitor: async ({ user }) => void this.#memory.delete(user),
          tell: ({ user, address, epoch }) => this.#tell(user, address, epoch),
        },
      },
    });
  }

  /** A request of a device, at the server on which the sprayer put it. */
  async front(command: Command): Promise<Answer> {
    let stale: { readonly session: string; readonly epoch: number } | undefined;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const location = await this.member.locate(command.user, stale);
      if (location.kind === 'nowhere' || location.kind === 'away') return 503;
      if (location.kind === 'mine') return this.#execute(command, location.lease);
      const answer = await this.#pass(command, location.address, location.epoch);
      if (answer === 200 || answer === 503) return answer;
      if (answer === 'refused') this.member.suspect(location.session, this.#random.chance(0.5) ? 'gone' : 'no-answer');
      stale = { session: location.session, epoch: location.epoch };
      if (answer === 'refused') await sleep(this.process.clock, TRY_AGAIN_MS);
    }
    return 503;
  }

  /** A request that another server passed on, with the epoch that it believes in. No further hop. */
  async owner(command: Command, epoch: number): Promise<Answer> {
    let location = await this.member.locate(command.user);
    if (location.kind === 'theirs' && location.epoch <= epoch)
      location = await this.member.locate(command.user, { session: location.session, epoch: location.epoch });
    if (location.kind === 'mine') return this.#execute(command, location.lease);
    return location.kind === 'theirs' ? 421 : 503;
  }

  #pass(command: Command, address: string, epoch: number): Promise<Answer | 'refused' | 'silent'> {
    return new Promise((resolve) => {
      const peer = this.#world.at(address);
      if (peer === undefined) return resolve('refused');
      this.process.clock.after(PEER_TIMEOUT_MS, () => resolve('silent'));
      const arrive = () =>
        void peer.owner(command, epoch).then((answer) => {
          this.#world.network.send(peer.process, this.process, () => resolve(answer));
        });
      this.#world.network.send(this.process, peer.process, arrive, () => resolve('refused'));
    });
  }

  async #tell(user: string, address: string, epoch: number): Promise<void> {
    const peer = this.#world.at(address);
    if (peer === undefined) return;
    this.#world.network.send(this.process, peer.process, () => {
      void peer.member.locate(user, { session: this.member.session, epoch: epoch - 1 });
    });
  }

  /** One command of a user at a time. */
  #execute(command: Command, lease: Lease): Promise<Answer> {
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
      if (lease.isHeld()) this.#world.history.effect(command.user, lease.session, lease.epoch);
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
    const writeId = `${this.process.name}.${lease.session}.${++this.#writes}`;
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
      const timer = this.process.clock.after(STATE_TIMEOUT_MS, () => resolve(undefined));
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
