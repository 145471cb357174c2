// Ada with folders to search and move in, on everything real behind the door; and shorthands for what tests put and look at.
import type { Mailbox } from '../../../../lib/backends/index.ts';
import type { SyncFolder, UserSync } from '../../../../lib/sync/index.ts';
import type { UserName } from '../../../backends/folders/setup.ts';
import { Standalone } from '../../../support/standalone.ts';

export interface MailUser {
  readonly standalone: Standalone;
  readonly user: UserSync;
  /** Another program in the same mailbox. */
  readonly mailbox: Mailbox;
  /** By the backend's name of it. */
  folder(backendId: string): SyncFolder;
  /** A folder that the backend has not. */
  calendar(): SyncFolder;
  /** The message's ServerId. */
  put(backendId: string, raw: string | Uint8Array, flags?: readonly string[], receivedAt?: Date): Promise<string>;
  flagsOf(serverId: string): Promise<readonly string[]>;
  /** What is in the folder, raw. */
  messagesIn(backendId: string, of?: UserName): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startMailUser(): Promise<MailUser> {
  const standalone = await Standalone.start();
  const mailbox = await standalone.other();
  await mailbox.createFolder('Projects', undefined);
  await mailbox.createFolder('Engine', 'Projects');
  const user = await standalone.user();
  const folders = await user.folders();
  const found = (folder: SyncFolder | undefined, name: string): SyncFolder => {
    if (!folder) throw new Error(`no folder ${name}`);
    return folder;
  };
  const folder = (backendId: string): SyncFolder =>
    found(
      folders.find((it) => it.backendId === backendId),
      backendId,
    );
  return {
    standalone,
    user,
    mailbox,
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
      const whose = await standalone.other(of);
      const uids = (await whose.changes(backendId)).messages.map((it) => it.uid);
      const fetched = await whose.fetch(backendId, uids, () => [{ path: '' }]);
      return fetched.map((it) => Buffer.from(it.parts.get('')?.bytes ?? []).toString('utf8'));
    },
    stop: () => standalone.stop(),
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
