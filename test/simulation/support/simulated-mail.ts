/**
 * The organisation's mail system in a simulation: mailboxes that outlive every server, reached over the simulated network.
 * A call is a message there and an answer back: either may be lost, and what was asked may be done all the same. Every
 * effect is told to whoever counts them.
 */
import {
  type Account,
  BackendError,
  type Credentials,
  type FolderEvent,
  type Mailbox,
  type MailSystem,
  type Watch,
} from '../../../lib/backends/index.ts';
import type { Clock, Timer } from '../../../lib/platform/index.ts';
import { ScriptedMailbox, type ScriptOptions } from '../../sync/support/scripted-mailbox.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export const MAIL = 'mail';

/** Probabilities per call. */
export interface MailFaults {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly latencyMs: readonly [from: number, to: number];
}

export const CALM_MAIL: MailFaults = { lostRequest: 0, lostAnswer: 0, latencyMs: [1, 12] };

/** What changes something, done at this instant. */
export interface MailEffect {
  readonly user: string;
  readonly process: string;
  /** Its process was killed after it had asked for this. */
  readonly isOfDead: boolean;
  readonly call: 'append' | 'move' | 'remove' | 'submit' | 'updateFlags';
  readonly folder: string | undefined;
  readonly message: Uint8Array | undefined;
}

type Call = Exclude<
  keyof Mailbox,
  'account' | 'capabilities' | 'resources' | 'watch' | 'close' | 'freeBusy' | 'autoReply' | 'setAutoReply'
>;

/** A connection that gives no answer for so long is given up. */
const ANSWER_LIMIT_MS = 5_000;
/** How often a monitor without a connection tries to have one again. */
const RECONNECT_MS = 1_000;
const EFFECTS: readonly string[] = ['append', 'move', 'remove', 'submit', 'updateFlags'] satisfies MailEffect['call'][];

export interface SimulatedMailParts {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly onEffect: (effect: MailEffect) => void;
  /** A call of this process was carried out; its answer is still to come. */
  readonly onCall?: (process: string) => void;
}

export class SimulatedMail {
  faults: MailFaults = CALM_MAIL;
  readonly mailboxes = new Map<string, ScriptedMailbox>();
  readonly #parts: SimulatedMailParts;

  constructor(parts: SimulatedMailParts) {
    this.#parts = parts;
  }

  add(user: string, options: ScriptOptions): ScriptedMailbox {
    const mailbox = new ScriptedMailbox(options);
    // Every watcher filters by itself.
    mailbox.watched = (options.folders ?? []).map(({ name }) => name);
    this.mailboxes.set(user, mailbox);
    return mailbox;
  }

  /** The mail system as one process has it. */
  systemFor(process: SimulatedProcess): MailSystem {
    return {
      name: 'simulated',
      authenticate: ({ userName }: Credentials) =>
        this.#call(process, () => (this.mailboxes.has(userName) ? accountOf(userName) : undefined)),
      open: (account: Account) => this.#call(process, () => this.#mailboxFor(process, account)),
      close: async () => undefined,
    };
  }

  #mailboxFor(process: SimulatedProcess, account: Account): Mailbox {
    const truth = this.mailboxes.get(account.user);
    if (!truth) throw new Error(`There is no mailbox of ${account.user}`);
    const passOn =
      (name: Call) =>
      (...values: unknown[]) =>
        this.#call(process, async () => {
          this.#tellEffect(process, account.user, name, values);
          const value = await (truth[name] as (...it: unknown[]) => Promise<unknown>)(...values);
          this.#parts.onCall?.(process.name);
          return value;
        });
    const names: readonly Call[] = [
      'folders',
      'createFolder',
      'renameFolder',
      'deleteFolder',
      'changes',
      'fetch',
      'updateFlags',
      'move',
      'remove',
      'append',
      'findMessageId',
      'search',
      'submit',
    ];
    const calls = Object.fromEntries(names.map((name) => [name, passOn(name)])) as Pick<Mailbox, Call>;
    return {
      account,
      capabilities: truth.capabilities,
      ...calls,
      watch: (listener) => this.#call(process, () => this.#watch(process, truth, listener)),
      close: async () => undefined,
    };
  }

  #tellEffect(process: SimulatedProcess, user: string, name: Call, values: readonly unknown[]): void {
    if (!EFFECTS.includes(name)) return;
    const call = name as MailEffect['call'];
    const message = call === 'append' || call === 'submit' ? (values[1] as Uint8Array) : undefined;
    const folder = call === 'submit' ? undefined : (values[0] as string);
    this.#parts.onEffect({ user, process: process.name, isOfDead: process.isDead, call, folder, message });
  }

  /** As IDLE on a connection of its own: events that meet no connection are made up for by `resumed`. */
  async #watch(
    process: SimulatedProcess,
    truth: ScriptedMailbox,
    listener: (event: FolderEvent) => void,
  ): Promise<Watch> {
    const { network, scheduler, random } = this.#parts;
    const isCut = () => network.isParted(process.name, MAIL);
    let folders: readonly string[] = [];
    let isInterrupted = false;
    let isClosed = false;
    const tell = (event: FolderEvent) => {
      const arrive = () => {
        if (!isClosed) listener(event);
      };
      scheduler.after(random.between(...this.faults.latencyMs), () => process.deliver(arrive));
    };
    const watch = await truth.watch((event) => {
      if (process.isDead || isClosed) return;
      if (event.kind === 'changed' && !folders.includes(event.folderId)) return;
      if (!isCut() && !random.chance(this.faults.lostAnswer)) return tell(event);
      isInterrupted = true;
    });
    const reconnect = (clock: Clock): Timer =>
      clock.after(RECONNECT_MS, () => {
        if (isClosed) return;
        if (isInterrupted && !isCut()) {
          isInterrupted = false;
          tell({ kind: 'resumed' });
        }
        reconnect(clock);
      });
    reconnect(process.clock);
    return {
      update: (ids) => {
        folders = ids;
      },
      close: () => {
        isClosed = true;
        return watch.close();
      },
    };
  }

  #call<T>(process: SimulatedProcess, act: () => T | Promise<T>): Promise<T> {
    const { scheduler, random, network } = this.#parts;
    const { lostRequest, lostAnswer, latencyMs } = this.faults;
    const isCut = () => network.isParted(process.name, MAIL);
    return new Promise<T>((resolve, reject) => {
      const limit = process.clock.after(ANSWER_LIMIT_MS, () =>
        reject(new BackendError('unavailable', 'The mail system does not answer')),
      );
      const settle = (task: () => void) => {
        if (isCut() || random.chance(lostAnswer)) return;
        scheduler.after(random.between(...latencyMs), () =>
          process.deliver(() => {
            limit.cancel();
            task();
          }),
        );
      };
      if (isCut() || random.chance(lostRequest)) return;
      scheduler.after(random.between(...latencyMs), () => {
        void (async () => act())().then(
          (value) => settle(() => resolve(value)),
          (thrown: unknown) => settle(() => reject(thrown)),
        );
      });
    });
  }
}

export const accountOf = (user: string): Account => ({ user, addresses: [`${user}@example.org`], displayName: user });
