/**
 * `FOLDERS`: the user's folders under short ids that are never reused. Pure: what the backend lists goes in, a registry
 * with a new version comes out, or the same one if no device could tell a difference.
 */
import type { Folder, FolderKind, ItemClass } from '../../backends/index.ts';
import type { SyncFolder } from '../sync.ts';

export interface FolderEntry extends SyncFolder {
  /** False for a mere parent that holds no items, and for folders that the backend lacks. */
  readonly selectable: boolean;
  /** Registry versions at which it came and at which a device could last see a difference. */
  readonly created: number;
  readonly changed: number;
  /** UIDVALIDITY as last seen, and how often it changed: ServerIds bear it, so that none is ever used twice. */
  readonly validity: string | undefined;
  readonly mark: number;
}

export interface GoneFolder {
  readonly id: string;
  readonly created: number;
  readonly gone: number;
}

export interface FolderRegistry {
  readonly version: number;
  readonly nextId: number;
  readonly folders: readonly FolderEntry[];
  /** Newest last. Devices that have not asked since `forgotten` begin again. */
  readonly gone: readonly GoneFolder[];
  readonly forgotten: number;
  /** A rename that was written down before it was made: a server that dies in between has made it or not. */
  readonly renaming?: Renaming;
}

export interface Renaming {
  /** The backend's name of the folder before. */
  readonly from: string;
  readonly name: string;
  /** The backend's name of its parent to be. */
  readonly parent: string | undefined;
}

export const EMPTY_REGISTRY: FolderRegistry = { version: 0, nextId: 1, folders: [], gone: [], forgotten: 0 };

/** Folders that every device expects; where the backend has none they are supplied, always empty. */
const EXPECTED: readonly { readonly kind: FolderKind; readonly name: string; readonly itemClass: ItemClass }[] = [
  { kind: 'inbox', name: 'Inbox', itemClass: 'Email' },
  { kind: 'drafts', name: 'Drafts', itemClass: 'Email' },
  { kind: 'trash', name: 'Deleted Items', itemClass: 'Email' },
  { kind: 'sent', name: 'Sent Items', itemClass: 'Email' },
  { kind: 'outbox', name: 'Outbox', itemClass: 'Email' },
  { kind: 'tasks', name: 'Tasks', itemClass: 'Tasks' },
  { kind: 'calendar', name: 'Calendar', itemClass: 'Calendar' },
  { kind: 'contacts', name: 'Contacts', itemClass: 'Contacts' },
  { kind: 'notes', name: 'Notes', itemClass: 'Notes' },
];

/** How many deleted folders are remembered for devices that have not heard of it yet. */
const GONE_LIMIT = 1_000;

export const ROOT_ID = '0';

export function nameOfExpected(kind: FolderKind): string {
  return EXPECTED.find((expected) => expected.kind === kind)?.name ?? kind;
}

interface Wanted {
  readonly backendId: string | undefined;
  readonly parent: string | undefined;
  readonly name: string;
  readonly kind: FolderKind;
  readonly itemClass: ItemClass;
  readonly selectable: boolean;
}

export function reconcile(registry: FolderRegistry, listed: readonly Folder[]): FolderRegistry {
  const version = registry.version + 1;
  const wanted = [...listed.map(fromBackend), ...missingOf(listed)];
  const matches = matchEntries(registry.folders, wanted);
  let nextId = registry.nextId;
  const ids = wanted.map((_, index) => matches[index]?.id ?? String(nextId++));
  const idOfBackend = new Map<string, string>();
  for (const [index, { backendId }] of wanted.entries()) {
    if (backendId !== undefined) idOfBackend.set(backendId, ids[index] as string);
  }
  let moved = false;
  const folders = wanted.map((folder, index): FolderEntry => {
    const id = ids[index] as string;
    const before = matches[index];
    const parentId = folder.parent === undefined ? ROOT_ID : (idOfBackend.get(folder.parent) ?? ROOT_ID);
    const { backendId, name, kind, itemClass, selectable } = folder;
    const visible = { id, parentId, name, kind, itemClass, backendId, selectable };
    if (!before) {
      moved = true;
      return { ...visible, created: version, changed: version, validity: undefined, mark: 0 };
    }
    const differs = looksDifferent(before, visible);
    const isSame = !differs && before.backendId === backendId && before.selectable === selectable;
    if (isSame) return before;
    moved = true;
    return { ...before, ...visible, changed: differs ? version : before.changed };
  });
  const kept = new Set(ids);
  const lost = registry.folders.filter((entry) => !kept.has(entry.id));
  if (!moved && lost.length === 0) return registry;
  const gone = [...registry.gone, ...lost.map(({ id, created }) => ({ id, created, gone: version }))];
  const pruned = gone.splice(0, Math.max(0, gone.length - GONE_LIMIT));
  return { version, nextId, folders, gone, forgotten: pruned.at(-1)?.gone ?? registry.forgotten };
}

/** The registry without a rename that was begun: its entries follow if the rename was made. */
export function settleRenaming(registry: FolderRegistry, listed: readonly Folder[]): FolderRegistry {
  const { renaming, ...settled } = registry;
  if (!renaming) return registry;
  const made = listed.find(({ name, parentId }) => name === renaming.name && parentId === renaming.parent);
  return made ? followRename(settled, renaming.from, made.id, listed) : settled;
}

/** After a rename that this server made: entries follow their folder, and its children theirs, to the new names. */
export function followRename(
  registry: FolderRegistry,
  oldId: string,
  newId: string,
  listed: readonly Folder[],
): FolderRegistry {
  if (oldId === newId) return registry;
  const names = new Set(listed.map((folder) => folder.id));
  const folders = registry.folders.map((entry): FolderEntry => {
    if (entry.backendId === undefined || !entry.backendId.startsWith(oldId)) return entry;
    const renamed = newId + entry.backendId.slice(oldId.length);
    return names.has(renamed) && !names.has(entry.backendId) ? { ...entry, backendId: renamed } : entry;
  });
  return { ...registry, folders };
}

function fromBackend(folder: Folder): Wanted {
  const { id, parentId, name, kind, itemClass, selectable } = folder;
  return { backendId: id, parent: parentId, name, kind, itemClass, selectable };
}

function missingOf(listed: readonly Folder[]): Wanted[] {
  const present = new Set(listed.map((folder) => folder.kind));
  return EXPECTED.filter(({ kind }) => !present.has(kind)).map((expected) => ({
    ...expected,
    backendId: undefined,
    parent: undefined,
    selectable: false,
  }));
}

/** The entry that each wanted folder continues: by the backend's name first, then special folders by their kind. */
function matchEntries(entries: readonly FolderEntry[], wanted: readonly Wanted[]): (FolderEntry | undefined)[] {
  const byBackendId = new Map<string, FolderEntry>();
  for (const entry of entries) if (entry.backendId !== undefined) byBackendId.set(entry.backendId, entry);
  const taken = new Set<string>();
  const matches = wanted.map((folder) => {
    const entry = folder.backendId === undefined ? undefined : byBackendId.get(folder.backendId);
    if (entry) taken.add(entry.id);
    return entry;
  });
  return matches.map((match, index) => {
    const folder = wanted[index] as Wanted;
    if (match || folder.kind === 'user') return match;
    const successor = entries.find((entry) => entry.kind === folder.kind && !taken.has(entry.id));
    if (successor) taken.add(successor.id);
    return successor;
  });
}

function looksDifferent(before: SyncFolder, now: SyncFolder): boolean {
  return (
    before.name !== now.name ||
    before.parentId !== now.parentId ||
    before.kind !== now.kind ||
    before.itemClass !== now.itemClass
  );
}
