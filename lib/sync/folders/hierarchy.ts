/** The user's folders, cached: read from the backend when they are stale, kept under short ids in the store. */
import { BackendError, type Folder, type FolderKind, type Mailbox } from '../../backends/index.ts';
import type { Clock } from '../../platform/index.ts';
import type { SyncSettings } from '../settings.ts';
import type { UserRecord, UserRecords } from '../user-records.ts';
import {
  EMPTY_REGISTRY,
  type FolderEntry,
  type FolderRegistry,
  followRename,
  nameOfExpected,
  reconcile,
  type Renaming,
  settleRenaming,
} from './folder-registry.ts';
import { decodeRegistry, encodeRegistry } from './registry-codec.ts';
import { KeyedMutex } from '../keyed-mutex.ts';

const ITEM = 'FOLDERS';

export class Hierarchy {
  readonly #mailbox: Mailbox;
  readonly #records: UserRecords;
  readonly #clock: Clock;
  readonly #settings: SyncSettings;
  /** Told after the registry's version moved. */
  readonly #moved: () => void;
  readonly #mutex = new KeyedMutex();
  #record: UserRecord | undefined;
  #registry: FolderRegistry | undefined;
  #byId = new Map<string, FolderEntry>();
  #readAt = Number.NEGATIVE_INFINITY;
  #isStale = true;

  constructor(parts: {
    readonly mailbox: Mailbox;
    readonly records: UserRecords;
    readonly clock: Clock;
    readonly settings: SyncSettings;
    readonly moved: () => void;
  }) {
    this.#mailbox = parts.mailbox;
    this.#records = parts.records;
    this.#clock = parts.clock;
    this.#settings = parts.settings;
    this.#moved = parts.moved;
  }

  markStale(): void {
    this.#isStale = true;
  }

  /** As last read; read now if it never was, or if something hinted at a change since. */
  async registry(): Promise<FolderRegistry> {
    const known = this.#readAt > Number.NEGATIVE_INFINITY ? this.#registry : undefined;
    if (known && !this.#isStale) return known;
    try {
      return await this.fresh();
    } catch (error) {
      // What was known a moment ago, or is stored, still serves while the mail system cannot be asked.
      const served = known ?? this.#registry;
      if (known && error instanceof BackendError) return known;
      if (served && served.version > 0 && error instanceof BackendError && error.code === 'unavailable') return served;
      throw error;
    }
  }

  /** Not older than the settings allow. */
  async fresh(): Promise<FolderRegistry> {
    return this.#mutex.run(ITEM, async () => {
      const isOld = this.#clock.monotonic() - this.#readAt > this.#settings.staleHierarchyMs;
      if (this.#registry && !this.#isStale && !isOld) return this.#registry;
      return this.#refresh();
    });
  }

  async find(id: string): Promise<FolderEntry | undefined> {
    await this.registry();
    return this.#byId.get(id);
  }

  /** Of the last reading, without waiting for one. */
  known(id: string): FolderEntry | undefined {
    return this.#byId.get(id);
  }

  /** The backend's name of a folder that can hold items; undefined for those that are always empty. */
  backendIdOf(id: string): string | undefined {
    const entry = this.#byId.get(id);
    return entry?.selectable ? entry.backendId : undefined;
  }

  async ofKind(kind: FolderKind): Promise<FolderEntry | undefined> {
    return (await this.registry()).folders.find((entry) => entry.kind === kind);
  }

  /** The folder's mark for ServerIds under this validity; a new validity gets a new one, stored before it is used. */
  async markOf(id: string, validity: string): Promise<number> {
    const known = this.#byId.get(id);
    if (known?.validity === validity) return known.mark;
    return this.#mutex.run(ITEM, async () => {
      const registry = this.#registry ?? (await this.#refresh());
      const entry = registry.folders.find((folder) => folder.id === id);
      if (!entry) throw new BackendError('not-found', 'the folder is gone');
      if (entry.validity === validity) return entry.mark;
      const mark = entry.validity === undefined ? entry.mark : entry.mark + 1;
      const marked: FolderEntry = { ...entry, validity, mark };
      await this.#store({ ...registry, folders: registry.folders.map((each) => (each === entry ? marked : each)) });
      return mark;
    });
  }

  /** Makes a change of the backend's folders and reads them again; one change at a time. A rename is written down first. */
  async change(
    make: (registry: FolderRegistry) => Promise<{ readonly renamed?: readonly [from: string, to: string] } | undefined>,
    renaming?: Renaming,
  ): Promise<FolderRegistry> {
    return this.#mutex.run(ITEM, async () => {
      const registry = this.#registry ?? (await this.#refresh());
      if (renaming) await this.#store({ ...registry, renaming });
      try {
        const done = await make(registry);
        return await this.#refresh(done?.renamed);
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    });
  }

  /** A special folder that the backend lacks is made there when something has to be put in it. */
  async materialize(id: string): Promise<FolderEntry | undefined> {
    const entry = await this.find(id);
    if (!entry || entry.backendId !== undefined || entry.itemClass !== 'Email') return entry;
    const registry = await this.change(async () => {
      try {
        await this.#mailbox.createFolder(nameOfExpected(entry.kind), undefined, entry.kind);
      } catch (error) {
        // Somebody else made it meanwhile.
        if (!(error instanceof BackendError) || error.code !== 'already-exists') throw error;
      }
      return undefined;
    });
    return registry.folders.find((folder) => folder.id === id);
  }

  async #refresh(renamed?: readonly [from: string, to: string]): Promise<FolderRegistry> {
    const startedAt = this.#clock.monotonic();
    this.#isStale = false;
    let listed: readonly Folder[];
    try {
      await this.#load();
      listed = await this.#mailbox.folders();
      const before = this.#registry ?? EMPTY_REGISTRY;
      mustHaveInbox(listed);
      const settled = settleRenaming(before, listed);
      const followed = renamed ? followRename(settled, renamed[0], renamed[1], listed) : settled;
      const after = reconcile(followed, listed);
      if (after !== before) await this.#store(after);
      this.#readAt = startedAt;
      if (after.version !== before.version && before.version > 0) this.#moved();
      return after;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  async #load(): Promise<void> {
    if (this.#registry) return;
    const record = await this.#records.read(ITEM);
    this.#record = record;
    this.#adopt(record ? decodeRegistry(record.attributes) : EMPTY_REGISTRY);
  }

  async #store(registry: FolderRegistry): Promise<void> {
    try {
      this.#record = await this.#records.write(ITEM, this.#record?.version, encodeRegistry(registry));
      this.#adopt(registry);
    } catch (error) {
      this.#registry = undefined;
      this.#isStale = true;
      throw error;
    }
  }

  #adopt(registry: FolderRegistry): void {
    this.#registry = registry;
    this.#byId = new Map(registry.folders.map((entry) => [entry.id, entry]));
  }
}

/** Every mailbox has one: a list without it is not whole, and folders that it lacks are not gone. */
function mustHaveInbox(listed: readonly Folder[]): void {
  if (listed.some((folder) => folder.kind === 'inbox')) return;
  throw new BackendError('unavailable', 'the list of folders was not taken', { why: 'there is no inbox in it' });
}
