/**
 * Passwords that the mail system has confirmed, as salted hashes in memory, so that it is not asked at every request. A user
 * may have several, one for each device say. The hash is a fast one on purpose: it is checked thousands of times a second and
 * never leaves the process.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Account, Credentials } from '../../backends/index.ts';
import type { Clock, Random } from '../../platform/index.ts';

const LIMIT_NAMES = 50_000;
const LIMIT_PASSWORDS = 8;

interface Confirmed {
  readonly hash: Uint8Array;
  readonly account: Account;
  readonly expires: number;
}

interface Passwords {
  /** One for all of a name, so that looking among them costs one hash. */
  readonly salt: Uint8Array;
  /** The one confirmed last is the last. */
  confirmed: readonly Confirmed[];
}

export class Remembered {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lifetimeSeconds: number;
  readonly #names = new Map<string, Passwords>();

  constructor(clock: Clock, random: Random, lifetimeSeconds: number) {
    this.#clock = clock;
    this.#random = random;
    this.#lifetimeSeconds = lifetimeSeconds;
  }

  /** Undefined if these very credentials never were confirmed; else by when they are to be again. */
  find(credentials: Credentials): { readonly account: Account; readonly isFresh: boolean } | undefined {
    const found = this.#find(credentials);
    return found && { account: found.account, isFresh: this.#clock.monotonic() < found.expires };
  }

  keep(credentials: Credentials, account: Account): void {
    const { userName, password } = credentials;
    const { salt, confirmed } = this.#names.get(userName) ?? { salt: this.#random.bytes(16), confirmed: [] };
    const hashed = hashOf(salt, password);
    const others = confirmed.filter((it) => !timingSafeEqual(it.hash, hashed)).slice(1 - LIMIT_PASSWORDS);
    const expires = this.#clock.monotonic() + this.#lifetimeSeconds * 1000;
    // To the end, so that the name confirmed longest ago is the first to be forgotten.
    this.#names.delete(userName);
    this.#names.set(userName, { salt, confirmed: [...others, { hash: hashed, account, expires }] });
    if (this.#names.size <= LIMIT_NAMES) return;
    const [oldest] = this.#names.keys();
    if (oldest !== undefined) this.#names.delete(oldest);
  }

  /** After the mail system has turned a password down that it took before. The user's others stay. */
  forget(credentials: Credentials): void {
    const passwords = this.#names.get(credentials.userName);
    const found = this.#find(credentials);
    if (passwords && found) passwords.confirmed = passwords.confirmed.filter((it) => it !== found);
  }

  #find({ userName, password }: Credentials): Confirmed | undefined {
    const passwords = this.#names.get(userName);
    if (!passwords) return undefined;
    const hashed = hashOf(passwords.salt, password);
    return passwords.confirmed.find((it) => timingSafeEqual(it.hash, hashed));
  }
}

/** In one call: an Hmac object for each request is a seventh of what a Sync without change costs. */
const hashOf = (salt: Uint8Array, password: string): Uint8Array =>
  hash('sha256', Buffer.concat([salt, Buffer.from(password)]), 'buffer');
