/** A few members over one simulated store, for tests of single rules: no faults but those that a test makes. */
import {
  type Load,
  createMember,
  type Member,
  type MemberCallbacks,
  type PoolEvent,
  type PoolSettings,
} from '../../../lib/pool/index.ts';
import { silentLog } from '../../../lib/platform/index.ts';
import type { Attributes, Store } from '../../../lib/store/index.ts';
import { Scheduler } from '../../simulation/support/scheduler.ts';
import { SeededRandom } from '../../simulation/support/seeded-random.ts';
import { SimulatedProcess } from '../../simulation/support/simulated-process.ts';
import { type AppliedWrite, SimulatedStore } from '../../simulation/support/simulated-store.ts';

export interface BenchMember {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly member: Member;
  /** Its own store: replace a method to make a fault. */
  readonly store: Store;
  /** What it was told, in order: `lost ada 3`, `finish ada`, `tell ada b 2`, `session`, `may act: no`. */
  readonly told: string[];
  readonly counts: Map<PoolEvent, number>;
  load: Load;
}

export interface BenchMemberOptions {
  readonly address?: string;
  readonly build?: string;
  readonly rate?: number;
  readonly settings?: Partial<PoolSettings>;
  readonly isBalancing?: boolean;
  readonly idleMs?: (user: string) => number;
  readonly hooks?: Partial<MemberCallbacks['give']>;
}

export class PoolBench {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly store: SimulatedStore;
  readonly writes: AppliedWrite[] = [];

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.store = new SimulatedStore(this.scheduler, this.random.fork(), (write) => this.writes.push(write));
  }

  /** A member that has not begun yet. */
  make(name: string, options: BenchMemberOptions = {}): BenchMember {
    const process = new SimulatedProcess({ name, scheduler: this.scheduler, rate: options.rate ?? 1 });
    const store = this.store.storeFor(process);
    const told: string[] = [];
    const counts = new Map<PoolEvent, number>();
    const bench: { load: Load } = { load: { index: 100, constrained: undefined, devices: 0 } };
    const hook = (what: string) => async (lease: { readonly user: string }) => void told.push(`${what} ${lease.user}`);
    const member = createMember({
      store,
      clock: process.clock,
      random: this.random.fork(),
      log: silentLog,
      pool: 'test',
      address: options.address ?? `${name}:1`,
      zone: 'here',
      build: options.build ?? '1',
      ...(options.settings && { settings: options.settings }),
      isBalancing: options.isBalancing ?? false,
      load: () => bench.load,
      metrics: { count: (event) => counts.set(event, (counts.get(event) ?? 0) + 1) },
      callbacks: {
        onLost: (user, epoch) => told.push(`lost ${user} ${epoch}`),
        idleMs: options.idleMs ?? (() => 0),
        onMayAct: (mayAct) => told.push(`may act: ${mayAct ? 'yes' : 'no'}`),
        onSession: () => told.push('session'),
        give: {
          finish: hook('finish'),
          flush: hook('flush'),
          answerWaiting: hook('answer waiting'),
          closeMonitor: hook('close monitor'),
          tell: async ({ user, address, epoch }) => void told.push(`tell ${user} ${address} ${epoch}`),
          ...options.hooks,
        },
      },
    });
    return Object.assign(bench, { name, process, member, store, told, counts });
  }

  /** Members that are up and have seen each other. */
  async up(...names: string[]): Promise<BenchMember[]> {
    const members = names.map((name) => this.make(name));
    for (const { member } of members) void member.start();
    await this.pass(5_000);
    return members;
  }

  async pass(ms: number): Promise<void> {
    await this.scheduler.run(this.scheduler.now + ms);
  }

  /** What a promise comes to while time passes; throws if it has not come to anything by then. */
  async within<T>(ms: number, promise: Promise<T>): Promise<T> {
    const outcomes: ({ value: T } | { thrown: unknown })[] = [];
    promise.then(
      (value) => outcomes.push({ value }),
      (thrown: unknown) => outcomes.push({ thrown }),
    );
    const until = this.scheduler.now + ms;
    while (outcomes.length === 0 && this.scheduler.now < until)
      await this.pass(Math.min(10, until - this.scheduler.now));
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error(`Nothing came of it within ${ms} ms`);
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome.value;
  }

  owner(user: string): Attributes | undefined {
    return this.store.peek({ partition: `USER#${user}`, sort: 'OWNER' });
  }

  server(session: string): Attributes | undefined {
    return this.store.peek({ partition: 'POOL#test', sort: `SERVER#${session}` });
  }
}
