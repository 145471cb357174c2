/**
 * Where each user of a standalone server is served: here, from its own store, or in a pool. Kept in its store, one item a
 * user, so that it is the same after a crash; a user without an item is here. For the moment of a hand-over a user is held:
 * served nowhere, and requests wait.
 */
import { type Clock, sleep } from '../../platform/index.ts';
import type { Lease } from '../../pool/index.ts';
import type { Key, Store } from '../../store/index.ts';
import { MigrationError } from '../errors.ts';

/** `going` is served here still, `coming` by the pool still. */
export type Place = 'here' | 'going' | 'pool' | 'coming';

export interface Placed {
  readonly place: Place;
  /** Of the leases by which the user is served here; the next is above all that anybody has used. */
  readonly epoch: number;
}

export const PARTITION = 'JOIN';
const USER_PREFIX = 'USER#';
const FIRST_EPOCH = 1;
const ATTEMPTS = 5;
const POLL_MS = 20;
const UNKNOWN: Placed = { place: 'here', epoch: FIRST_EPOCH };

export class Places {
  readonly #store: Store;
  readonly #clock: Clock;
  /** This boot's name. */
  readonly #session: string;
  readonly #places = new Map<string, Placed>();
  readonly #holds = new Map<string, PromiseWithResolvers<void>>();
  /** Held, and nothing may be written for them either. */
  readonly #suspended = new Set<string>();
  readonly #leases = new Map<string, { readonly lease: Lease; close(): void }>();

  constructor(store: Store, clock: Clock, session: string) {
    this.#store = store;
    this.#clock = clock;
    this.#session = session;
  }

  /** Before anybody is served. */
  async load(): Promise<void> {
    for await (const { key, attributes } of this.#store.query(PARTITION, { prefix: USER_PREFIX })) {
      const user = key.sort.slice(USER_PREFIX.length);
      this.#places.set(user, { place: attributes['place'] as Place, epoch: attributes['epoch'] as number });
    }
  }

  isKnown(user: string): boolean {
    return this.#places.has(user);
  }

  of(user: string): Placed {
    return this.#places.get(user) ?? UNKNOWN;
  }

  isHere(user: string): boolean {
    const { place } = this.of(user);
    return place === 'here' || place === 'going';
  }

  all(): ReadonlyMap<string, Placed> {
    return this.#places;
  }

  /** In the store before it counts. Throws StoreError, MigrationError('copy-failed'). */
  async set(user: string, placed: Placed): Promise<void> {
    const key: Key = { partition: PARTITION, sort: `${USER_PREFIX}${user}` };
    const attributes = { ...placed, since: this.#clock.now() };
    for (let attempt = 1; ; attempt++) {
      const { outcome } = await this.#store.put({ key, attributes });
      if (outcome === 'applied') break;
      if (attempt === ATTEMPTS) {
        throw new MigrationError('copy-failed', `Where ${user} is served could not be written down`, {
          why: "the server's own store gives no clear answer",
        });
      }
    }
    this.#places.set(user, placed);
    if (this.isHere(user)) return;
    this.#leases.get(user)?.close();
    this.#leases.delete(user);
  }

  /** By which the user is served here: held until the user is somewhere else, save while it is suspended. */
  lease(user: string): Lease {
    const known = this.#leases.get(user);
    if (known) return known.lease;
    let isOpen = true;
    const lease = {
      user,
      session: this.#session,
      epoch: this.of(user).epoch,
      isHeld: () => isOpen && !this.#suspended.has(user),
    };
    this.#leases.set(user, { lease, close: () => void (isOpen = false) });
    return lease;
  }

  /** Requests for the user wait from here on, until the function is called that this gives. */
  hold(user: string): () => void {
    const held = Promise.withResolvers<void>();
    this.#holds.set(user, held);
    return () => {
      this.#holds.delete(user);
      this.#suspended.delete(user);
      held.resolve();
    };
  }

  /** Of a user who is held, and until then: whoever serves the user writes nothing. */
  suspend(user: string): void {
    this.#suspended.add(user);
  }

  /** Resolves when the user is held, or somewhere else than before, or after that time. */
  async soon(user: string, limitMs: number, clock: Clock): Promise<void> {
    const { place } = this.of(user);
    const until = clock.monotonic() + limitMs;
    while (clock.monotonic() < until && this.of(user).place === place && !this.#holds.has(user))
      await sleep(clock, POLL_MS);
    await this.held(user);
  }

  /** Resolves when the user is not held; undefined where that is so already. */
  held(user: string): Promise<void> | undefined {
    return this.#holds.get(user)?.promise;
  }
}
