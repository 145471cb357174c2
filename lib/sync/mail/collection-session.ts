/** One request of one device for one folder: what all of its steps need. */
import type { Mailbox } from '../../backends/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Lease } from '../../pool/index.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import type { Hierarchy } from '../folders/hierarchy.ts';
import type { KeyedMutex } from '../keyed-mutex.ts';
import type { PoisonBook } from './poison-book.ts';
import type { SyncSettings } from '../settings.ts';
import type { CollectionStates } from './collection-states.ts';
import type { CollectionState, SkippedItem } from './collection-state.ts';
import type { Scope } from './differences.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import { ALL_TIME, type FolderView } from './folder-view.ts';
import type { NewItem } from './fetch-items.ts';
import type { FolderViews } from './folder-views.ts';
import type { ItemSource } from './item-source.ts';
import type { Prefetcher } from './prefetch.ts';
import type { Announcements } from '../resources/announcements.ts';
import type { ResourceSource } from '../resources/resource-source.ts';

/** What collections of all the user's devices share. */
export interface MailContext {
  readonly mailbox: Mailbox;
  readonly lease: Lease;
  readonly hierarchy: Hierarchy;
  readonly views: FolderViews;
  /** Undefined: the mail system has nothing but mail. */
  readonly resources: ResourceSource | undefined;
  readonly states: CollectionStates;
  readonly announcements: Announcements;
  readonly prefetcher: Prefetcher<NewItem<unknown>>;
  readonly poison: PoisonBook;
  /** A device is told that its key is none, and begins the folders or a collection again. */
  readonly onResync: (deviceId: string, collectionId?: string) => void;
  /** By ServerId: of two moves of a message at once a mail system may make two messages. */
  readonly moving: KeyedMutex;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: SyncSettings;
  /** A look at this folder that is so old is good enough, for a Sync or for who waits. */
  readonly viewAgeMs: (folder: FolderEntry, isWaiting?: boolean) => number;
}

export interface CollectionSession {
  readonly context: MailContext;
  readonly deviceId: string;
  readonly folder: FolderEntry;
  /** Of the state's item. */
  readonly sort: string;
  readonly view: FolderView;
  readonly source: ItemSource;
}

/** Of mail the mailbox itself; of other classes its resources. */
export function sourceOf({ resources, mailbox }: MailContext, { itemClass }: FolderEntry): ItemSource {
  return resources && itemClass !== 'Email' ? resources : mailbox;
}

/** The folder as fresh as the settings ask for, reaching back to `reach`. */
export function look(
  { view, context, folder }: CollectionSession,
  reach: number,
  isWaiting = false,
): FolderSnapshot | Promise<FolderSnapshot> {
  return view.fresh(reach, context.viewAgeMs(folder, isWaiting));
}

/** What is to be compared: the filter's window, without what is skipped for now. */
export async function scopeOf(
  session: CollectionSession,
  cutOff: number,
  skipped: readonly SkippedItem[],
  snapshot: FolderSnapshot,
): Promise<Scope> {
  const now = session.context.clock.now();
  const isIn = await windowFrom(session, cutOff, snapshot);
  const held = skipped.filter((item) => item.mark === snapshot.mark && item.until > now);
  if (held.length === 0) return { isIn, isSkipped: () => false };
  const flags = new Map(held.map((item) => [item.uid, item.flags]));
  return { isIn, isSkipped: (uid, text) => flags.get(uid) === text };
}

async function windowFrom(
  { source, context, folder }: CollectionSession,
  cutOff: number,
  snapshot: FolderSnapshot,
): Promise<Scope['isIn']> {
  const { receivedAt, uids } = snapshot;
  const backendId = context.hierarchy.backendIdOf(folder.id);
  if (!source.windowFrom || backendId === undefined) {
    const cutOffSeconds = cutOff / 1_000;
    return (place) => (receivedAt[place] as number) >= cutOffSeconds;
  }
  if (cutOff === ALL_TIME) return () => true;
  const isWanted = await source.windowFrom(backendId, cutOff, snapshot);
  return (place) => isWanted(uids[place] as number);
}

/** Until when, on the wall clock, what is skipped stays so. */
export function skippedUntil(state: CollectionState): number {
  return state.skipped.reduce((until, item) => Math.min(until, item.until), Number.POSITIVE_INFINITY);
}
