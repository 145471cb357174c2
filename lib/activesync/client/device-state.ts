/** What a device remembers between runs: plain values, to be written to a file as JSON and read back. */
import type { CommandName, ProtocolVersion } from '../protocol/index.ts';
import type { DeviceItem } from './plain-item.ts';

export interface DeviceState {
  /** Where a redirect led. */
  url?: string;
  /** Undefined until OPTIONS was asked. */
  version?: ProtocolVersion;
  /** As OPTIONS announced them. */
  commands: CommandName[];
  policyKey?: string;
  folderSyncKey: string;
  /** By ServerId. */
  folders: Record<string, DeviceFolder>;
  /** By CollectionId. */
  collections: Record<string, CollectionState>;
}

export interface DeviceFolder {
  readonly serverId: string;
  readonly parentId: string;
  readonly displayName: string;
  /** MS-ASCMD 2.2.3.186.3; see FolderType. */
  readonly type: number;
}

export interface CollectionState {
  /** '0' before the first Sync. */
  syncKey: string;
  /** By ServerId. */
  items: Record<string, DeviceItem>;
}

export const FIRST_KEY = '0';

export const newDeviceState = (): DeviceState => ({
  commands: [],
  folderSyncKey: FIRST_KEY,
  folders: {},
  collections: {},
});

/** The collection's state, made on first use. */
export function collectionState(state: DeviceState, collectionId: string): CollectionState {
  state.collections[collectionId] ??= { syncKey: FIRST_KEY, items: {} };
  return state.collections[collectionId];
}
