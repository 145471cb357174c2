/** The folder hierarchy: FolderSync, FolderCreate, FolderUpdate, FolderDelete. */
import {
  type CommandName,
  type Element,
  element,
  FolderSyncStatus,
  integer,
  type TagName,
  text,
} from '../protocol/index.ts';
import { statusFailure } from './answer-failure.ts';
import { elementsAt, rootStatus } from './answer-status.ts';
import { type DeviceFolder, type DeviceState, FIRST_KEY } from './device-state.ts';
import { ClientError } from './errors.ts';
import type { DeviceSession } from './session.ts';

export interface FolderChanges {
  readonly added: readonly DeviceFolder[];
  readonly changed: readonly DeviceFolder[];
  /** ServerIds. */
  readonly deleted: readonly string[];
}

/** Brings the hierarchy up to date. A key that the server no longer knows starts it anew (Status 9). */
export async function folderSync(session: DeviceSession, signal?: AbortSignal): Promise<FolderChanges> {
  const { state } = session;
  const document = element('FolderHierarchy:FolderSync', element('FolderHierarchy:SyncKey', state.folderSyncKey));
  const { document: answer } = await session.run('FolderSync', { document, signal });
  const status = rootStatus(answer);
  if (status === FolderSyncStatus.invalidSyncKey && state.folderSyncKey !== FIRST_KEY) {
    session.log.warn({ status }, 'The folder hierarchy starts anew');
    state.folderSyncKey = FIRST_KEY;
    return folderSync(session, signal);
  }
  if (status !== FolderSyncStatus.success) throw statusFailure('FolderSync', status ?? 0);
  if (state.folderSyncKey === FIRST_KEY) state.folders = {};
  const changes = changesOf(answer);
  for (const folder of [...changes.added, ...changes.changed]) state.folders[folder.serverId] = folder;
  for (const serverId of changes.deleted) forget(state, serverId);
  keepKey(state, answer);
  return changes;
}

function changesOf(answer: Element | undefined): FolderChanges {
  const at = (tag: TagName) => elementsAt(answer, 'FolderHierarchy:Changes', tag);
  return {
    added: at('FolderHierarchy:Add').map(folderOf),
    changed: at('FolderHierarchy:Update').map(folderOf),
    deleted: at('FolderHierarchy:Delete').map((it) => text(it, 'FolderHierarchy:ServerId') ?? ''),
  };
}

const folderOf = (it: Element): DeviceFolder => ({
  serverId: text(it, 'FolderHierarchy:ServerId') ?? '',
  parentId: text(it, 'FolderHierarchy:ParentId') ?? '0',
  displayName: text(it, 'FolderHierarchy:DisplayName') ?? '',
  type: integer(it, 'FolderHierarchy:Type') ?? 0,
});

/** The new folder's ServerId. `type` as in FolderType; default a mail folder. */
export async function folderCreate(
  session: DeviceSession,
  folder: { readonly parentId: string; readonly displayName: string; readonly type: number },
): Promise<string> {
  const answer = await change(session, 'FolderCreate', [
    element('FolderHierarchy:ParentId', folder.parentId),
    element('FolderHierarchy:DisplayName', folder.displayName),
    element('FolderHierarchy:Type', folder.type),
  ]);
  const serverId = text(answer, 'FolderHierarchy:ServerId');
  if (serverId === undefined) throw new ClientError('malformed-answer', 'FolderCreate gives no ServerId');
  session.state.folders[serverId] = { serverId, ...folder };
  return serverId;
}

/** Renames and moves. */
export async function folderUpdate(
  session: DeviceSession,
  folder: { readonly serverId: string; readonly parentId: string; readonly displayName: string },
): Promise<void> {
  await change(session, 'FolderUpdate', [
    element('FolderHierarchy:ServerId', folder.serverId),
    element('FolderHierarchy:ParentId', folder.parentId),
    element('FolderHierarchy:DisplayName', folder.displayName),
  ]);
  const known = session.state.folders[folder.serverId];
  if (known) session.state.folders[folder.serverId] = { ...known, ...folder };
}

export async function folderDelete(session: DeviceSession, serverId: string): Promise<void> {
  await change(session, 'FolderDelete', [element('FolderHierarchy:ServerId', serverId)]);
  forget(session.state, serverId);
}

/** A change under the hierarchy's key, which advances; any Status but 1 throws. */
async function change(
  session: DeviceSession,
  command: CommandName & `Folder${'Create' | 'Update' | 'Delete'}`,
  parts: readonly Element[],
): Promise<Element | undefined> {
  const key = element('FolderHierarchy:SyncKey', session.state.folderSyncKey);
  const document = element(`FolderHierarchy:${command}`, key, parts);
  const { document: answer } = await session.runForSuccess(command, FolderSyncStatus.success, { document });
  keepKey(session.state, answer);
  return answer;
}

function keepKey(state: DeviceState, answer: Element | undefined): void {
  state.folderSyncKey = text(answer, 'FolderHierarchy:SyncKey') ?? state.folderSyncKey;
}

function forget(state: DeviceState, serverId: string): void {
  delete state.folders[serverId];
  delete state.collections[serverId];
}

/** The first folder of this type. Throws ClientError `no-such-folder`. */
export function folderOfType(state: DeviceState, type: number): DeviceFolder {
  const found = Object.values(state.folders).find((it) => it.type === type);
  if (found) return found;
  throw new ClientError('no-such-folder', `The server has no folder of type ${type}`, {
    remedy: 'Run FolderSync first',
  });
}
