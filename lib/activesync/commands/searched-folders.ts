/** Which folders a search goes through (MS-ASCMD 2.2.3.30.5, 2.2.3.41). */
import type { ItemClass } from '../../backends/index.ts';
import type { SyncFolder, UserSync } from '../../sync/index.ts';

const MAIL: ReadonlySet<ItemClass> = new Set(['Email']);

/**
 * The folders of these classes that the device named, with all below them where it wants so; all of them if it named none.
 * Undefined if it names one that is gone: its hierarchy is out of date.
 */
export async function searchedFolders(
  user: UserSync,
  collectionIds: readonly string[],
  withSubfolders: boolean,
  classes: ReadonlySet<ItemClass> = MAIL,
): Promise<readonly SyncFolder[] | undefined> {
  const all = await user.folders();
  const searchable = (it: SyncFolder): boolean => classes.has(it.itemClass) && it.backendId !== undefined;
  if (collectionIds.length === 0) return all.filter(searchable);

  const named = new Set(collectionIds);
  if (collectionIds.some((id) => !all.some((it) => it.id === id))) return undefined;
  const parents = new Map(all.map((it) => [it.id, it.parentId]));
  const isBelowNamed = (folder: SyncFolder): boolean => {
    let depth = 0;
    for (let id = parents.get(folder.id); id !== undefined && depth <= all.length; id = parents.get(id), depth++) {
      if (named.has(id)) return true;
    }
    return false;
  };
  return all.filter((it) => searchable(it) && (named.has(it.id) || (withSubfolders && isBelowNamed(it))));
}
