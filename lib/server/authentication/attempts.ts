/**
 * Counts the wrong passwords of a user name and from an address, and says when the next may be tried. One and the same wrong
 * password counts once in a window, however often a device with an old one comes: only another one is a guess.
 */
import type { Clock } from '../../platform/index.ts';
import { networkOf } from '../http/network-of.ts';

/** How many failures are free, and how long a window of them lasts. */
export interface AttemptLimits {
  /** Different wrong passwords of one user name, from whatever addresses, before tries are refused; default 10. */
  readonly failuresPerUser: number;
  /**
   * Failures from one address, or one /64 network of IPv6, of whatever users, before tries are refused; default 50: offices
   * share one address.
   */
  readonly failuresPerAddress: number;
  /** Failures are forgotten after so many seconds; default 300. */
  readonly windowSeconds: number;
}

/** By then the user's tries that are under way have ended. */
const UNDER_WAY_SECONDS = 10;
/** A wrong password may be a right one that the mail system does not know yet. */
const ASK_AGAIN_MS = 30_000;
const LIMIT_ENTRIES = 100_000;

interface Tally {
  /** When each wrong password came last. */
  readonly failures: Map<string, number>;
  readonly since: number;
}

export class Attempts {
  readonly #clock: Clock;
  readonly #limits: AttemptLimits;
  /** In the order of their windows' beginnings, so that the oldest is the first to be forgotten. */
  readonly #tallies = new Map<string, Tally>();
  /** Tries that nobody knows the end of: guesses side by side count as they come, not as they fail. */
  readonly #underWay = new Map<string, number>();
  /** By address, those that wait for one of its tries to end. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Resolves to what is called when the try has ended, however (and was counted, if it failed), or to the seconds until one is
   * allowed. Where as many of the address are under way as may fail, it waits for one of them: those of an office that sign in
   * side by side are let in one after the other.
   */
  async begin(user: string, address: string): Promise<{ readonly end: () => void } | { readonly waitSeconds: number }> {
    const ofUser = `user ${user}`;
    const ofAddress = `address ${networkOf(address)}`;
    const { failuresPerUser, failuresPerAddress } = this.#limits;
    for (;;) {
      const waitSeconds = Math.max(this.#wait(ofUser, failuresPerUser), this.#wait(ofAddress, failuresPerAddress));
      if (waitSeconds > 0) return { waitSeconds };
      if (this.#atMost(ofUser) >= failuresPerUser) return { waitSeconds: UNDER_WAY_SECONDS };
      if (this.#atMost(ofAddress) < failuresPerAddress) break;
      await new Promise<void>((wake) => this.#waiting.set(ofAddress, [...(this.#waiting.get(ofAddress) ?? []), wake]));
    }
    const keys = [ofUser, ofAddress];
    for (const key of keys) this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
    return { end: () => this.#end(keys) };
  }

  /** `attempt` stands for the user name with the password. */
  failed(user: string, address: string, attempt: string): void {
    this.#count(`user ${user}`, attempt);
    this.#count(`address ${networkOf(address)}`, attempt);
  }

  /** The mail system turned down this very password a moment ago: it need not be asked again. */
  failedJustNow(user: string, attempt: string): boolean {
    const failedAt = this.#current(`user ${user}`)?.failures.get(attempt);
    return failedAt !== undefined && this.#clock.monotonic() - failedAt < ASK_AGAIN_MS;
  }

  /** A right password clears the user, not the address: an attacker may own one account. */
  succeeded(user: string): void {
    this.#tallies.delete(`user ${user}`);
  }

  #wait(key: string, limit: number): number {
    const tally = this.#current(key);
    if (!tally || tally.failures.size < limit) return 0;
    return Math.max(1, Math.ceil(this.#limits.windowSeconds - (this.#clock.monotonic() - tally.since) / 1000));
  }

  /** How many have failed once those under way have too. */
  #atMost(key: string): number {
    return (this.#current(key)?.failures.size ?? 0) + (this.#underWay.get(key) ?? 0);
  }

  #end(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#underWay.get(key) ?? 1) - 1;
      if (left > 0) this.#underWay.set(key, left);
      else this.#underWay.delete(key);
      const waiting = this.#waiting.get(key) ?? [];
      this.#waiting.delete(key);
      for (const wake of waiting) wake();
    }
  }

  #count(key: string, attempt: string): void {
    const now = this.#clock.monotonic();
    const tally = this.#current(key);
    if (tally) {
      tally.failures.set(attempt, now);
      return;
    }
    if (this.#tallies.size >= LIMIT_ENTRIES) {
      const [oldest] = this.#tallies.keys();
      if (oldest !== undefined) this.#tallies.delete(oldest);
    }
    this.#tallies.set(key, { failures: new Map([[attempt, now]]), since: now });
  }

  #current(key: string): Tally | undefined {
    const tally = this.#tallies.get(key);
    if (!tally || this.#clock.monotonic() - tally.since < this.#limits.windowSeconds * 1000) return tally;
    this.#tallies.delete(key);
    return undefined;
  }
}
