/**
 * Where a device that came to this pool's front door belongs: here, or in another pool, to which it is sent or its requests
 * are passed on. A user without a home is given one.
 */
import type { Account } from '../../backends/index.ts';
import type { Log } from '../../platform/index.ts';
import { PoolError } from '../../pool/index.ts';
import {
  chooseHome,
  type FirstHomeParts,
  giveFirstHome,
  type Home,
  type PlacementPolicy,
  type PoolPlace,
} from '../../pool/homes/index.ts';
import { StoreError } from '../../store/index.ts';
import { ServerError } from '../errors.ts';

export type Destination =
  | { readonly kind: 'here' }
  /** The front door of the home, without a path. */
  | { readonly kind: 'redirect' | 'proxy'; readonly url: string };

export interface HomeDoorOptions extends FirstHomeParts {
  readonly policy: PlacementPolicy;
  readonly away: 'redirect' | 'proxy';
  /** Devices of older protocol versions are passed on. */
  readonly redirectFrom: string;
  readonly cacheMs: number;
  readonly log: Log;
}

interface Known {
  readonly home: Home;
  readonly until: number;
}

/** Of whom this pool passes on: they may be at home here by now. */
const AWAY_CACHE_MS = 5_000;
const SILENCE_MS = 5_000;
const PLACES_CACHE_MS = 30_000;
const USERS_LIMIT = 200_000;

export class HomeDoor {
  readonly #options: HomeDoorOptions;
  readonly #known = new Map<string, Known>();
  /** So long the map is not asked: it did not answer. */
  #silentUntil = Number.NEGATIVE_INFINITY;
  #places: { readonly places: readonly PoolPlace[]; readonly until: number } | undefined;

  constructor(options: HomeDoorOptions) {
    this.#options = options;
  }

  /** `version` of the protocol; undefined where a request tells none. Throws ServerError('homes-away'). */
  async destination(account: Account, version: string | undefined): Promise<Destination> {
    const { pool, away, redirectFrom } = this.#options;
    const isSent = away === 'redirect' && (version === undefined || Number(version) >= Number(redirectFrom));
    // Two pools of which one remembers what is over would send a device to and fro.
    const home = await this.#home(account, isSent ? 'whom this pool has' : 'all');
    if (home === undefined || home.pool === pool) return { kind: 'here' };
    const place = (await this.#placesOf()).find((it) => it.pool === home.pool);
    if (place === undefined) {
      throw new ServerError('homes-away', `${account.user} is at home in ${home.pool}, which nobody knows`, {
        remedy: 'Start that pool, or move the user with `caravan user move`.',
      });
    }
    return { kind: isSent ? 'redirect' : 'proxy', url: place.url.replace(/\/$/, '') };
  }

  /** The front door of the user's home, for autodiscover; undefined where none can be told now. */
  async url(account: Account): Promise<string | undefined> {
    const home = await this.#home(account, 'whom this pool has').catch(() => undefined);
    const place = home && (await this.#placesOf()).find((it) => it.pool === home.pool);
    return place?.url.replace(/\/$/, '');
  }

  /** What is known of the user turned out wrong. */
  forget(user: string): void {
    this.#known.delete(user);
  }

  /** `remembered`: who is not looked up again. Undefined where the map does not answer: whoever is served here is served on. */
  async #home(account: Account, remembered: 'all' | 'whom this pool has'): Promise<Home | undefined> {
    const { map, pool, cacheMs, away, clock, log } = this.#options;
    const { user } = account;
    const now = clock.monotonic();
    const known = this.#known.get(user);
    const isHome = known?.home.pool === pool;
    if (known !== undefined && now < known.until && (remembered === 'all' || isHome)) return known.home;
    // A map that is cut off is not waited for by every request.
    if (now < this.#silentUntil) return known?.home;
    const near = await map.home(user, 'near');
    // What is far from the truth must not send a device away, nor give a user a second home.
    const isSure = near.ok && near.value?.pool === pool;
    const read = isSure ? near : await map.home(user, 'authority');
    const found = read.ok ? read : near;
    if (!found.ok) {
      log.warn({ user }, 'The home map does not answer; the user is taken to be at home where it was last');
      this.#silentUntil = clock.monotonic() + SILENCE_MS;
      return known?.home;
    }
    const home = found.value ?? (read.ok ? await this.#assign(account) : undefined);
    if (home === undefined) return undefined;
    const isHere = home.pool === pool;
    this.#remember(user, home, now + (isHere || away === 'proxy' ? cacheMs : Math.min(cacheMs, AWAY_CACHE_MS)));
    return home;
  }

  async #assign({ user, addresses }: Account): Promise<Home> {
    const { pool, policy, log } = this.#options;
    const first = await giveFirstHome(this.#options, user, (places) =>
      chooseHome({ user, addresses, near: pool }, places, policy),
    ).catch((cause: unknown) => {
      if (!(cause instanceof PoolError) && !(cause instanceof StoreError)) throw cause;
      throw new ServerError('homes-away', `${user} could not be given a home`, { why: cause.message, cause });
    });
    if (first.kind === 'wait') {
      throw new ServerError('homes-away', `${user} cannot be given a home yet`, {
        why: `the users of ${first.pools.join(', ')} have not all got theirs, and the user may be one of them`,
        remedy: 'It is over by itself when all servers there know of the home map: see `caravan pool homes`.',
      });
    }
    log.info({ user, home: first.home.pool }, 'A new user has a home');
    return first.home;
  }

  #remember(user: string, home: Home, until: number): void {
    this.#known.delete(user);
    this.#known.set(user, { home, until });
    if (this.#known.size <= USERS_LIMIT) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  async #placesOf(): Promise<readonly PoolPlace[]> {
    const { map, clock } = this.#options;
    const now = clock.monotonic();
    if (this.#places !== undefined && now < this.#places.until) return this.#places.places;
    const places = await map.places('near');
    this.#places = { places, until: now + PLACES_CACHE_MS };
    return places;
  }
}
