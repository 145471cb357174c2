/** A user's mailbox as its owner serves it: puts the engine together, and does what is not one device's own. */
import {
  type Account,
  BackendError,
  type FetchedMessage,
  type FetchPlan,
  type FolderKind,
  type Hit,
  type Mailbox,
  type SearchQuery,
} from '../backends/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import type { Store } from '../store/index.ts';
import { decodeDeviceRecord } from './device-record-codec.ts';
import type { DeviceRecord } from './device-record.ts';
import { deviceSort, EngineDevice } from './device-sync.ts';
import { Hierarchy } from './folders/hierarchy.ts';
import { asSyncFolder } from './folders/seen-folders.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import type { MailContext } from './mail/collection-session.ts';
import { CollectionStates } from './mail/collection-states.ts';
import { FolderViews } from './mail/folder-views.ts';
import type { ItemSource } from './mail/item-source.ts';
import { emptyFolder, fetchItems, moveConversation, searchFolders, updateItemFlags } from './mail/mailbox-actions.ts';
import { openFolder } from './mail/open-folder.ts';
import { PoisonBook, type PoisonedItem } from './mail/poison-book.ts';
import { Prefetcher } from './mail/prefetch.ts';
import { Monitor } from './monitor.ts';
import { Announcements } from './resources/announcements.ts';
import { ResourceSource } from './resources/resource-source.ts';
import { rewriteResource } from './resources/rewrite-resource.ts';
import { searchResources } from './resources/search-resources.ts';
import { formatServerId, parseServerId } from './server-id.ts';
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from './settings.ts';
import type {
  DeviceSync,
  FoundItem,
  MoveResult,
  ResourceKey,
  ResourceMatch,
  ResourceRewrite,
  SyncFolder,
  SyncItem,
  UserSync,
} from './sync.ts';
import { type UnappliedMail, UnappliedRecords } from './unapplied.ts';
import { UserRecords } from './user-records.ts';
import { TicketRoom } from './waiting-room.ts';
import type { WaitingRoom } from './waiting.ts';

/** What a device begins again: a collection (Sync) or the hierarchy of folders (FolderSync). */
export type ResyncScope = 'collection' | 'folders';

export interface UserSyncParts {
  readonly account: Account;
  readonly mailbox: Mailbox;
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings?: Partial<SyncSettings>;
  /** Told how long it took from what the mailbox told to the folder looked at. */
  readonly onMonitorLag?: (lagMs: number) => void;
  /** Told of every item that is kept from a device since it cannot be rendered or makes the device fail. */
  readonly onPoison?: (cause: PoisonedItem['cause']) => void;
  /** Told whenever a device's sync key is none, so that the device begins again. */
  readonly onResync?: (scope: ResyncScope) => void;
}

/** Opens nothing and reads nothing until a device asks. The mailbox is closed with it. */
export function createUserSync(parts: UserSyncParts): UserSync {
  return new EngineUserSync(parts);
}

class EngineUserSync implements UserSync {
  readonly account: Account;
  readonly mailbox: Mailbox;
  readonly lease: Lease;
  readonly unapplied: UnappliedMail;
  readonly #room: TicketRoom;
  readonly #records: UserRecords;
  readonly #hierarchy: Hierarchy;
  readonly #views: FolderViews;
  readonly #monitor: Monitor;
  readonly #context: MailContext;
  readonly #devices = new Map<string, EngineDevice>();

  constructor({ account, mailbox, store, lease, clock, random, log: outerLog, ...parts }: UserSyncParts) {
    const settings: SyncSettings = { ...DEFAULT_SYNC_SETTINGS, ...parts.settings };
    const log = outerLog.child({ user: lease.user });
    this.account = account;
    this.mailbox = mailbox;
    this.lease = lease;
    const records = new UserRecords(store, lease, random);
    const room = new TicketRoom(
      {
        isStillQuiet: (deviceId, id) => this.#device(deviceId).isStillQuiet(id),
        watchState: (deviceId, id) => this.#device(deviceId).watchState(id),
        lacksFolders: (deviceId) => this.#device(deviceId).lacksFolders(),
      },
      { clock, random, log },
    );
    const hierarchy = new Hierarchy({ mailbox, records, clock, settings, moved: () => this.#hierarchyMoved() });
    const resources = mailbox.resources && new ResourceSource(mailbox.resources, log);
    const sourceOf = (id: string): ItemSource =>
      resources && (hierarchy.known(id)?.itemClass ?? 'Email') !== 'Email' ? resources : mailbox;
    const views = new FolderViews({ sourceOf, clock, hierarchy, moved: (id) => room.collectionMoved(id) });
    const monitor = new Monitor({
      mailbox,
      hierarchy,
      views,
      clock,
      log,
      settings,
      isAwaited: (id) => room.isAwaited(id),
      isAnybodyWaiting: () => room.size > 0,
      onLag: (lagMs) => parts.onMonitorLag?.(lagMs),
    });
    this.#room = room;
    this.#records = records;
    this.unapplied = new UnappliedRecords(records, clock);
    this.#hierarchy = hierarchy;
    this.#views = views;
    this.#monitor = monitor;
    this.#context = {
      mailbox,
      lease,
      hierarchy,
      views,
      resources,
      announcements: new Announcements(records, log),
      states: new CollectionStates(records, log, settings.stateCacheBytes),
      prefetcher: new Prefetcher(clock, settings),
      moving: new KeyedMutex(),
      poison: new PoisonBook(records, clock, log, (cause) => parts.onPoison?.(cause)),
      onResync: (deviceId, collectionId) => {
        log.info({ deviceId, collectionId }, 'a sync key is not known: the device is told to begin again');
        parts.onResync?.(collectionId === undefined ? 'folders' : 'collection');
      },
      clock,
      random,
      log,
      settings,
      viewAgeMs: (folder, isWaiting = false) => {
        if (monitor.isLive(folder)) return settings.liveViewMs;
        if (monitor.isPolled(folder)) return isWaiting ? settings.liveViewMs : settings.polledViewMs;
        return settings.staleViewMs;
      },
    };
  }

  get waiting(): WaitingRoom {
    return this.#room;
  }

  device(deviceId: string): DeviceSync {
    return this.#device(deviceId);
  }

  get deviceCount(): number {
    return this.#devices.size;
  }

  async devices(): Promise<readonly DeviceRecord[]> {
    const devices: DeviceRecord[] = [];
    for await (const [sort, { attributes }] of this.#records.list('DEVICE#')) {
      if (sort.slice('DEVICE#'.length).includes('#')) continue;
      try {
        devices.push(decodeDeviceRecord(attributes));
      } catch (error) {
        this.#context.log.error({ error, item: sort }, 'the record of a device cannot be read');
      }
    }
    return devices;
  }

  async folders(): Promise<readonly SyncFolder[]> {
    return (await this.#hierarchy.registry()).folders.map(asSyncFolder);
  }

  async folder(id: string): Promise<SyncFolder | undefined> {
    const entry = await this.#hierarchy.find(id);
    return entry && asSyncFolder(entry);
  }

  async folderOfKind(kind: FolderKind): Promise<SyncFolder | undefined> {
    const entry = await this.#hierarchy.ofKind(kind);
    return entry && asSyncFolder(entry);
  }

  async makeFolderOfKind(kind: FolderKind): Promise<SyncFolder | undefined> {
    const known = await this.#hierarchy.ofKind(kind);
    const made = known && (await this.#hierarchy.materialize(known.id));
    return made && asSyncFolder(made);
  }

  async message(serverId: string): Promise<SyncItem | undefined> {
    const item = await this.item(serverId);
    return item?.folder.itemClass === 'Email' ? item : undefined;
  }

  async item(serverId: string): Promise<SyncItem | undefined> {
    const id = parseServerId(serverId);
    const entry = id && (await this.#hierarchy.find(id.folderId));
    if (!entry || (await openFolder(this.#context, entry)) !== id.mark) return undefined;
    return { serverId, folder: asSyncFolder(entry), uid: id.uid };
  }

  serverIdOf(folder: SyncFolder, uid: number): string {
    return formatServerId(folder.id, this.#hierarchy.known(folder.id)?.mark ?? 0, uid);
  }

  async fetch(items: readonly SyncItem[], plan: FetchPlan): Promise<ReadonlyMap<string, FetchedMessage>> {
    return fetchItems(this.#context, items, plan);
  }

  async search(
    folders: readonly SyncFolder[],
    query: SearchQuery,
    limit: number,
  ): Promise<readonly (Hit & SyncItem)[]> {
    return searchFolders(this.#context, folders, query, limit);
  }

  async searchResources(
    folders: readonly SyncFolder[],
    match: ResourceMatch,
    limit: number,
  ): Promise<readonly FoundItem[]> {
    return searchResources(this.#context, folders, match, limit);
  }

  async updateFlags(
    items: readonly SyncItem[],
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<void> {
    return updateItemFlags(this.#context, items, change);
  }

  async emptyFolder(folder: SyncFolder, options: { readonly withSubfolders: boolean }): Promise<void> {
    return emptyFolder(this.#context, folder, options);
  }

  async moveConversation(
    conversationId: Uint8Array,
    targetId: string,
    conversationOf: (message: FetchedMessage) => Uint8Array,
  ): Promise<MoveResult> {
    return moveConversation(this.#context, conversationId, targetId, conversationOf);
  }

  async rewriteResource({ id }: SyncFolder, key: ResourceKey, rewrite: ResourceRewrite): Promise<string | undefined> {
    const folder = await this.#hierarchy.find(id);
    if (!folder) throw new BackendError('not-found', 'There is no such collection');
    return rewriteResource(this.#context, folder, key, rewrite);
  }

  async forget(deviceId: string): Promise<void> {
    const sort = deviceSort(deviceId);
    for await (const [each] of this.#records.list(sort)) {
      if (each === sort || each.startsWith(`${sort}#`)) await this.#drop(each);
    }
    this.#devices.delete(deviceId);
  }

  async resend(deviceId: string, collectionId: string): Promise<void> {
    await this.#drop(`${deviceSort(deviceId)}#COLLECTION#${collectionId}`);
  }

  async rescan(): Promise<void> {
    this.#hierarchy.markStale();
    await this.#hierarchy.fresh();
    for (const id of this.#views.ids()) {
      const view = this.#views.of(id);
      const reach = view.reach;
      view.startOver();
      if (reach !== undefined) await view.fresh(reach, 0);
    }
  }

  async close(): Promise<void> {
    this.#room.closeAll();
    this.#context.prefetcher.close();
    await this.#monitor.close();
    await this.mailbox.close();
  }

  #hierarchyMoved(): void {
    for (const id of this.#views.ids()) if (!this.#hierarchy.known(id)) this.#views.forget(id);
    this.#room.hierarchyMoved();
  }

  async #drop(sort: string): Promise<void> {
    await this.#records.remove(sort);
    this.#context.states.forget(sort);
    this.#context.prefetcher.drop(sort);
  }

  #device(deviceId: string): EngineDevice {
    let device = this.#devices.get(deviceId);
    if (!device) {
      device = new EngineDevice(deviceId, { context: this.#context, records: this.#records, monitor: this.#monitor });
      this.#devices.set(deviceId, device);
    }
    return device;
  }
}
