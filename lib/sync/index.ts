// What a device has and what changed; who waits for changes.
export type { CollectionAnswer, CommandOutcome, ItemFailure, ServerChange } from './collection-answer.ts';
export type {
  Announcer,
  ClientCommand,
  CollectionOptions,
  CollectionRequest,
  MessageChange,
  EditedResource,
  ResourceEdit,
} from './collection-request.ts';
export type { DeviceRecord, PingFolder } from './device-record.ts';
export type {
  DeviceSync,
  EstimateAnswer,
  FolderChange,
  FolderChangeAnswer,
  FoundItem,
  HierarchyAnswer,
  HierarchyChanges,
  MoveResult,
  Renderer,
  ResourceKey,
  ResourceMatch,
  ResourceRewrite,
  SyncFolder,
  SyncItem,
  UserSync,
  WatchState,
} from './sync.ts';
export type { Completion, TicketRequest, WaitingRoom } from './waiting.ts';
export { textOfItem as textOfResource } from './resources/resource-source.ts';
export { HiddenItem, SyncError, type SyncErrorCode } from './errors.ts';
export { DEFAULT_SYNC_SETTINGS, type SyncSettings } from './settings.ts';
export {
  isDeviceKnown,
  type KeptItem,
  readAllDevices,
  readDevice,
  readDevices,
  readDeviceState,
  type SyncedCollection,
} from './read-devices.ts';
export { createUserSync, type ResyncScope, type UserSyncParts } from './user-sync.ts';
