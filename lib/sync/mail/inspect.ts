/** Questions about a collection that change nothing: how much there is to send, and whether there is anything. */
import type { CollectionOptions } from '../collection-request.ts';
import type { EstimateAnswer, WatchState } from '../sync.ts';
import { type CollectionSession, look, scopeOf, skippedUntil } from './collection-session.ts';
import { countOf, differencesOf, hasNews } from './differences.ts';
import { cutOffOf } from './filter.ts';
import { findKey } from './mail-collection.ts';

export async function estimateMail(
  session: CollectionSession,
  syncKey: string,
  options: Partial<CollectionOptions>,
): Promise<EstimateAnswer> {
  const { states, clock } = session.context;
  if (syncKey === '0') return { kind: 'refused', reason: 'not-primed' };
  const found = await findKey(session, syncKey);
  if (!found) {
    const { loaded } = await states.load(session.sort);
    return { kind: 'refused', reason: loaded ? 'invalid-key' : 'not-primed' };
  }
  const { state, current } = found.loaded;
  const filterDays = 'filterDays' in options ? options.filterDays : state.options.filterDays;
  const cutOff = cutOffOf(filterDays, clock.now());
  const snapshot = await look(session, Math.min(cutOff, state.reach));
  const holding = (found.isRetry ? state.base : current).underMark(snapshot.mark);
  const scope = await scopeOf(session, cutOff, state.skipped, snapshot);
  return { kind: 'estimate', count: countOf(differencesOf(holding, snapshot, scope)) };
}

export async function watchMail(session: CollectionSession): Promise<WatchState> {
  const { states, clock } = session.context;
  const { loaded } = await states.load(session.sort);
  const now = clock.now();
  if (!loaded) {
    // That new mail came is known of a folder that was looked at.
    await look(session, cutOffOf(1, now), true);
    return 'not-primed';
  }
  const { state, quiet } = loaded;
  const cutOff = cutOffOf(state.options.filterDays, now);
  const snapshot = await look(session, Math.min(cutOff, state.reach), true);
  if (quiet && quiet.version === snapshot.version && quiet.until > now) return 'quiet';
  const scope = await scopeOf(session, cutOff, state.skipped, snapshot);
  const differences = differencesOf(loaded.current.underMark(snapshot.mark), snapshot, scope);
  if (!hasNews(differences)) {
    if (differences.aged.length === 0) loaded.quiet = { version: snapshot.version, cutOff, until: skippedUntil(state) };
    return 'quiet';
  }
  return state.isConfirmed ? 'changed' : 'not-primed';
}
