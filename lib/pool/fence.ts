import { isLiveStatus, readServer } from './records.ts';
import { settle, type StoreAccess } from './settle.ts';
import { fenceWrite } from './writes.ts';

/**
 * Declares a session dead if its counter still is what was observed. `fenced`: by this write; `dead`: it already was;
 * `moved`: it has beaten since, and lives.
 */
export async function fenceSession(
  access: StoreAccess,
  pool: string,
  session: string,
  observedBeat: number,
): Promise<'fenced' | 'dead' | 'moved' | 'unknown'> {
  const result = await settle(access, fenceWrite(pool, session, observedBeat, access.clock.now()));
  if (result.outcome === 'applied') {
    access.metrics.count('fence');
    return result.byEarlier ? 'dead' : 'fenced';
  }
  if (result.outcome === 'unknown') return 'unknown';
  return result.current !== undefined && isLiveStatus(readServer(result.current).status) ? 'moved' : 'dead';
}
