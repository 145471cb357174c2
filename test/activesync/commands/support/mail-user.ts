// Ada with real messages in real folders on disk, and no sync state: for the commands that show and change mail without any.
import type { FoldersMailSystem, Mailbox } from '../../../../lib/backends/index.ts';
import { standaloneLease } from '../../../../lib/pool/index.ts';
import type { SyncFolder, SyncItem, UserSync } from '../../../../lib/sync/index.ts';
import { startSystem } from '../../../backends/folders/setup.ts';
import { fakeUser } from './fake-user.ts';

export interface MailUser {
  readonly user: UserSync;
  readonly mailbox: Mailbox;
  readonly system: FoldersMailSystem;
  /** By the backend's name of it. */
  folder(backendId: string): SyncFolder;
  /** The message's ServerId. */
  put(backendId: string, raw: string | Uint8Array, flags?: readonly string[], receivedAt?: Date): Promise<string>;
  flagsOf(serverId: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startMailUser(): Promise<MailUser> {
  const started = await startSystem();
  const mailbox = await started.open('ada');
  await mailbox.createFolder('Projects', undefined);
  await mailbox.createFolder('Engine', 'Projects');
  const folders: SyncFolder[] = (await mailbox.folders()).map((it, index) => ({
    id: String(index + 1),
    parentId: '0',
    name: it.name,
    kind: it.kind,
    itemClass: it.itemClass,
    backendId: it.id,
  }));
  const parents = new Map((await mailbox.folders()).map((it) => [it.id, it.parentId]));
  for (const [index, it] of folders.entries()) {
    const parent = folders.find((other) => other.backendId === parents.get(it.backendId ?? ''));
    if (parent) folders[index] = { ...it, parentId: parent.id };
  }
  const calendar = { kind: 'calendar', itemClass: 'Calendar', backendId: undefined, parentId: '0' } as const;
  folders.push({ id: '99', name: 'Calendar', ...calendar });

  const folder = (backendId: string): SyncFolder => {
    const found = folders.find((it) => it.backendId === backendId);
    if (!found) throw new Error(`no folder ${backendId}`);
    return found;
  };
  const item = (serverId: string): SyncItem | undefined => {
    const [id, uid] = serverId.split(':');
    const found = folders.find((it) => it.id === id);
    return found && /^\d+$/.test(uid ?? '') ? { serverId, folder: found, uid: Number(uid) } : undefined;
  };
  const { user } = fakeUser({
    folders,
    user: {
      account: mailbox.account,
      mailbox,
      lease: standaloneLease('ada', 'session1'),
      item: (serverId) => Promise.resolve(item(serverId)),
      async fetch(items, plan) {
        const fetched = new Map();
        for (const it of items) {
          const [message] = await mailbox.fetch(it.folder.backendId ?? '', [it.uid], plan);
          if (message) fetched.set(it.serverId, message);
        }
        return fetched;
      },
      async search(searched, query, limit) {
        const ids = searched.map((it) => it.backendId ?? '');
        const hits = await mailbox.search(ids, query, limit);
        return hits.map((hit) => ({
          ...hit,
          folder: folder(hit.folderId),
          serverId: `${folder(hit.folderId).id}:${hit.uid}`,
        }));
      },
      async updateFlags(items, change) {
        for (const it of items) await mailbox.updateFlags(it.folder.backendId ?? '', [it.uid], change);
      },
      async emptyFolder({ backendId = '' }, { withSubfolders }) {
        const below = withSubfolders ? folders.filter((it) => it.parentId === folder(backendId).id) : [];
        for (const it of below) if (it.backendId) await mailbox.deleteFolder(it.backendId);
        const { messages } = await mailbox.changes(backendId);
        await mailbox.remove(
          backendId,
          messages.map((it) => it.uid),
        );
      },
    },
  });
  return {
    user,
    mailbox,
    system: started.system,
    folder,
    async put(backendId, raw, flags = [], receivedAt) {
      const options = { flags, ...(receivedAt && { receivedAt }) };
      const { uid } = await mailbox.append(backendId, Buffer.from(raw), options);
      return `${folder(backendId).id}:${uid}`;
    },
    async flagsOf(serverId) {
      const found = item(serverId);
      const [message] = await mailbox.fetch(found?.folder.backendId ?? '', [found?.uid ?? 0], () => []);
      return message?.flags ?? [];
    },
    stop: () => started.stop(),
  };
}
