/**
 * A device whose key is newer than what the store has: the store went back behind the device, since a region was lost before its
 * last writes were replicated, or a backup was restored. The device keeps its series. Of what the mailbox has beyond the state
 * that is left nobody knows whether the device was told of it: it is told to delete that, which does nothing to what it
 * does not have, and gets it anew with its next request. Everything else is compared as ever.
 */
import { UidRuns } from '../../backends/index.ts';
import type { CollectionRequest } from '../collection-request.ts';
import { parseSyncKey } from '../sync-key.ts';
import type { Standing } from './advance.ts';
import { type CollectionSession, look, scopeOf } from './collection-session.ts';
import { optionsOf } from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';
import { differencesOf } from './differences.ts';
import { cutOffOf } from './filter.ts';
import { type FolderSnapshot, runsOf } from './folder-snapshot.ts';
import { Holding } from './holding.ts';

/** Answers that a lag or the age of a backup may hide; a key beyond that was never handed out. */
const MOST_GENERATIONS = 1_000;
/** With more of them a device is served better if it begins again. */
const MOST_DOUBTFUL = 512;
/** Of the newest UIDs so many may have come and gone unseen by the state that is left. */
const COME_AND_GONE = 128;
/** So many of these beyond the newest that there is. */
const GONE_BEYOND = 8;

/** By how many generations the key is newer; undefined: it is none that the store could have forgotten. */
export function generationAhead({ state }: LoadedState, syncKey: string): number | undefined {
  const key = parseSyncKey(syncKey);
  if (!key || key.series !== state.series) return undefined;
  const { generation } = key;
  return generation > state.generation && generation <= state.generation + MOST_GENERATIONS ? generation : undefined;
}

/** Where the device stands, as far as can be told. Undefined: so little that it had better begin again. */
export async function standingAhead(
  session: CollectionSession,
  loaded: LoadedState,
  generation: number,
  request: CollectionRequest,
): Promise<Standing | undefined> {
  const { state, current } = loaded;
  const { context, deviceId, folder } = session;
  const cutOff = cutOffOf(optionsOf(request, state).filterDays, context.clock.now());
  const snapshot = await look(session, Math.min(cutOff, state.reach));
  const held = current.underMark(snapshot.mark);
  const { added } = differencesOf(held, snapshot, await scopeOf(session, cutOff, [], snapshot));
  const seen = { deviceId, folderId: folder.id, storeGeneration: state.generation, generation, doubtful: added.length };
  if (added.length > MOST_DOUBTFUL) {
    context.log.warn(seen, 'the store is behind a device, and too much of what it has is unknown: it begins again');
    return undefined;
  }
  context.log.warn(seen, 'the store is behind a device: it keeps its key, and what it may have is sent anew');
  const gone = folder.itemClass === 'Email' ? comeAndGone(held, snapshot) : UidRuns.empty;
  const { mark, uids, flags, texts } = held;
  const earlier = held.stale.filter((it) => it.mark === mark).map((it) => it.uids);
  const doubtful = [gone, ...earlier].reduce((all, it) => all.union(it), UidRuns.of(added));
  const stale = [...held.stale.filter((it) => it.mark !== mark), { mark, uids: doubtful }];
  return {
    loaded: { ...loaded, state: { ...state, generation } },
    holding: new Holding({ mark, uids, flags, texts, stale }),
    generation,
    results: [],
    isRetry: true,
    windowLimit: state.windowLimit,
    skipped: [],
  };
}

/** UIDs only rise: what the device was told of and is not there any more is, most likely, among the newest. */
function comeAndGone(held: Holding, snapshot: FolderSnapshot): UidRuns {
  const last = Math.max(held.uids.at(-1) ?? 0, snapshot.uids.at(-1) ?? 0) + GONE_BEYOND;
  const newest = UidRuns.ofRuns([[Math.max(1, last - COME_AND_GONE + 1), last]]);
  return newest.minus(snapshot.runs).minus(runsOf(held.uids));
}
