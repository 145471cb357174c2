/**
 * What the checkers of the whole simulation look at while it runs: every write of a user's state and every effect on a
 * mailbox at the instant at which it is applied (ownership.md, "Invariants" 1 and 3).
 */
import type { History } from '../support/history.ts';
import type { MailEffect } from '../support/simulated-mail.ts';
import type { AppliedWrite, SimulatedStore } from '../support/simulated-store.ts';
import { idOf } from './ledger.ts';

export class Effects {
  /** Submissions of a message that had been submitted before, each under its one Message-ID (sync-state.md, rule 10). */
  sentAgain = 0;
  count = 0;
  readonly #history: History;
  readonly #store: SimulatedStore;
  /** `user epoch` → the process whose session had it. */
  readonly #processOf = new Map<string, string>();
  readonly #submitted = new Set<string>();

  constructor(history: History, store: SimulatedStore) {
    this.#history = history;
    this.#store = store;
  }

  /** An OWNER item was written. */
  owned({ key, after }: AppliedWrite): void {
    const session = String(after?.['session'] ?? '');
    const process = this.#history.processOf(session);
    if (process !== undefined) this.#processOf.set(`${userOf(key.partition)} ${String(after?.['epoch'])}`, process);
  }

  /** A user's state was written. */
  stored({ process, key, before, after }: AppliedWrite): void {
    if (after === undefined) return;
    const name = `${key.partition} ${key.sort}`;
    const epoch = Number(after['epoch']);
    const was = Number(before?.['epoch'] ?? 0);
    if (epoch < was) this.#history.violate(`${name}: epoch ${epoch} wrote over epoch ${was}`);
    const holder = this.#processOf.get(`${userOf(key.partition)} ${epoch}`);
    if (holder !== process)
      this.#history.violate(`${name}: ${process} wrote with epoch ${epoch}, which is ${holder}'s`);
    const version = after['version'];
    if (version !== undefined && version !== Number(before?.['version'] ?? 0) + 1)
      this.#history.violate(`${name}: version ${String(version)} follows ${String(before?.['version'])}`);
  }

  /** Something was done to a mailbox. */
  done({ user, process, call, message }: MailEffect): void {
    this.count += 1;
    this.#history.witness(`${process} ${user} ${call}`);
    const owner = this.#store.peek({ partition: `USER#${user}`, sort: 'OWNER' });
    const holder = this.#history.processOf(String(owner?.['session'] ?? ''));
    if (holder !== process)
      this.#history.violate(`${process} does ${call} for ${user}, who is ${holder ?? 'nobody'}'s`);
    if (call === 'submit' && message) this.#submit(user, idOf(message));
  }

  /** Its intent is written down, and not yet that it is out. */
  #submit(user: string, messageId: string): void {
    const intent = this.#store
      .peekAll(`USER#${user}`, 'SENT#')
      .find((attributes) => attributes['messageId'] === messageId);
    if (intent === undefined) this.#history.violate(`${messageId} of ${user} goes out without an intent`);
    else if (intent['status'] === 'sent') this.#history.violate(`${messageId} of ${user} goes out after it was sent`);
    if (this.#submitted.has(messageId)) this.sentAgain += 1;
    this.#submitted.add(messageId);
  }
}

const userOf = (partition: string): string => partition.slice('USER#'.length);
