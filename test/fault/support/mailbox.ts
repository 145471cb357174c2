/** A user's mailbox as another program sees it: through a client of its own, not through the code under test. */
import { ImapFlow } from 'imapflow';
import type { Dovecot } from '../../support/dovecot.ts';

export interface StoredMessage {
  readonly uid: number;
  readonly flags: ReadonlySet<string>;
  readonly subject: string;
  readonly messageId: string;
}

/** By folder path, in the order of UIDs. */
export type MailboxContents = ReadonlyMap<string, readonly StoredMessage[]>;

export async function withImap<T>(dovecot: Dovecot, user: string, use: (imap: ImapFlow) => Promise<T>): Promise<T> {
  const imap = new ImapFlow({
    host: dovecot.host,
    port: dovecot.imapPort,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: dovecot.users[user] ?? '' },
    logger: false,
  });
  await imap.connect();
  try {
    return await use(imap);
  } finally {
    await imap.logout();
  }
}

export function readMailbox(dovecot: Dovecot, user: string): Promise<MailboxContents> {
  return withImap(dovecot, user, async (imap) => {
    const contents = new Map<string, StoredMessage[]>();
    for (const { path, flags } of await imap.list()) {
      if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue;
      const box = await imap.mailboxOpen(path, { readOnly: true });
      const messages: StoredMessage[] = [];
      if (box.exists > 0) {
        for await (const it of imap.fetch('1:*', { uid: true, flags: true, envelope: true })) {
          messages.push({
            uid: it.uid,
            flags: it.flags ?? new Set(),
            subject: it.envelope?.subject ?? '',
            messageId: it.envelope?.messageId ?? '',
          });
        }
      }
      contents.set(path, messages);
    }
    return contents;
  });
}

/** Where messages with this subject are: `INBOX`, `Work`, one entry a message. */
export function foldersWith(contents: MailboxContents, subject: string): string[] {
  return [...contents].flatMap(([path, messages]) => messages.filter((it) => it.subject === subject).map(() => path));
}

export function messagesWith(contents: MailboxContents, subject: string): StoredMessage[] {
  return [...contents.values()].flatMap((messages) => messages.filter((it) => it.subject === subject));
}
