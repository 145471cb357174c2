// Ada as a server serves her: the real engine over real messages in folders on disk and a real store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoldersMailSystem, Mailbox } from '../../../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../../lib/platform/index.ts';
import { standaloneLease } from '../../../../lib/pool/index.ts';
import { SqliteStore } from '../../../../lib/store/index.ts';
import { createUserSync, type SyncFolder, type UserSync } from '../../../../lib/sync/index.ts';
import { startSystem, type UserName } from '../../../backends/folders/setup.ts';

export interface MailUser {
  readonly user: UserSync;
  readonly mailbox: Mailbox;
  readonly system: FoldersMailSystem;
  /** By the backend's name of it. */
  folder(backendId: string): SyncFolder;
  /** Of those that the backend has not. */
  calendar(): SyncFolder;
  /** The message's ServerId. */
  put(backendId: string, raw: string | Uint8Array, flags?: readonly string[], receivedAt?: Date): Promise<string>;
  flagsOf(serverId: string): Promise<readonly string[]>;
  /** What is in the folder, raw. */
  messagesIn(backendId: string, of?: UserName): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startMailUser(): Promise<MailUser> {
  const started = await startSystem();
  const mailbox = await started.open('ada');
  await mailbox.createFolder('Projects', undefined);
  await mailbox.createFolder('Engine', 'Projects');
  const directory = await mkdtemp(join(tmpdir(), 'caravan-mail-user-'));
  const store = new SqliteStore({ file: join(directory, 'store.sqlite') });
  const user = createUserSync({
    account: mailbox.account,
    mailbox,
    store,
    lease: standaloneLease('ada', 'session1'),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: { staleViewMs: 0, staleHierarchyMs: 0 },
  });
  const folders = await user.folders();
  const found = (folder: SyncFolder | undefined, name: string): SyncFolder => {
    if (!folder) throw new Error(`no folder ${name}`);
    return folder;
  };
  const folder = (backendId: string) =>
    found(
      folders.find((it) => it.backendId === backendId),
      backendId,
    );
  return {
    user,
    mailbox,
    system: started.system,
    folder,
    calendar: () =>
      found(
        folders.find((it) => it.kind === 'calendar'),
        'Calendar',
      ),
    async put(backendId, raw, flags = [], receivedAt) {
      const { uid } = await mailbox.append(backendId, Buffer.from(raw), { flags, ...(receivedAt && { receivedAt }) });
      return user.serverIdOf(folder(backendId), uid);
    },
    async flagsOf(serverId) {
      const item = await user.item(serverId);
      return (item && (await user.fetch([item], () => [])).get(serverId))?.flags ?? [];
    },
    async messagesIn(backendId, of = 'ada') {
      const whose = of === 'ada' ? mailbox : await started.open(of);
      const { messages } = await whose.changes(backendId);
      const uids = messages.map((it) => it.uid);
      const fetched = await whose.fetch(backendId, uids, () => [{ path: '' }]);
      return fetched.map((it) => Buffer.from(it.parts.get('')?.bytes ?? []).toString('utf8'));
    },
    async stop() {
      await user.close();
      await store.close();
      await started.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The user with some methods replaced, to inject a fault or to listen. */
export function withMethods(user: UserSync, methods: Partial<UserSync>): UserSync {
  return new Proxy(user, {
    get(target, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
