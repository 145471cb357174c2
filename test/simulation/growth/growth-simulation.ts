/**
 * One history of a standalone server beside a pool: users are handed over, taken back, brought home, while devices ask at both
 * doors; and at one write of the hand-over, the n-th, something goes wrong. Then it is taken up again, and everybody's state must
 * be whole, and served by one side.
 */
import type { Asked, Progress } from '../../../lib/migration/index.ts';
import { createLog, reasonOf } from '../../../lib/platform/index.ts';
import { custodianOf } from '../../../lib/pool/index.ts';
import type { Attributes, Store, WriteResult } from '../../../lib/store/index.ts';
import { type DeviceWorld, SimulatedDevice } from '../pool/simulated-device.ts';
import { SimulatedServer } from '../pool/simulated-server.ts';
import { Scheduler } from '../support/scheduler.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedNetwork } from '../support/simulated-network.ts';
import { SimulatedProcess } from '../support/simulated-process.ts';
import { type AppliedWrite, NO_FAULTS, SimulatedStore, type StoreFaults } from '../support/simulated-store.ts';
import { type GrowthWorld, SimulatedStandalone } from './simulated-standalone.ts';

/** What is asked of the standalone server, one after the other; the last is the one in which something goes wrong. */
export type Act = 'join' | 'leave' | 'undo' | 'finish';

/** At a write of the hand-over: the process dies before it is sent, or after it was applied; or no answer comes; or it is taken back. */
export type Mishap =
  | 'killed before'
  | 'killed after'
  | 'applied, unanswered'
  | 'not applied, unanswered'
  | 'taken back';

export interface GrowthOptions {
  readonly seed?: number;
  readonly acts: readonly Act[];
  readonly mishap?: { readonly what: Mishap; readonly atWrite: number };
  /** Kills at random instants, this far apart on average; and what goes wrong with every request to the pool's store. */
  readonly chaos?: { readonly killEveryMs: number; readonly faults: Partial<StoreFaults> };
}

export interface GrowthResult {
  readonly violations: readonly string[];
  /** Of the hand-over, in the last act. */
  readonly writes: number;
  readonly kills: number;
  readonly commands: number;
  readonly slowestMs: number;
  readonly trace: readonly string[];
}

const NAME = 'office';
const LINK = 'office:1';
const HERE = ['ada', 'bob'] as const;
/** Has no device that asks while users are handed over. */
const IDLE = 'dan';
const THERE = 'eve';
const KEEPSAKES = ['FOLDERS', 'SEGMENT#FOLDERS#x#0'];
/** Of the devices; and while something may go wrong. */
const THINK_MS = [200, 2_000] as const;
const BUSY_THINK_MS = [5, 60] as const;
const REBOOT_MS = 600;
const POLL_MS = 200;
const OVER_MS = 150_000;
const RECOVERY_MS = 30_000;

class GrowthSimulation implements GrowthWorld {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly store: SimulatedStore;
  readonly own: SimulatedStore;
  readonly network: SimulatedNetwork;
  readonly isBalancing = false;
  readonly history = { effect: (...effect: Effect) => this.#acted(...effect) };
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  readonly devices: readonly SimulatedDevice[];
  standalone: SimulatedStandalone;
  isArmed = false;
  /** The devices of who was the pool's know the standalone server's name. */
  isPointedHere = false;
  /** Of a leave: by name, or everybody in the pool, which is the same. */
  readonly leaving: readonly string[];
  writes = 0;
  kills = 0;
  mishap: GrowthOptions['mishap'];
  readonly #servers = new Map<string, SimulatedServer>();
  #boots = 0;
  /** Of each user: what the state may be by now, by whatever side, and who did the last command. */
  readonly #truth = new Map<string, { readonly states: string[]; readonly side: string; readonly epoch: number }>();
  readonly #seen = new Set<unknown>();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.leaving = seed % 2 === 0 ? [] : [THERE];
    this.store = new SimulatedStore(this.scheduler, this.random.fork(), (write) => this.#applied('pool', write));
    this.own = new SimulatedStore(this.scheduler, this.random.fork(), (write) => this.#applied('own', write));
    this.own.faults = { ...NO_FAULTS, latencyMs: [0.1, 1] };
    this.network = new SimulatedNetwork(this.scheduler, this.random.fork());
    for (const address of ['p1:1', 'p2:1']) {
      const process = new SimulatedProcess({ name: address, scheduler: this.scheduler });
      const server = new SimulatedServer(this, process, { address, random: this.random.fork() });
      this.#servers.set(address, server);
      void server.member.start();
    }
    this.standalone = this.#boot();
    const doors: DeviceWorld = {
      scheduler: this.scheduler,
      history: { violate: (what) => this.violate(what) },
      store: { peek: (key) => this.#servingStore(key.partition.slice('USER#'.length)).peek(key) },
      living: () => [this.standalone].filter((it) => !it.process.isDead),
    };
    const servers = () => ['p1:1', 'p2:1'].map((it) => this.at(it)).filter((it) => it !== undefined);
    const theirs: DeviceWorld = { ...doors, living: () => (this.isPointedHere ? doors.living() : servers()) };
    const thinkMs = () => (this.isArmed ? BUSY_THINK_MS : THINK_MS);
    this.devices = [
      ...HERE.map((user) => new SimulatedDevice(doors, user, this.random.fork(), thinkMs)),
      new SimulatedDevice(theirs, THERE, this.random.fork(), thinkMs),
    ];
  }

  at(address: string) {
    return this.#servers.get(address);
  }

  listens(link: SimulatedServer | undefined): void {
    if (link) this.#servers.set(LINK, link);
    else this.#servers.delete(LINK);
  }

  violate(what: string): void {
    this.violations.push(what);
    this.note(`VIOLATION ${what}`);
  }

  note(text: string): void {
    this.trace.push(`${(this.scheduler.now / 1000).toFixed(3)} ${text}`);
  }

  /** As kill -9; it is started again a moment later. */
  kill(): void {
    if (this.standalone.process.isDead) return;
    this.kills += 1;
    this.note('the standalone server is killed');
    this.standalone.process.kill();
    this.scheduler.after(REBOOT_MS, () => {
      this.standalone = this.#boot();
    });
  }

  /** What a user had beside the devices' states. */
  async keepsakes(store: SimulatedStore, user: string): Promise<void> {
    const seeder = store.storeFor(new SimulatedProcess({ name: 'seeder', scheduler: this.scheduler }));
    for (const sort of KEEPSAKES)
      void seeder.put({ key: { partition: `USER#${user}`, sort }, attributes: { of: user } });
    await this.scheduler.run(this.scheduler.now + 100);
  }

  /** Everybody's state is whole where the user is served, and nowhere else does anybody serve. */
  check(last: Act): void {
    for (const user of [...HERE, IDLE, THERE]) {
      const partition = `USER#${user}`;
      const serving = this.#servingStore(user);
      for (const sort of KEEPSAKES)
        if (serving.peek({ partition, sort }) === undefined)
          this.violate(`${user} lacks ${sort} where ${user} is served`);
      const done = ((serving.peek({ partition, sort: 'DEVICE#1' })?.['done'] ?? []) as readonly string[]).join();
      const states = this.#truth.get(user)?.states ?? [''];
      if (!states.includes(done)) this.violate(`${user} is at ${done}, and was at ${states.join(' or ')}`);
      if (last !== 'finish') continue;
      const other = serving === this.own ? this.store : this.own;
      const left = other.peekAll(partition, '').filter((it) => it['session'] === undefined);
      if (left.length > 0) this.violate(`${left.length} items of ${user} are left where ${user} is not served`);
    }
  }

  #servingStore(user: string): SimulatedStore {
    const owner = this.store.peek({ partition: `USER#${user}`, sort: 'OWNER' });
    return owner === undefined || custodianOf(String(owner['session'])) !== undefined ? this.own : this.store;
  }

  #boot(): SimulatedStandalone {
    const process = new SimulatedProcess({ name: `${NAME}.${++this.#boots}`, scheduler: this.scheduler });
    this.#servers.delete(LINK);
    const log = createLog({
      level: 'warn',
      destination: { write: (line) => this.note(`${process.name}: ${line.trim()}`) },
    });
    const standalone = new SimulatedStandalone(this, process, {
      random: this.random.fork(),
      name: NAME,
      address: LINK,
      around: (store) => this.#watched(store, process),
      log,
    });
    void standalone.start();
    return standalone;
  }

  /** Counts the writes of the hand-over, and lets one of them go wrong. */
  #watched(store: Store, process: SimulatedProcess): Store {
    const watch = async (send: () => Promise<WriteResult>): Promise<WriteResult> => {
      const isNow = this.isArmed && ++this.writes === this.mishap?.atWrite;
      if (!isNow) return send();
      this.note(`write ${this.writes} of the hand-over: ${this.mishap?.what}`);
      switch (this.mishap?.what) {
        case 'killed before':
          this.kill();
          return never();
        case 'killed after':
          await send();
          if (!process.isDead) this.kill();
          return never();
        case 'applied, unanswered':
          await send();
          return unanswered;
        case 'not applied, unanswered':
          return unanswered;
        case 'taken back':
        case undefined:
          this.standalone.migration.undo().catch((thrown: unknown) => this.note(`undo: ${reasonOf(thrown)}`));
          return send();
      }
    };
    return {
      ...store,
      put: (...all) => watch(() => store.put(...all)),
      update: (...all) => watch(() => store.update(...all)),
      delete: (...all) => watch(() => store.delete(...all)),
    };
  }

  /** A state is written for the first time by who serves the user; every other time it is a copy of it. */
  #applied(side: 'own' | 'pool', { key, before, after }: AppliedWrite): void {
    if (key.sort === 'OWNER') this.note(`${key.partition} ${describe(before)} → ${describe(after)}`);
    if (key.sort !== 'DEVICE#1' || after === undefined || this.#seen.has(after['writeId'])) return;
    this.#seen.add(after['writeId']);
    const user = key.partition.slice('USER#'.length);
    const truth = this.#truth.get(user) ?? { states: [''], side, epoch: 0 };
    const [had, has] = [before, after].map((it) => (it?.['done'] ?? []) as readonly string[]).map((it) => it.join());
    const epoch = Number(after['epoch']);
    if (new Set(after['done'] as readonly string[]).size !== (after['done'] as readonly string[]).length)
      this.violate(`a command of ${user} was done twice`);
    // A write that its sender gave up, and that came when the user was the pool's no more: no device was told, and it may be
    // part of the copy or not.
    if (side === 'pool' && this.#servingStore(user) === this.own) {
      if (truth.states.includes(had as string)) truth.states.push(has as string);
      return;
    }
    if (!truth.states.includes(had as string))
      this.violate(`${user} is served on the ${side} side from ${had}, and was at ${truth.states.join(' or ')}`);
    if (epoch < truth.epoch || (epoch === truth.epoch && side !== truth.side))
      this.violate(`${user} is served on the ${side} side by epoch ${epoch}, after ${truth.side} ${truth.epoch}`);
    this.#truth.set(user, { states: [has as string], side, epoch });
  }

  #acted(...[user, session, epoch]: Effect): void {
    const owner = this.store.peek({ partition: `USER#${user}`, sort: 'OWNER' });
    const isHere = session.startsWith(`${NAME}.`);
    const mayBe = isHere
      ? owner === undefined || custodianOf(String(owner['session'])) === NAME
      : owner?.['session'] === session && owner['epoch'] === epoch;
    if (!mayBe) this.violate(`${session} acts for ${user} by epoch ${epoch}; the owner is ${describe(owner)}`);
  }
}

type Effect = [user: string, session: string, epoch: number];

const never = (): Promise<never> => new Promise(() => {});
const unanswered: WriteResult = { outcome: 'unknown', cause: new Error('no answer') };
const describe = (owner: Attributes | undefined): string =>
  owner === undefined ? 'nobody' : `${String(owner['session']) || 'released'}@${String(owner['epoch'])}`;

export async function simulateGrowth({ seed = 1, acts, mishap, chaos }: GrowthOptions): Promise<GrowthResult> {
  const world = new GrowthSimulation(seed);
  const { scheduler } = world;
  await scheduler.run(3_000);
  for (const user of [...HERE, IDLE]) await world.keepsakes(world.own, user);
  await world.keepsakes(world.store, THERE);
  for (const device of world.devices) device.begin();
  await scheduler.run(8_000);
  if (chaos) {
    world.store.faults = { ...NO_FAULTS, ...chaos.faults };
    const killOn = () =>
      void scheduler.after(world.random.between(0, 2 * chaos.killEveryMs), () => {
        if (world.store.faults === NO_FAULTS) return;
        world.kill();
        killOn();
      });
    killOn();
  }
  for (const [index, act] of acts.entries()) {
    world.isArmed = index === acts.length - 1;
    if (act === 'finish' && acts[index - 1] === 'leave') world.isPointedHere = true;
    world.mishap = mishap;
    await carryOut(world, act, mishap?.what === 'taken back' && world.isArmed);
  }
  world.store.faults = NO_FAULTS;
  await scheduler.run(scheduler.now + 1_000);
  world.isArmed = false;
  const healedAt = scheduler.now;
  await scheduler.run(healedAt + RECOVERY_MS);
  for (const device of world.devices) {
    if (device.isWaitingSince(healedAt)) world.violate(`${device.user} is not served`);
    device.check();
  }
  world.check(acts.at(-1) ?? 'join');
  const { violations, writes, kills, trace, devices } = world;
  const commands = devices.reduce((total, it) => total + it.answered, 0);
  const slowestMs = Math.max(...devices.map((it) => it.slowestSince(0)));
  return { violations, writes, kills, commands, slowestMs, trace };
}

/** As somebody does who asks, and asks again where no answer came. */
async function carryOut(world: GrowthSimulation, act: Act, isTakenBack: boolean): Promise<void> {
  const { scheduler } = world;
  const until = scheduler.now + OVER_MS;
  const phaseOf = () => world.standalone.migration.order?.phase;
  const wasUndone = world.standalone.migration.order?.direction;
  const isBegun = (): boolean => {
    const { order } = world.standalone.migration;
    if (act === 'undo') return order?.isUndo === true || order?.direction !== wasUndone;
    if (act === 'finish') return order?.phase === 'finished' || order?.phase === 'closed';
    return order !== undefined && (order.direction === act || isTakenBack) && order.phase !== 'closed';
  };
  let isOver = false;
  while (!isOver) {
    world.note(`asked to ${act}`);
    const asking = { isAnswered: false };
    void ask(world, act).then(
      () => (asking.isAnswered = true),
      (thrown: unknown) => {
        asking.isAnswered = true;
        world.note(`${act}: ${reasonOf(thrown)}`);
      },
    );
    const { process } = world.standalone;
    while (!asking.isAnswered && !process.isDead && scheduler.now < until) await scheduler.run(scheduler.now + POLL_MS);
    await scheduler.run(scheduler.now + 5 * POLL_MS);
    while (world.standalone.process.isDead) await scheduler.run(scheduler.now + POLL_MS);
    while (isBegun() && phaseOf() === 'running' && scheduler.now < until) await scheduler.run(scheduler.now + POLL_MS);
    isOver = phaseOf() !== 'running' && (isBegun() || (isTakenBack && phaseOf() === 'closed'));
    if (scheduler.now < until) continue;
    return world.violate(`${act} is not over after ${OVER_MS} ms: ${JSON.stringify(world.standalone.migration.order)}`);
  }
  world.note(`${act} is over: ${JSON.stringify(world.standalone.migration.order)}`);
}

function ask({ standalone: { migration }, leaving: users }: GrowthSimulation, act: Act): Promise<Progress> {
  if (act === 'undo') return migration.undo();
  if (act === 'finish') return migration.finish();
  const asked: Asked = { direction: act, file: 'pool.json', standalone: NAME, isVerified: true, users: [] };
  return migration.start(act === 'leave' ? { ...asked, users } : asked);
}
