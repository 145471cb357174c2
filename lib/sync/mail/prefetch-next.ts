/** Begins to fetch what the device's next request will ask for, while it digests the last answer. */
import type { Renderer } from '../sync.ts';
import { type CollectionSession, scopeOf } from './collection-session.ts';
import { renderingText } from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';
import { differencesOf, windowOf } from './differences.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';

export function prefetchNext<T>(
  session: CollectionSession,
  loaded: LoadedState,
  renderer: Renderer<T>,
  windowSize: number,
  snapshot: FolderSnapshot,
): void {
  const { context, folder, sort } = session;
  const { state, current } = loaded;
  if (folder.backendId === undefined || current.mark !== snapshot.mark) return;
  const scope = scopeOf(session, state.cutOff, state.skipped, snapshot.mark);
  const limit = Math.min(windowSize, state.windowLimit ?? windowSize);
  const { added } = windowOf(differencesOf(current, snapshot, scope), limit);
  const bytes = added.reduce((sum, uid) => sum + (snapshot.sizes[snapshot.find(uid)] ?? 0), 0);
  const { plan } = renderer;
  const rendering = renderingText(state.options);
  context.prefetcher.start(
    sort,
    { backendId: folder.backendId, mark: snapshot.mark, rendering, plan, uids: added },
    bytes,
  );
}
