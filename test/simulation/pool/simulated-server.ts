/**
 * A server of the protocol-level simulation: a real Member, and a front that passes requests on.
 */
import { silentLog, sleep } from '../../../lib/platform/index.ts';
import { createMember, type HomeGate, type Load, type Member, type PoolSettings } from '../../../lib/pool/index.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedNetwork } from '../support/simulated-network.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';
import type { SimulatedStore } from '../support/simulated-store.ts';
import type { History } from '../support/history.ts';
import { type Answer, type Command, CommandExecutor } from './command-executor.ts';

export interface ServerWorld {
  readonly network: SimulatedNetwork;
  readonly store: SimulatedStore;
  readonly history: Pick<History, 'effect'>;
  /** Default: 'sim'. */
  readonly pool?: string;
  readonly isBalancing: boolean;
  /** The server that now listens at an address, or the last that did. */
  at(address: string): Pick<SimulatedServer, 'process' | 'member' | 'owner'> | undefined;
}

const PEER_TIMEOUT_MS = 5_000;
const TRIES = 3;
const TRY_AGAIN_MS = 300;

export class SimulatedServer {
  readonly process: SimulatedProcess;
  readonly member: Member;
  readonly address: string;
  load: Load = { index: 100, constrained: undefined, devices: 0 };
  readonly #world: ServerWorld;
  readonly #random: SeededRandom;
  readonly #executor: CommandExecutor;

  constructor(
    world: ServerWorld,
    process: SimulatedProcess,
    options: {
      readonly address: string;
      readonly random: SeededRandom;
      readonly settings?: Partial<PoolSettings>;
      readonly homes?: HomeGate;
      /** Of a link: the standalone server that it is of, what that makes of the member, and where its own commands end. */
      readonly link?: {
        readonly standalone: string;
        readonly around: (member: Member) => Member;
        readonly executor: CommandExecutor;
      };
    },
  ) {
    this.process = process;
    this.address = options.address;
    this.#world = world;
    this.#random = options.random;
    const store = world.store.storeFor(process);
    const { link } = options;
    this.#executor = link?.executor ?? new CommandExecutor(store, process, world.history);
    const member = createMember({
      store,
      clock: process.clock,
      random: options.random.fork(),
      log: silentLog,
      pool: world.pool ?? 'sim',
      ...(options.homes && { homes: options.homes }),
      ...(options.settings && { settings: options.settings }),
      address: options.address,
      zone: 'here',
      ...(link && { standalone: link.standalone }),
      build: '1',
      load: () => this.load,
      isBalancing: world.isBalancing,
      callbacks: {
        onLost: (user) => this.#executor.forget(user),
        idleMs: () => 0,
        give: {
          finish: ({ user }) => this.#executor.finish(user),
          flush: async () => {},
          answerWaiting: async () => {},
          closeMonitor: async ({ user }) => this.#executor.forget(user),
          tell: ({ user, address, epoch }) => this.#tell(user, address, epoch),
        },
      },
    });
    this.member = link?.around(member) ?? member;
  }

  /** A request of a device, at the server on which the sprayer put it. */
  async front(command: Command): Promise<Answer> {
    let stale: { readonly session: string; readonly epoch: number } | undefined;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const location = await this.member.locate(command.user, stale);
      if (location.kind === 'nowhere' || location.kind === 'away') return 503;
      if (location.kind === 'mine') return this.#executor.execute(command, location.lease);
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
    if (location.kind === 'mine') return this.#executor.execute(command, location.lease);
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
}
