/** A mail system reached by IMAP, with SMTP submission. */
import type { Clock, Log, Random, Timer } from '../../platform/index.ts';
import type { Account, Credentials, MailSystem, Right } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { type SignIn, withPassword } from '../sign-in.ts';
import { accountOf, loginNameOf } from './account.ts';
import { environmentOf, type ImapConfiguration, type ImapEnvironment } from './configuration.ts';
import { ImapMailbox } from './imap-mailbox.ts';
import { login } from './login.ts';
import type { ImapSession } from './wire/session.ts';

/** Whoever asks for a password is about to open the mailbox, or somebody else has it open. */
const KEPT_MS = 1_000;

/** Of a password that was just confirmed. */
interface Kept {
  readonly session: ImapSession;
  readonly password: string;
  readonly timer: Timer;
}

export class ImapMailSystem implements MailSystem {
  readonly name: string;
  readonly #environment: ImapEnvironment;
  readonly #open = new Set<ImapMailbox>();
  /** By the user's name on the IMAP server. */
  readonly #kept = new Map<string, Kept>();

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
    if (session === undefined) return undefined;
    if (configuration.master) session.close();
    else this.#keep(userName, credentials.password, session);
    return account;
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
    for (const [userName, { password }] of this.#kept) this.#takeKept(userName, password)?.close();
    await Promise.all([...this.#open].map((mailbox) => mailbox.close()));
    this.#open.clear();
  }

  async #login(account: Account, { password }: Credentials): Promise<ImapSession> {
    const { configuration } = this.#environment;
    const { master } = configuration;
    const userName = loginNameOf(account, configuration);
    const kept = this.#takeKept(userName, password);
    if (kept?.isOpen) return kept;
    const session = master
      ? await login(this.#environment, { userName: master.user, password: master.password }, userName)
      : await login(this.#environment, { userName, password });
    if (session) return session;
    throw new BackendError('rejected-credentials', `the mail server refused the ${master ? 'master ' : ''}password`, {
      remedy: master ? 'check the master user in the configuration' : 'log in again with the new password',
    });
  }

  /** A login is a connection, a handshake and a process at the mail server: one is enough for a user who comes. */
  #keep(userName: string, password: string, session: ImapSession): void {
    const before = this.#kept.get(userName);
    if (before) this.#takeKept(userName, before.password)?.close();
    const timer = this.#environment.clock.after(KEPT_MS, () => this.#takeKept(userName, password)?.close());
    this.#kept.set(userName, { session, password, timer });
  }

  #takeKept(userName: string, password: string): ImapSession | undefined {
    const kept = this.#kept.get(userName);
    if (kept?.password !== password) return undefined;
    this.#kept.delete(userName);
    kept.timer.cancel();
    return kept.session;
  }
}
