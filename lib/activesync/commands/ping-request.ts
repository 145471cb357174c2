/** What a Ping asks for, with what the last one left to be remembered (MS-ASCMD 2.2.1.13). */
import type { DeviceRecord, PingFolder } from '../../sync/index.ts';
import {
  child,
  children,
  type Element,
  element,
  integer,
  MalformedValue,
  PingStatus,
  text,
} from '../protocol/index.ts';
import type { CommandLimits } from './command.ts';

const MAX_ID_CHARACTERS = 64;

export type PingRequest =
  | { readonly kind: 'ping'; readonly heartbeatSeconds: number; readonly folders: readonly PingFolder[] }
  /** `details`: the bound that was overstepped. */
  | { readonly kind: 'refused'; readonly status: number; readonly details?: Element };

/** Throws MalformedValue. */
export function readPing(
  asked: Element | undefined,
  remembered: DeviceRecord['ping'],
  limits: CommandLimits,
): PingRequest {
  const heartbeatSeconds = integer(asked, 'Ping:HeartbeatInterval') ?? remembered?.heartbeatSeconds;
  const named = children(child(asked, 'Ping:Folders'), 'Ping:Folder').map(readFolder);
  const folders = named.length > 0 ? named : remembered?.folders;
  if (heartbeatSeconds === undefined || folders === undefined || folders.length === 0) {
    return { kind: 'refused', status: PingStatus.missingParameters };
  }
  const nearest = Math.min(Math.max(heartbeatSeconds, limits.minHeartbeatSeconds), limits.maxHeartbeatSeconds);
  if (nearest !== heartbeatSeconds) {
    const details = element('Ping:HeartbeatInterval', nearest);
    return { kind: 'refused', status: PingStatus.heartbeatOutOfRange, details };
  }
  if (folders.length > limits.maxPingFolders) {
    const details = element('Ping:MaxFolders', limits.maxPingFolders);
    return { kind: 'refused', status: PingStatus.tooManyFolders, details };
  }
  if (new Set(folders.map((it) => it.id)).size < folders.length) {
    throw new MalformedValue('Ping:Id', folders[0]?.id ?? '', 'each folder once');
  }
  return { kind: 'ping', heartbeatSeconds, folders };
}

function readFolder(folder: Element): PingFolder {
  const id = text(folder, 'Ping:Id')?.trim() ?? '';
  if (id === '' || id.length > MAX_ID_CHARACTERS) {
    throw new MalformedValue('Ping:Id', id, `1 to ${MAX_ID_CHARACTERS} characters`);
  }
  // Devices leave it out, or name another one: the folder itself knows what it holds.
  return { id, itemClass: text(folder, 'Ping:Class') ?? 'Email' };
}
