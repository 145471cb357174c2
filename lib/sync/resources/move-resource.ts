/**
 * MoveItems of an event, contact, task or note: put into the target under its own name, then taken out of the source. A repetition
 * finds it there.
 */
import { BackendError, type Resource } from '../../backends/index.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import { mustHold } from '../mail/client-commands.ts';
import type { MailContext } from '../mail/collection-session.ts';
import { openFolder } from '../mail/open-folder.ts';
import { formatServerId } from '../server-id.ts';
import type { MoveResult } from '../sync.ts';
import type { ResourceSource } from './resource-source.ts';
import { isSameResource } from './same-resource.ts';

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
    const [resource] = await resources.read(source.backendId, [id]);
    if (!resource) {
      const isThere = resources.nameOf(target.backendId, id) !== undefined;
      return isThere ? { kind: 'moved', serverId } : { kind: 'refused', reason: 'invalid-source' };
    }
    mustHold(context.lease);
    if (!(await put(resources, target.backendId, resource))) return FAILED;
    const removed = await resources.store.remove(source.backendId, resource.name, resource.etag);
    context.views.peek(source.id)?.markStale();
    context.views.peek(target.id)?.markStale();
    // Changed meanwhile: it stays where it is, and the copy goes.
    if (removed === 'conflict') await resources.store.remove(target.backendId, resource.name, undefined);
    return removed === 'conflict' ? FAILED : { kind: 'moved', serverId };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    log.warn({ error }, 'an item could not be moved');
    return FAILED;
  }
}

/** False: there is another of this name. */
async function put({ store }: ResourceSource, collectionId: string, resource: Resource): Promise<boolean> {
  const { kind } = await store.put(collectionId, resource.name, resource.text, 'new');
  if (kind === 'stored') return true;
  const [there] = await store.read(collectionId, [resource.name]);
  return there !== undefined && isSameResource(there.text, resource.text);
}
