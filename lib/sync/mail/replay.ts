/**
 * A lost answer given again (rule 1): the same commands under the previous key get their stored results and the very same
 * changes under the same new key. Nothing is carried out and nothing is written.
 */
import type { CollectionAnswer } from '../collection-answer.ts';
import type { CollectionRequest } from '../collection-request.ts';
import type { Renderer } from '../sync.ts';
import { formatSyncKey } from '../sync-key.ts';
import { outcomeOf, replayed } from './client-commands.ts';
import { type CollectionSession, look, scopeOf } from './collection-session.ts';
import { optionsText, renderingText } from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';
import { sizeOfDelta } from './delta.ts';
import { countOf, differencesOf, NO_DIFFERENCES } from './differences.ts';
import { fetcherOf, fetchOutcomes } from './fetch-items.ts';
import { renderDelta } from './rendering.ts';
import { prefetchNext } from './prefetch-next.ts';

/** Is this request the one that the last answer was for? */
export function isRepetition({ state, optionsText: storedOptions }: LoadedState, request: CollectionRequest): boolean {
  const commands = request.commands.filter((command) => command.kind !== 'fetch');
  const answered = state.results.filter((result) => result.isAnswered);
  const items = sizeOfDelta(state.delta);
  return (
    commands.length === answered.length &&
    replayed(commands, answered).size === commands.length &&
    (request.options === undefined || optionsText(request.options) === storedOptions) &&
    items <= request.windowSize &&
    (items === 0 || request.getChanges)
  );
}

/**
 * Undefined: something of it cannot be rendered any more, and the device would never hear of it. It is to be answered from the
 * state at its key.
 */
export async function replay<T>(
  session: CollectionSession,
  loaded: LoadedState,
  request: CollectionRequest,
  renderer: Renderer<T>,
): Promise<CollectionAnswer<T> | undefined> {
  const { state, current } = loaded;
  const snapshot = await look(session, state.reach);
  const rendering = renderingText(request.options ?? state.options, renderer.kind);
  const fetcherFor = (asTold: Renderer<T>) => fetcherOf(session, snapshot, asTold, undefined, Number.POSITIVE_INFINITY);
  const { changes, poisoned } = await renderDelta(session.folder.id, snapshot, state.delta, renderer, fetcherFor);
  if (poisoned.length > 0) return undefined;
  const stored = replayed(request.commands, state.results);
  const fetched = await fetchOutcomes(session, request.commands, renderer, snapshot);
  const outcomes = request.commands.flatMap((_, index) => {
    const result = stored.get(index);
    const outcome = fetched.get(index) ?? (result && outcomeOf<T>(result));
    return outcome ? [outcome] : [];
  });
  const scope = await scopeOf(session, state.cutOff, state.skipped, snapshot);
  const further = request.getChanges
    ? differencesOf(current.underMark(snapshot.mark), snapshot, scope)
    : NO_DIFFERENCES;
  loaded.answers++;
  prefetchNext(session, snapshot, renderer, rendering, further.added, request.windowSize);
  return {
    kind: 'answer',
    syncKey: formatSyncKey(state.series, state.generation),
    changed: true,
    outcomes,
    changes,
    moreAvailable: countOf(further) > 0,
  };
}
