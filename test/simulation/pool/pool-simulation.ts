/**
 * One history of a simulated pool: servers come and go, stand still, are cut off, the store errs; devices send commands and
 * send them again until they are answered. Then everything heals, and the pool must be quiet and serve everybody. The seed
 * decides everything.
 */
import { Scheduler } from '../support/scheduler.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedNetwork } from '../support/simulated-network.ts';
import { SimulatedProcess } from '../support/simulated-process.ts';
import { type AppliedWrite, NO_FAULTS, SimulatedStore } from '../support/simulated-store.ts';
import { Chaos, type ChaosServer, type ChaosWorld } from '../support/chaos.ts';
import { History, type Violation } from '../support/history.ts';
import { SimulatedDevice } from './simulated-device.ts';
import { SimulatedServer, type ServerWorld } from './simulated-server.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** How long things go wrong. Default 180,000. */
  readonly chaosMs?: number;
}

export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly events: number;
  readonly writes: number;
  readonly effects: number;
  readonly moves: number;
  readonly commands: number;
  readonly trace: readonly string[];
}

/** A lease, half of one after an outage, and what reading, claiming and a device's own patience take. */
const RECOVERY_MS = 30_000;
const QUIET_MS = 60_000;
/** With nothing wrong a command is answered within so long, its first try at a server just dead included. */
const PROMPT_MS = 3_000;

export class PoolSimulation implements ServerWorld, ChaosWorld {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly history: History;
  readonly store: SimulatedStore;
  readonly network: SimulatedNetwork;
  /** A balancing pool moves users to servers that have just come; only one that does not is expected to keep still. */
  readonly isBalancing: boolean;
  readonly servers = new Map<string, SimulatedServer>();
  readonly devices: readonly SimulatedDevice[];
  #boots = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.isBalancing = this.random.chance(0.4);
    this.history = new History(this.scheduler, { onState: (write) => this.#stateChanged(write) });
    this.store = new SimulatedStore(this.scheduler, this.random.fork(), (write) => this.history.applied(write));
    this.network = new SimulatedNetwork(this.scheduler, this.random.fork());
    this.history.store = this.store;
    this.history.parties = () =>
      [...this.servers.values()]
        .filter((it) => !it.process.isDead)
        .map((it) => ({ process: it.process.name, member: it.member }));
    const count = 3 + Math.floor(this.random.number() * 3);
    for (let number = 1; number <= count; number++) this.boot(`s${number}:1`);
    const users = 2 + Math.floor(this.random.number() * 5);
    this.devices = Array.from(
      { length: users },
      (_, number) => new SimulatedDevice(this, `u${number + 1}`, this.random.fork()),
    );
  }

  at(address: string): SimulatedServer | undefined {
    return this.servers.get(address);
  }

  /** A new process listens at the address, unless one does: an address has one listener. */
  boot(address: string): void {
    if (this.servers.get(address)?.process.isDead === false) return;
    const process = new SimulatedProcess({
      name: `${address.split(':')[0]}.${++this.#boots}`,
      scheduler: this.scheduler,
      rate: this.random.between(0.99, 1.01),
      wallErrorMs: this.random.between(-30_000, 30_000),
    });
    const server = new SimulatedServer(this, process, {
      address,
      random: this.random.fork(),
      settings: { drainMs: 20_000 },
    });
    this.servers.set(address, server);
    this.history.note(`${process.name} boots`);
    void server.member.start().catch(() => undefined);
  }

  get users(): readonly string[] {
    return this.devices.map((it) => it.user);
  }

  kill({ process }: ChaosServer): void {
    process.kill();
  }

  living(): readonly SimulatedServer[] {
    return [...this.servers.values()].filter((it) => !it.process.isDead);
  }

  owners(): string {
    return this.devices
      .map((it) => JSON.stringify(this.store.peek({ partition: `USER#${it.user}`, sort: 'OWNER' })))
      .join('\n');
  }

  #stateChanged({ key, before, after }: AppliedWrite): void {
    const name = `${key.partition} ${key.sort}`;
    if (after === undefined) return this.history.violate(`${name} was removed`);
    if (Number(after['epoch']) < Number(before?.['epoch'] ?? 0))
      this.history.violate(`${name}: epoch ${String(after['epoch'])} wrote over epoch ${String(before?.['epoch'])}`);
    const had = (before?.['done'] ?? []) as readonly string[];
    const has = (after['done'] ?? []) as readonly string[];
    if (had.some((command, position) => has[position] !== command))
      this.history.violate(`${name}: an applied command was lost`);
    if (new Set(has).size !== has.length) this.history.violate(`${name}: a command was applied twice`);
  }
}

export async function simulatePool({ seed, chaosMs = 180_000 }: SimulationOptions): Promise<SimulationResult> {
  const world = new PoolSimulation(seed);
  const { scheduler, history, devices } = world;
  await scheduler.run(8_000);
  for (const device of devices) device.begin();
  const chaos = new Chaos(world, world.random.fork());
  chaos.begin();
  await scheduler.run(8_000 + chaosMs);
  chaos.end();
  world.store.faults = { ...NO_FAULTS, staleMs: 500 };
  const healedAt = scheduler.now;
  await scheduler.run(healedAt + RECOVERY_MS);
  for (const device of devices)
    if (device.isWaitingSince(healedAt))
      history.violate(`${device.user} is not served ${RECOVERY_MS} ms after everything healed`);
  const owners = world.owners();
  const calmFrom = scheduler.now;
  await scheduler.run(calmFrom + QUIET_MS);
  if (!world.isBalancing && world.owners() !== owners) history.violate('a user moved although nothing changed');
  for (const device of devices) {
    const slowest = device.slowestSince(calmFrom);
    if (slowest > PROMPT_MS)
      history.violate(`a command of ${device.user} took ${slowest} ms although nothing was wrong`);
    device.check();
  }
  const { violations, writes, effects, moves, trace } = history;
  const commands = devices.reduce((total, it) => total + it.answered, 0);
  return { seed, violations, events: scheduler.events, writes, effects, moves, commands, trace };
}
