/**
 * A pool that is given a home map has users already: each gets a home in it, before any other pool may give one to a user
 * whom it does not know (docs/homes.md, "Enrolment"). Every step may be made again, by several servers at once.
 */
import { type Clock, type Log, type Random, reasonOf, sleep } from '../../platform/index.ts';
import type { Store } from '../../store/index.ts';
import { PoolAdministration } from '../administer.ts';
import type { Ownership, ServerSession } from '../pool.ts';
import { isLiveStatus, readOwner } from '../records.ts';
import type { HomeMap } from './home-map.ts';

export interface EnrolmentParts {
  readonly map: HomeMap;
  readonly pool: string;
  /** The pool's own. */
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** This server's own. */
  readonly session: () => string;
  readonly signal: AbortSignal;
}

/** Homes given at once: each is a way to the authority and back. */
const AT_ONCE = 8;
const TOLD_EVERY_MS = 5_000;
const AGAIN_MS = 5_000;
/** A first server is up no earlier than when its pool is ready, unless that takes longer. */
const FIRST_MS = 5_000;
const CONFLICT =
  'A user of a pool is at home in another, which has the user too: what this one has is kept, and not used';
/** Conflicts that are told by name in the home map; all are in the log. */
const NAMED_CONFLICTS = 50;

export class Enrolment {
  readonly #parts: EnrolmentParts;
  readonly #administration: PoolAdministration;
  #hasBegun = false;
  #waitsFor = '';

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
    this.#administration = new PoolAdministration(parts);
  }

  /** Goes on until it is done, by one server at a time. Resolves when other pools may go by it, or may not yet. */
  async start(): Promise<void> {
    const { clock, signal } = this.#parts;
    const isAlone = await this.#servers().then(
      (servers) => servers.length === 0,
      () => false,
    );
    const first = Promise.withResolvers<void>();
    void this.#goOn(isAlone, first.resolve);
    await Promise.race([first.promise, sleep(clock, FIRST_MS, signal).catch(() => undefined)]);
  }

  async #goOn(isAlone: boolean, afterFirst: () => void): Promise<void> {
    const { clock, log, signal } = this.#parts;
    let isMine = isAlone;
    while (!signal.aborted) {
      try {
        if (isMine ? await this.#advance() : await this.#isDone()) return afterFirst();
      } catch (thrown) {
        log.warn({ error: reasonOf(thrown) }, 'The users of this pool have not all got their homes; it is tried again');
      }
      afterFirst();
      await sleep(clock, AGAIN_MS, signal).catch(() => undefined);
      isMine = await this.#isFirst().catch(() => false);
    }
  }

  async #isFirst(): Promise<boolean> {
    const aware = (await this.#servers()).filter((it) => it.hasHomes).map((it) => it.session);
    return aware.toSorted()[0] === this.#parts.session();
  }

  async #isDone(): Promise<boolean> {
    const { map, pool } = this.#parts;
    const read = await map.place(pool, 'authority');
    return read.ok && read.value?.isEnrolled === true;
  }

  /** Servers of the pool that live, ended ones and standalone servers' links apart. Throws StoreError. */
  async #servers(): Promise<readonly ServerSession[]> {
    return (await this.#administration.servers()).filter(
      ({ status, standalone }) => isLiveStatus(status) && standalone === undefined,
    );
  }

  /**
   * True once every user of the pool has a home. A server that does not know of the map claims users without a home: what counts
   * is a reading of the store that begins when the last of these has ended. Throws StoreError, PoolError('homes-unavailable').
   */
  async #advance(): Promise<boolean> {
    const { map, pool, log } = this.#parts;
    const read = await map.place(pool, 'authority');
    if (!read.ok || read.value === undefined || read.value.state !== 'up') return false;
    if (read.value.isEnrolled) return true;
    const unaware = await this.#unaware();
    // One reading beforehand: who is found is sent home from other pools already.
    if (unaware.length > 0 && this.#hasBegun) return false;
    this.#hasBegun = true;
    await enrolUsers(this.#parts);
    if (unaware.length > 0 || (await this.#unaware()).length > 0) return false;
    await map.setEnrolled(pool);
    log.info({ pool }, 'Every user of this pool has a home');
    return true;
  }

  async #unaware(): Promise<readonly ServerSession[]> {
    const unaware = (await this.#servers()).filter((it) => !it.hasHomes);
    const addresses = unaware.map((it) => it.address).join(', ');
    if (addresses !== '' && addresses !== this.#waitsFor) {
      this.#parts.log.warn(
        { servers: addresses },
        'Servers of this pool do not know of the home map; until they have ended, users without a home wait at other pools',
      );
    }
    this.#waitsFor = addresses;
    return unaware;
  }
}

export interface Enrolled {
  /** Of the pool, with a home in it. */
  readonly users: number;
  /** Who is at home in another pool that had the user too. */
  readonly conflicts: readonly string[];
}

/** Everybody in `store`, the pool's own or a replica of it, has a home then. Throws StoreError, PoolError('homes-unavailable'). */
export async function enrolUsers({
  map,
  pool,
  store,
  clock,
  log,
}: Pick<EnrolmentParts, 'map' | 'pool' | 'store' | 'clock' | 'log'>): Promise<Enrolled> {
  const known = new Set<string>();
  for await (const { user } of map.homesIn(pool)) known.add(user);
  const conflicts: string[] = [];
  let toldAt = clock.monotonic();
  const tell = async () => {
    toldAt = clock.monotonic();
    log.info({ pool, users: known.size, conflicts: conflicts.length }, 'Users of a pool are given their homes');
    await map.noteEnrolment(pool, known.size, conflicts.toSorted().slice(0, NAMED_CONFLICTS));
  };
  await each(owners(store), AT_ONCE, async (owner) => {
    const { user } = owner;
    if (!known.has(user)) {
      const home = await map.assign(user, pool);
      if (home.pool === pool) known.add(user);
      else if (isConflict(owner)) {
        conflicts.push(user);
        log.error({ user, pool, home: home.pool }, CONFLICT);
      }
    }
    if (clock.monotonic() > toldAt + TOLD_EVERY_MS) await tell();
  });
  if (known.size > 0 || conflicts.length > 0) await tell();
  return { users: known.size, conflicts };
}

/** Not of a user who was at home here and has moved. */
const isConflict = ({ home, closed }: Ownership): boolean => home === undefined && closed === undefined;

async function* owners(store: Store): AsyncIterable<Ownership> {
  for await (const item of store.scan()) {
    const owner = readOwner(item);
    if (owner) yield owner;
  }
}

/** So many at once, and no more read than that. Throws what the first throws, when all that were begun have ended. */
async function each<T>(values: AsyncIterable<T>, atOnce: number, task: (value: T) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const value of values) {
    if (failures.length > 0) break;
    const run = task(value)
      .catch((thrown: unknown) => void failures.push(thrown))
      .finally(() => running.delete(run));
    running.add(run);
    if (running.size >= atOnce) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
