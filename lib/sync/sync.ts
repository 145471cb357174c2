/**
 * What a device has and what changed (sync-state.md). Knows nothing of WBXML: collections are short ids, items are
 * ServerIds, and what an item looks like to a device is made by a Renderer from the room above.
 */
import type {
  Account,
  FetchedMessage,
  FetchPlan,
  FolderKind,
  Hit,
  ItemClass,
  Mailbox,
  MessageFlags,
  SearchQuery,
} from '../backends/index.ts';
import type { Lease } from '../pool/index.ts';
import type { CollectionOptions, CollectionRequest } from './collection-request.ts';
import type { CollectionAnswer, ServerChange } from './collection-answer.ts';
import type { DeviceRecord } from './device-record.ts';
import type { WaitingRoom } from './waiting.ts';
import type { UnappliedMail } from './unapplied.ts';

/**
 * Makes what a device is sent of an item. `plan` says which parts to fetch for `add`; for `change` none are. `render` is
 * pure; it may throw: poison. Renderers made for equal `CollectionOptions.rendering` must have equivalent plans: what was
 * fetched ahead for one is rendered by the next.
 */
export interface Renderer<T> {
  /** Renderers of one kind with the same options render alike: what one made ahead of time another may send. Default: ''. */
  readonly kind?: string;
  readonly plan: FetchPlan;
  /** Parts for `change`; undefined: none. */
  readonly changePlan?: FetchPlan;
  /**
   * `add`: everything; `change`: what can change in place (flags, categories, verbs), and of that only what differs from the
   * `previous` flags, where it is known which ones the device was told.
   */
  render(message: FetchedMessage, purpose: 'add' | 'change', previous?: MessageFlags): T;
  /**
   * Called with what an answer tells, before the device's new state is stored; not when a lost answer is given again. Another renderer
   * of the same kind may have rendered it: what there is to do is in the items.
   */
  readonly beforeStored?: (changes: readonly ServerChange<T>[]) => Promise<void>;
}

/** A folder as devices see it. */
export interface SyncFolder {
  /** Short, stable, never reused: the CollectionId. */
  readonly id: string;
  /** '0' at the root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: FolderKind;
  readonly itemClass: ItemClass;
  /** The backend's name of it; undefined for a folder that the backend lacks and every device expects (always empty). */
  readonly backendId: string | undefined;
}

export interface HierarchyChanges {
  readonly added: readonly SyncFolder[];
  readonly updated: readonly SyncFolder[];
  readonly deletedIds: readonly string[];
}

export type HierarchyAnswer =
  | { readonly kind: 'changes'; readonly syncKey: string; readonly changes: HierarchyChanges }
  | { readonly kind: 'invalid-key' };

export type FolderChange =
  | { readonly kind: 'create'; readonly name: string; readonly parentId: string; readonly itemClass: ItemClass }
  | { readonly kind: 'rename'; readonly id: string; readonly name: string; readonly parentId: string }
  | { readonly kind: 'delete'; readonly id: string };

/** `id` is of the folder made. The new key is one that has seen just this change beyond what the old one had. */
export type FolderChangeAnswer =
  | { readonly kind: 'done'; readonly syncKey: string; readonly id: string }
  | {
      readonly kind: 'refused';
      readonly reason: 'invalid-key' | 'exists' | 'not-found' | 'parent-not-found' | 'special-folder' | 'server-error';
    };

export type MoveResult =
  | { readonly kind: 'moved'; readonly serverId: string }
  | { readonly kind: 'refused'; readonly reason: 'invalid-source' | 'invalid-target' | 'same-folder' | 'failed' };

export type EstimateAnswer =
  | { readonly kind: 'estimate'; readonly count: number }
  | { readonly kind: 'refused'; readonly reason: 'not-found' | 'not-primed' | 'invalid-key' };

/** Why a folder cannot be waited on, or that it has changes now; `quiet` ones can be waited on. */
export type WatchState = 'quiet' | 'changed' | 'not-found' | 'not-primed';

export interface SyncItem {
  readonly serverId: string;
  readonly folder: SyncFolder;
  readonly uid: number;
}

export interface FoundItem extends SyncItem {
  readonly receivedAt: Date;
}

/** Is this resource meant? Then when it came to be, if it says so. May throw for one that cannot be read. */
export type ResourceMatch = (
  itemClass: ItemClass,
  text: string,
) => { readonly createdAt: Date | undefined } | undefined;

/** Which resource of a collection: by an item's uid, or by the UID that its text has. */
export type ResourceKey = { readonly id: number } | { readonly uid: string };

/** The new text, undefined for none. Called again if somebody else wrote in between. */
export type ResourceRewrite = (source: string | undefined) => Promise<string | undefined>;

/** One device's relation to its user's mailbox. All methods are serialised per device and collection. */
export interface DeviceSync {
  readonly deviceId: string;
  /**
   * The last complete Sync, in the form that the room above gave it, for an empty or partial one to refer to. In memory alone: it names
   * keys, and would be written with every change. Another server asks the device for all of it.
   */
  lastSync: Uint8Array | undefined;
  /** Loaded once; `undefined` for a device never seen. */
  record(): Promise<DeviceRecord | undefined>;
  /** Merges fields and stores them; returns the new record. Without a change: no write. */
  saveRecord(changes: Partial<DeviceRecord>): Promise<DeviceRecord>;

  hierarchy(syncKey: string): Promise<HierarchyAnswer>;
  changeFolder(syncKey: string, change: FolderChange): Promise<FolderChangeAnswer>;

  /** The whole of Sync for one collection: rule 1 to 7 of sync-state.md. */
  syncCollection<T>(request: CollectionRequest, renderer: Renderer<T>): Promise<CollectionAnswer<T>>;
  /** The options that the device last sent for this collection, which hold until it sends others. */
  rememberedOptions(collectionId: string): Promise<CollectionOptions | undefined>;
  estimate(collectionId: string, syncKey: string, options: Partial<CollectionOptions>): Promise<EstimateAnswer>;

  /** Has the collection something that this device has not been sent, by its last stored state? Refreshes a stale view. */
  watchState(collectionId: string): Promise<WatchState>;
  /** The same question for an answer that has no room for what there is: the device was told of nothing (rule 8). */
  hasMore(collectionId: string): Promise<boolean>;

  move(serverId: string, sourceId: string, targetId: string): Promise<MoveResult>;
}

/** A user's mailbox as its owner serves it: folders, the one monitor, and the devices' states. One per user and lease. */
export interface UserSync {
  readonly account: Account;
  readonly mailbox: Mailbox;
  readonly lease: Lease;
  readonly waiting: WaitingRoom;
  device(deviceId: string): DeviceSync;
  /** Devices that have asked for something under this lease. */
  readonly deviceCount: number;
  /** Every device that was ever seen and not forgotten. */
  devices(): Promise<readonly DeviceRecord[]>;

  folders(): Promise<readonly SyncFolder[]>;
  folder(id: string): Promise<SyncFolder | undefined>;
  folderOfKind(kind: FolderKind): Promise<SyncFolder | undefined>;
  /** The same, made in the mailbox where that lacks it. Throws BackendError and StoreError. */
  makeFolderOfKind(kind: FolderKind): Promise<SyncFolder | undefined>;
  /** As `item`, of mail alone. */
  message(serverId: string): Promise<SyncItem | undefined>;
  /** A ServerId as handed out earlier; undefined if its folder or form is unknown. The item may be gone all the same. */
  item(serverId: string): Promise<SyncItem | undefined>;
  serverIdOf(folder: SyncFolder, uid: number): string;

  fetch(items: readonly SyncItem[], plan: FetchPlan): Promise<ReadonlyMap<string, FetchedMessage>>;
  /** Of mail, newest first. */
  search(folders: readonly SyncFolder[], query: SearchQuery, limit: number): Promise<readonly (Hit & SyncItem)[]>;
  /** Of the other classes, newest first: every resource of these folders is read and looked at. */
  searchResources(folders: readonly SyncFolder[], match: ResourceMatch, limit: number): Promise<readonly FoundItem[]>;
  /** Flags, moves and deletions outside a Sync: devices, this one included, hear of them as changes. */
  updateFlags(
    items: readonly SyncItem[],
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<void>;
  emptyFolder(folder: SyncFolder, options: { readonly withSubfolders: boolean }): Promise<void>;
  /**
   * Every message of the conversation, from wherever it is but drafts, sent mail and trash, to the target; later ones stay
   * where they arrive. `conversationOf` tells a message's conversation from its header (no parts are fetched for it).
   */
  moveConversation(
    conversationId: Uint8Array,
    targetId: string,
    conversationOf: (message: FetchedMessage) => Uint8Array,
  ): Promise<MoveResult>;

  /**
   * Changes, makes or removes one resource outside a Sync: devices, this one included, hear of it as a change. The ServerId of
   * what is there afterwards. Throws BackendError, `unsupported` where the folder is no collection.
   */
  rewriteResource(folder: SyncFolder, key: ResourceKey, rewrite: ResourceRewrite): Promise<string | undefined>;

  /** Mail that says something of a calendar that could not be reached. */
  readonly unapplied: UnappliedMail;

  /** For administrators, from soft to hard (rule 11): the device gets this collection anew with its next Sync … */
  resend(deviceId: string, collectionId: string): Promise<void>;
  /** … every folder is compared whole with what memory has of it … */
  rescan(): Promise<void>;
  /** … and everything known of the device is deleted. */
  forget(deviceId: string): Promise<void>;

  /** Ends the monitor, answers whoever waits with `superseded`, and closes the mailbox. */
  close(): Promise<void>;
}
