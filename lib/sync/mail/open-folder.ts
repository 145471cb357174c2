/** Makes sure that a folder's UIDs mean what ServerIds say, before one of them is used or handed out. */
import type { FolderEntry } from '../folders/folder-registry.ts';
import type { MailContext } from './collection-session.ts';
import { cutOffOf } from './filter.ts';

/** The folder's mark by a look at it in this process's life. */
export async function openFolder(context: MailContext, folder: FolderEntry): Promise<number> {
  const view = context.views.of(folder.id);
  if (view.isLoaded) return context.hierarchy.known(folder.id)?.mark ?? 0;
  const recent = cutOffOf(0, context.clock.now());
  return (await view.fresh(recent, Number.POSITIVE_INFINITY)).mark;
}
