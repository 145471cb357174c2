/** Sync of one mail folder for one device: which key it is, and what that calls for. Callers run one at a time. */
import type { CollectionAnswer } from '../collection-answer.ts';
import type { CollectionRequest } from '../collection-request.ts';
import type { Renderer } from '../sync.ts';
import { formatSyncKey, newSeries, parseSyncKey } from '../sync-key.ts';
import { advance, type Standing } from './advance.ts';
import { generationAhead, standingAhead } from './ahead.ts';
import { type CollectionSession, look } from './collection-session.ts';
import { DEFAULT_OPTIONS, firstState, optionsText } from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';
import { cutOffOf } from './filter.ts';
import { isRepetition, replay } from './replay.ts';
import { relaxed, suspect } from './suspicion.ts';

export async function syncMail<T>(
  session: CollectionSession,
  request: CollectionRequest,
  renderer: Renderer<T>,
): Promise<CollectionAnswer<T>> {
  if (request.syncKey === '0') return start(session, request);
  const found = await findKey(session, request.syncKey);
  if (!found) return { kind: 'refused', reason: 'invalid-key' };
  const { loaded, isRetry, ahead } = found;
  if (ahead !== undefined) {
    const standing = await standingAhead(session, loaded, ahead, request);
    return standing ? advance(session, standing, request, renderer) : { kind: 'refused', reason: 'invalid-key' };
  }
  const { state } = loaded;
  if (!isRetry) {
    loaded.isKeyUsed = true;
    const unchanged = unchangedAnswer<T>(session, loaded, request);
    if (unchanged) return unchanged;
    const standing: Standing = {
      loaded,
      holding: loaded.current,
      generation: state.generation,
      results: [],
      isRetry: false,
      windowLimit: relaxed(state.windowLimit),
      skipped: state.skipped,
    };
    return advance(session, standing, request, renderer);
  }
  const suspicion = loaded.isKeyUsed ? undefined : await suspect(session, loaded);
  if (!suspicion && isRepetition(loaded, request)) {
    const again = await replay(session, loaded, request, renderer);
    if (again) return again;
  }
  const standing: Standing = {
    loaded,
    holding: state.base,
    generation: state.previousGeneration as number,
    results: state.results,
    isRetry: true,
    windowLimit: suspicion ? suspicion.windowLimit : state.windowLimit,
    skipped: suspicion ? suspicion.skipped : state.skipped,
  };
  return advance(session, standing, request, renderer);
}

/** Rule 4: a second beginning while the first is unconfirmed is the same beginning. */
async function start<T>(session: CollectionSession, request: CollectionRequest): Promise<CollectionAnswer<T>> {
  if (request.commands.length > 0 || request.getChanges) return { kind: 'refused', reason: 'malformed' };
  const { states, clock, random } = session.context;
  const { loaded, version } = await states.load(session.sort);
  const isRepeated = loaded !== undefined && loaded.state.generation === 1 && !loaded.state.isConfirmed;
  const { supported: _, ...remembered } = request.options ?? loaded?.state.options ?? DEFAULT_OPTIONS;
  const { supported } = request;
  const options = supported ? { ...remembered, supported } : remembered;
  const series = isRepeated ? loaded.state.series : newSeries(random);
  if (!isRepeated || loaded.optionsText !== optionsText(options)) {
    const cutOff = cutOffOf(options.filterDays, clock.now());
    // The device's next request needs the view: it is read meanwhile, and a failure is told to whoever asks then.
    Promise.resolve(look(session, cutOff)).catch(() => undefined);
    await states.store(session.sort, version, firstState(series, options, cutOff), 0);
  }
  return {
    kind: 'answer',
    syncKey: formatSyncKey(series, 1),
    changed: true,
    outcomes: [],
    changes: [],
    moreAvailable: false,
  };
}

export interface FoundKey {
  readonly loaded: LoadedState;
  /** It is the key before the last one. */
  readonly isRetry: boolean;
  /** The generation of a key that is newer than the state: the store went back. */
  readonly ahead?: number;
}

/** Another server may have written since this one read: one consistent read before a key is called invalid. */
export async function findKey(session: CollectionSession, syncKey: string): Promise<FoundKey | undefined> {
  const { states } = session.context;
  const known = states.peek(session.sort);
  const found = known && standingOf(known, syncKey);
  if (found) return found;
  const { loaded } = await states.load(session.sort, true);
  if (!loaded) return undefined;
  const ahead = generationAhead(loaded, syncKey);
  return ahead === undefined ? standingOf(loaded, syncKey) : { loaded, isRetry: false, ahead };
}

function standingOf(loaded: LoadedState, syncKey: string): FoundKey | undefined {
  const key = parseSyncKey(syncKey);
  const { state } = loaded;
  if (!key || key.series !== state.series) return undefined;
  if (key.generation === state.generation) return { loaded, isRetry: false };
  return key.generation === state.previousGeneration ? { loaded, isRetry: true } : undefined;
}

/** Rule 3, without a look at anything but memory: the folder is watched, and it stands where it stood. */
function unchangedAnswer<T>(
  session: CollectionSession,
  loaded: LoadedState,
  request: CollectionRequest,
): CollectionAnswer<T> | undefined {
  const { state, quiet } = loaded;
  if (session.context.announcements.isPending(session.folder.backendId)) return undefined;
  if (!quiet || request.commands.length > 0 || !request.getChanges || !state.isConfirmed) return undefined;
  if (request.options !== undefined && optionsText(request.options) !== loaded.optionsText) return undefined;
  const { clock } = session.context;
  const now = clock.now();
  const cutOff = cutOffOf(state.options.filterDays, now);
  if (quiet.cutOff !== cutOff || quiet.until <= now) return undefined;
  const snapshot = look(session, Math.min(cutOff, state.reach));
  if (snapshot instanceof Promise) {
    // The look that this began is joined by the ordinary course, which tells of its failure too.
    snapshot.catch(() => undefined);
    return undefined;
  }
  if (snapshot.version !== quiet.version) return undefined;
  return {
    kind: 'answer',
    syncKey: request.syncKey,
    changed: false,
    outcomes: [],
    changes: [],
    moreAvailable: false,
  };
}
