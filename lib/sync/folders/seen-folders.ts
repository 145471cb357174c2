/** What a device was told of the folders, and what it therefore lacks of a registry. Pure. */
import type { HierarchyChanges, SyncFolder } from '../sync.ts';
import { type FolderEntry, type FolderRegistry, ROOT_ID } from './folder-registry.ts';

export interface SeenFolders {
  /** Everything up to this version of the registry … */
  readonly version: number;
  /** … and of these folders, changed by the device itself, the state at a later version. */
  readonly own: Readonly<Record<string, number>>;
}

export const NOTHING_SEEN: SeenFolders = { version: 0, own: {} };

export function hasSeenAll(seen: SeenFolders, registry: FolderRegistry): boolean {
  if (seen.version === registry.version) return true;
  const { added, updated, deletedIds } = changesSince(seen, registry);
  return added.length + updated.length + deletedIds.length === 0;
}

/** Parents come before their children. */
export function changesSince(seen: SeenFolders, registry: FolderRegistry): HierarchyChanges {
  const added: FolderEntry[] = [];
  const updated: FolderEntry[] = [];
  for (const entry of registry.folders) {
    const own = seen.own[entry.id] ?? 0;
    if (entry.changed <= Math.max(seen.version, own)) continue;
    const isKnown = entry.created <= seen.version || own > 0;
    (isKnown ? updated : added).push(entry);
  }
  const deletedIds = registry.gone
    .filter(({ id, created, gone }) => {
      const own = seen.own[id] ?? 0;
      return gone > Math.max(seen.version, own) && (created <= seen.version || own > 0);
    })
    .map(({ id }) => id);
  return {
    added: parentsFirst(added, registry).map(asSyncFolder),
    updated: parentsFirst(updated, registry).map(asSyncFolder),
    deletedIds,
  };
}

/** The device made this change itself and needs not hear of it. */
export function withOwn(seen: SeenFolders, id: string, version: number): SeenFolders {
  return { ...seen, own: { ...seen.own, [id]: version } };
}

export function asSyncFolder(entry: FolderEntry): SyncFolder {
  const { id, parentId, name, kind, itemClass, backendId } = entry;
  return { id, parentId, name, kind, itemClass, backendId };
}

function parentsFirst(entries: readonly FolderEntry[], registry: FolderRegistry): FolderEntry[] {
  const parents = new Map(registry.folders.map((entry) => [entry.id, entry.parentId]));
  const depthOf = (id: string): number => {
    let depth = 0;
    for (let at = id; at !== ROOT_ID && depth <= parents.size; depth++) at = parents.get(at) ?? ROOT_ID;
    return depth;
  };
  const depths = new Map(entries.map((entry) => [entry.id, depthOf(entry.id)]));
  return [...entries].sort((a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0));
}
