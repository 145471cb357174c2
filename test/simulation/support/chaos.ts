/** What goes wrong in a simulated pool, one thing after the other, and the healing of it all. */
import { type Load, type Member, PoolAdministration } from '../../../lib/pool/index.ts';
import type { History } from './history.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { NO_FAULTS, type SimulatedStore, type StoreFaults } from './simulated-store.ts';

export interface ChaosServer {
  readonly address: string;
  readonly process: SimulatedProcess;
  readonly member: Member;
  load: Load;
}

export interface ChaosWorld {
  readonly scheduler: Scheduler;
  readonly history: History;
  readonly store: SimulatedStore;
  readonly network: SimulatedNetwork;
  /** By address: who listens there, or did last. */
  readonly servers: ReadonlyMap<string, ChaosServer>;
  readonly users: readonly string[];
  living(): readonly ChaosServer[];
  /** As kill -9. */
  kill(server: ChaosServer): void;
  boot(address: string): void;
}

/** One thing that goes wrong, for so long, and how it heals. */
export interface Disturbance {
  readonly what: string;
  readonly longestMs: number;
  readonly heal: () => void;
}

const GAP_MS = [200, 12_000] as const;

const ROUGH: StoreFaults = {
  appliedButError: 0.1,
  refusedByError: 0.1,
  lateRequest: 0.1,
  lateAnswer: 0.1,
  lateMs: 20_000,
  lost: 0.05,
  latencyMs: [1, 120],
  staleMs: 1_500,
};

export class Chaos {
  readonly #world: ChaosWorld;
  readonly #random: SeededRandom;
  readonly #deeds: readonly (() => void)[];
  readonly #healings = new Set<() => void>();
  readonly #administration: PoolAdministration;
  #isOver = false;

  /** `more`: what else can go wrong in this world; each makes one thing go wrong, or gives undefined. */
  constructor(world: ChaosWorld, random: SeededRandom, more: readonly (() => Disturbance | undefined)[] = []) {
    this.#world = world;
    this.#random = random;
    const process = new SimulatedProcess({ name: 'admin', scheduler: world.scheduler });
    const store = world.store.storeFor(process);
    this.#administration = new PoolAdministration({ store, clock: process.clock, random: random.fork(), pool: 'sim' });
    this.#deeds = [
      () => this.#pause(),
      () => this.#pause(),
      () => this.#kill(),
      () => this.#kill(),
      () => this.#cut(),
      () => this.#cut(),
      () => this.#part(),
      () => this.#storeDown(),
      () => this.#rough(),
      () => this.#rough(),
      () => this.#drain(),
      () => this.#give(),
      () => this.#give(),
      () => this.#constrain(),
      () => this.#bind(),
      () => this.#fence(),
      ...more.map((disturb) => () => this.#disturb(disturb())),
    ];
  }

  begin(): void {
    this.#world.scheduler.after(this.#random.between(...GAP_MS), () => {
      if (this.#isOver) return;
      this.#random.pick(this.#deeds)();
      this.begin();
    });
  }

  /** Everything heals, and every address has a server again. */
  end(): void {
    this.#isOver = true;
    for (const heal of this.#healings) heal();
    this.#healings.clear();
    this.#world.history.note('everything heals');
  }

  #for(fromMs: number, toMs: number, heal: () => void): number {
    const forMs = this.#random.between(fromMs, toMs);
    const once = () => {
      if (this.#healings.delete(once)) heal();
    };
    this.#healings.add(once);
    this.#world.scheduler.after(forMs, once);
    return Math.round(forMs);
  }

  #disturb(disturbance: Disturbance | undefined): void {
    if (disturbance === undefined) return;
    const forMs = this.#for(500, disturbance.longestMs, disturbance.heal);
    this.#note(`${disturbance.what} for ${forMs} ms`);
  }

  #anyServer(): ChaosServer | undefined {
    const living = this.#world.living();
    return living.length === 0 ? undefined : this.#random.pick(living);
  }

  #pause(): void {
    const server = this.#anyServer();
    if (!server?.process.isRunning) return;
    server.process.pause();
    const longestMs = this.#random.chance(0.5) ? 9_000 : 60_000;
    const forMs = this.#for(100, longestMs, () => server.process.goOn());
    this.#note(`${server.process.name} stands still for ${forMs} ms`);
  }

  #kill(): void {
    const server = this.#anyServer();
    if (!server) return;
    const { address, process, member } = server;
    this.#world.kill(server);
    const forMs = this.#for(500, 40_000, () => this.#world.boot(address));
    this.#note(`${process.name} is killed, its successor comes in ${forMs} ms`);
    if (!this.#random.chance(0.3)) return;
    for (const other of this.#world.living()) other.process.deliver(() => other.member.suspect(member.session, 'gone'));
  }

  #cut(): void {
    const name = this.#anyServer()?.process.name;
    if (name === undefined) return;
    this.#world.store.cut(name);
    const forMs = this.#for(500, 40_000, () => this.#world.store.heal(name));
    this.#note(`${name} is cut from the store for ${forMs} ms`);
  }

  #part(): void {
    const [one, other] = [this.#anyServer()?.process.name, this.#anyServer()?.process.name];
    if (one === undefined || other === undefined || one === other) return;
    this.#world.network.part(one, other);
    const forMs = this.#for(500, 40_000, () => this.#world.network.join(one, other));
    this.#note(`${one} and ${other} are parted for ${forMs} ms`);
  }

  #storeDown(): void {
    this.#world.store.setDown(true);
    const forMs = this.#for(500, 20_000, () => this.#world.store.setDown(false));
    this.#note(`the store is down for ${forMs} ms`);
  }

  #rough(): void {
    this.#world.store.faults = ROUGH;
    const forMs = this.#for(2_000, 30_000, () => {
      this.#world.store.faults = { ...NO_FAULTS, staleMs: 1_000 };
    });
    this.#note(`the store errs for ${forMs} ms`);
  }

  #drain(): void {
    const server = this.#anyServer();
    if (!server?.process.isRunning || this.#world.living().length < 2) return;
    this.#note(`${server.process.name} is drained`);
    void server.member.drain().then(() => {
      if (server.process.isDead) return;
      this.#world.kill(server);
      this.#world.boot(server.address);
    });
  }

  #give(): void {
    const server = this.#anyServer();
    const target = this.#anyServer();
    const lease = server?.member.leases()[0];
    if (!server?.process.isRunning || !target || !lease) return;
    this.#note(`${server.process.name} gives ${lease.user} to ${target.process.name}`);
    void server.member.give(lease.user, target.member.session);
  }

  #constrain(): void {
    const server = this.#anyServer();
    if (!server) return;
    const { load } = server;
    server.load = { index: -20, constrained: 'the simulation says so', devices: 0 };
    this.#for(5_000, 90_000, () => {
      server.load = load;
    });
    this.#note(`${server.process.name} is constrained`);
  }

  #bind(): void {
    const user = this.#random.pick(this.#world.users);
    const address = this.#random.pick([...this.#world.servers.keys()]);
    this.#note(`${user} is bound to ${address}`);
    void this.#administration.bind(user, address).catch(() => undefined);
    this.#for(5_000, 60_000, () => void this.#administration.unbind(user).catch(() => undefined));
  }

  #fence(): void {
    const server = this.#anyServer();
    if (!server) return;
    this.#note(`an administrator fences ${server.process.name}`);
    void this.#administration.fence(server.member.session).catch(() => undefined);
  }

  #note(text: string): void {
    this.#world.history.note(text);
  }
}
