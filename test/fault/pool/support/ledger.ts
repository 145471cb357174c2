/**
 * What a user's mailbox must be at the end: every message that was delivered, and the effect of every command whose success a
 * device was told. A message is touched by one command of one device alone, so that nothing is a matter of order.
 */
import type { MailboxContents } from '../../support/mailbox.ts';
import { foldersWith, messagesWith } from '../../support/mailbox.ts';

export interface Expected {
  /** Where it is once; undefined: nowhere. */
  folder: string | undefined;
  isSeen?: boolean;
  isFlagged?: boolean;
}

export class Ledger {
  readonly #messages = new Map<string, Expected>();
  readonly #touched = new Set<string>();
  readonly #sent: string[] = [];
  readonly #told = new Set<string>();

  /** Before it is delivered. */
  delivered(subject: string): void {
    this.#messages.set(subject, { folder: 'INBOX' });
  }

  /** False if another command has it, or the message is none of this ledger's. */
  touch(subject: string | undefined): subject is string {
    if (subject === undefined || !this.#messages.has(subject) || this.#touched.has(subject)) return false;
    this.#touched.add(subject);
    return true;
  }

  /** A device was told so. */
  now(subject: string, expected: Expected): void {
    this.#messages.set(subject, expected);
  }

  sent(subject: string): void {
    this.#sent.push(subject);
  }

  get commands(): number {
    return this.#touched.size + this.#sent.length;
  }

  /**
   * One line for every difference that was not told before. `taken` counts a subject at the submission server; `mayBeTwice`: a server died, and one
   * that dies between the taking and its record may send again under the same Message-ID (sync-state.md, rule 10).
   */
  check(contents: MailboxContents, taken: (subject: string) => number, mayBeTwice: boolean): readonly string[] {
    const found: string[] = [];
    for (const [subject, { folder, isSeen, isFlagged }] of this.#messages) {
      const folders = foldersWith(contents, subject);
      const expected = folder === undefined ? [] : [folder];
      if (folders.join() !== expected.join())
        found.push(`${subject} is in [${folders.join()}], not in [${expected.join()}]`);
      const flags = messagesWith(contents, subject)[0]?.flags ?? new Set();
      if (isSeen === true && !flags.has('\\Seen')) found.push(`${subject} was marked as read and is not`);
      if (isFlagged === true && !flags.has('\\Flagged')) found.push(`${subject} was flagged and is not`);
    }
    for (const subject of this.#sent) {
      const times = taken(subject);
      if (times < 1 || times > (mayBeTwice ? 2 : 1)) found.push(`${subject} was sent ${times} times`);
      const copies = foldersWith(contents, subject);
      if (copies.join() !== 'Sent') found.push(`the copies of ${subject} are in [${copies.join()}]`);
    }
    const news = found.filter((it) => !this.#told.has(it));
    for (const difference of news) this.#told.add(difference);
    return news;
  }
}
