/**
 * One user, from here to the pool or back. At every instant one of the two may serve the user: the lease of the one who had it
 * does not count during the last copy, and where the user is stands in a store before the other side may begin. Each step may
 * be made again after a crash.
 *
 *     out    pool: custody (nobody claims) → copies, while served here → hold → last copy → here: `pool` → pool: released
 *     home   here: `coming` → copies, while served there → pool: given into custody → hold → last copy → here: `here`
 */
import { type Clock, type Log, type Random, randomName, reasonOf, sleep } from '../../platform/index.ts';
import type { Custody } from '../../pool/index.ts';
import type { Store } from '../../store/index.ts';
import { UserCopy } from '../copy-items.ts';
import { MigrationError } from '../errors.ts';
import type { Places } from './places.ts';
import type { PoolHomes } from './pool-side.ts';

export interface MoveParts {
  /** This server's. */
  readonly own: Store;
  /** The pool's. */
  readonly pool: Store;
  readonly custody: Custody;
  /** Where the pool is one of several. */
  readonly homes?: PoolHomes | undefined;
  readonly places: Places;
  /** A server of the pool, which has opened the user's mailbox and waits for the user; undefined where none was asked. */
  readonly prepare: (user: string) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly isVerified: boolean;
  /** Requests of the user wait no longer for a last copy: it is given up, and the user served where they were. */
  readonly pauseLimitMs: number;
  /** Resolves to false where commands of the user are still under way after that time. */
  readonly finish: (user: string, limitMs: number) => Promise<boolean>;
  /** Nothing of the user is served here any more: what waits is to wait wherever the user is next. */
  readonly lose: (user: string) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Moved {
  /** How long requests of the user waited at the most. */
  readonly pauseMs: number;
  readonly items: number;
}

/** Copies beforehand, until one finds next to nothing: what the pause is for is the rest. */
const ROUNDS = 4;
const REST_ITEMS = 3;
/** Of the pause: commands under way. Who is busy longer is tried again. */
const FINISH_MS = 500;
const BUSY_PAUSE_MS = 300;
/** So long a moment is waited for in which no command of the user is under way. */
const QUIET_MS = 5_000;

/** Throws MigrationError ('user-conflict' where the pool has the user; 'pause-too-long'), StoreError, PoolError. */
export async function moveOut(parts: MoveParts, user: string): Promise<Moved> {
  const { own, pool, custody, places, clock, random, log, signal } = parts;
  const { epoch } = places.of(user);
  // Before anything of the user is there: another pool may meet the user at any time.
  const home = await parts.homes?.give(user);
  if (home !== undefined && home.pool !== parts.homes?.pool) throw atHomeElsewhere(user, home.pool);
  if ((await custody.take(user, epoch)) === undefined) throw conflict(user);
  await places.set(user, { place: 'going', epoch });
  const copy = new UserCopy({ from: own, to: pool, user, name: randomName(random) });
  await catchUp(parts, copy, user);
  const target = await prepared(parts, user);
  const held = await custody.owner(user);
  for (;;) {
    await catchUp(parts, copy, user);
    await parts.finish(user, QUIET_MS);
    signal.throwIfAborted();
    const begunAt = clock.monotonic();
    log.debug({ user }, 'Requests of a user wait for the last copy');
    const release = places.hold(user);
    let rest: Promise<number> | undefined;
    try {
      if (await parts.finish(user, FINISH_MS)) {
        places.suspend(user);
        rest = lastCopy(parts, copy, user);
        const items = await inTime(parts, rest, begunAt + parts.pauseLimitMs, user);
        await places.set(user, { place: 'pool', epoch });
        // Nobody waits for the mailbox to be closed.
        parts
          .lose(user)
          .catch((thrown: unknown) => log.warn({ user, error: thrown }, 'A user who went was not let go'));
        await custody.handOn(user, held, target);
        return { pauseMs: clock.monotonic() - begunAt, items };
      }
    } finally {
      release();
      // What was given up writes nothing any more when the next one begins.
      await rest?.catch(() => undefined);
    }
    await sleep(clock, BUSY_PAUSE_MS, signal);
  }
}

/** Throws as `moveOut` does. */
export async function moveHome(parts: MoveParts, user: string): Promise<Moved> {
  const { own, pool, custody, places, clock, random, log, signal } = parts;
  await places.set(user, { ...places.of(user), place: 'coming' });
  const copy = new UserCopy({ from: pool, to: own, user, name: randomName(random) });
  // Given before a crash: nobody serves the user until the last copy is made.
  if (!custody.has(await custody.owner(user))) await catchUp(parts, copy, user);
  log.debug({ user }, 'A user is called from the pool');
  const epoch = await custody.call(user, signal);
  const begunAt = clock.monotonic();
  log.debug({ user }, 'Requests of a user wait for the last copy');
  const release = places.hold(user);
  const rest = lastCopy(parts, copy, user);
  try {
    const items = await inTime(parts, rest, begunAt + parts.pauseLimitMs, user);
    await places.set(user, { place: 'here', epoch });
    return { pauseMs: clock.monotonic() - begunAt, items };
  } catch (thrown) {
    // As before the call.
    await custody.release(user).catch(() => undefined);
    throw thrown;
  } finally {
    release();
    await rest.catch(() => undefined);
  }
}

async function catchUp({ isVerified }: MoveParts, copy: UserCopy, user: string): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    const { written, removed } = await copy.catchUp();
    if (written + removed <= REST_ITEMS) break;
  }
  if (isVerified) await verify(copy, user);
}

/** How many items there are. */
async function lastCopy({ isVerified }: MoveParts, copy: UserCopy, user: string): Promise<number> {
  const { items } = await copy.catchUp();
  if (isVerified) await verify(copy, user);
  return items;
}

async function inTime(
  { clock, pauseLimitMs }: MoveParts,
  rest: Promise<number>,
  untilMs: number,
  user: string,
): Promise<number> {
  const done = new AbortController();
  const late = sleep(clock, untilMs - clock.monotonic(), done.signal).then(
    () => undefined,
    () => undefined,
  );
  const items = await Promise.race([rest, late]).finally(() => done.abort());
  if (items !== undefined) return items;
  throw new MigrationError('pause-too-long', `${user} was not handed over`, {
    why: `what changed last was not copied in ${pauseLimitMs} ms`,
    remedy: 'The user is served as before, and it is tried again.',
  });
}

async function verify(copy: UserCopy, user: string): Promise<void> {
  const [difference] = await copy.compare();
  if (difference === undefined) return;
  throw new MigrationError('copy-failed', `${user} was not handed over`, {
    why: `${difference.key.sort} is ${difference.what} in the copy`,
    remedy: 'The user is served as before, and it is tried again.',
  });
}

/** It is a kindness only: whoever has the user next can open the mailbox then. */
async function prepared({ prepare, log }: MoveParts, user: string): Promise<string | undefined> {
  try {
    return await prepare(user);
  } catch (thrown) {
    log.info({ user, reason: reasonOf(thrown) }, 'The pool could not open a mailbox before its user comes');
    return undefined;
  }
}

const atHomeElsewhere = (user: string, pool: string): MigrationError =>
  new MigrationError('home-elsewhere', `${user} was not handed over`, {
    why: `the user has a home in ${pool} by now`,
    remedy: 'The user is served here as before. Take the join back with --undo, and join with --skip.',
  });

const conflict = (user: string): MigrationError =>
  new MigrationError('user-conflict', `${user} was not handed over`, {
    why: 'the pool has a user of that name, who came to it meanwhile',
    remedy: 'The user is served here as before. Take the join back with --undo, and join with --skip.',
  });
