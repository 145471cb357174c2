/** What is done to a user's mail outside a Sync: every device, the one that asked included, hears of it as a change. */
import type { FetchedMessage, FetchPlan, Hit, SearchQuery } from '../../backends/index.ts';
import type { FolderEntry, FolderRegistry } from '../folders/folder-registry.ts';
import { asSyncFolder } from '../folders/seen-folders.ts';
import { formatServerId } from '../server-id.ts';
import type { MoveResult, SyncFolder, SyncItem } from '../sync.ts';
import { mustHold } from './client-commands.ts';
import { type MailContext, sourceOf } from './collection-session.ts';
import { openFolder } from './open-folder.ts';

/** Headers read in one go while the messages of a conversation are looked for. */
const HEADERS_AT_ONCE = 500;
const NO_PARTS: FetchPlan = () => [];

export async function fetchItems(
  context: MailContext,
  items: readonly SyncItem[],
  plan: FetchPlan,
): Promise<ReadonlyMap<string, FetchedMessage>> {
  const found = new Map<string, FetchedMessage>();
  for (const [backendId, members] of byFolder(context, items)) {
    const idOf = new Map(members.map((item) => [item.uid, item.serverId]));
    const folder = context.hierarchy.known(members[0]?.folder.id ?? '');
    const source = folder ? sourceOf(context, folder) : context.mailbox;
    for (const message of await source.fetch(backendId, [...idOf.keys()], plan)) {
      found.set(idOf.get(message.uid) ?? '', message);
    }
  }
  return found;
}

export async function searchFolders(
  context: MailContext,
  folders: readonly SyncFolder[],
  query: SearchQuery,
  limit: number,
): Promise<readonly (Hit & SyncItem)[]> {
  const entries = new Map<string, FolderEntry>();
  for (const { id } of folders) {
    const entry = context.hierarchy.known(id);
    const backendId = context.hierarchy.backendIdOf(id);
    if (entry && backendId !== undefined && entry.itemClass === 'Email') entries.set(backendId, entry);
  }
  if (entries.size === 0) return [];
  const hits = await context.mailbox.search([...entries.keys()], query, limit);
  const items: (Hit & SyncItem)[] = [];
  for (const hit of hits) {
    const entry = entries.get(hit.folderId);
    if (!entry) continue;
    const mark = await openFolder(context, entry);
    items.push({ ...hit, serverId: formatServerId(entry.id, mark, hit.uid), folder: asSyncFolder(entry) });
  }
  return items;
}

export async function updateItemFlags(
  context: MailContext,
  items: readonly SyncItem[],
  change: { add?: readonly string[]; remove?: readonly string[] },
): Promise<void> {
  for (const [backendId, members] of byFolder(context, items)) {
    mustHold(context.lease);
    const uids = members.map((item) => item.uid);
    const folderId = members[0]?.folder.id ?? '';
    await context.mailbox.updateFlags(backendId, uids, change, context.hierarchy.known(folderId)?.validity);
    touch(context, folderId);
  }
}

export async function emptyFolder(
  context: MailContext,
  folder: SyncFolder,
  { withSubfolders }: { readonly withSubfolders: boolean },
): Promise<void> {
  const { hierarchy, mailbox } = context;
  if (withSubfolders) {
    for (const child of childrenOf(await hierarchy.registry(), folder.id)) {
      const { backendId } = child;
      if (child.kind !== 'user' || backendId === undefined) {
        await emptyFolder(context, asSyncFolder(child), { withSubfolders });
        continue;
      }
      mustHold(context.lease);
      await hierarchy.change(async () => {
        await mailbox.deleteFolder(backendId);
        return undefined;
      });
    }
  }
  const backendId = hierarchy.backendIdOf(folder.id);
  if (backendId === undefined) return;
  if (folder.itemClass !== 'Email') return emptyCollection(context, folder.id, backendId);
  const uids = (await mailbox.changes(backendId)).messages.map((message) => message.uid);
  mustHold(context.lease);
  if (uids.length > 0) await mailbox.remove(backendId, uids);
  touch(context, folder.id);
}

async function emptyCollection(context: MailContext, folderId: string, backendId: string): Promise<void> {
  const store = context.resources?.store;
  if (!store) return;
  for (const { name } of (await store.changes(backendId)).resources) {
    mustHold(context.lease);
    await store.remove(backendId, name, undefined);
  }
  touch(context, folderId);
}

/** All messages of the conversation, wherever they are but in drafts, sent mail and the trash. */
export async function moveConversation(
  context: MailContext,
  conversationId: Uint8Array,
  targetId: string,
  conversationOf: (message: FetchedMessage) => Uint8Array,
): Promise<MoveResult> {
  const { hierarchy, mailbox } = context;
  const known = await hierarchy.find(targetId);
  const target = known?.itemClass === 'Email' ? await hierarchy.materialize(targetId) : undefined;
  if (!target?.selectable || target.backendId === undefined) return { kind: 'refused', reason: 'invalid-target' };
  const mark = await openFolder(context, target);
  let last: string | undefined;
  for (const entry of (await hierarchy.registry()).folders) {
    const backendId = hierarchy.backendIdOf(entry.id);
    const isPassedOver = entry.id === targetId || ['drafts', 'sent', 'trash', 'outbox'].includes(entry.kind);
    if (backendId === undefined || isPassedOver || entry.itemClass !== 'Email') continue;
    const uids = await conversationIn(context, backendId, conversationId, conversationOf);
    if (uids.length === 0) continue;
    mustHold(context.lease);
    const moved = await mailbox.move(backendId, uids, target.backendId);
    touch(context, entry.id);
    for (const uid of moved.values()) last = formatServerId(targetId, mark, uid);
    last ??= targetId;
  }
  touch(context, targetId);
  if (last !== undefined) return { kind: 'moved', serverId: last };
  // Asked again after a lost answer: it is where the device wants it.
  const [there] = await conversationIn(context, target.backendId, conversationId, conversationOf);
  if (there === undefined) return { kind: 'refused', reason: 'invalid-source' };
  return { kind: 'moved', serverId: formatServerId(targetId, mark, there) };
}

async function conversationIn(
  context: MailContext,
  backendId: string,
  conversationId: Uint8Array,
  conversationOf: (message: FetchedMessage) => Uint8Array,
): Promise<number[]> {
  const all = (await context.mailbox.changes(backendId)).messages.map((message) => message.uid);
  const wanted = Buffer.from(conversationId);
  const found: number[] = [];
  for (let at = 0; at < all.length; at += HEADERS_AT_ONCE) {
    const messages = await context.mailbox.fetch(backendId, all.slice(at, at + HEADERS_AT_ONCE), NO_PARTS);
    for (const message of messages) if (wanted.equals(conversationOf(message))) found.push(message.uid);
  }
  return found;
}

function childrenOf(registry: FolderRegistry, id: string): readonly FolderEntry[] {
  return registry.folders.filter((entry) => entry.parentId === id);
}

function byFolder(context: MailContext, items: readonly SyncItem[]): ReadonlyMap<string, readonly SyncItem[]> {
  const groups = new Map<string, SyncItem[]>();
  for (const item of items) {
    const backendId = context.hierarchy.backendIdOf(item.folder.id);
    if (backendId === undefined) continue;
    const group = groups.get(backendId);
    if (group) group.push(item);
    else groups.set(backendId, [item]);
  }
  return groups;
}

/** Whoever waits for the folder is told when the look finds a difference. */
function touch(context: MailContext, folderId: string | undefined): void {
  const view = folderId === undefined ? undefined : context.views.peek(folderId);
  if (!view) return;
  view.markStale();
  if (view.reach === undefined) return;
  Promise.resolve(view.fresh(view.reach, Number.POSITIVE_INFINITY)).catch((error: unknown) => {
    context.log.warn({ error, folderId }, 'a folder cannot be looked at for now');
  });
}
