/** A mail system reached by IMAP, with SMTP submission. */
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Account, Credentials, MailSystem, Right } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { type SignIn, withPassword } from '../sign-in.ts';
import { accountOf, loginNameOf } from './account.ts';
import { environmentOf, type ImapConfiguration, type ImapEnvironment } from './configuration.ts';
import { ImapMailbox } from './imap-mailbox.ts';
import { login } from './login.ts';
import type { ImapSession } from './wire/session.ts';

export class ImapMailSystem implements MailSystem {
  readonly name: string;
  readonly #environment: ImapEnvironment;
  readonly #open = new Set<ImapMailbox>();

  constructor(
    configuration: ImapConfiguration,
    platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  ) {
    this.#environment = environmentOf(configuration, platform);
    this.name = `imap ${configuration.host}:${configuration.port}`;
  }

  async authenticate(credentials: Credentials): Promise<Account | undefined> {
    const { configuration } = this.#environment;
    const account = accountOf(credentials.userName, configuration);
    // NUL ends a SASL PLAIN field, and many servers take an empty password for an anonymous login.
    if (!account || credentials.password === '' || credentials.password.includes('\u0000')) return undefined;
    const userName = loginNameOf(account, configuration);
    const session = await login(this.#environment, { userName, password: credentials.password });
    session?.close();
    return session && account;
  }

  async open(account: Account, signIn: SignIn, right?: Right): Promise<ImapMailbox> {
    const opened = await ImapMailbox.open(this.#environment, account, signIn, async () => {
      const { master } = this.#environment.configuration;
      const session = await (master
        ? this.#login(account, signIn)
        : withPassword(signIn, (credentials) => this.#login(account, credentials)));
      if (right) session.right = right;
      return session;
    });
    this.#open.add(opened);
    opened.onClosed = () => this.#open.delete(opened);
    return opened;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((mailbox) => mailbox.close()));
    this.#open.clear();
  }

  async #login(account: Account, { password }: Credentials): Promise<ImapSession> {
    const { configuration } = this.#environment;
    const { master } = configuration;
    const userName = loginNameOf(account, configuration);
    const session = master
      ? await login(this.#environment, { userName: master.user, password: master.password }, userName)
      : await login(this.#environment, { userName, password });
    if (session) return session;
    throw new BackendError('rejected-credentials', `the mail server refused the ${master ? 'master ' : ''}password`, {
      remedy: master ? 'check the master user in the configuration' : 'log in again with the new password',
    });
  }
}
