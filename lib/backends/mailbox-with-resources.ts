/** A mailbox whose calendars, contacts, tasks and notes are kept by something else than its mail: one tree of folders, one watch. */
import type { Folder, FolderEvent, FolderKind, ItemClass, Mailbox, Watch } from './backend.ts';
import { BackendError } from './errors.ts';
import type { ResourceClass, ResourceStore } from './resources.ts';

/** Everything but what is of collections is the mailbox's own. */
export function withResources(mailbox: Mailbox, resources: ResourceStore): Mailbox {
  const combined = new MailboxWithResources(mailbox, resources);
  return new Proxy(mailbox, {
    get(target, property) {
      if (property === 'freeBusy' && resources.freeBusy) return resources.freeBusy.bind(resources);
      const owner: object = property in combined ? combined : target;
      const value: unknown = Reflect.get(owner, property, owner);
      return typeof value === 'function' ? value.bind(owner) : value;
    },
  });
}

class MailboxWithResources
  implements
    Pick<Mailbox, 'resources' | 'folders' | 'createFolder' | 'renameFolder' | 'deleteFolder' | 'watch' | 'close'>
{
  readonly resources: ResourceStore;
  readonly #mailbox: Mailbox;

  constructor(mailbox: Mailbox, resources: ResourceStore) {
    this.#mailbox = mailbox;
    this.resources = resources;
  }

  async folders(): Promise<readonly Folder[]> {
    const [mail, collections] = await Promise.all([this.#mailbox.folders(), this.resources.collections()]);
    const kept = new Set<FolderKind>(
      collections.map((collection) => collection.kind).filter((kind) => kind !== 'user'),
    );
    // Two of a kind cannot be: what the mailbox has of it is a folder like others.
    return [...mail.filter((folder) => !kept.has(folder.kind)), ...collections];
  }

  createFolder(
    name: string,
    parentId: string | undefined,
    kind?: FolderKind,
    itemClass: ItemClass = 'Email',
  ): Promise<Folder> {
    if (itemClass === 'Email') return this.#mailbox.createFolder(name, parentId, kind);
    if (parentId !== undefined) throw notNested();
    return this.resources.createCollection(name, itemClass satisfies ResourceClass);
  }

  renameFolder(id: string, name: string, parentId: string | undefined): Promise<Folder> {
    if (!this.resources.isCollection(id)) return this.#mailbox.renameFolder(id, name, parentId);
    if (parentId !== undefined) throw notNested();
    return this.resources.renameCollection(id, name);
  }

  deleteFolder(id: string): Promise<void> {
    return this.resources.isCollection(id) ? this.resources.deleteCollection(id) : this.#mailbox.deleteFolder(id);
  }

  async watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    const mail = await this.#mailbox.watch(listener);
    let collections: Watch;
    try {
      collections = await this.resources.watch(listener);
    } catch (error) {
      await mail.close();
      throw error;
    }
    return {
      update: (folderIds) => {
        mail.update(folderIds.filter((id) => !this.resources.isCollection(id)));
        collections.update(folderIds.filter((id) => this.resources.isCollection(id)));
      },
      close: async () => {
        await Promise.all([mail.close(), collections.close()]);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#mailbox.close(), this.resources.close()]);
  }
}

function notNested(): BackendError {
  return new BackendError('forbidden', 'the collection cannot be there', {
    why: 'calendars, contacts, tasks and notes have no parents',
    remedy: 'Make it at the top.',
  });
}
