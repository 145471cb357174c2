/** What people in charge of several pools ask and order: who is at home where, and moves. */
import {
  beginFailOver,
  endFailOver,
  enrolLost,
  type MoveReport,
  mustBeEnrolled,
  type TakeOver,
  takeOver,
  type UserMover,
} from '../migration/index.ts';
import { chooseHome, type Home, type HomeMap, type PoolPlace, type StorePlace } from '../pool/homes/index.ts';
import type { Clock, Log } from '../platform/index.ts';
import type { Store } from '../store/index.ts';

/** A pool as it is shown. Times are ISO 8601. */
export interface PoolPlaceReport {
  readonly pool: string;
  readonly url: string;
  readonly site?: string;
  readonly mailServer: string;
  readonly state: PoolPlace['state'] | 'evacuated' | 'enrolling';
  /** While its users get their homes: who have. */
  readonly enrolled?: number;
  /** Users of it who are at home in another pool, which had them too; at the most 50. */
  readonly conflicts?: readonly string[];
  readonly term: number;
  /** Users whom its servers serve now. */
  readonly users: number;
  readonly room?: number;
  readonly tenureSeconds?: number;
  readonly lastReport: string;
}

export interface HomeReport {
  readonly user: string;
  /** Left out for a user who has no home yet. */
  readonly pool?: string;
  readonly epoch: number;
  readonly state?: Home['state'];
  readonly to?: string;
  readonly since?: string;
}

export interface HomesDeskOptions {
  readonly map: HomeMap;
  readonly mover: UserMover;
  readonly openStore: (place: StorePlace) => Promise<Store>;
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Throws PoolError, MigrationError and StoreError. */
export class HomesDesk {
  readonly #options: HomesDeskOptions;

  constructor(options: HomesDeskOptions) {
    this.#options = options;
  }

  async pools(): Promise<readonly PoolPlaceReport[]> {
    const places = await this.#options.map.places('authority');
    return places.map((place) => {
      const { pool, url, site, mailServer, term, users, room, tenureMs, seen, conflicts } = place;
      return {
        pool,
        url,
        ...(site !== undefined && { site }),
        mailServer,
        state: stateOf(place),
        ...(!place.isEnrolled && { enrolled: place.enrolledUsers }),
        ...(conflicts.length > 0 && { conflicts }),
        term,
        users,
        ...(room !== undefined && { room }),
        ...(tenureMs !== undefined && { tenureSeconds: tenureMs / 1000 }),
        lastReport: new Date(seen).toISOString(),
      };
    });
  }

  /** Everybody at home in the pool. */
  async usersOf(pool: string): Promise<readonly string[]> {
    await this.#options.mover.place(pool);
    const users: string[] = [];
    for await (const { user } of this.#options.map.homesIn(pool)) users.push(user);
    return users.toSorted();
  }

  async home(name: string): Promise<HomeReport> {
    const user = userOf(name, this.#options.domain);
    const home = await this.#options.mover.home(user);
    if (home === undefined) return { user, epoch: 0 };
    const { pool, epoch, state, to, since } = home;
    return { user, pool, epoch, state, ...(to !== undefined && { to }), since: new Date(since).toISOString() };
  }

  /** `to` left out: to the pool that is least full, other than the home. `isNew`: nobody need have been served before. */
  async move(name: string, to: string | undefined, isNew = false): Promise<MoveReport> {
    const { mover } = this.#options;
    const user = userOf(name, this.#options.domain).trim();
    return mover.move(user, to ?? (await this.#anotherFor(user)), { isNew });
  }

  /** Nobody new comes to the pool, until it is taken back. */
  async setEvacuated(pool: string, isEvacuated: boolean): Promise<readonly PoolPlaceReport[]> {
    // Or some of them would be left behind.
    if (isEvacuated) mustBeEnrolled(await this.#options.mover.place(pool));
    await this.#options.map.setEvacuated(pool, isEvacuated);
    return this.pools();
  }

  beginFailOver(from: string, isGone: boolean) {
    return beginFailOver(this.#options, from, { isGone });
  }

  /** Everybody of a lost pool, whether they had a home before or not. */
  async usersLost(from: string, to: string): Promise<readonly string[]> {
    await enrolLost(this.#options, from, to);
    return this.usersOf(from);
  }

  takeOver({ user, ...rest }: TakeOver): Promise<MoveReport> {
    return takeOver(this.#options, { user: userOf(user, this.#options.domain), ...rest });
  }

  async endFailOver(from: string): Promise<readonly PoolPlaceReport[]> {
    await endFailOver(this.#options, from);
    return this.pools();
  }

  /** A move that is under way goes where it was going. */
  async #anotherFor(user: string): Promise<string> {
    const { map, mover } = this.#options;
    const home = await mover.home(user);
    if (home?.to !== undefined) return home.to;
    const others = (await map.places('authority')).filter(({ pool }) => pool !== home?.pool);
    return chooseHome({ user, addresses: [], near: '' }, others, { placement: ['load'], rules: [] });
  }
}

const stateOf = ({ state, isEvacuated, isEnrolled }: PoolPlace): PoolPlaceReport['state'] =>
  state !== 'up' ? state : isEvacuated ? 'evacuated' : isEnrolled ? 'up' : 'enrolling';

/** `Ada`, `ada@example.org` and `EXAMPLE\\ada` are one. */
export function userOf(name: string, domain: string): string {
  const user = name.toLowerCase().replace(/^.*\\/, '');
  const ending = `@${domain.toLowerCase()}`;
  return user.endsWith(ending) ? user.slice(0, -ending.length) : user;
}
