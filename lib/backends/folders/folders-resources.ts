/** A user's session with the local collections (resource-files.ts). */
import type { Clock, Log } from '../../platform/index.ts';
import type { Folder, FolderEvent, Watch } from '../backend.ts';
import type {
  MoveResourceResult,
  PutResult,
  RemoveResult,
  Resource,
  ResourceCapabilities,
  ResourceChanges,
  ResourceClass,
  ResourceFilter,
  ResourceStore,
  WriteCondition,
} from '../resources.ts';
import { hasUid } from '../resource-uid.ts';
import { isCollectionId } from './collection-names.ts';
import { diskError } from './errors.ts';
import { FolderWatch } from './folder-watch.ts';
import type { ResourceFiles } from './resource-files.ts';
import { matchesFilter } from './resource-times.ts';

const CAPABILITIES: ResourceCapabilities = {
  hasSyncToken: false,
  canPush: true,
  canChangeCollections: true,
  schedulesItself: false,
  classes: new Set<ResourceClass>(['Calendar', 'Contacts', 'Tasks', 'Notes']),
};

export class FoldersResources implements ResourceStore {
  readonly capabilities = CAPABILITIES;
  readonly #files: ResourceFiles;
  readonly #tools: { readonly clock: Clock; readonly log: Log };
  readonly #watches = new Set<Watch>();

  constructor(files: ResourceFiles, tools: { readonly clock: Clock; readonly log: Log }) {
    this.#files = files;
    this.#tools = tools;
  }

  isCollection(id: string): boolean {
    return isCollectionId(id);
  }

  collections(): Promise<readonly Folder[]> {
    return guard('the collections cannot be listed', () => this.#files.collections());
  }

  createCollection(name: string, itemClass: ResourceClass): Promise<Folder> {
    return guard('the collection cannot be made', () => this.#files.create(name, itemClass));
  }

  renameCollection(id: string, name: string): Promise<Folder> {
    return guard('the collection cannot be renamed', () => this.#files.rename(id, name));
  }

  deleteCollection(id: string): Promise<void> {
    return guard('the collection cannot be deleted', () => this.#files.delete(id));
  }

  changes(collectionId: string): Promise<ResourceChanges> {
    return guard('the collection cannot be read', async () => {
      const resources = await this.#files.list(collectionId);
      return { token: undefined, complete: true, resources, removed: [] };
    });
  }

  matching(collectionId: string, filter: ResourceFilter): Promise<ReadonlySet<string>> {
    return guard('the collection cannot be read', async () => {
      const names = (await this.#files.list(collectionId)).map(({ name }) => name);
      const resources = await this.#files.read(collectionId, names);
      return new Set(resources.filter(({ text }) => matchesFilter(text, filter)).map(({ name }) => name));
    });
  }

  read(collectionId: string, names: readonly string[]): Promise<readonly Resource[]> {
    return guard('the resources cannot be read', () => this.#files.read(collectionId, names));
  }

  withUid(collectionId: string, uid: string): Promise<Resource | undefined> {
    return guard('the collection cannot be read', async () => {
      const names = (await this.#files.list(collectionId)).map(({ name }) => name);
      // Most programs name an event by its UID.
      const likely = names.filter((name) => name.includes(uid));
      const found = await this.#oneWithUid(collectionId, likely, uid);
      return found ?? this.#oneWithUid(collectionId, names, uid);
    });
  }

  put(collectionId: string, name: string, text: string, condition: WriteCondition): Promise<PutResult> {
    return guard('the resource cannot be stored', () => this.#files.put(collectionId, name, text, condition));
  }

  remove(collectionId: string, name: string, etag: string | undefined): Promise<RemoveResult> {
    return guard('the resource cannot be removed', () => this.#files.remove(collectionId, name, etag));
  }

  move(collectionId: string, name: string, targetId: string): Promise<MoveResourceResult> {
    return guard('the resource cannot be moved', () => this.#files.move(collectionId, name, targetId));
  }

  watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    return guard('the collections cannot be watched', async () => {
      const watch = new FolderWatch(this.#files, listener, this.#tools);
      this.#watches.add(watch);
      return watch;
    });
  }

  async #oneWithUid(collectionId: string, names: readonly string[], uid: string): Promise<Resource | undefined> {
    const resources = await this.#files.read(collectionId, names);
    return resources.find(({ text }) => hasUid(text, uid));
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) await watch.close();
    this.#watches.clear();
  }
}

async function guard<T>(what: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw diskError(what, error);
  }
}
