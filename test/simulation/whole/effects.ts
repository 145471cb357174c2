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
  /** What an owner had asked of the mail system when it was killed, carried out only when its successor was there. */
  late = 0;
  readonly #history: History;
  readonly #store: SimulatedStore;
  /** `user epoch` → the process whose session had it. */
  readonly #processOf = new Map<string, string>();
  readonly #submitted = new Set<string>();
  /** User → when the present owner came. */
  readonly #ownedSince = new Map<string, number>();
  /** Message-ID → when it was recorded as sent, and by whom. */
  readonly #sent = new Map<string, { readonly at: number; readonly process: string }>();

  constructor(history: History, store: SimulatedStore) {
    this.#history = history;
    this.#store = store;
  }

  /** An OWNER item was written. */
  owned({ key, after }: AppliedWrite): void {
    const session = String(after?.['session'] ?? '');
    const process = this.#history.processOf(session);
    const user = userOf(key.partition);
    const holding = `${user} ${String(after?.['epoch'])}`;
    if (process === undefined || this.#processOf.has(holding)) return;
    this.#processOf.set(holding, process);
    this.#ownedSince.set(user, this.#history.now);
  }

  /** A user's state was written. */
  stored({ process, key, before, after }: AppliedWrite): void {
    if (after === undefined) return;
    if (after['status'] === 'sent') this.#sent.set(String(after['messageId']), { at: this.#history.now, process });
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
  done({ user, process, isOfDead, call, message }: MailEffect): void {
    this.count += 1;
    this.#history.witness(`${process} ${user} ${call}`);
    const owner = this.#store.peek({ partition: `USER#${user}`, sort: 'OWNER' });
    const holder = this.#history.processOf(String(owner?.['session'] ?? ''));
    const wasHolder = this.#processOf.get(`${user} ${Number(owner?.['epoch']) - 1}`);
    // Its request was on the way, and nobody can call it back. What comes of it is checked at the end as ever: once, not twice.
    if (holder !== process && isOfDead && wasHolder === process) this.late += 1;
    else if (holder !== process)
      this.#history.violate(`${process} does ${call} for ${user}, who is ${holder ?? 'nobody'}'s`);
    if (call === 'submit' && message) this.#submit(user, process, idOf(message));
  }

  /**
   * Its intent is written down, and not yet that it is out. A former owner that comes to itself may write that down while the
   * present one, which has read that nobody knows, sends it again: nothing can keep the two apart.
   */
  #submit(user: string, process: string, messageId: string): void {
    const intents = this.#store.peekAll(`USER#${user}`, 'SENT#');
    if (!intents.some((attributes) => attributes['messageId'] === messageId))
      this.#history.violate(`${messageId} of ${user} goes out without an intent`);
    const sent = this.#sent.get(messageId);
    if (sent && (sent.process === process || sent.at < (this.#ownedSince.get(user) ?? 0)))
      this.#history.violate(`${messageId} of ${user} goes out after it was sent`);
    if (this.#submitted.has(messageId)) this.sentAgain += 1;
    this.#submitted.add(messageId);
  }
}

const userOf = (partition: string): string => partition.slice('USER#'.length);
