/** A mail system whose users have their notes in a folder of their mail. */
import type { Clock, Log } from '../../platform/index.ts';
import type { Account, Credentials, Mailbox, MailSystem, Right } from '../backend.ts';
import type { SignIn } from '../sign-in.ts';
import { withNotes } from './with-notes.ts';

export class MailSystemWithNotes implements MailSystem {
  readonly name: string;
  readonly #mail: MailSystem;
  readonly #folderId: string;
  readonly #platform: { readonly clock: Clock; readonly log: Log };

  constructor(mail: MailSystem, folderId: string, platform: { readonly clock: Clock; readonly log: Log }) {
    this.name = mail.name;
    this.#mail = mail;
    this.#folderId = folderId;
    this.#platform = platform;
  }

  authenticate(credentials: Credentials): Promise<Account | undefined> {
    return this.#mail.authenticate(credentials);
  }

  async open(account: Account, signIn: SignIn, right?: Right): Promise<Mailbox> {
    const { clock, log } = this.#platform;
    const tools = { log: log.child({ user: account.user }), nowMs: () => clock.now() };
    return withNotes(await this.#mail.open(account, signIn, right), this.#folderId, tools);
  }

  close(): Promise<void> {
    return this.#mail.close();
  }
}
