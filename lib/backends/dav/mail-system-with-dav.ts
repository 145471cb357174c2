/** A mail system whose users have their calendars, contacts, tasks and notes on DAV servers, under the same names and passwords. */
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Account, Credentials, Mailbox, MailSystem, Right } from '../backend.ts';
import { withResources } from '../mailbox-with-resources.ts';
import type { SignIn } from '../sign-in.ts';
import type { DavConfiguration } from './configuration.ts';
import { openDavResources } from './open.ts';

export class MailSystemWithDav implements MailSystem {
  readonly name: string;
  readonly #mail: MailSystem;
  readonly #configuration: DavConfiguration;
  readonly #platform: { readonly clock: Clock; readonly random: Random; readonly log: Log };

  constructor(
    mail: MailSystem,
    configuration: DavConfiguration,
    platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  ) {
    this.name = `${mail.name}, dav ${configuration.url ?? 'by DNS'}`;
    this.#mail = mail;
    this.#configuration = configuration;
    this.#platform = platform;
  }

  authenticate(credentials: Credentials): Promise<Account | undefined> {
    return this.#mail.authenticate(credentials);
  }

  async open(account: Account, signIn: SignIn, right?: Right): Promise<Mailbox> {
    const mailbox = await this.#mail.open(account, signIn, right);
    return withResources(mailbox, openDavResources(this.#configuration, this.#platform, account, signIn));
  }

  close(): Promise<void> {
    return this.#mail.close();
  }
}
