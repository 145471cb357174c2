/**
 * Moves a user from pool to pool with everything that the user's devices were told (docs/homes.md, "A move"). Every step may be
 * made again: a move that broke off is taken up by moving the user again, or called off.
 */
import { type Clock, type Log, type Random, reasonOf, sleep } from '../platform/index.ts';
import { PoolAdministration, PoolError } from '../pool/index.ts';
import { type Home, type HomeMap, type PoolPlace, poolUnknown, type StorePlace } from '../pool/homes/index.ts';
import type { Store } from '../store/index.ts';
import { compareItems, copyItems } from './copy-items.ts';
import { MigrationError } from './errors.ts';
import { fenced } from './fenced-store.ts';

export interface UserMoverOptions {
  readonly map: HomeMap;
  /** The store of a pool, in whatever region; closed after use. */
  readonly openStore: (place: StorePlace) => Promise<Store>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How long the owner has to give a user up; default 60,000. */
  readonly giveUpMs?: number;
}

export interface MoveReport {
  readonly user: string;
  readonly from?: string;
  readonly to: string;
  /** What was done: nothing where the user was at home there already. */
  readonly what: 'moved' | 'given a first home' | 'called off' | 'nothing';
  /** The home epoch from now on. */
  readonly epoch: number;
  readonly items: number;
  /** How long nobody could serve the user. */
  readonly pauseMs: number;
}

const GIVE_UP_MS = 60_000;
const GIVE_UP_POLL_MS = 250;
/** The owner is asked anew: another may have claimed meanwhile. */
const ASK_AGAIN_POLLS = 8;
const STORE_REQUEST_MS = 3_000;

export class UserMover {
  readonly #options: UserMoverOptions;

  constructor(options: UserMoverOptions) {
    this.#options = options;
  }

  /**
   * `isNew`: the user may be one whom no pool knows, and gets a first home. Throws PoolError: 'homes-unavailable', 'home-changed',
   * 'pool-unknown', 'move-not-possible'; MigrationError: 'no-such-user', 'copy-failed'; StoreError.
   */
  async move(user: string, to: string, { isNew = false } = {}): Promise<MoveReport> {
    const { map } = this.#options;
    const target = await this.place(to);
    const home = await this.home(user);
    const nothing = { user, to, items: 0, pauseMs: 0 };
    if (home === undefined) {
      await this.#mayBeNew(user, isNew);
      mayTake(target);
      const { epoch, pool } = await map.assign(user, to);
      if (pool === to) return { ...nothing, what: 'given a first home', epoch };
      return this.move(user, to);
    }
    if (home.state === 'lost') await this.#isGivenOver(home);
    if (home.pool === to && home.state === 'here') return { ...nothing, what: 'nothing', epoch: home.epoch };
    if (home.pool === to) return { ...nothing, what: 'called off', epoch: (await map.cancelMove(home)).epoch };
    if (home.state !== 'here' && home.to !== to) {
      throw new PoolError('move-not-possible', `${user} is on the way from ${home.pool} to ${home.to}`, {
        remedy: `Move the user to ${home.to} to end that, or to ${home.pool} to call it off.`,
      });
    }
    const source = await this.place(home.pool);
    mustBeEnrolled(source);
    mayTake(target);
    const moving = home.state === 'moving' ? home : await map.beginMove(home, to);
    try {
      return await this.#carryOut(moving, source, target);
    } catch (thrown) {
      await this.#callOff(moving, thrown);
      throw thrown;
    }
  }

  /** A user without a home, whom no pool can have: until all are enrolled, any may. */
  async #mayBeNew(user: string, isNew: boolean): Promise<void> {
    for (const place of await this.#options.map.places('authority')) mustBeEnrolled(place);
    if (isNew && user !== '') return;
    throw new MigrationError('no-such-user', `No pool has a user ${user}`, {
      why: 'no device of theirs has ever been served',
      remedy: 'Check the name. Where it is right, --new gives the user a home before the first device comes.',
    });
  }

  /** Two that copy into one store at once undo each other's work: while a fail-over goes on, the user is its alone. */
  async #isGivenOver({ user, pool, to }: Home): Promise<void> {
    if ((await this.place(pool)).state !== 'failing-over') return;
    throw new PoolError('move-not-possible', `${user} is being given over from ${pool} to ${to}`, {
      why: `the fail-over of ${pool} has not ended`,
      remedy: `Wait for it, or use \`caravan pool fail-over ${pool} --to ${to}\` again where it broke off.`,
    });
  }

  /** Throws PoolError('homes-unavailable'). */
  async home(user: string): Promise<Home | undefined> {
    const read = await this.#options.map.home(user, 'authority');
    if (read.ok) return read.value;
    throw noAnswer(read.cause);
  }

  /** Throws PoolError: 'pool-unknown', 'homes-unavailable'. */
  async place(pool: string): Promise<PoolPlace> {
    const read = await this.#options.map.place(pool, 'authority');
    if (!read.ok) throw noAnswer(read.cause);
    if (read.value !== undefined) return read.value;
    throw poolUnknown(pool);
  }

  /** Nobody of the pool has the user or can take the user, up to that home epoch. The epoch of its OWNER item. */
  async close(pool: string, store: Store, user: string, closed: number): Promise<number> {
    const { clock, giveUpMs = GIVE_UP_MS } = this.#options;
    const administration = this.#administration(pool, store);
    const until = clock.monotonic() + giveUpMs;
    for (let poll = 0; ; poll++) {
      const owner = await administration.owner(user);
      if (owner?.session === '' && (owner.closed ?? 0) >= closed) return owner.epoch;
      if (poll % ASK_AGAIN_POLLS === 0) {
        if ((await administration.giveUp(user, closed)) === 'closed') continue;
      }
      if (clock.monotonic() > until) {
        throw new PoolError('move-not-possible', `The owner of ${user} in ${pool} does not give the user up`, {
          why: `not within ${giveUpMs / 1000} s`,
          remedy: 'Look at it with `caravan pool user`, and try again.',
        });
      }
      await sleep(clock, GIVE_UP_POLL_MS);
    }
  }

  /** What the pool has of the user may be taken up by it, once the user is at home there, with epochs above `epoch`. */
  async prepare(pool: string, store: Store, user: string, closed: number, epoch: number): Promise<void> {
    await this.close(pool, store, user, closed);
    await this.#administration(pool, store).raiseEpoch(user, epoch + 1);
  }

  async #carryOut(moving: Home, source: PoolPlace, target: PoolPlace): Promise<MoveReport> {
    const { map, openStore, clock, log } = this.#options;
    const { user, epoch } = moving;
    const from = await openStore(source.store);
    const to = await openStore(target.store);
    try {
      // Whatever the target still has of the user from before is nobody's from here on.
      await this.close(target.pool, to, user, epoch);
      const before = await this.#administration(source.pool, from).owner(user);
      await copyItems(from, fenced(to, before?.epoch ?? 0), user);
      const pausedAt = clock.monotonic();
      const lastEpoch = await this.close(source.pool, from, user, epoch);
      const { items } = await copyItems(from, fenced(to, lastEpoch), user);
      const differences = await compareItems(from, to, user);
      if (differences.length > 0) {
        throw new PoolError('move-not-possible', `${user} could not be moved`, {
          why: `${differences.length} items are not alike in the two stores`,
          remedy: 'Try again.',
        });
      }
      await this.prepare(target.pool, to, user, epoch, lastEpoch);
      const home = await map.endMove(moving);
      const pauseMs = Math.round(clock.monotonic() - pausedAt);
      log.info({ user, from: source.pool, to: target.pool, epoch: home.epoch, items, pauseMs }, 'A user was moved');
      return { user, from: source.pool, to: target.pool, what: 'moved', epoch: home.epoch, items, pauseMs };
    } finally {
      await from.close();
      await to.close();
    }
  }

  /** The old home serves the user again. Where that cannot be written down either, moving again ends it either way. */
  async #callOff(moving: Home, thrown: unknown): Promise<void> {
    const { map, log } = this.#options;
    log.error({ user: moving.user, error: reasonOf(thrown) }, 'A user could not be moved, and stays');
    await map.cancelMove(moving).catch((cause: unknown) => {
      log.error({ user: moving.user, error: reasonOf(cause) }, 'The move could not be called off');
    });
  }

  #administration(pool: string, store: Store): PoolAdministration {
    const { clock, random } = this.#options;
    return new PoolAdministration({ store, clock, random, pool, requestTimeoutMs: STORE_REQUEST_MS });
  }
}

/** Servers that do not know of the map would take a user back, or take one who is still being copied. */
export function mustBeEnrolled({ pool, isEnrolled, enrolledUsers }: PoolPlace): void {
  if (isEnrolled) return;
  throw new PoolError('move-not-possible', `The users of ${pool} have not all got their homes yet`, {
    why: `${enrolledUsers} have, and it is not done before every server there knows of the home map`,
    remedy: 'Wait until `caravan pool homes` says so, and try again.',
  });
}

function mayTake(place: PoolPlace): void {
  mustBeEnrolled(place);
  const { pool, state, isEvacuated, users, room } = place;
  if (isEvacuated) {
    throw new PoolError('move-not-possible', `The pool ${pool} takes nobody`, {
      why: 'it is evacuated',
      remedy: `Choose another pool, or use \`caravan pool evacuate ${pool} --reopen\` first.`,
    });
  }
  if (state === 'up' && (room === undefined || users < room)) return;
  throw new PoolError('move-not-possible', `The pool ${pool} takes nobody`, {
    why: state === 'up' ? `it has room for ${room} users` : 'its users are being given to others',
    remedy: 'Choose another pool, or give it more room with homes.room.',
  });
}

const noAnswer = (cause: unknown): PoolError =>
  new PoolError('homes-unavailable', 'The home map does not answer', { remedy: 'Try again.', cause });
