/** What one answer told a device: the difference between two holdings, kept so that a lost answer can be given again. */
import { UidRuns } from '../../backends/index.ts';
import { Holding, type StaleUids } from './holding.ts';

export interface Delta {
  /** The mark that all but `stale` are of. */
  readonly mark: number;
  /** UID → flags as they were told. */
  readonly added: ReadonlyMap<number, string>;
  readonly changed: ReadonlyMap<number, string>;
  readonly removed: UidRuns;
  /** Out of the filter's window. */
  readonly aged: UidRuns;
  readonly stale: readonly StaleUids[];
}

export function emptyDelta(mark: number): Delta {
  return { mark, added: new Map(), changed: new Map(), removed: UidRuns.empty, aged: UidRuns.empty, stale: [] };
}

/** How many items an answer has for it. */
export function sizeOfDelta(delta: Delta): number {
  const stale = delta.stale.reduce((sum, { uids }) => sum + uids.size, 0);
  return delta.added.size + delta.changed.size + delta.removed.size + delta.aged.size + stale;
}

export function applyDelta(holding: Holding, delta: Delta): Holding {
  const changes = new Map<number, string | undefined>();
  for (const uid of delta.removed) changes.set(uid, undefined);
  for (const uid of delta.aged) changes.set(uid, undefined);
  for (const [uid, text] of delta.changed) changes.set(uid, text);
  for (const [uid, text] of delta.added) changes.set(uid, text);
  return holding.underMark(delta.mark).withoutStale(delta.stale).with(changes);
}

/** A map of told flags as a holding, which has a compact form. */
export function holdingOf(mark: number, told: ReadonlyMap<number, string>, stale: readonly StaleUids[] = []): Holding {
  return Holding.empty(mark, stale).with(told);
}

export function toldOf(holding: Holding): Map<number, string> {
  const told = new Map<number, string>();
  holding.uids.forEach((uid, place) => told.set(uid, holding.texts[holding.flags[place] as number] ?? ''));
  return told;
}
