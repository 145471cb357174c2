/**
 * What a user's mailbox must be at the end: every message that was delivered, and the effect of every command whose success a
 * device was told. A message is touched by one command of one device alone, so that nothing is a matter of order.
 */
import type { SunkMessage } from '../../../support/smtp-sink.ts';
import type { MailboxContents } from '../../support/mailbox.ts';
import { foldersWith, messagesWith } from '../../support/mailbox.ts';
import { type MayBeTwice, Sendings } from '../../support/sendings.ts';

export interface Expected {
  /** Where it is once; undefined: nowhere. */
  folder: string | undefined;
  isSeen?: boolean;
  isFlagged?: boolean;
}

export class Ledger {
  readonly #messages = new Map<string, Expected>();
  readonly #touched = new Set<string>();
  readonly #sent = new Sendings();
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

  sent(subject: string, brokenOff: number): void {
    this.#sent.sent(subject, brokenOff);
  }

  /** One line for every difference that was not told before. `taken`: what the submission server took with a subject. */
  check(
    contents: MailboxContents,
    taken: (subject: string) => readonly SunkMessage[],
    mayBeTwice: MayBeTwice,
  ): readonly string[] {
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
    found.push(...this.#sent.check(taken, mayBeTwice));
    for (const subject of this.#sent.subjects) {
      const copies = foldersWith(contents, subject);
      if (copies.join() !== 'Sent') found.push(`the copies of ${subject} are in [${copies.join()}]`);
    }
    const news = found.filter((it) => !this.#told.has(it));
    for (const difference of news) this.#told.add(difference);
    return news;
  }
}
