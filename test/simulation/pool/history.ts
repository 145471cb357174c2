/**
 * Watches every applied write of a simulated pool at the instant at which it is applied, and every effect outside the store,
 * and notes what must never be (ownership.md, "Invariants").
 */
import type { Member } from '../../../lib/pool/index.ts';
import type { Attributes } from '../../../lib/store/index.ts';
import type { Scheduler } from '../support/scheduler.ts';
import type { AppliedWrite, SimulatedStore } from '../support/simulated-store.ts';

export interface Violation {
  readonly atMs: number;
  readonly what: string;
}

interface Party {
  readonly process: string;
  readonly member: Member;
}

export class History {
  readonly violations: Violation[] = [];
  /** The last happenings, for a person who looks into a violation. */
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

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  note(text: string): void {
    this.trace.push(`${(this.#scheduler.now / 1000).toFixed(3)} ${text}`);
  }

  violate(what: string): void {
    this.violations.push({ atMs: this.#scheduler.now, what });
    this.note(`VIOLATION ${what}`);
  }

  applied(write: AppliedWrite): void {
    this.writes += 1;
    if (write.key.sort === 'OWNER') this.#ownerChanged(write);
    else if (write.key.sort.startsWith('SERVER#')) this.#serverChanged(write);
    else this.#stateChanged(write);
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

  #stateChanged({ key, before, after }: AppliedWrite): void {
    const name = `${key.partition} ${key.sort}`;
    if (after === undefined) return this.violate(`${name} was removed`);
    if (Number(after['epoch']) < Number(before?.['epoch'] ?? 0))
      this.violate(`${name}: epoch ${String(after['epoch'])} wrote over epoch ${String(before?.['epoch'])}`);
    const had = (before?.['done'] ?? []) as readonly string[];
    const has = (after['done'] ?? []) as readonly string[];
    if (had.some((command, position) => has[position] !== command))
      this.violate(`${name}: an applied command was lost`);
    if (new Set(has).size !== has.length) this.violate(`${name}: a command was applied twice`);
  }
}

const describe = (owner: Attributes | undefined): string =>
  owner === undefined ? 'nobody' : `${String(owner['session']) || 'released'}@${String(owner['epoch'])}`;
