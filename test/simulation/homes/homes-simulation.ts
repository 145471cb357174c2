/**
 * One history of two or three pools with stores of their own and one home map: users move between them, servers stand still or are cut
 * off from their store or from the map, the map errs, movers stand still or end half way, a pool is failed over from a replica
 * that is behind. In some, pools and users are older than the map. At no instant may two pools own a user, and what a device was told is there, unless it was told within
 * the lag of a fail-over. The seed decides everything.
 */
import { silentLog } from '../../../lib/platform/index.ts';
import { giveFirstHome, HomeKeeper, HomeMap, type StorePlace } from '../../../lib/pool/homes/index.ts';
import { beginFailOver, endFailOver, enrolLost, takeOver, UserMover } from '../../../lib/migration/index.ts';
import type { Store } from '../../../lib/store/index.ts';
import { SimulatedServer } from '../pool/simulated-server.ts';
import { Scheduler } from '../support/scheduler.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedNetwork } from '../support/simulated-network.ts';
import { SimulatedProcess } from '../support/simulated-process.ts';
import { NO_FAULTS, SimulatedStore } from '../support/simulated-store.ts';
import { HomesFaults } from './homes-faults.ts';
import { HomesRollout } from './homes-rollout.ts';
import { POOLS, type PoolName, PoolWorld, STATE_SORT } from './pool-world.ts';

export interface HomesResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly commands: number;
  readonly moves: number;
  readonly failOvers: number;
  /** Answered commands that a fail-over lost, all within the lag of the replica. */
  readonly lost: number;
  readonly trace: readonly string[];
}

const TENURE_MS = 12_000;
const SERVERS = 2;
const LATE_MOVES_MS = 40_000;
const USERS = 3;
/** Where pools are older than the map: who come when it is there. */
const NEW_USERS = 2;

interface Told {
  readonly id: string;
  readonly atMs: number;
}

export class HomesSimulation {
  readonly scheduler = new Scheduler();
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  moves = 0;
  failOvers = 0;
  lost = 0;
  commands = 0;
  readonly users: readonly string[];
  /** Pools that were there before the map. */
  readonly old: number;
  readonly #random: SeededRandom;
  /** Undefined in every second history. */
  readonly #tenureMs: number | undefined;
  readonly #mapStore: SimulatedStore;
  readonly #pools = new Map<PoolName, PoolWorld>();
  /** Which of them there are. */
  readonly #names: readonly PoolName[];
  readonly #told = new Map<string, Told[]>();
  /** Of fail-overs by user: what was told from then on until the take-over may be lost. */
  readonly #losses = new Map<string, { readonly fromMs: number; readonly toMs: number }[]>();
  /** When the user came home to where the user is. */
  readonly #arrivedAt = new Map<string, number>();
  readonly #faults: HomesFaults;
  readonly #rollout: HomesRollout;
  /** The pool that a user had before there was a map. */
  readonly #origins = new Map<string, PoolName>();
  #isOver = false;
  #serial = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#tenureMs = this.#random.chance(0.5) ? TENURE_MS : undefined;
    this.#names = POOLS.slice(0, this.#random.chance(0.7) ? 2 : 3);
    this.old = this.#random.chance(0.6) ? 0 : this.#random.chance(0.6) ? 1 : 2;
    const users = this.old > 0 ? USERS + NEW_USERS : USERS;
    this.users = Array.from({ length: users }, (_, number) => `u${number + 1}`);
    this.#mapStore = new SimulatedStore(this.scheduler, this.#random.fork(), ({ key, before, after }) => {
      if (key.sort === 'HOME' && before?.['pool'] !== after?.['pool'])
        this.#arrivedAt.set(key.partition.slice('HOME#'.length), this.scheduler.now);
    });
    const network = new SimulatedNetwork(this.scheduler, this.#random.fork());
    for (const pool of this.#names) {
      const store = new SimulatedStore(this.scheduler, this.#random.fork(), () => this.#checkOwners());
      const history = { effect: (user: string) => this.#checkOwner(user, `an effect in ${pool}`) };
      this.#pools.set(pool, new PoolWorld(pool, network, store, history));
    }
    this.#rollout = new HomesRollout({
      scheduler: this.scheduler,
      random: this.#random,
      pools: [...this.#pools.values()],
      old: this.old,
      servers: SERVERS,
      isListed: ({ pool }) => this.#mapStore.peek({ partition: 'POOLS', sort: `POOL#${pool}` }) !== undefined,
      boot: (world, address, hasHomes) => this.#boot(world, address, hasHomes),
      note: (text) => this.#note(text),
    });
    for (const user of this.users.slice(0, USERS)) {
      if (this.old > 0) this.#origins.set(user, this.#random.pick(this.#names.slice(0, this.old)));
    }
    this.#faults = new HomesFaults({
      scheduler: this.scheduler,
      random: this.#random,
      pools: [...this.#pools.values()],
      mapStore: this.#mapStore,
      note: (text) => this.#note(text),
    });
  }

  begin(): void {
    for (const user of this.users) {
      this.#told.set(user, []);
      this.#think(user);
    }
    this.#rollout.begin();
    this.#misbehave();
    this.#replicate();
  }

  endChaos(): void {
    this.#isOver = true;
    this.#mapStore.faults = NO_FAULTS;
    this.#mapStore.setDown(false);
    for (const { store, servers } of this.#pools.values()) {
      for (const { process } of servers) {
        process.goOn();
        store.heal(process.name);
        this.#mapStore.heal(process.name);
      }
    }
    this.#note('everything heals');
    // Moves that broke off are ended, as an administrator would.
    for (const user of this.users) {
      this.#settle(user);
      // What a mover sent before may arrive late, and it may fail after that.
      this.scheduler.after(LATE_MOVES_MS, () => this.#settle(user));
    }
    for (const pool of this.#names) this.#admin(async (parts) => endFailOver(parts, pool));
  }

  /** Whom nobody answers after everything healed, and what is missing. */
  check(answeredSince: number): void {
    for (const user of this.users) {
      const told = this.#told.get(user) ?? [];
      if (!told.some(({ atMs }) => atMs >= answeredSince)) this.#violate(`${user} is not served although all healed`);
      const home = this.#homeOf(user);
      const state = home && this.#pools.get(home)?.store.peek({ partition: `USER#${user}`, sort: STATE_SORT });
      const done = new Set((state?.['done'] ?? []) as readonly string[]);
      for (const { id, atMs } of told) {
        if (done.has(id)) continue;
        const isLost = (this.#losses.get(user) ?? []).some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);
        if (isLost) this.lost += 1;
        else this.#violate(`${id} was answered at ${Math.round(atMs)} and is not in ${home}`);
      }
    }
  }

  #boot(world: PoolWorld, address: string, hasHomes: boolean): void {
    const process = new SimulatedProcess({
      name: address.split(':')[0] ?? '',
      scheduler: this.scheduler,
      rate: this.#random.between(0.99, 1.01),
    });
    if (!hasHomes) {
      const unaware = new SimulatedServer(world, process, { address, random: this.#random.fork() });
      world.servers.push(unaware);
      world.unaware.add(unaware);
      void unaware.member.start().catch(() => undefined);
      return;
    }
    const keeper = new HomeKeeper({
      ...this.#firstHomeParts(world, process),
      session: () => server.member.session,
      tenureMs: this.#tenureMs,
      report: () => ({
        url: world.pool,
        mailServer: 'mail',
        users: 0,
        tenureMs: this.#tenureMs,
        store: { table: world.pool },
      }),
      onNewTerm: () => server.member.forsake(),
      random: this.#random.fork(),
      log: silentLog,
    });
    const server: SimulatedServer = new SimulatedServer(world, process, {
      address,
      random: this.#random.fork(),
      homes: keeper,
    });
    world.servers.push(server);
    void keeper
      .start()
      .then(() => server.member.start())
      .catch(() => undefined);
  }

  #firstHomeParts({ pool, store }: PoolWorld, process: SimulatedProcess) {
    return {
      map: this.#mapFor(process),
      pool,
      store: store.storeFor(process),
      openStore: async ({ table }: StorePlace) =>
        (this.#pools.get(table as PoolName) as PoolWorld).store.storeFor(process),
      clock: process.clock,
    };
  }

  #mapFor(process: SimulatedProcess): HomeMap {
    const store = this.#mapStore.storeFor(process);
    return new HomeMap({ near: store, authority: store, clock: process.clock });
  }

  /** One command at a time, sent to the home, or to anybody, until it is answered. */
  #think(user: string): void {
    this.scheduler.after(this.#random.between(100, 1_500), () => this.#send(user, `${user}-${++this.#serial}`));
  }

  #send(user: string, id: string): void {
    let isOpen = true;
    const again = () => {
      if (!isOpen) return;
      isOpen = false;
      this.scheduler.after(this.#random.between(100, 800), () => this.#send(user, id));
    };
    this.scheduler.after(6_000, again);
    const { world, server } = this.#doorFor(user);
    server.process.deliver(() => {
      void this.#front(world, server, user, id).then((isAnswered) => {
        if (!isOpen) return;
        if (!isAnswered) return again();
        isOpen = false;
        this.commands += 1;
        this.#told.get(user)?.push({ id, atMs: this.scheduler.now });
        this.#think(user);
      });
    });
  }

  /** Servers that know nothing of the map are known to their own users alone, and to the new ones of the first pool. */
  #doorFor(user: string): { readonly world: PoolWorld; readonly server: SimulatedServer } {
    const worldOf = (pool: PoolName) => this.#pools.get(pool) as PoolWorld;
    const own = worldOf(this.#origins.get(user) ?? (this.#names[0] as PoolName));
    const home = this.#homeOf(user);
    const mayWander = this.#rollout.isOpen;
    const isWandering = mayWander && (home === undefined ? this.#random.chance(0.5) : this.#random.chance(0.15));
    const world = isWandering ? worldOf(this.#random.pick(this.#names)) : home === undefined ? own : worldOf(home);
    const servers = world.servers.filter((it) => world === own || !world.unaware.has(it));
    return servers.length > 0
      ? { world, server: this.#random.pick(servers) }
      : { world: own, server: this.#random.pick(own.servers) };
  }

  /** As the door does: a first home is given, then the request takes its road. */
  async #front(world: PoolWorld, server: SimulatedServer, user: string, id: string): Promise<boolean> {
    if (!world.unaware.has(server) && this.#homeOf(user) === undefined) {
      const parts = this.#firstHomeParts(world, server.process);
      const choose = () => (this.#random.chance(0.8) ? world.pool : this.#random.pick(this.#names));
      const first = await giveFirstHome(parts, user, choose).catch(() => undefined);
      if (first?.kind !== 'given') return false;
    }
    return (await server.front({ user, id })) === 200;
  }

  #misbehave(): void {
    const faults = this.#faults;
    this.scheduler.after(this.#random.between(300, 6_000), () => {
      if (this.#isOver) return;
      this.#random.pick([
        () => faults.pause(),
        () => faults.pause(),
        () => faults.cutFromStore(),
        () => faults.cutFromMap(),
        () => faults.cutFromMap(),
        () => faults.mapDown(),
        () => faults.mapRough(),
        () => this.#move(),
        () => this.#move(),
        () => this.#move(),
        () => (this.#tenureMs === undefined ? this.#goneFailOver() : this.#failOver(this.#random.pick(this.#names))),
      ])();
      this.#misbehave();
    });
  }

  #goneFailOver(): void {
    this.#faults.stopAll(({ pool }, goOnLater) => {
      if (!this.#isOver) this.#failOver(pool, goOnLater);
    });
  }

  #move(): void {
    const user = this.#random.pick(this.users);
    const to = this.#random.pick(this.#names);
    this.#note(`${user} is moved to ${to}`);
    const process = this.#admin(async ({ mover }) => {
      if ((await mover.move(user, to)).what === 'moved') this.moves += 1;
      this.#note(`${user} was moved to ${to}`);
    });
    if (this.#random.chance(0.2)) this.scheduler.after(this.#random.between(0, 3_000), () => process.kill());
    if (this.#random.chance(0.3)) {
      this.scheduler.after(this.#random.between(0, 2_000), () => process.pause());
      this.scheduler.after(this.#random.between(3_000, 30_000), () => process.goOn());
    }
  }

  /** A move that broke off goes where it was going, or is called off. */
  #settle(user: string, attempt = 0): void {
    this.#admin(
      async ({ mover }) => {
        const home = await mover.home(user);
        if (home === undefined || home.state === 'here') return;
        await mover.move(user, this.#random.chance(0.5) ? (home.to ?? home.pool) : home.pool);
      },
      { failed: () => attempt < 5 && this.#settle(user, attempt + 1) },
    );
  }

  /** `onMarked`: the pool is marked, or it came to nothing. */
  #failOver(from: PoolName, onMarked: () => void = () => {}): void {
    const to = this.#random.pick(this.#names.filter((it) => it !== from));
    this.#note(`${from} is failed over to ${to}`);
    this.#admin(
      async (parts, process) => {
        const isGone = this.#tenureMs === undefined;
        const { place, waitMs } = await beginFailOver(parts, from, { isGone }).finally(onMarked);
        await new Promise<void>((resolve) => void process.clock.after(waitMs, resolve));
        await enrolLost(parts, from, to);
        this.#loseUnknown(from);
        for (const user of this.users) {
          const { atMs } = (this.#pools.get(from) as PoolWorld).replica;
          // A replica from before the user came has nothing of the homes between.
          const fromMs = atMs > (this.#arrivedAt.get(user) ?? 0) ? atMs : 0;
          const { what } = await takeOver(parts, { user, from, to, term: place.term });
          if (what !== 'moved') continue;
          this.#addLoss(user, fromMs);
          this.#note(`${user} was given over to ${to}`);
        }
        await endFailOver(parts, from);
        this.failOvers += 1;
      },
      { lost: from },
    );
  }

  /** Whom the replica does not know, and nobody else either, comes as a new user. */
  #loseUnknown(from: PoolName): void {
    const { replica } = this.#pools.get(from) as PoolWorld;
    for (const user of this.users) {
      if (this.#homeOf(user) !== undefined || (this.#origins.get(user) ?? from) !== from) continue;
      this.#addLoss(user, replica.atMs);
    }
  }

  #addLoss(user: string, fromMs: number): void {
    this.#losses.set(user, [...(this.#losses.get(user) ?? []), { fromMs, toMs: this.scheduler.now }]);
  }

  /** A reading of each store every two seconds, which arrives up to thirty later. */
  #replicate(): void {
    for (const world of this.#pools.values()) {
      const arrive = world.read(this.users, this.scheduler.now);
      this.scheduler.after(this.#random.between(0, 30_000), arrive);
    }
    this.scheduler.after(2_000, () => this.#replicate());
  }

  #admin(
    task: (parts: Parameters<typeof takeOver>[0], process: SimulatedProcess) => Promise<void>,
    { failed = () => undefined, lost }: { failed?: () => unknown; lost?: PoolName } = {},
  ): SimulatedProcess {
    const process = new SimulatedProcess({ name: `admin${++this.#serial}`, scheduler: this.scheduler });
    const map = this.#mapFor(process);
    const storeOf = (pool: string): Store => (this.#pools.get(pool as PoolName) as PoolWorld).store.storeFor(process);
    const mover = new UserMover({
      map,
      openStore: async ({ table }) => storeOf(table),
      clock: process.clock,
      random: this.#random.fork(),
      log: silentLog,
      giveUpMs: 20_000,
    });
    // The lost pool's table, as it is in the region of the other.
    const openStore = async ({ table }: StorePlace): Promise<Store> =>
      table === lost ? (this.#pools.get(lost) as PoolWorld).replicaStore() : storeOf(table);
    const parts = { map, mover, openStore, clock: process.clock, log: silentLog };
    task(parts, process).catch((thrown: unknown) => {
      this.#note(`${process.name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      failed();
    });
    return process;
  }

  #homeOf(user: string): PoolName | undefined {
    return this.#mapStore.peek({ partition: `HOME#${user}`, sort: 'HOME' })?.['pool'] as PoolName | undefined;
  }

  #checkOwners(): void {
    for (const user of this.users) this.#checkOwner(user, 'a write');
  }

  #checkOwner(user: string, when: string): void {
    const owners: PoolName[] = [];
    for (const { pool, servers } of this.#pools.values())
      for (const { member, process } of servers) if (!process.isDead && member.lease(user)?.isHeld()) owners.push(pool);
    if (owners.length > 1) this.#violate(`${user} is owned by ${owners.join(' and ')} at ${when}`);
  }

  #violate(what: string): void {
    this.violations.push(what);
    this.#note(`VIOLATION ${what}`);
  }

  #note(text: string): void {
    this.trace.push(`${(this.scheduler.now / 1000).toFixed(3)} ${text}`);
  }
}

export async function simulateHomes(seed: number, chaosMs = 150_000): Promise<HomesResult> {
  const world = new HomesSimulation(seed);
  await world.scheduler.run(5_000);
  world.begin();
  await world.scheduler.run(5_000 + chaosMs);
  world.endChaos();
  await world.scheduler.run(world.scheduler.now + 90_000);
  const calmFrom = world.scheduler.now;
  await world.scheduler.run(calmFrom + 20_000);
  world.check(calmFrom);
  const { violations, commands, moves, failOvers, lost, trace } = world;
  return { seed, violations, commands, moves, failOvers, lost, trace };
}
