/**
 * The passwords with which a user's mailbox may be opened: a user may have one for each device. Another confirmed one changes
 * nothing for what is open; it is taken when the mail system turns down the one in use. In memory only.
 */
import type { Credentials, SignIn } from '../backends/index.ts';

const LIMIT = 8;

export class ConfirmedPasswords implements SignIn {
  #inUse: Credentials;
  /** The newest is the last. */
  #others: Credentials[] = [];
  /** The one in use was turned down, and there was no other. */
  #isSpent = false;

  constructor(credentials: Credentials) {
    this.#inUse = credentials;
  }

  get userName(): string {
    return this.#inUse.userName;
  }

  get password(): string {
    return this.#inUse.password;
  }

  /** As others may be told it. */
  get inUse(): Credentials {
    const { userName, password } = this.#inUse;
    return { userName, password };
  }

  /** The mail system has confirmed it lately. */
  add(credentials: Credentials): void {
    if (credentials.password === this.password) return;
    if (this.#isSpent) {
      this.#inUse = credentials;
      this.#isSpent = false;
      return;
    }
    if (this.#others.at(-1)?.password === credentials.password) return;
    const rest = this.#others.filter((it) => it.password !== credentials.password);
    this.#others = [...rest, credentials].slice(1 - LIMIT);
  }

  refused(password: string): boolean {
    // Of two logins at once the other was told so before.
    if (password !== this.password) return true;
    const next = this.#others.pop();
    this.#isSpent = next === undefined;
    if (next) this.#inUse = next;
    return !this.#isSpent;
  }
}
