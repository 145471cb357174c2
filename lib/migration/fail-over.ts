/**
 * Gives the users of a lost pool to another, from the replica of its table in that one's region (docs/homes.md, "Fail-over").
 * May be made again after it broke off: who has been given over is at home elsewhere by then.
 */
import type { Clock, Log } from '../platform/index.ts';
import { PoolError } from '../pool/index.ts';
import { enrolUsers, type HomeMap, type PoolPlace, type StorePlace } from '../pool/homes/index.ts';
import type { Store } from '../store/index.ts';
import { copyItems, userPartition } from './copy-items.ts';
import { fenced } from './fenced-store.ts';
import { mustBeEnrolled, type MoveReport, type UserMover } from './move-user.ts';

/** The lost pool's last claims may not be in the replica: epochs of the new home are above any that they can have had. */
const EPOCHS_AHEAD = 1_000;

export interface FailOverParts {
  readonly map: HomeMap;
  readonly mover: UserMover;
  readonly openStore: (place: StorePlace) => Promise<Store>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * From here on the lost pool claims nobody that hears of it. `waitMs`: only after so long is it certain that it serves nobody,
 * heard or not. `isGone`: an administrator says so. Throws PoolError: 'pool-unknown', 'fail-over-not-safe', and HomeMap's.
 */
export async function beginFailOver(
  { map, mover }: FailOverParts,
  from: string,
  { isGone }: { readonly isGone: boolean },
): Promise<{ readonly place: PoolPlace; readonly waitMs: number }> {
  const place = await mover.place(from);
  if ((place.tenureMs === undefined || !place.isEnrolled) && !isGone) {
    throw new PoolError('fail-over-not-safe', `It is not known that ${from} serves nobody any more`, {
      why: place.isEnrolled
        ? 'it has no homes.tenureSeconds, so it goes on for as long as it runs, whoever hears of it'
        : 'its users have not all got their homes: servers of it may not know of the home map, and go on',
      remedy:
        'Make sure that its servers have ended or can reach neither devices nor mail, and say so with --gone; or move its users with `caravan pool evacuate`, if it lives.',
    });
  }
  const marked = place.state === 'up' ? await map.beginFailOver(place) : place;
  return { place: marked, waitMs: isGone ? 0 : (place.tenureMs ?? 0) };
}

/** Users of the replica who have no home yet get theirs in the lost pool, so that they are taken over with the others. */
export async function enrolLost(
  { map, mover, openStore, clock, log }: FailOverParts,
  from: string,
  to: string,
): Promise<void> {
  const [source, target] = [await mover.place(from), await mover.place(to)];
  mustBeEnrolled(target);
  if (source.isEnrolled) return;
  const replica = await openStore({ ...target.store, table: source.store.table });
  try {
    await enrolUsers({ map, pool: from, store: replica, clock, log });
  } finally {
    await replica.close();
  }
}

/** Nobody waits for the lost pool from here on. */
export async function endFailOver({ map, mover }: FailOverParts, from: string): Promise<void> {
  const place = await mover.place(from);
  if (place.state !== 'failing-over') return;
  await map.setEnrolled(from);
  await map.endFailOver(place);
}

export interface TakeOver {
  readonly user: string;
  readonly from: string;
  readonly to: string;
  /** Of the lost pool, as `beginFailOver` gave it. */
  readonly term: number;
}

/** One user of the lost pool, after the wait. */
export async function takeOver(parts: FailOverParts, { user, from, to, term }: TakeOver): Promise<MoveReport> {
  const { map, mover, openStore } = parts;
  const [home, source, target] = [await mover.home(user), await mover.place(from), await mover.place(to)];
  if (home === undefined || home.pool !== from) {
    return { user, from, to: home?.pool ?? to, what: 'nothing', epoch: home?.epoch ?? 0, items: 0, pauseMs: 0 };
  }
  mustBeEnrolled(target);
  if (source.store.table === target.store.table) {
    throw new PoolError('move-not-possible', `The table ${source.store.table} is the one of ${to} itself`, {
      remedy: 'Give each pool a table of its own.',
    });
  }
  const lost = home.state === 'lost' && home.to === to ? home : await map.markLost(home, to);
  // Read after the user was marked: a pool whose mark was taken off since then reads of the user first, and claims nobody lost.
  const { state, term: present } = await mover.place(from);
  if (state !== 'failing-over' || present !== term) {
    await map.cancelMove(lost);
    throw new PoolError('move-not-possible', `The users of ${from} are not being given to others any more`, {
      remedy: `Use \`caravan pool fail-over ${from} --to ${to}\` again, or \`caravan user move\` where that pool lives.`,
    });
  }
  const replica = await openStore({ ...target.store, table: source.store.table });
  const store = await openStore(target.store);
  try {
    const known = await highestEpoch(replica, user);
    const epoch = known + EPOCHS_AHEAD;
    await mover.close(to, store, user, home.epoch);
    // A replica from before the user came knows nothing: what the new home has of the user from earlier is better than that.
    const { items } = known === 0 ? { items: 0 } : await copyItems(replica, fenced(store, epoch), user);
    await mover.prepare(to, store, user, home.epoch, epoch);
    const taken = await map.endMove(lost);
    return { user, from, to, what: 'moved', epoch: taken.epoch, items, pauseMs: 0 };
  } finally {
    await replica.close();
    await store.close();
  }
}

async function highestEpoch(store: Store, user: string): Promise<number> {
  let highest = 0;
  for await (const { attributes } of store.query(userPartition(user))) {
    const { epoch } = attributes;
    if (typeof epoch === 'number') highest = Math.max(highest, epoch);
  }
  return highest;
}
