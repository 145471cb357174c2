/** A search through collections: their servers know no free text, so the texts are read and looked at, some at a time. */
import type { ItemClass, Resource } from '../../backends/index.ts';
import { asSyncFolder } from '../folders/seen-folders.ts';
import type { MailContext } from '../mail/collection-session.ts';
import { ALL_TIME } from '../mail/folder-view.ts';
import { formatServerId } from '../server-id.ts';
import type { FoundItem, ResourceMatch, SyncFolder } from '../sync.ts';
import { idOf } from './resource-source.ts';

/** Texts in memory at once, however large a collection is. */
const READ_AT_ONCE = 200;
/** Those without a date come last. */
const NO_DATE = new Date(0);

export async function searchResources(
  context: MailContext,
  folders: readonly SyncFolder[],
  match: ResourceMatch,
  limit: number,
): Promise<readonly FoundItem[]> {
  let found: FoundItem[] = [];
  for (const { id } of folders) {
    const entry = context.hierarchy.known(id);
    const backendId = context.hierarchy.backendIdOf(id);
    if (!entry || backendId === undefined || entry.itemClass === 'Email' || !context.resources) continue;
    const view = context.views.of(id);
    const { uids, mark } = await view.fresh(ALL_TIME, context.viewAgeMs(entry));
    for (let at = 0; at < uids.length; at += READ_AT_ONCE) {
      const some = Array.from(uids.slice(at, at + READ_AT_ONCE));
      for (const resource of await context.resources.read(backendId, some)) {
        const receivedAt = matched(context, match, entry.itemClass, resource);
        if (receivedAt === undefined) continue;
        const uid = idOf(resource.name);
        found.push({ serverId: formatServerId(id, mark, uid), folder: asSyncFolder(entry), uid, receivedAt });
      }
      found = newest(found, limit);
    }
  }
  return found;
}

/** One that nobody can read is not found. */
function matched(
  { log }: MailContext,
  match: ResourceMatch,
  itemClass: ItemClass,
  { name, text }: Resource,
): Date | undefined {
  try {
    const found = match(itemClass, text);
    return found && (found.createdAt ?? NO_DATE);
  } catch (error) {
    log.debug({ error, resource: name }, 'a resource cannot be searched');
    return undefined;
  }
}

const newest = (found: FoundItem[], limit: number): FoundItem[] =>
  found.toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime()).slice(0, limit);
