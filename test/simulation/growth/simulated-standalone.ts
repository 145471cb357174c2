/** A standalone server of the simulation: the real hand-over of users, between a store of its own and that of a simulated pool. */
import { Migration, Places, type PoolSide } from '../../../lib/migration/index.ts';
import { type Log, silentLog, sleep } from '../../../lib/platform/index.ts';
import { chooseServer, Custody, PoolAdministration } from '../../../lib/pool/index.ts';
import { GrowingRoad, type GrowingRoadParts, seenFrom } from '../../../lib/server/growth/growing-road.ts';
import type { Road, RoadRequest, RoadResult } from '../../../lib/server/activesync/road.ts';
import type { Store } from '../../../lib/store/index.ts';
import { type Answer, type Command, CommandExecutor } from '../pool/command-executor.ts';
import { SimulatedServer, type ServerWorld } from '../pool/simulated-server.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';
import type { SimulatedStore } from '../support/simulated-store.ts';
import { timedStore } from '../whole/timed-store.ts';

export interface GrowthWorld extends ServerWorld {
  /** Of the standalone server alone. */
  readonly own: SimulatedStore;
  /** A link listens at its address. */
  listens(link: SimulatedServer | undefined): void;
}

export interface StandaloneOptions {
  readonly random: SeededRandom;
  readonly name: string;
  readonly address: string;
  /** Sees every write of the hand-over, on its way to either store. */
  readonly around: (store: Store, process: SimulatedProcess) => Store;
  readonly log?: Log;
}

const REQUEST_MS = 1_000;

export class SimulatedStandalone {
  readonly process: SimulatedProcess;
  readonly places: Places;
  readonly migration: Migration;
  readonly #world: GrowthWorld;
  readonly #options: StandaloneOptions;
  readonly #executor: CommandExecutor;
  readonly #road: GrowingRoad;
  #link: SimulatedServer | undefined;
  #isUp = false;

  constructor(world: GrowthWorld, process: SimulatedProcess, options: StandaloneOptions) {
    const { around, random, log = silentLog } = options;
    const { clock } = process;
    this.process = process;
    this.#world = world;
    this.#options = options;
    const own = world.own.storeFor(process);
    this.#executor = new CommandExecutor(own, process, world.history);
    const watched = around(timedStore(own, clock), process);
    this.places = new Places(watched, clock, process.name);
    this.migration = new Migration({
      own: watched,
      places: this.places,
      clock,
      random,
      log,
      build: '1',
      finish: (user, limitMs) =>
        Promise.race([this.#executor.finish(user).then(() => true), sleep(clock, limitMs).then(() => false)]),
      lose: async (user) => this.#executor.forget(user),
      openPool: async () => this.#openPool(),
    });
    this.#road = new GrowingRoad({
      ownerRoad: {
        execute: ({ command }: Asking, lease: Parameters<CommandExecutor['execute']>[1]) =>
          this.#executor.execute(command, lease),
      } as unknown as GrowingRoadParts['ownerRoad'],
      places: this.places,
      migration: this.migration,
      toPool: () => {
        const link = this.#link;
        if (link === undefined) return undefined;
        return { execute: ({ command }: Asking) => link.front(command) } as unknown as Road;
      },
      clock,
      log,
    });
  }

  /** It serves nobody before it knows who is here. */
  async start(): Promise<void> {
    await this.migration.resume();
    this.#isUp = true;
  }

  /** A request of a device. */
  async front(command: Command): Promise<Answer> {
    if (!this.#isUp) return 503;
    const asking: Asking = { account: { user: command.user }, command };
    const answer = this.#road.execute(asking as unknown as RoadRequest) as Promise<RoadResult | Answer>;
    return (await answer.catch(() => 503)) as Answer;
  }

  #openPool(): PoolSide {
    const { name, address, random, around } = this.#options;
    const { clock } = this.process;
    const world = this.#world;
    const store = around(timedStore(world.store.storeFor(this.process), clock), this.process);
    const parts = { store, clock, random, pool: 'sim' };
    const custody = new Custody({ ...parts, standalone: name, requestTimeoutMs: REQUEST_MS });
    const link = new SimulatedServer(world, this.process, {
      address,
      random,
      settings: { drainMs: 2_000 },
      link: {
        standalone: name,
        around: (member) => seenFrom(this.places, custody, clock, member),
        executor: this.#executor,
      },
    });
    const administration = new PoolAdministration(parts);
    return {
      pool: 'sim',
      store,
      custody,
      homes: undefined,
      isOneOfSeveral: async () => false,
      servers: () => administration.servers(),
      hasOurKey: async () => true,
      otherMail: undefined,
      prepare: async () => {
        if (random.chance(0.3)) return undefined;
        return chooseServer({ servers: link.member.sessions(), random })?.session;
      },
      link: async () => {
        world.listens(link);
        await link.member.start();
        this.#link = link;
      },
      close: async () => {
        if (this.#link === link) {
          this.#link = undefined;
          await link.member.drain();
        }
        await link.member.stop();
        if (world.at(address) === link) world.listens(undefined);
      },
    };
  }
}

interface Asking {
  readonly account: { readonly user: string };
  readonly command: Command;
}
