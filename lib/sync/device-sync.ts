/** One device's relation to its user's mailbox; its requests for one collection are served one at a time. */
import { BackendError } from '../backends/index.ts';
import { StoreError } from '../store/index.ts';
import type { CollectionAnswer } from './collection-answer.ts';
import type { CollectionOptions, CollectionRequest } from './collection-request.ts';
import type { DeviceRecord } from './device-record.ts';
import { decodeDeviceRecord, encodeDeviceRecord, isSameRecord, newDeviceRecord } from './device-record-codec.ts';
import { SyncError } from './errors.ts';
import { DeviceHierarchy } from './folders/device-hierarchy.ts';
import type { FolderEntry } from './folders/folder-registry.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { type CollectionSession, type MailContext, sourceOf } from './mail/collection-session.ts';
import { estimateMail, watchMail } from './mail/inspect.ts';
import { syncMail } from './mail/mail-collection.ts';
import { moveMessage } from './mail/move-message.ts';
import type { Monitor } from './monitor.ts';
import { ReportBook } from './report-book.ts';
import type {
  DeviceSync,
  EstimateAnswer,
  FolderChange,
  FolderChangeAnswer,
  HierarchyAnswer,
  MoveResult,
  Renderer,
  WatchState,
} from './sync.ts';
import type { UserRecord, UserRecords } from './user-records.ts';

/** A device's last-seen time is written at most so often. */
const LAST_SEEN_MS = 3_600_000;
const FOLDERS_LOCK = '#folders';
const RECORD_LOCK = '#record';

export function deviceSort(deviceId: string): string {
  return `DEVICE#${encodeURIComponent(deviceId)}`;
}

export class EngineDevice implements DeviceSync {
  readonly deviceId: string;
  lastSync: Uint8Array | undefined;
  readonly #context: MailContext;
  readonly #records: UserRecords;
  readonly #monitor: Monitor;
  readonly #folders: DeviceHierarchy;
  readonly #mutex = new KeyedMutex();
  readonly #reports: ReportBook;
  /** Collection → the version of its view that was quiet for this device. */
  readonly #quietAt = new Map<string, number>();
  #stored: UserRecord | undefined;
  #record: DeviceRecord | undefined;
  #isLoaded = false;

  constructor(deviceId: string, parts: { context: MailContext; records: UserRecords; monitor: Monitor }) {
    this.deviceId = deviceId;
    this.#context = parts.context;
    this.#records = parts.records;
    this.#monitor = parts.monitor;
    this.#reports = new ReportBook(parts.context.clock);
    const { mailbox, hierarchy, random, log } = parts.context;
    const sort = `${deviceSort(deviceId)}#FOLDERS`;
    this.#folders = new DeviceHierarchy({ sort, mailbox, hierarchy, records: parts.records, random, log });
  }

  async record(): Promise<DeviceRecord | undefined> {
    if (!this.#isLoaded) await this.#mutex.run(RECORD_LOCK, () => this.#load());
    return this.#record;
  }

  async saveRecord(changes: Partial<DeviceRecord>): Promise<DeviceRecord> {
    return this.#mutex.run(RECORD_LOCK, async () => {
      await this.#load();
      const before = this.#record;
      const now = this.#context.clock.now();
      const base = before ?? newDeviceRecord(this.deviceId, this.#context.lease.user, now);
      const after: DeviceRecord = { ...base, ...changes, id: this.deviceId, user: this.#context.lease.user };
      const isRecent = before !== undefined && after.lastSeen - before.lastSeen < LAST_SEEN_MS;
      if (before && isRecent && isSameRecord({ ...after, lastSeen: before.lastSeen }, before)) return before;
      try {
        const sort = deviceSort(this.deviceId);
        this.#stored = await this.#records.write(sort, this.#stored?.version, encodeDeviceRecord(after));
        this.#record = after;
      } catch (error) {
        this.#isLoaded = false;
        throw error;
      }
      return after;
    });
  }

  async hierarchy(syncKey: string): Promise<HierarchyAnswer> {
    const answer = await this.#mutex.run(FOLDERS_LOCK, () => this.#folders.sync(syncKey));
    if (answer.kind === 'invalid-key') this.#context.onResync(this.deviceId);
    return answer;
  }

  async changeFolder(syncKey: string, change: FolderChange): Promise<FolderChangeAnswer> {
    return this.#mutex.run(FOLDERS_LOCK, () => this.#folders.change(syncKey, change));
  }

  async syncCollection<T>(request: CollectionRequest, renderer: Renderer<T>): Promise<CollectionAnswer<T>> {
    const { collectionId } = request;
    try {
      return await this.#mutex.run(collectionId, async () => {
        const folder = await this.#folderFor(request);
        if (!folder) return { kind: 'refused', reason: 'not-found' };
        if (folder.kind === 'inbox' || folder.itemClass !== 'Email') this.#monitor.want(folder.id);
        const answer = await syncMail(this.#session(folder), request, renderer);
        if (answer.kind === 'refused' && answer.reason === 'invalid-key')
          this.#context.onResync(this.deviceId, folder.id);
        return answer;
      });
    } catch (error) {
      return { kind: 'refused', reason: await this.#reasonOf(error, collectionId) };
    }
  }

  async rememberedOptions(collectionId: string): Promise<CollectionOptions | undefined> {
    const { loaded } = await this.#context.states.load(this.#sortOf(collectionId));
    return loaded?.state.options;
  }

  async estimate(collectionId: string, syncKey: string, options: Partial<CollectionOptions>): Promise<EstimateAnswer> {
    const folder = await this.#context.hierarchy.find(collectionId);
    if (!folder) return { kind: 'refused', reason: 'not-found' };
    return this.#mutex.run(collectionId, () => estimateMail(this.#session(folder), syncKey, options));
  }

  async watchState(collectionId: string): Promise<WatchState> {
    const folder = await this.#context.hierarchy.find(collectionId);
    if (!folder) return 'not-found';
    this.#monitor.want(folder.id);
    return this.#mutex.run(collectionId, async () => {
      const session = this.#session(folder);
      const state = await watchMail(session);
      const { version } = session.view.snapshot;
      if (state !== 'quiet' && this.#reports.mayReport(collectionId, this.#keyOf(session), version)) return state;
      this.#quietAt.set(collectionId, version);
      return 'quiet';
    });
  }

  async hasMore(collectionId: string): Promise<boolean> {
    const folder = await this.#context.hierarchy.find(collectionId);
    if (!folder) return false;
    return this.#mutex.run(collectionId, async () => (await watchMail(this.#session(folder))) !== 'quiet');
  }

  async move(serverId: string, sourceId: string, targetId: string): Promise<MoveResult> {
    return moveMessage(this.#context, this.#records, this.deviceId, { serverId, sourceId, targetId });
  }

  /** Nothing moved since `watchState` last said quiet. */
  isStillQuiet(collectionId: string): boolean {
    const view = this.#context.views.peek(collectionId);
    return view !== undefined && !view.isStale && this.#quietAt.get(collectionId) === view.snapshot.version;
  }

  /** Rule 8 holds for the hierarchy too: a device that is told and does not ask for it is told no more, until it moves. */
  async lacksFolders(): Promise<boolean> {
    const lacking = await this.#mutex.run(FOLDERS_LOCK, () => this.#folders.lacking());
    return lacking !== undefined && this.#reports.mayReport(FOLDERS_LOCK, lacking.had, lacking.version);
  }

  #session(folder: FolderEntry): CollectionSession {
    return {
      context: this.#context,
      deviceId: this.deviceId,
      folder,
      sort: this.#sortOf(folder.id),
      view: this.#context.views.of(folder.id),
      source: sourceOf(this.#context, folder),
    };
  }

  #sortOf(collectionId: string): string {
    return `${deviceSort(this.deviceId)}#COLLECTION#${collectionId}`;
  }

  #keyOf(session: CollectionSession): string {
    const state = this.#context.states.peek(session.sort)?.state;
    return state ? `${state.series}${state.generation}` : '';
  }

  /** A drafts folder that the backend lacks is made when the device puts a draft in it. */
  async #folderFor({ collectionId, commands }: CollectionRequest): Promise<FolderEntry | undefined> {
    const folder = await this.#context.hierarchy.find(collectionId);
    const isNeeded = folder?.kind === 'drafts' && commands.some((command) => command.kind === 'add');
    return isNeeded ? this.#context.hierarchy.materialize(collectionId) : folder;
  }

  async #reasonOf(error: unknown, collectionId: string): Promise<'not-found' | 'unavailable'> {
    const isOurs = error instanceof BackendError || error instanceof StoreError || error instanceof SyncError;
    if (!isOurs) throw error;
    this.#context.log.warn({ error, deviceId: this.deviceId, collectionId }, 'a collection could not be synced');
    if (!(error instanceof BackendError) || error.code !== 'not-found') return 'unavailable';
    this.#context.hierarchy.markStale();
    const registry = await this.#context.hierarchy.fresh().catch(() => undefined);
    const isThere = registry?.folders.some((folder) => folder.id === collectionId) ?? true;
    return isThere ? 'unavailable' : 'not-found';
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    this.#stored = await this.#records.read(deviceSort(this.deviceId));
    this.#record = this.#stored && decodeDeviceRecord(this.#stored.attributes);
    this.#isLoaded = true;
  }
}
