/** Begins to fetch what the device's next request will ask for, while it digests this answer. */
import type { Renderer } from '../sync.ts';
import type { CollectionSession } from './collection-session.ts';
import { fitting } from './fetch-items.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';

/** `next`: new messages in the order of sending. */
export function prefetchNext<T>(
  { context, folder, sort, source }: CollectionSession,
  snapshot: FolderSnapshot,
  renderer: Renderer<T>,
  rendering: string,
  next: readonly number[],
): void {
  const { backendId } = folder;
  if (backendId === undefined || next.length === 0) return;
  const { uids, bytes } = fitting(next, snapshot, context.settings.prefetchLimitBytes);
  const { mark } = snapshot;
  const { plan } = renderer;
  context.prefetcher.start(sort, { source, backendId, mark, rendering, plan, uids }, bytes);
}
