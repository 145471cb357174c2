/** A mailbox whose notes are in a folder of its mail, unless its other collections have notes (VJOURNAL) already. */
import type { Log } from '../../platform/index.ts';
import type { Folder, FolderEvent, FolderKind, ItemClass, Mailbox, Watch } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ResourceCapabilities, ResourceClass, ResourceStore } from '../resources.ts';
import { MailNotes } from './mail-notes.ts';

const NOTES: ReadonlySet<ResourceClass> = new Set(['Notes']);

/** `folderId`: the mail system's name of the folder, which need not be there yet. */
export function withNotes(
  mailbox: Mailbox,
  folderId: string,
  tools: { readonly log: Log; readonly nowMs: () => number },
): Mailbox {
  const notes = new MailNotes(mailbox, folderId, tools);
  const own = new MailboxWithNotes(mailbox, notes, folderId);
  return new Proxy(mailbox, {
    get(target, property) {
      const owner: object = property in own ? own : target;
      const value: unknown = Reflect.get(owner, property, owner);
      return typeof value === 'function' ? value.bind(owner) : value;
    },
  });
}

class MailboxWithNotes
  implements Pick<Mailbox, 'resources' | 'folders' | 'createFolder' | 'renameFolder' | 'deleteFolder' | 'watch'>
{
  readonly resources: ResourceStore;
  readonly #mailbox: Mailbox;
  readonly #notes: MailNotes;
  readonly #folderId: string;

  constructor(mailbox: Mailbox, notes: MailNotes, folderId: string) {
    this.#mailbox = mailbox;
    this.#notes = notes;
    this.#folderId = folderId;
    this.resources = joined(mailbox.resources, notes);
  }

  async folders(): Promise<readonly Folder[]> {
    const listed = await this.#mailbox.folders();
    if (listed.some((it) => it.itemClass === 'Notes')) return listed;
    // The folder below it, if there is one, is at the top instead.
    return [
      ...listed
        .filter(({ id }) => id !== this.#folderId)
        .map((it) => (it.parentId === this.#folderId ? { ...it, parentId: undefined } : it)),
      this.#notes.folder,
    ];
  }

  createFolder(
    name: string,
    parentId: string | undefined,
    kind?: FolderKind,
    itemClass: ItemClass = 'Email',
  ): Promise<Folder> {
    if (itemClass !== 'Email' && parentId === undefined) return this.resources.createCollection(name, itemClass);
    return this.#mailbox.createFolder(name, parentId, kind, itemClass);
  }

  renameFolder(id: string, name: string, parentId: string | undefined): Promise<Folder> {
    return id === this.#notes.folder.id ? Promise.reject(notChanged()) : this.#mailbox.renameFolder(id, name, parentId);
  }

  deleteFolder(id: string): Promise<void> {
    return id === this.#notes.folder.id ? Promise.reject(notChanged()) : this.#mailbox.deleteFolder(id);
  }

  /** What is told of the folder is told of the collection. */
  async watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    const { id } = this.#notes.folder;
    let isWatched = false;
    const watch = await this.#mailbox.watch((event) => {
      const isOfNotes = isWatched && 'folderId' in event && event.folderId === this.#folderId;
      listener(isOfNotes ? { kind: 'changed', folderId: id } : event);
    });
    return {
      update: (folderIds) => {
        isWatched = folderIds.includes(id);
        watch.update(folderIds.map((it) => (it === id ? this.#folderId : it)));
      },
      close: () => watch.close(),
    };
  }
}

function notChanged(): BackendError {
  return new BackendError('forbidden', 'the folder of notes cannot be changed', { why: 'it is the default one' });
}

/** The notes beside the other collections, if there are any. */
function joined(others: ResourceStore | undefined, notes: MailNotes): ResourceStore {
  const { id } = notes.folder;
  const other = (): ResourceStore => {
    if (others) return others;
    throw new BackendError('not-found', 'there is no such collection');
  };
  return {
    get capabilities(): ResourceCapabilities {
      const { capabilities } = others ?? {};
      return {
        hasSyncToken: capabilities?.hasSyncToken ?? false,
        withoutSyncToken: NOTES,
        canPush: false,
        canChangeCollections: capabilities?.canChangeCollections ?? false,
        schedulesItself: capabilities?.schedulesItself ?? false,
        classes: new Set<ResourceClass>([...(capabilities?.classes ?? []), 'Notes']),
      };
    },
    isCollection: (it) => it === id || (others?.isCollection(it) ?? false),
    async collections() {
      const listed = (await others?.collections()) ?? [];
      return listed.some((it) => it.itemClass === 'Notes') ? listed : [...listed, notes.folder];
    },
    async createCollection(name, itemClass) {
      if (others?.capabilities.classes.has(itemClass)) return others.createCollection(name, itemClass);
      throw new BackendError('unsupported', `there is no place for more ${itemClass}`);
    },
    renameCollection: (it, name) => (it === id ? Promise.reject(notChanged()) : other().renameCollection(it, name)),
    deleteCollection: (it) => (it === id ? Promise.reject(notChanged()) : other().deleteCollection(it)),
    changes: async (it, token) => (it === id ? notes.changes() : other().changes(it, token)),
    // Neither are notes over nor done.
    matching: async (it, filter) =>
      it === id ? new Set((await notes.changes()).resources.map(({ name }) => name)) : other().matching(it, filter),
    withUid: async (it, uid) => (it === id ? notes.withUid(uid) : other().withUid(it, uid)),
    read: async (it, names) => (it === id ? notes.read(names) : other().read(it, names)),
    put: async (it, name, text, condition) =>
      it === id ? notes.put(name, text, condition) : other().put(it, name, text, condition),
    remove: async (it, name, etag) => (it === id ? notes.remove(name, etag) : other().remove(it, name, etag)),
    async move(it, name, targetId) {
      if (it !== id && targetId !== id) return other().move(it, name, targetId);
      throw new BackendError('unsupported', 'notes do not move', { why: 'there is one folder of them' });
    },
    ...(others?.freeBusy && { freeBusy: others.freeBusy.bind(others) }),
    // The mailbox tells of the folder.
    watch: () => Promise.resolve({ update: () => undefined, close: () => Promise.resolve() }),
    close: () => Promise.resolve(),
  };
}
