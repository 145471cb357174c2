/** A mail system whose users live in one time zone: no mail or calendar server says in which. */
import type { Account, Credentials, Mailbox, MailSystem, Right } from './backend.ts';
import type { SignIn } from './sign-in.ts';

export class MailSystemInZone implements MailSystem {
  readonly name: string;
  readonly #system: MailSystem;
  readonly #zone: string;

  /** `zone`: an IANA name. */
  constructor(system: MailSystem, zone: string) {
    this.name = system.name;
    this.#system = system;
    this.#zone = zone;
  }

  async authenticate(credentials: Credentials): Promise<Account | undefined> {
    const account = await this.#system.authenticate(credentials);
    return account && { ...account, zone: this.#zone };
  }

  open(account: Account, signIn: SignIn, right?: Right): Promise<Mailbox> {
    return this.#system.open(account, signIn, right);
  }

  close(): Promise<void> {
    return this.#system.close();
  }
}
