/** Counts failed sign-ins by user name and by address, and says when the next may be tried. */
import type { Clock } from '../../platform/index.ts';

/** How many failures are free, and how long a window of them lasts. */
export interface AttemptLimits {
  /** Failures of one user name, from whatever addresses, before tries are refused; default 10. */
  readonly failuresPerUser: number;
  /** Failures from one address, of whatever users, before tries are refused; default 50: offices share one address. */
  readonly failuresPerAddress: number;
  /** Failures are forgotten after so many seconds; default 300. */
  readonly windowSeconds: number;
}

/** By then the tries under way have ended. */
const UNDER_WAY_SECONDS = 10;
const LIMIT_ENTRIES = 100_000;

interface Tally {
  failures: number;
  since: number;
}

export class Attempts {
  readonly #clock: Clock;
  readonly #limits: AttemptLimits;
  /** In the order of their windows' beginnings, so that the oldest is the first to be forgotten. */
  readonly #tallies = new Map<string, Tally>();

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** 0 if a try is allowed now, else the seconds until one is. `underWay`: tries of this user that nobody knows the end of. */
  waitSeconds(user: string, address: string, underWay = 0): number {
    const failures = this.#current(`user ${user}`)?.failures ?? 0;
    if (underWay > 0 && failures + underWay >= this.#limits.failuresPerUser) return UNDER_WAY_SECONDS;
    return Math.max(
      this.#wait(`user ${user}`, this.#limits.failuresPerUser),
      this.#wait(`address ${address}`, this.#limits.failuresPerAddress),
    );
  }

  failed(user: string, address: string): void {
    this.#count(`user ${user}`);
    this.#count(`address ${address}`);
  }

  /** A right password clears the user, not the address: an attacker may own one account. */
  succeeded(user: string): void {
    this.#tallies.delete(`user ${user}`);
  }

  #wait(key: string, limit: number): number {
    const tally = this.#current(key);
    if (!tally || tally.failures < limit) return 0;
    return Math.max(1, Math.ceil(this.#limits.windowSeconds - (this.#clock.monotonic() - tally.since) / 1000));
  }

  #count(key: string): void {
    const tally = this.#current(key);
    if (tally) {
      tally.failures++;
      return;
    }
    if (this.#tallies.size >= LIMIT_ENTRIES) {
      const [oldest] = this.#tallies.keys();
      if (oldest !== undefined) this.#tallies.delete(oldest);
    }
    this.#tallies.set(key, { failures: 1, since: this.#clock.monotonic() });
  }

  #current(key: string): Tally | undefined {
    const tally = this.#tallies.get(key);
    if (!tally || this.#clock.monotonic() - tally.since < this.#limits.windowSeconds * 1000) return tally;
    this.#tallies.delete(key);
    return undefined;
  }
}
