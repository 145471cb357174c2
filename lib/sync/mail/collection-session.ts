/** One request of one device for one mail folder: what all of its steps need. */
import type { Mailbox } from '../../backends/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Lease } from '../../pool/index.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import type { Hierarchy } from '../folders/hierarchy.ts';
import type { PoisonBook } from './poison-book.ts';
import type { SyncSettings } from '../settings.ts';
import type { CollectionStates } from './collection-states.ts';
import type { CollectionState, SkippedItem } from './collection-state.ts';
import type { Scope } from './differences.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import type { FolderView } from './folder-view.ts';
import type { FolderViews } from './folder-views.ts';
import type { Prefetcher } from './prefetch.ts';

/** What mail collections of all the user's devices share. */
export interface MailContext {
  readonly mailbox: Mailbox;
  readonly lease: Lease;
  readonly hierarchy: Hierarchy;
  readonly views: FolderViews;
  readonly states: CollectionStates;
  readonly prefetcher: Prefetcher;
  readonly poison: PoisonBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: SyncSettings;
  /** The monitor tells of this folder's changes at once. */
  readonly isLive: (folder: FolderEntry) => boolean;
}

export interface CollectionSession {
  readonly context: MailContext;
  readonly deviceId: string;
  readonly folder: FolderEntry;
  /** Of the state's item. */
  readonly sort: string;
  readonly view: FolderView;
}

/** The folder as fresh as the settings ask for, reaching back to `reach`. */
export function look(session: CollectionSession, reach: number): FolderSnapshot | Promise<FolderSnapshot> {
  const { settings, isLive } = session.context;
  return session.view.fresh(reach, isLive(session.folder) ? settings.liveViewMs : settings.staleViewMs);
}

/** What is to be compared: the filter's window, without what is skipped for now. */
export function scopeOf(
  session: CollectionSession,
  cutOff: number,
  skipped: readonly SkippedItem[],
  mark: number,
): Scope {
  const now = session.context.clock.now();
  const held = skipped.filter((item) => item.mark === mark && item.until > now);
  if (held.length === 0) return { cutOff, isSkipped: () => false };
  const flags = new Map(held.map((item) => [item.uid, item.flags]));
  return { cutOff, isSkipped: (uid, text) => flags.get(uid) === text };
}

/** Until when, on the wall clock, what is skipped stays so. */
export function skippedUntil(state: CollectionState): number {
  return state.skipped.reduce((until, item) => Math.min(until, item.until), Number.POSITIVE_INFINITY);
}
