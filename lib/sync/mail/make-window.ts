/** One window of changes: compared, fetched, rendered; and another if nothing of it was left to send. */
import type { CollectionRequest } from '../collection-request.ts';
import { formatServerId } from '../server-id.ts';
import type { Renderer } from '../sync.ts';
import type { Standing } from './advance.ts';
import { type CollectionSession, look, scopeOf } from './collection-session.ts';
import { renderingText, type SkippedItem, type StoredResult, withEffects } from './collection-state.ts';
import { sizeOfDelta } from './delta.ts';
import { countOf, differencesOf, NO_DIFFERENCES, windowOf } from './differences.ts';
import { fetcherOf } from './fetch-items.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import { prefetchNext } from './prefetch-next.ts';
import { fetchWindow, type Rendered, renderWindow } from './rendering.ts';

export interface MadeWindow<T> {
  readonly snapshot: FolderSnapshot;
  readonly rendered: Rendered<T>;
  /** How many differences are left for later. */
  readonly left: number;
  readonly skipped: readonly SkippedItem[];
}

/** Looks again after a window of which nothing was left to send. */
const ATTEMPTS = 4;

export async function makeWindow<T>(
  session: CollectionSession,
  standing: Standing,
  request: CollectionRequest,
  renderer: Renderer<T>,
  { done, cutOff, reach }: { readonly done: readonly StoredResult[]; readonly cutOff: number; readonly reach: number },
): Promise<MadeWindow<T>> {
  const { context, folder, deviceId } = session;
  const limit = Math.min(request.windowSize, standing.windowLimit ?? request.windowSize);
  const rendering = renderingText(request.options ?? standing.loaded.state.options, renderer.kind);
  let skipped = standing.skipped;
  for (let attempt = 1; ; attempt++) {
    const snapshot = await look(session, reach);
    const now = context.clock.now();
    skipped = stillSkipped(skipped, snapshot, now);
    const holding = withEffects(standing.holding.underMark(snapshot.mark), done);
    const differences = request.getChanges
      ? differencesOf(holding, snapshot, await scopeOf(session, cutOff, skipped, snapshot))
      : NO_DIFFERENCES;
    const window = windowOf(differences, limit);
    const fetcher = fetcherOf(session, snapshot, renderer, rendering, context.settings.answerLimitBytes);
    const content = await fetchWindow(window, fetcher);
    // New messages left for the next answer, since this one is large enough.
    const deferred = content.news?.deferred.size ?? 0;
    const sent = window.added.length - deferred;
    // Before the rendering, so that the mail system works meanwhile.
    prefetchNext(session, snapshot, renderer, rendering, differences.added.slice(sent), limit);
    const rendered = renderWindow(folder.id, snapshot.mark, window, holding, renderer, content);
    for (const { uid, flags, error } of rendered.poisoned) {
      const serverId = formatServerId(folder.id, snapshot.mark, uid);
      await context.poison.record({ deviceId, serverId, cause: 'not-rendered', error });
      skipped = [...skipped, { mark: snapshot.mark, uid, flags, until: now + context.settings.poisonRetryMs }];
    }
    if (rendered.gone > 0) session.view.markStale();
    if (rendered.unfounded > 0) session.view.startOver();
    const left = window.left + deferred;
    const isFruitless = countOf(window) > 0 && sizeOfDelta(rendered.delta) === 0;
    if (!isFruitless || attempt === ATTEMPTS) return { snapshot, rendered, left, skipped };
  }
}

/** Without those whose time has come or whose message changed or went; the same list if all stay. */
function stillSkipped(skipped: readonly SkippedItem[], snapshot: FolderSnapshot, now: number): readonly SkippedItem[] {
  const still = skipped.filter(
    (item) => item.until > now && item.mark === snapshot.mark && snapshot.flagTextOf(item.uid) === item.flags,
  );
  return still.length === skipped.length ? skipped : still;
}
