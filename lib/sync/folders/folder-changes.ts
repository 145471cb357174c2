/** Folders that a device makes, renames, moves and deletes (MS-ASCMD 2.2.1.2 to 2.2.1.6), with the reasons for refusing. */
import { BackendError, type Mailbox } from '../../backends/index.ts';
import type { FolderChange, FolderChangeAnswer } from '../sync.ts';
import { type FolderEntry, type FolderRegistry, ROOT_ID } from './folder-registry.ts';
import type { Hierarchy } from './hierarchy.ts';

type Refusal = Extract<FolderChangeAnswer, { kind: 'refused' }>;
type Outcome = Refusal | { readonly kind: 'done'; readonly id: string; readonly registry: FolderRegistry };

const refused = (reason: Refusal['reason']): Refusal => ({ kind: 'refused', reason });

/** `begin` is called right before the mail system is asked for the change. */
export async function changeFolder(
  hierarchy: Hierarchy,
  mailbox: Mailbox,
  change: FolderChange,
  begin: () => Promise<void>,
): Promise<Outcome> {
  try {
    switch (change.kind) {
      case 'create':
        return await create(hierarchy, mailbox, change, begin);
      case 'rename':
        return await rename(hierarchy, mailbox, change, begin);
      case 'delete':
        return await remove(hierarchy, mailbox, change.id, begin);
    }
  } catch (error) {
    if (!(error instanceof BackendError) || error.code === 'unavailable') throw error;
    if (error.code === 'already-exists') return refused('exists');
    if (error.code === 'not-found') return refused('not-found');
    return refused('server-error');
  }
}

async function create(
  hierarchy: Hierarchy,
  mailbox: Mailbox,
  { name, parentId, itemClass }: Extract<FolderChange, { kind: 'create' }>,
  begin: () => Promise<void>,
): Promise<Outcome> {
  const before = await hierarchy.registry();
  const parent = parentOf(before, parentId);
  if (!parent) return refused('parent-not-found');
  if (isTaken(before, name, parentId)) return refused('exists');
  if (itemClass !== 'Email' && !mailbox.resources?.capabilities.classes.has(itemClass)) return refused('server-error');
  let backendId = '';
  const registry = await hierarchy.change(async () => {
    await begin();
    backendId = (await mailbox.createFolder(name, parent.backendId, undefined, itemClass)).id;
    return undefined;
  });
  return doneWith(registry, (entry) => entry.backendId === backendId);
}

async function rename(
  hierarchy: Hierarchy,
  mailbox: Mailbox,
  { id, name, parentId }: Extract<FolderChange, { kind: 'rename' }>,
  begin: () => Promise<void>,
): Promise<Outcome> {
  const before = await hierarchy.registry();
  const entry = before.folders.find((folder) => folder.id === id);
  if (!entry) return refused('not-found');
  if (entry.kind !== 'user' || entry.backendId === undefined) return refused('special-folder');
  const parent = parentOf(before, parentId);
  if (!parent || isWithin(before, parentId, id)) return refused('parent-not-found');
  if (entry.name === name && entry.parentId === parentId) return { kind: 'done', id, registry: before };
  if (isTaken(before, name, parentId, id)) return refused('exists');
  const from = entry.backendId;
  const make = async () => {
    await begin();
    const folder = await mailbox.renameFolder(from, name, parent.backendId);
    return { renamed: [from, folder.id] as const };
  };
  const registry = await hierarchy.change(make, { from, name, parent: parent.backendId });
  return doneWith(registry, (folder) => folder.id === id);
}

async function remove(
  hierarchy: Hierarchy,
  mailbox: Mailbox,
  id: string,
  begin: () => Promise<void>,
): Promise<Outcome> {
  const before = await hierarchy.registry();
  const entry = before.folders.find((folder) => folder.id === id);
  if (!entry) return refused('not-found');
  const { kind, backendId } = entry;
  if (kind !== 'user' || backendId === undefined) return refused('special-folder');
  const registry = await hierarchy.change(async () => {
    await begin();
    await mailbox.deleteFolder(backendId);
    return undefined;
  });
  return { kind: 'done', id, registry };
}

/** The id of the folder if the change's effect is there already: what it made, or what it took away. A rename tells by itself. */
export function effectOf(change: FolderChange, registry: FolderRegistry): string | undefined {
  if (change.kind === 'create') return namesake(registry, change.name, change.parentId)?.id;
  if (change.kind === 'delete') return registry.gone.some(({ id }) => id === change.id) ? change.id : undefined;
  return undefined;
}

function doneWith(registry: FolderRegistry, matches: (entry: FolderEntry) => boolean): Outcome {
  const entry = registry.folders.find(matches);
  return entry ? { kind: 'done', id: entry.id, registry } : refused('server-error');
}

/** The backend's parent: undefined at the root; nothing if there is no such parent, or none that can have children. */
function parentOf(registry: FolderRegistry, id: string): { readonly backendId: string | undefined } | undefined {
  if (id === ROOT_ID) return { backendId: undefined };
  const entry = registry.folders.find((folder) => folder.id === id);
  return entry?.backendId === undefined ? undefined : { backendId: entry.backendId };
}

const isTaken = (registry: FolderRegistry, name: string, parentId: string, exceptId?: string): boolean =>
  namesake(registry, name, parentId, exceptId) !== undefined;

function namesake(
  registry: FolderRegistry,
  name: string,
  parentId: string,
  exceptId?: string,
): FolderEntry | undefined {
  return registry.folders.find(
    (folder) =>
      folder.id !== exceptId && folder.parentId === parentId && folder.name.toLowerCase() === name.toLowerCase(),
  );
}

function isWithin(registry: FolderRegistry, id: string, ancestorId: string): boolean {
  const parents = new Map(registry.folders.map((entry) => [entry.id, entry.parentId]));
  let at = id;
  for (let steps = 0; at !== ROOT_ID && steps <= parents.size; steps++) {
    if (at === ancestorId) return true;
    at = parents.get(at) ?? ROOT_ID;
  }
  return false;
}
