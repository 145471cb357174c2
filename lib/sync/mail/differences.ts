/** What a folder has that a device does not, and the other way round: one walk along both. Pure. */
import { UidRuns } from '../../backends/index.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import type { Holding, StaleUids } from './holding.ts';

export interface Differences {
  readonly stale: readonly StaleUids[];
  /** Of `stale`, those that are there all the same: they are deleted before they are added. */
  readonly doubtful: UidRuns;
  /** Ascending. */
  readonly removed: readonly number[];
  /** Held and there, but out of the filter's window. Ascending. */
  readonly aged: readonly number[];
  /** Held, and their flags are not as told. Ascending. */
  readonly changed: readonly number[];
  /** Not held; newest first. */
  readonly added: readonly number[];
}

export interface Scope {
  /** Is the item at this place of the snapshot in the filter's window? */
  readonly isIn: (place: number) => boolean;
  /** Messages not to be sent for now, and those of which a change is not. */
  readonly isSkipped: (uid: number, flagText: string) => boolean;
}

export const NO_DIFFERENCES: Differences = {
  stale: [],
  doubtful: UidRuns.empty,
  removed: [],
  aged: [],
  changed: [],
  added: [],
};

/** `holding` is under the snapshot's mark. */
export function differencesOf(holding: Holding, snapshot: FolderSnapshot, scope: Scope): Differences {
  const { uids, flags, table } = snapshot;
  const toldAs = holding.texts.map((text) => table.find(text) ?? -1);
  const removed: number[] = [];
  const aged: number[] = [];
  const changed: number[] = [];
  const addedPlaces: number[] = [];
  let held = 0;
  for (let place = 0; place < uids.length; place++) {
    const uid = uids[place] as number;
    while (held < holding.uids.length && (holding.uids[held] as number) < uid)
      removed.push(holding.uids[held++] as number);
    const isHeld = holding.uids[held] === uid;
    const flag = flags[place] as number;
    const isIn = scope.isIn(place);
    if (isHeld) {
      const told = toldAs[holding.flags[held++] as number];
      if (table.isHidden(flag)) removed.push(uid);
      else if (!isIn) aged.push(uid);
      else if (told !== flag && !scope.isSkipped(uid, table.textOf(flag))) changed.push(uid);
    } else if (isIn && !table.isHidden(flag) && !scope.isSkipped(uid, table.textOf(flag))) addedPlaces.push(place);
  }
  for (; held < holding.uids.length; held++) removed.push(holding.uids[held] as number);
  const { stale } = holding;
  const doubtful = stale.find(({ mark }) => mark === snapshot.mark)?.uids ?? UidRuns.empty;
  return { stale, doubtful, removed, aged, changed, added: newestFirst(addedPlaces, snapshot) };
}

/** Things that a waiting device is woken for: messages that merely grew old are not. */
export function hasNews(differences: Differences): boolean {
  const { stale, removed, changed, added } = differences;
  return stale.length + removed.length + changed.length + added.length > 0;
}

export function countOf(differences: Differences): number {
  const { stale, removed, aged, changed, added } = differences;
  const staleCount = stale.reduce((sum, { uids }) => sum + uids.size, 0);
  return staleCount + removed.length + aged.length + changed.length + added.length;
}

export interface Window extends Differences {
  /** How many differences are left for later windows. */
  readonly left: number;
}

/** The first so many: what the device shall lose, then changes, then new messages, the newest first. */
export function windowOf(differences: Differences, limit: number): Window {
  let room = limit;
  const take = <T>(from: readonly T[]): readonly T[] => {
    const taken = from.slice(0, room);
    room -= taken.length;
    return taken;
  };
  const stale = differences.stale.flatMap(({ mark, uids }) => {
    const taken = uids.size <= room ? uids : firstOf(uids, room);
    room -= taken.size;
    return taken.size === 0 ? [] : [{ mark, uids: taken }];
  });
  const removed = take(differences.removed);
  const aged = take(differences.aged);
  const changed = take(differences.changed);
  const { doubtful } = differences;
  const added = take(doubtful.size === 0 ? differences.added : differences.added.filter((uid) => !doubtful.has(uid)));
  return { stale, doubtful, removed, aged, changed, added, left: countOf(differences) - (limit - room) };
}

function firstOf(uids: UidRuns, count: number): UidRuns {
  const runs: [number, number][] = [];
  let room = count;
  for (const [first, last] of uids.runs) {
    if (room === 0) break;
    const end = Math.min(last, first + room - 1);
    runs.push([first, end]);
    room -= end - first + 1;
  }
  return UidRuns.ofRuns(runs);
}

function newestFirst(places: number[], { uids, receivedAt }: FolderSnapshot): number[] {
  const isAscending = places.every(
    (place, index) =>
      index === 0 || (receivedAt[places[index - 1] as number] as number) <= (receivedAt[place] as number),
  );
  if (isAscending) places.reverse();
  else places.sort((a, b) => (receivedAt[b] as number) - (receivedAt[a] as number) || b - a);
  return places.map((place) => uids[place] as number);
}
