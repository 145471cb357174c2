/**
 * A device that comes back again and again with the same key may be failing over what it is sent (rule 7): first it gets
 * half of it, and half of that; a message that it fails over alone is kept from it for a while.
 */
import { formatServerId } from '../server-id.ts';
import type { CollectionSession } from './collection-session.ts';
import type { SkippedItem } from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';

/** Items were sent so often under one key: with its third coming the window is halved, and again with each further one. */
const ANSWERS_BEFORE_HALVING = 2;
/** A single message was sent so often: it is skipped. More patient, since a bad network looks alike. */
const ANSWERS_BEFORE_SKIPPING = 5;

export interface Suspicion {
  readonly windowLimit: number | undefined;
  readonly skipped: readonly SkippedItem[];
}

/** The device came with the previous key. Undefined: there is nothing odd about it yet. */
export async function suspect(session: CollectionSession, loaded: LoadedState): Promise<Suspicion | undefined> {
  const { state } = loaded;
  const items = state.delta.added.size + state.delta.changed.size;
  if (items === 0) return undefined;
  if (items > 1) {
    if (loaded.answers < ANSWERS_BEFORE_HALVING) return undefined;
    const windowLimit = Math.ceil(items / 2);
    session.context.log.info(
      { deviceId: session.deviceId, folderId: session.folder.id, answers: loaded.answers, windowLimit },
      'a device repeats itself: it is sent fewer items',
    );
    // A single one begins its own count.
    if (windowLimit === 1) loaded.answers = 0;
    return { windowLimit, skipped: state.skipped };
  }
  if (loaded.answers < ANSWERS_BEFORE_SKIPPING) return undefined;
  const [uid, flags] = [...state.delta.added, ...state.delta.changed][0] as readonly [number, string];
  const { mark } = state.delta;
  const { deviceId, folder, context } = session;
  await context.poison.record({ deviceId, serverId: formatServerId(folder.id, mark, uid), cause: 'device-fails' });
  loaded.answers = 0;
  const until = context.clock.now() + context.settings.poisonRetryMs;
  return { windowLimit: state.windowLimit, skipped: [...state.skipped, { mark, uid, flags, until }] };
}

/** The device came through: it is trusted with twice as much, and soon with all. */
export function relaxed(windowLimit: number | undefined): number | undefined {
  const NO_LIMIT = 512;
  return windowLimit === undefined || windowLimit * 2 >= NO_LIMIT ? undefined : windowLimit * 2;
}
