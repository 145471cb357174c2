/**
 * MoveItems of an event, contact, task or note: it keeps its name, so that a repetition finds it in the target.
 */
import { BackendError } from '../../backends/index.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import { mustHold } from '../mail/client-commands.ts';
import type { MailContext } from '../mail/collection-session.ts';
import { ALL_TIME } from '../mail/folder-view.ts';
import { openFolder } from '../mail/open-folder.ts';
import { formatServerId } from '../server-id.ts';
import type { MoveResult } from '../sync.ts';

const FAILED: MoveResult = { kind: 'refused', reason: 'failed' };

/** Both folders are of the same class, which is not Email. */
export async function moveResource(
  context: MailContext,
  source: FolderEntry,
  target: FolderEntry,
  id: number,
): Promise<MoveResult> {
  const { resources, log } = context;
  if (!resources || source.backendId === undefined) return { kind: 'refused', reason: 'invalid-source' };
  if (target.backendId === undefined) return { kind: 'refused', reason: 'invalid-target' };
  try {
    await openFolder(context, source);
    const mark = await openFolder(context, target);
    const serverId = formatServerId(target.id, mark, id);
    const name = resources.nameOf(source.backendId, id);
    if (name !== undefined) {
      mustHold(context.lease);
      const moved = await resources.store.move(source.backendId, name, target.backendId);
      context.views.peek(source.id)?.markStale();
      context.views.peek(target.id)?.markStale();
      if (moved !== 'gone') return moved === 'moved' ? { kind: 'moved', serverId } : FAILED;
    }
    await context.views.of(target.id).fresh(ALL_TIME, 0);
    const isThere = resources.nameOf(target.backendId, id) !== undefined;
    return isThere ? { kind: 'moved', serverId } : { kind: 'refused', reason: 'invalid-source' };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    log.warn({ error }, 'an item could not be moved');
    return FAILED;
  }
}
