/**
 * The home map: one small item a user, in a store that every pool can read. Every write goes to the one replica that all
 * pools name as the authority, and is conditional on the home epoch: of two changes of a home at once one is refused.
 */
import type { Clock } from '../../platform/index.ts';
import { absent, type Changes, equals, type Item, present, type Store } from '../../store/index.ts';
import { PoolError } from '../errors.ts';
import { noPoolMetrics } from '../metrics.ts';
import { type Read, readItem, settle, type StoreAccess, type Write } from '../settle.ts';
import type { Home, PoolPlace, PoolReport } from './home.ts';
import {
  homeKey,
  isHomeItem,
  placeKey,
  POOL_PREFIX,
  POOLS_PARTITION,
  readHome,
  readPlace,
  reportAttributes,
} from './records.ts';

/** One request to a store that may be an ocean away. */
const REQUEST_MS = 3_000;
const ATTEMPTS = 4;

export interface HomeMapOptions {
  /** The replica in this region: what is read from it may be out of date. */
  readonly near: Store;
  /** The replica that all pools write to. May be the same. */
  readonly authority: Store;
  readonly clock: Clock;
  /** Default: 3,000. */
  readonly requestTimeoutMs?: number;
}

/** Which replica a reading is of. */
export type Replica = 'near' | 'authority';

export class HomeMap {
  readonly #near: StoreAccess;
  readonly #authority: StoreAccess;
  readonly #clock: Clock;

  constructor({ near, authority, clock, requestTimeoutMs = REQUEST_MS }: HomeMapOptions) {
    const common = { clock, requestTimeoutMs, metrics: noPoolMetrics };
    this.#near = { store: near, ...common };
    this.#authority = { store: authority, ...common };
    this.#clock = clock;
  }

  /** Undefined as the value for a user who has no home yet. */
  async home(user: string, replica: Replica): Promise<Read<Home | undefined>> {
    const read = await readItem(this.#access(replica), homeKey(user));
    return read.ok ? { ok: true, value: read.value && readHome(read.value) } : read;
  }

  async place(pool: string, replica: Replica): Promise<Read<PoolPlace | undefined>> {
    const read = await readItem(this.#access(replica), placeKey(pool));
    return read.ok ? { ok: true, value: read.value && readPlace(read.value) } : read;
  }

  /** As `home`, of the authority. Throws PoolError('homes-unavailable'). */
  async mustHome(user: string): Promise<Home | undefined> {
    const read = await this.home(user, 'authority');
    if (read.ok) return read.value;
    throw unavailable(read.cause);
  }

  /** All pools that ever said that they are there. Throws StoreError. */
  async places(replica: Replica): Promise<readonly PoolPlace[]> {
    const places: PoolPlace[] = [];
    const items = this.#access(replica).store.query(POOLS_PARTITION, { prefix: POOL_PREFIX });
    for await (const item of items) places.push(readPlace(item));
    return places;
  }

  /** Everybody at home in the pool, or on the way out of it; for administration. Throws StoreError. */
  async *homesIn(pool: string): AsyncIterable<Home> {
    for await (const item of this.#authority.store.scan()) {
      if (!isHomeItem(item)) continue;
      const home = readHome(item);
      if (home.pool === pool) yield home;
    }
  }

  /** Gives a user a first home; the home that the user has by then. Throws PoolError('homes-unavailable'). */
  async assign(user: string, pool: string): Promise<Home> {
    const key = homeKey(user);
    const attributes = { pool, epoch: 1, state: 'here', since: this.#clock.now() };
    const refusedBy = await this.#write({
      key,
      send: (store) => store.put({ key, attributes }, [absent]),
      isMine: (current) => current !== undefined && isAt(current, { pool, epoch: 1, state: 'here' }),
      isOpen: (current) => current === undefined,
    });
    return refusedBy ?? { user, pool, epoch: 1, state: 'here', since: attributes.since };
  }

  /** The pool gives the user up for another. Throws PoolError('home-changed') where the home is not as it was read. */
  async beginMove(home: Home, to: string): Promise<Home> {
    return this.#change(home, { ...home, state: 'moving', to });
  }

  /** The move is done: the instant at which the user is at home in the other pool. */
  async endMove(home: Home): Promise<Home> {
    return this.#change(home, { ...home, pool: home.to ?? home.pool, epoch: home.epoch + 1, state: 'here' });
  }

  /** The user stays, under a new home epoch: the pool may take the user again, and the move can end no more. */
  async cancelMove(home: Home): Promise<Home> {
    return this.#change(home, { ...home, epoch: home.epoch + 1, state: 'here' });
  }

  /** The pool of the home may not claim the user any more, whatever becomes of its mark. `endMove` ends it as it ends a move. */
  async markLost(home: Home, to: string): Promise<Home> {
    return this.#change(home, { ...home, state: 'lost', to });
  }

  /** What a pool says of itself. False where the map does not answer. */
  async announce(pool: string, report: PoolReport): Promise<boolean> {
    const key = placeKey(pool);
    const { set, remove } = reportAttributes(report, this.#clock.now());
    const isThere = (current: Item | undefined) => current !== undefined;
    const made = await settle(this.#authority, {
      key,
      send: (store) => store.update(key, { set, remove }, [present]),
      isMine: isThere,
      isOpen: isThere,
    });
    if (made.outcome !== 'refused') return made.outcome === 'applied';
    const first = await settle(this.#authority, {
      key,
      send: (store) => store.put({ key, attributes: { ...set, term: 1, state: 'up' } }, [absent]),
      isMine: isThere,
      isOpen: (current) => current === undefined,
    });
    return first.outcome !== 'unknown';
  }

  /** Whether nobody new comes to the pool. Throws PoolError('homes-unavailable'), and 'pool-unknown'. */
  async setEvacuated(pool: string, isEvacuated: boolean): Promise<void> {
    const changes = isEvacuated ? { set: { evacuated: true } } : { remove: ['evacuated'] };
    await this.#mustChange(pool, changes, (place) => place.isEvacuated === isEvacuated);
  }

  async #mustChange(pool: string, changes: Changes, isDone: (place: PoolPlace) => boolean): Promise<void> {
    const key = placeKey(pool);
    const result = await settle(this.#authority, {
      key,
      send: (store) => store.update(key, changes, [present]),
      isMine: (current) => current !== undefined && isDone(readPlace(current)),
      isOpen: (current) => current !== undefined,
    });
    if (result.outcome === 'refused') throw poolUnknown(pool);
    if (result.outcome === 'unknown') throw unavailable();
  }

  /** Every user of the pool has a home from here on. Throws PoolError('homes-unavailable'), and 'pool-unknown'. */
  async setEnrolled(pool: string): Promise<void> {
    await this.#mustChange(pool, { set: { enrolled: true } }, (place) => place.isEnrolled);
  }

  /** How far a pool is with it. False where the map does not answer. */
  async noteEnrolment(pool: string, users: number, conflicts: readonly string[]): Promise<boolean> {
    const key = placeKey(pool);
    const set = { enrolledUsers: users, conflicts: [...conflicts] };
    const result = await settle(this.#authority, {
      key,
      send: (store) => store.update(key, { set }, [present]),
      isMine: (current) => current !== undefined && readPlace(current).enrolledUsers === users,
      isOpen: (current) => current !== undefined,
    });
    return result.outcome === 'applied';
  }

  /** From here on what the servers of the pool knew before does not count. Throws PoolError. */
  async beginFailOver(place: PoolPlace): Promise<PoolPlace> {
    return this.#setTerm(place, { ...place, term: place.term + 1, state: 'failing-over' });
  }

  async endFailOver(place: PoolPlace): Promise<PoolPlace> {
    return this.#setTerm(place, { ...place, state: 'up' });
  }

  async #setTerm(before: PoolPlace, after: PoolPlace): Promise<PoolPlace> {
    const key = placeKey(before.pool);
    const { term, state } = after;
    const is = (place: PoolPlace) => (current: Item | undefined) => {
      const now = current && readPlace(current);
      return now?.term === place.term && now.state === place.state;
    };
    const conditions = [equals('term', before.term), equals('state', before.state)];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await settle(this.#authority, {
        key,
        send: (store) => store.update(key, { set: { term, state } }, conditions),
        isMine: is(after),
        isOpen: is(before),
      });
      if (result.outcome === 'applied') return after;
      if (result.outcome === 'refused') {
        throw new PoolError('home-changed', `The pool ${before.pool} is not as it was`, {
          why: 'somebody else changes it at the same time',
          remedy: 'Look with `caravan pool homes`, and try again.',
        });
      }
    }
    throw unavailable();
  }

  async #change(before: Home, wanted: Home): Promise<Home> {
    const after: Home = {
      ...wanted,
      to: wanted.state === 'here' ? undefined : wanted.to,
      since: this.#clock.now(),
    };
    const key = homeKey(before.user);
    const { pool, epoch, state, to, since } = after;
    const set = { pool, epoch, state, since, ...(to !== undefined && { to }) };
    const changes = to === undefined ? { set, remove: ['to'] } : { set };
    const refusedBy = await this.#write({
      key,
      send: (store) =>
        store.update(key, changes, [
          equals('epoch', before.epoch),
          equals('state', before.state),
          equals('pool', before.pool),
          ...(before.to === undefined ? [] : [equals('to', before.to)]),
        ]),
      isMine: (current) => current !== undefined && isAt(current, after),
      isOpen: (current) => current !== undefined && isAt(current, before),
    });
    if (refusedBy === undefined) return after;
    throw new PoolError('home-changed', `The home of ${before.user} is not as it was`, {
      why: `it is ${refusedBy.pool} at epoch ${refusedBy.epoch}, ${refusedBy.state}`,
      remedy: 'Somebody else moves the user at the same time: look with `caravan user show`, and try again.',
    });
  }

  /** Undefined if it is applied, else what refused it. Throws PoolError('homes-unavailable'). */
  async #write(write: Write): Promise<Home | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await settle(this.#authority, write);
      if (result.outcome === 'applied') return undefined;
      if (result.outcome === 'refused' && result.current !== undefined) return readHome(result.current);
    }
    throw unavailable();
  }

  #access(replica: Replica): StoreAccess {
    return replica === 'near' ? this.#near : this.#authority;
  }
}

function isAt(current: Item, wanted: Pick<Home, 'pool' | 'epoch' | 'state' | 'to'>): boolean {
  const { pool, epoch, state, to } = readHome(current);
  return pool === wanted.pool && epoch === wanted.epoch && state === wanted.state && to === wanted.to;
}

export const poolUnknown = (pool: string): PoolError =>
  new PoolError('pool-unknown', `There is no pool '${pool}'`, { remedy: '`caravan pool homes` lists them.' });

const unavailable = (cause?: unknown): PoolError =>
  new PoolError('homes-unavailable', 'The home map gives no clear answer', {
    remedy: 'Try again: what was done is found again.',
    cause,
  });
