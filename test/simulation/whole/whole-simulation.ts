/**
 * One history of a whole pool in one process: real servers (whole-server.ts) and real devices over a simulated clock, network,
 * store and mail system, in which things go wrong one after the other. Then everything heals; the pool must be quiet, serve
 * everybody and tell of new mail, and in the end every mailbox is compared with every device and every command's effect with
 * its answer. The seed decides everything.
 */
import { silentLog } from '../../../lib/platform/index.ts';
import { differences } from '../../fault/support/differences.ts';
import type { StoredMessage } from '../../fault/support/mailbox.ts';
import { Chaos, type ChaosServer, type ChaosWorld, type Disturbance } from '../support/chaos.ts';
import { History, type Violation } from '../support/history.ts';
import { Scheduler } from '../support/scheduler.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { CALM_MAIL, MAIL, SimulatedMail } from '../support/simulated-mail.ts';
import { SimulatedNetwork } from '../support/simulated-network.ts';
import { SimulatedProcess } from '../support/simulated-process.ts';
import { NO_FAULTS, SimulatedStore } from '../support/simulated-store.ts';
import { type Connection, SPRAYER, type TransportWorld } from './device-transport.ts';
import { Effects } from './effects.ts';
import { Ledger, subjectOf } from './ledger.ts';
import { ARCHIVE, Phone, type PhoneWorld } from './phone.ts';
import type { LinkWorld, SimulatedLink } from './simulated-link.ts';
import { traceLog } from './trace-log.ts';
import { WholeServer } from './whole-server.ts';

export interface WholeResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Equal for equal histories. */
  readonly digest: string;
  readonly events: number;
  readonly writes: number;
  readonly effects: number;
  readonly moves: number;
  readonly commands: number;
  readonly sentAgain: number;
  readonly late: number;
  readonly resyncs: number;
  readonly trace: readonly string[];
}

const START_MS = 4_000;
/** How long things go wrong. */
const CHAOS_MS = 90_000;
/** A lease, half of one after an outage, a device's patience with an answer that was lost, and the pause that a 503 asks for. */
const RECOVERY_MS = 100_000;
const QUIET_MS = 20_000;
/** With nothing wrong a waiting device has new mail within so long. */
const NEWS_MS = 6_000;
/** The same where the owner has just died: its fence, a claim, a login, and a device's own pause where its front died. */
const NEWS_AFTER_DEATH_MS = 12_000;
const END_MS = 10_000;
const LETTER_EVERY_MS = [500, 12_000] as const;
const FOLDERS = [
  { name: 'INBOX', kind: 'inbox' },
  { name: 'Drafts', kind: 'drafts' },
  { name: 'Sent', kind: 'sent' },
  { name: 'Trash', kind: 'trash' },
  { name: ARCHIVE, kind: 'user' },
] as const;
const FOLDER_NAMES = FOLDERS.map((it) => it.name);
const MOMENTS = ['write', 'call'] as const;
type Moment = (typeof MOMENTS)[number];
/** Somebody else's mail program, on the same mailbox. */
const ELSEWHERE = 'elsewhere';

export class WholeSimulation implements ChaosWorld, LinkWorld, PhoneWorld, TransportWorld {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly history: History;
  readonly store: SimulatedStore;
  readonly network: SimulatedNetwork;
  readonly mail: SimulatedMail;
  readonly effects: Effects;
  readonly servers = new Map<string, WholeServer>();
  readonly links = new Set<SimulatedLink>();
  readonly connections = new Set<Connection>();
  readonly ledgers = new Map<string, Ledger>();
  readonly phones: Phone[] = [];
  readonly isBalancing: boolean;
  deviceFaults = { lostRequest: 0, lostAnswer: 0 };
  readonly #isTraced: boolean;
  /** What happens to a process at the worst moment: when its next write or call has been carried out, and not answered. */
  readonly #traps = new Map<string, { readonly at: Moment; readonly spring: () => void }>();
  #boots = 0;
  #letters = 0;
  #areLettersOver = false;

  constructor(seed: number, isTraced: boolean) {
    this.#isTraced = isTraced;
    this.random = new SeededRandom(seed);
    this.isBalancing = this.random.chance(0.4);
    this.history = new History(this.scheduler, {
      onOwner: (write) => this.effects.owned(write),
      onState: (write) => this.effects.stored(write),
    });
    this.store = new SimulatedStore(this.scheduler, this.random.fork(), (write) => {
      this.history.applied(write);
      this.#spring(write.process, 'write');
    });
    this.network = new SimulatedNetwork(this.scheduler, this.random.fork());
    this.effects = new Effects(this.history, this.store);
    this.mail = new SimulatedMail({
      scheduler: this.scheduler,
      random: this.random.fork(),
      network: this.network,
      onEffect: (effect) => this.effects.done(effect),
      onCall: (process) => this.#spring(process, 'call'),
    });
    this.history.store = this.store;
    this.history.parties = () => this.living().map((it) => ({ process: it.process.name, member: it.member }));
    const servers = 3 + Math.floor(this.random.number() * 2);
    for (let number = 1; number <= servers; number++) this.boot(`s${number}:1`);
    const users = 2 + Math.floor(this.random.number() * 2);
    for (let number = 1; number <= users; number++) this.#addUser(`u${number}`);
  }

  get users(): readonly string[] {
    return [...this.ledgers.keys()];
  }

  living(): readonly WholeServer[] {
    return [...this.servers.values()].filter((it) => !it.process.isDead);
  }

  targetAt(address: string): WholeServer | undefined {
    return this.servers.get(address);
  }

  /** Where nobody lives: an address has one listener. */
  boot(address: string): void {
    if (this.servers.get(address)?.process.isDead === false) return;
    const process = new SimulatedProcess({
      name: `${address.split(':')[0]}.${++this.#boots}`,
      scheduler: this.scheduler,
      rate: this.random.between(0.99, 1.01),
      wallErrorMs: this.random.between(-30_000, 30_000),
    });
    const { store, mail, isBalancing } = this;
    const log = this.#isTraced ? traceLog(this.history, process.name) : silentLog;
    const random = this.random.fork();
    const server = new WholeServer({ address, process, random, store, mail, links: this, isBalancing, log });
    this.servers.set(address, server);
    this.history.note(`${process.name} boots`);
    void server.member.start().catch(() => undefined);
  }

  kill({ process }: ChaosServer): void {
    process.kill();
    for (const link of this.links) link.reset(process);
    for (const connection of this.connections) if (connection.server === process) connection.cut();
  }

  /** What goes wrong in a whole pool beside what goes wrong in any. */
  disturbances(): readonly (() => Disturbance | undefined)[] {
    return [
      () => this.#partFromMail(),
      () => this.#partDevice(),
      () => this.#roughMail(),
      () => this.#roughDevices(),
      () => this.#trapToPause(),
      () => this.#trapToPause(),
      () => this.#trapToKill(),
      () => this.#trapToKill(),
    ];
  }

  owners(): string {
    return this.users
      .map((it) => JSON.stringify(this.store.peek({ partition: `USER#${it}`, sort: 'OWNER' })))
      .join('\n');
  }

  /** Mail comes, and another program reads and removes some of it. */
  beginLetters(): void {
    this.scheduler.after(this.random.between(...LETTER_EVERY_MS), () => {
      if (this.#areLettersOver) return;
      const user = this.random.pick(this.users);
      if (this.random.chance(0.7)) this.deliver(user);
      else this.#touchElsewhere(user);
      this.beginLetters();
    });
  }

  endLetters(): void {
    this.#areLettersOver = true;
  }

  deliver(user: string): string {
    this.#letters += 1;
    const subject = `letter-${this.#letters}`;
    const hands = [...this.phones.filter((it) => it.name.startsWith(`${user}p`)).map((it) => it.name), ELSEWHERE];
    this.ledgers.get(user)?.delivered(subject, this.random.pick(hands));
    const text = `From: a@example.net\r\nTo: ${user}@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\nWords.\r\n`;
    this.mail.mailboxes.get(user)?.deliver('INBOX', { text });
    return subject;
  }

  ownerOf(user: string): WholeServer | undefined {
    const session = this.store.peek({ partition: `USER#${user}`, sort: 'OWNER' })?.['session'];
    return this.living().find((it) => it.session === session);
  }

  /** Everybody gets a letter, and every device has it in time. */
  async expectNews(withinMs: number): Promise<void> {
    const letters = this.users.map((user) => [user, this.deliver(user)] as const);
    await this.scheduler.run(this.scheduler.now + withinMs);
    for (const [user, letter] of letters) {
      for (const phone of this.phones.filter((it) => it.name.startsWith(`${user}p`)))
        if (!phone.has(letter))
          this.history.violate(`${phone.name} waits and was not told of ${letter} in ${withinMs} ms`);
    }
  }

  /** Every difference between what is and what should be. */
  check(): void {
    for (const [user, ledger] of this.ledgers) {
      const mailbox = this.mail.mailboxes.get(user);
      if (!mailbox) continue;
      for (const difference of ledger.check(mailbox, FOLDER_NAMES)) this.history.violate(`${user}: ${difference}`);
      const contents = new Map(FOLDER_NAMES.map((folder) => [folder as string, mailbox.messages(folder).map(stored)]));
      for (const phone of this.phones.filter((it) => it.name.startsWith(`${user}p`))) {
        for (const difference of differences(phone.client.state, contents))
          this.history.violate(`${phone.name}: ${difference}`);
      }
    }
  }

  #addUser(user: string): void {
    this.mail.add(user, { folders: FOLDERS, hasCondstore: this.random.chance(0.7), canPush: this.random.chance(0.9) });
    const ledger = new Ledger(user);
    this.ledgers.set(user, ledger);
    const count = 1 + Math.floor(this.random.number() * 2);
    for (let number = 1; number <= count; number++) {
      const process = new SimulatedProcess({
        name: `${user}p${number}`,
        scheduler: this.scheduler,
        rate: this.random.between(0.99, 1.01),
      });
      this.phones.push(new Phone({ world: this, user, process, random: this.random.fork(), ledger }));
    }
    for (let letter = 0; letter < 4; letter++) this.deliver(user);
  }

  #touchElsewhere(user: string): void {
    const ledger = this.ledgers.get(user);
    const mailbox = this.mail.mailboxes.get(user);
    const subjects = ledger?.inboxOf(ELSEWHERE) ?? [];
    if (!ledger || !mailbox || subjects.length === 0) return;
    const subject = this.random.pick(subjects);
    const message = mailbox.messages('INBOX').find((it) => subjectOf(it.bytes) === subject);
    if (!message) return;
    if (this.random.chance(0.4)) {
      mailbox.expunge(message.uid);
      return ledger.now(subject, { folder: undefined });
    }
    const isSeen = !message.flags.includes('\\Seen');
    mailbox.flag(message.uid, isSeen ? { add: ['\\Seen'] } : { remove: ['\\Seen'] });
    ledger.now(subject, { isSeen });
  }

  #spring(process: string, at: Moment): void {
    const trap = this.#traps.get(process);
    if (trap?.at !== at) return;
    this.#traps.delete(process);
    this.history.note(`the trap of ${process} springs`);
    trap.spring();
  }

  #trapToPause(): Disturbance | undefined {
    const server = this.#anyServer();
    if (!server) return undefined;
    const { name } = server.process;
    const at = this.random.pick(MOMENTS);
    this.#traps.set(name, { at, spring: () => server.process.pause() });
    const heal = () => {
      this.#traps.delete(name);
      server.process.goOn();
    };
    return { what: `${name} stands still from its next ${at} on`, longestMs: 60_000, heal };
  }

  #trapToKill(): Disturbance | undefined {
    const server = this.#anyServer();
    if (!server) return undefined;
    const { address, process } = server;
    const at = this.random.pick(MOMENTS);
    this.#traps.set(process.name, { at, spring: () => this.kill(server) });
    const heal = () => {
      this.#traps.delete(process.name);
      if (process.isDead) this.boot(address);
    };
    return { what: `${process.name} dies at its next ${at}`, longestMs: 30_000, heal };
  }

  #anyServer(): WholeServer | undefined {
    const living = this.living();
    return living.length === 0 ? undefined : this.random.pick(living);
  }

  #partFromMail(): Disturbance | undefined {
    const name = this.#anyServer()?.process.name;
    if (name === undefined) return undefined;
    this.network.part(name, MAIL);
    const heal = () => this.network.join(name, MAIL);
    return { what: `${name} is cut from the mail system`, longestMs: 30_000, heal };
  }

  #partDevice(): Disturbance | undefined {
    const { name } = this.random.pick(this.phones);
    this.network.part(name, SPRAYER);
    return { what: `${name} has no network`, longestMs: 30_000, heal: () => this.network.join(name, SPRAYER) };
  }

  #roughMail(): Disturbance | undefined {
    this.mail.faults = { lostRequest: 0.1, lostAnswer: 0.15, latencyMs: [5, 400] };
    const heal = () => {
      this.mail.faults = CALM_MAIL;
    };
    return { what: 'the mail system errs', longestMs: 20_000, heal };
  }

  #roughDevices(): Disturbance | undefined {
    this.deviceFaults = { lostRequest: 0.1, lostAnswer: 0.25 };
    const heal = () => {
      this.deviceFaults = { lostRequest: 0, lostAnswer: 0 };
    };
    return { what: 'answers to devices are lost', longestMs: 40_000, heal };
  }
}

/** `isTraced`: the servers' own log is in the trace too. */
export async function simulateWhole(seed: number, { isTraced = false } = {}): Promise<WholeResult> {
  const world = new WholeSimulation(seed, isTraced);
  const { scheduler, history, phones } = world;
  await scheduler.run(START_MS);
  for (const phone of phones) phone.begin();
  world.beginLetters();
  const chaos = new Chaos(world, world.random.fork(), world.disturbances());
  chaos.begin();
  await scheduler.run(START_MS + CHAOS_MS);
  chaos.end();
  world.endLetters();
  for (const phone of phones) phone.calmDown();
  world.store.faults = { ...NO_FAULTS, staleMs: 500 };
  const healedAt = scheduler.now;
  await scheduler.run(healedAt + RECOVERY_MS);
  for (const { name, busySince } of phones)
    if (busySince !== undefined && busySince <= healedAt)
      history.violate(`${name} is not served ${RECOVERY_MS} ms after everything healed`);
  const owners = world.owners();
  await scheduler.run(scheduler.now + QUIET_MS);
  if (!world.isBalancing && world.owners() !== owners) history.violate('a user moved although nothing changed');
  await world.expectNews(NEWS_MS);
  const owner = world.ownerOf(world.random.pick(world.users));
  if (owner) {
    history.note(`the quiet ends: ${owner.process.name} is killed`);
    world.kill(owner);
    await world.expectNews(NEWS_AFTER_DEATH_MS);
  }
  for (const phone of phones) phone.end();
  await scheduler.run(scheduler.now + END_MS);
  for (const { name, isDone } of phones)
    if (!isDone) history.violate(`${name} cannot fetch everything in ${END_MS} ms although nothing is wrong`);
  world.check();
  const { violations, writes, moves, trace } = history;
  const commands = phones.reduce((total, it) => total + it.commands, 0);
  return {
    seed,
    violations,
    digest: history.digest(),
    events: scheduler.events,
    writes,
    effects: world.effects.count,
    moves,
    commands,
    sentAgain: world.effects.sentAgain,
    late: world.effects.late,
    resyncs: phones.reduce((total, it) => total + it.resyncs, 0),
    trace,
  };
}

const stored = ({
  uid,
  flags,
  bytes,
}: {
  uid: number;
  flags: readonly string[];
  bytes: Uint8Array;
}): StoredMessage => ({
  uid,
  flags: new Set(flags),
  subject: subjectOf(bytes),
  messageId: '',
});
