// Whom the users of other servers belong to, as far as this front knows. Any of it may be out of date.
import type { KnownOwner, StaleAnswer } from './pool.ts';

/** Users remembered at the most; the oldest are forgotten, and read again. */
const USERS_LIMIT = 200_000;

export class OwnerCache {
  readonly #byUser = new Map<string, KnownOwner>();

  /** Undefined where nothing is known, or nothing newer than the answer that turned out wrong: that is forgotten. */
  get(user: string, stale: StaleAnswer | undefined): KnownOwner | undefined {
    const known = this.#byUser.get(user);
    if (known === undefined || stale === undefined || known.epoch > stale.epoch) return known;
    this.#byUser.delete(user);
    return undefined;
  }

  set(user: string, owner: KnownOwner): void {
    const known = this.#byUser.get(user);
    if (known !== undefined && known.epoch > owner.epoch) return;
    this.#byUser.delete(user);
    this.#byUser.set(user, owner);
    if (this.#byUser.size <= USERS_LIMIT) return;
    for (const oldest of this.#byUser.keys()) {
      this.#byUser.delete(oldest);
      break;
    }
  }

  forget(user: string): void {
    this.#byUser.delete(user);
  }
}
