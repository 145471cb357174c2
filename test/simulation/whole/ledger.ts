/**
 * What must be true of a user's mailbox at the end: every message that was delivered, and the effect of every command whose
 * success a device was told, once. A message has one hand alone that does anything with it, a device's or somebody else's, so
 * that nothing is a matter of order.
 */
import type { ScriptedMailbox } from '../../sync/support/scripted-mailbox.ts';

export interface Expected {
  /** Where it is, once; undefined: nowhere. */
  folder: string | undefined;
  isSeen: boolean;
}

/** Of mail that a device sent, or of a draft that it made: known by its subject. */
interface Made {
  readonly kind: 'sent' | 'draft';
  isTold: boolean;
}

export class Ledger {
  readonly user: string;
  readonly #messages = new Map<string, Expected & { readonly hand: string }>();
  readonly #made = new Map<string, Made>();

  constructor(user: string) {
    this.user = user;
  }

  delivered(subject: string, hand: string): void {
    this.#messages.set(subject, { folder: 'INBOX', isSeen: false, hand });
  }

  expected(subject: string): Readonly<Expected & { readonly hand: string }> | undefined {
    return this.#messages.get(subject);
  }

  /** The hand's messages that are in the inbox. */
  inboxOf(hand: string): readonly string[] {
    return [...this.#messages].flatMap(([subject, it]) => (it.hand === hand && it.folder === 'INBOX' ? [subject] : []));
  }

  /** It is so now: somebody did it, or a device was told of its success. */
  now(subject: string, change: Partial<Expected>): void {
    const known = this.#messages.get(subject);
    if (!known) throw new Error(`Nobody delivered ${subject}`);
    Object.assign(known, change);
  }

  /** A device is about to make it. */
  begun(kind: Made['kind'], subject: string): void {
    this.#made.set(subject, { kind, isTold: false });
  }

  told(subject: string): void {
    const made = this.#made.get(subject);
    if (made) made.isTold = true;
  }

  /** One line for every difference. */
  check(mailbox: ScriptedMailbox, folders: readonly string[]): readonly string[] {
    const found: string[] = [];
    const places = new Map<string, { readonly folder: string; readonly isSeen: boolean }[]>();
    for (const folder of folders) {
      for (const { bytes, flags } of mailbox.messages(folder)) {
        const subject = subjectOf(bytes);
        const place = { folder, isSeen: flags.includes('\\Seen') };
        places.set(subject, [...(places.get(subject) ?? []), place]);
      }
    }
    for (const [subject, { folder, isSeen }] of this.#messages) {
      const [at, ...others] = places.get(subject) ?? [];
      if (others.length > 0) found.push(`${subject} is there ${others.length + 1} times`);
      if (at?.folder !== folder)
        found.push(`${subject} is in ${at?.folder ?? 'no folder'}, not in ${folder ?? 'none'}`);
      else if (at && at.isSeen !== isSeen) found.push(`${subject} is ${at.isSeen ? 'read' : 'unread'}`);
    }
    for (const [subject, { kind, isTold }] of this.#made) {
      const copies = (places.get(subject) ?? []).map((it) => it.folder);
      if (kind === 'draft' && copies.length !== 1) found.push(`the draft ${subject} is there ${copies.length} times`);
      if (kind === 'sent' && copies.length > 1) found.push(`the copy of ${subject} is in [${copies.join()}]`);
      if (!isTold) found.push(`${subject} was never answered`);
      if (kind !== 'sent') continue;
      const ids = mailbox.submitted.filter((it) => subjectOf(it.message) === subject).map((it) => idOf(it.message));
      if (ids.length === 0 && isTold) found.push(`a device was told that ${subject} was sent, and it was not`);
      if (new Set(ids).size > 1) found.push(`${subject} was sent under the Message-IDs ${[...new Set(ids)].join(' ')}`);
    }
    return found;
  }
}

export const subjectOf = (message: Uint8Array): string => header(message, 'Subject');
export const idOf = (message: Uint8Array): string => header(message, 'Message-ID');

function header(message: Uint8Array, name: string): string {
  const text = Buffer.from(message).toString('latin1');
  return new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(text.slice(0, text.indexOf('\r\n\r\n')))?.[1] ?? '';
}
