/**
 * Passwords that the mail system has confirmed, as salted hashes in memory, so that it is not asked at every request. The
 * hash is a fast one on purpose: it is checked thousands of times a second and never leaves the process.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Account, Credentials } from '../../backends/index.ts';
import type { Clock, Random } from '../../platform/index.ts';

const LIMIT_ENTRIES = 50_000;

interface Entry {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
  readonly account: Account;
  readonly expires: number;
}

export class Remembered {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lifetimeSeconds: number;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, random: Random, lifetimeSeconds: number) {
    this.#clock = clock;
    this.#random = random;
    this.#lifetimeSeconds = lifetimeSeconds;
  }

  /** The account, if these very credentials were confirmed lately. */
  find(credentials: Credentials): Account | undefined {
    const entry = this.#entries.get(credentials.userName);
    if (!entry) return undefined;
    if (this.#clock.monotonic() >= entry.expires) {
      this.#entries.delete(credentials.userName);
      return undefined;
    }
    return timingSafeEqual(entry.hash, hashOf(entry.salt, credentials.password)) ? entry.account : undefined;
  }

  keep(credentials: Credentials, account: Account): void {
    if (this.#entries.size >= LIMIT_ENTRIES) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    const salt = this.#random.bytes(16);
    this.#entries.delete(credentials.userName);
    this.#entries.set(credentials.userName, {
      salt,
      hash: hashOf(salt, credentials.password),
      account,
      expires: this.#clock.monotonic() + this.#lifetimeSeconds * 1000,
    });
  }

  /** After the mail system has turned a password down that it took before. */
  forget(userName: string): void {
    this.#entries.delete(userName);
  }
}

/** In one call: an Hmac object for each request is a seventh of what a Sync without change costs. */
const hashOf = (salt: Uint8Array, password: string): Uint8Array =>
  hash('sha256', Buffer.concat([salt, Buffer.from(password)]), 'buffer');
