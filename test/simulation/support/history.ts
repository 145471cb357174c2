/**
 * Watches every applied write of a simulated pool at the instant at which it is applied, and every effect outside the store,
 * and notes what must never be (ownership.md, "Invariants").
 */
import { createHash } from 'node:crypto';
import type { Member } from '../../../lib/pool/index.ts';
import type { Attributes } from '../../../lib/store/index.ts';
import type { Scheduler } from './scheduler.ts';
import type { AppliedWrite, SimulatedStore } from './simulated-store.ts';

const HASHED_CHARACTERS = 32_768;

export interface Violation {
  readonly atMs: number;
  readonly what: string;
}

interface Party {
  readonly process: string;
  readonly member: Member;
}

export interface HistoryOptions {
  /** Of an OWNER item. */
  readonly onOwner?: (write: AppliedWrite) => void;
  /** Of a user's state, everything that is not the OWNER item. */
  readonly onState?: (write: AppliedWrite) => void;
}

export class History {
  readonly violations: Violation[] = [];
  /** What happened, for a person who looks into a violation. */
  readonly trace: string[] = [];
  writes = 0;
  effects = 0;
  moves = 0;
  readonly #scheduler: Scheduler;
  readonly #parties = (): readonly Party[] => this.parties();
  /** Which process a session is of, dead ones too. */
  readonly #processOf = new Map<string, string>();
  store: SimulatedStore | undefined;
  parties: () => readonly Party[] = () => [];

  readonly #options: HistoryOptions;
  readonly #hash = createHash('sha256');
  /** To be hashed: many small updates would take longer. */
  #unhashed = '';

  constructor(scheduler: Scheduler, options: HistoryOptions = {}) {
    this.#scheduler = scheduler;
    this.#options = options;
  }

  /** Milliseconds of the world. */
  get now(): number {
    return this.#scheduler.now;
  }

  note(text: string): void {
    this.remark(text);
    this.witness(text);
  }

  /** For the trace alone: it may say what differs from run to run, a stack for one. */
  remark(text: string): void {
    this.trace.push(`${(this.#scheduler.now / 1000).toFixed(3)} ${text}`);
  }

  /** Part of the history's digest, and too small to be told. */
  witness(text: string): void {
    this.#unhashed += `${this.#scheduler.now} ${text}\n`;
    if (this.#unhashed.length > HASHED_CHARACTERS) this.#hashAll();
  }

  /** Two runs with the same digest are the same history. Asked once, at the end. */
  digest(): string {
    this.#hashAll();
    return this.#hash.digest('hex').slice(0, 16);
  }

  #hashAll(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = '';
  }

  /** Undefined for a session that never was put. */
  processOf(session: string): string | undefined {
    return this.#processOf.get(session);
  }

  violate(what: string): void {
    this.violations.push({ atMs: this.#scheduler.now, what });
    this.note(`VIOLATION ${what}`);
  }

  applied(write: AppliedWrite): void {
    this.writes += 1;
    const { key, after } = write;
    this.witness(`${write.process} ${key.partition} ${key.sort} ${String(after?.['beat'] ?? after?.['writeId'])}`);
    if (write.key.sort === 'OWNER') {
      this.#options.onOwner?.(write);
      this.#ownerChanged(write);
    } else if (write.key.sort.startsWith('SERVER#')) this.#serverChanged(write);
    else this.#options.onState?.(write);
  }

  /** Something a device or the mail system can see, done in the name of a lease that was held the instant before. */
  effect(user: string, session: string, epoch: number): void {
    this.effects += 1;
    const owner = this.store?.peek({ partition: `USER#${user}`, sort: 'OWNER' });
    if (owner?.['session'] !== session || owner['epoch'] !== epoch)
      this.violate(`${session} acts for ${user} with epoch ${epoch}; the owner is ${describe(owner)}`);
  }

  #ownerChanged({ process, key, before, after }: AppliedWrite): void {
    const user = key.partition.slice('USER#'.length);
    // An administrator binds or unbinds: nobody moves.
    if (after?.['session'] === (before?.['session'] ?? '') && after['epoch'] === (before?.['epoch'] ?? 0)) return;
    this.moves += 1;
    this.note(`${process}: ${user} ${describe(before)} → ${describe(after)}`);
    if (after === undefined) return this.violate(`the owner of ${user} was removed`);
    if (after['epoch'] !== Number(before?.['epoch'] ?? 0) + 1) this.violate(`an epoch of ${user} was left out`);
    const former = String(before?.['session'] ?? '');
    const isGive = this.#processOf.get(former) === process;
    if (former !== '' && !isGive && this.#isAlive(former)) this.violate(`${user} was taken from the live ${former}`);
    for (const party of this.#parties()) {
      for (const lease of party.member.leases()) {
        if (lease.user === user && lease.isHeld())
          this.violate(`${party.process} holds ${user} with epoch ${lease.epoch} while ${describe(after)} is written`);
      }
    }
  }

  #isAlive(session: string): boolean {
    const status = this.store?.peek({ partition: 'POOL#sim', sort: `SERVER#${session}` })?.['status'];
    return status === 'up' || status === 'draining';
  }

  #serverChanged({ process, key, before, after }: AppliedWrite): void {
    const session = key.sort.slice('SERVER#'.length);
    if (before === undefined) this.#processOf.set(session, process);
    const was = before?.['status'];
    const is = after?.['status'];
    if (was !== is) this.note(`${process}: ${session} ${String(was)} → ${String(is)}`);
    if ((was === 'fenced' || was === 'left') && was !== is) this.violate(`${session} was ${was} and is ${String(is)}`);
    if (Number(after?.['beat']) < Number(before?.['beat'] ?? 0)) this.violate(`the counter of ${session} went back`);
    if (before !== undefined && Number(after?.['expires']) < Number(before['expires']))
      this.note(`${session} expires earlier than before (a wall clock is behind)`);
  }
}

const describe = (owner: Attributes | undefined): string =>
  owner === undefined ? 'nobody' : `${String(owner['session']) || 'released'}@${String(owner['epoch'])}`;
