/** Begins to fetch what the device's next requests will ask for, while it digests this answer. */
import type { Renderer } from '../sync.ts';
import type { CollectionSession } from './collection-session.ts';
import { newItems } from './fetch-items.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';

/** With two the mail system works on one while this server renders and the device digests the other. */
const WINDOWS_AHEAD = 2;

/** `next`: new messages in the order of sending, of which each answer takes `windowSize`. */
export function prefetchNext<T>(
  session: CollectionSession,
  snapshot: FolderSnapshot,
  renderer: Renderer<T>,
  rendering: string,
  next: readonly number[],
  windowSize: number,
): void {
  const { context, folder, sort } = session;
  if (folder.backendId === undefined || next.length === 0) return;
  const windows = Array.from({ length: WINDOWS_AHEAD }, (_, at) => next.slice(at * windowSize, (at + 1) * windowSize));
  const sizeOf = (uid: number) => snapshot.sizes[snapshot.find(uid)] ?? 0;
  context.prefetcher.start(sort, newItems(session, snapshot, renderer, rendering), windows, sizeOf);
}
