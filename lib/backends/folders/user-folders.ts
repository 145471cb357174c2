/**
 * What lies on disk for one user, shared by all sessions of this process:
 *
 *     <root>/<user>/mail/            the inbox: cur, new, tmp, caravan-uids, caravan-keywords
 *     <root>/<user>/mail/.<id>/      every other folder, alike (folder-names.ts)
 *     <root>/<user>/mail/caravan-uidvalidity    the last validity given to any folder
 *     <root>/<user>/mail/caravan.lock           user-lock.ts
 *     <root>/<user>/calendars, contacts, tasks, notes    collections of .ics and .vcf files (resource-files.ts)
 *
 * Directories `~…` are folders being made or deleted.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Random, randomName } from '../../platform/index.ts';
import type { Account, Folder, FolderKind } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { folderNotFound } from './errors.ts';
import {
  directoryOf,
  folderIdOf,
  folderIdOfDirectory,
  folderNameOf,
  INBOX,
  isInside,
  parentIdOf,
} from './folder-names.ts';
import { FolderIndex, SUBDIRECTORIES } from './folder-index.ts';
import type { WatchedTree } from './folder-watch.ts';
import { readText, replaceFile, signatureOf } from './files.ts';
import { UserLock } from './user-lock.ts';

const VALIDITY_FILE = 'caravan-uidvalidity';
/** The special folders, made when a mailbox is first opened; named thus at the top, they are what they are called. */
const SPECIAL: ReadonlyMap<string, FolderKind> = new Map<string, FolderKind>([
  ['Drafts', 'drafts'],
  ['Sent', 'sent'],
  ['Trash', 'trash'],
  ['Junk', 'junk'],
  ['Archive', 'archive'],
]);
const MAIL_KINDS: ReadonlySet<FolderKind> = new Set([...SPECIAL.values(), 'user'] satisfies FolderKind[]);

export class UserFolders implements WatchedTree {
  readonly account: Account;
  /** `<root>/<user>/mail` */
  readonly directory: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lock: UserLock;
  readonly #indexes = new Map<string, FolderIndex>();
  #preparing: Promise<void> | undefined;

  constructor(root: string, account: Account, clock: Clock, random: Random) {
    this.account = account;
    this.directory = join(root, account.user, 'mail');
    this.#clock = clock;
    this.#random = random;
    this.#lock = new UserLock(join(this.directory, 'caravan.lock'), clock, random);
  }

  /** Makes what every mailbox has, where it is not there. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#makeMailbox().finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  async close(): Promise<void> {
    await this.#lock.close();
  }

  directoryOf(folderId: string): string {
    return join(this.directory, directoryOf(folderId));
  }

  get roots(): readonly string[] {
    return [this.directory];
  }

  /** Files of the inbox's own come and go in its directory too; only folders begin with a dot. */
  isFolderEntry(name: string): boolean {
    return name.startsWith('.');
  }

  isEntryOf(name: string, folderId: string): boolean {
    return name === `.${folderId}`;
  }

  directoriesOf(folderId: string): readonly string[] {
    const directory = this.directoryOf(folderId);
    return [join(directory, 'new'), join(directory, 'cur')];
  }

  index(folderId: string): FolderIndex {
    let index = this.#indexes.get(folderId);
    if (!index) {
      index = new FolderIndex({
        folderId,
        directory: this.directoryOf(folderId),
        lock: this.#lock,
        clock: this.#clock,
        random: this.#random,
        nextValidity: () => this.#nextValidity(),
      });
      this.#indexes.set(folderId, index);
    }
    return index;
  }

  /** Forgets a folder that turned out to be none. */
  forget(folderId: string): void {
    this.#indexes.delete(folderId);
  }

  async list(): Promise<readonly Folder[]> {
    const real = new Set<string>();
    for (const entry of await readdir(this.directory, { withFileTypes: true })) {
      const id = entry.isDirectory() ? folderIdOfDirectory(entry.name) : undefined;
      if (id !== undefined) real.add(id);
    }
    const folders = [folderOf(INBOX, true)];
    const parents = new Set<string>();
    for (const id of real) {
      folders.push(folderOf(id, true));
      for (let parent = parentIdOf(id); parent !== undefined; parent = parentIdOf(parent)) {
        if (parent !== INBOX && !real.has(parent)) parents.add(parent);
      }
    }
    for (const id of parents) folders.push(folderOf(id, false));
    return folders.sort((a, b) => (a.id === INBOX ? -1 : b.id === INBOX ? 1 : a.id < b.id ? -1 : 1));
  }

  create(name: string, parentId: string | undefined, kind: FolderKind): Promise<Folder> {
    if (!MAIL_KINDS.has(kind)) {
      throw new BackendError('unsupported', `the mail folders cannot hold a folder for ${kind}`, {
        remedy: 'Make a folder for mail.',
      });
    }
    const special = [...SPECIAL].find((each) => each[1] === kind)?.[0];
    const id = special ?? folderIdOf(name, parentId);
    return this.#lock.run(async () => {
      await this.#requireParent(parentId);
      await this.#requireFree(id, (await this.list()).find((folder) => folder.id === id)?.selectable === false);
      await this.#makeFolder(id);
      return folderOf(id, true);
    });
  }

  rename(id: string, name: string, parentId: string | undefined): Promise<Folder> {
    const newId = folderIdOf(name, parentId);
    return this.#lock.run(async () => {
      const folders = await this.list();
      const folder = folders.find((each) => each.id === id);
      if (!folder) throw folderNotFound(id);
      refuseSpecial(folder, 'renamed');
      if (newId === id) return folder;
      await this.#requireParent(parentId);
      if (parentId !== undefined && (parentId === id || isInside(parentId, id))) {
        throw new BackendError('forbidden', 'a folder cannot be put into itself');
      }
      await this.#requireFree(newId, false);
      // Children first: whatever crashes in between, no folder is without the name of its parent.
      const moving = folders.filter((each) => each.selectable && (each.id === id || isInside(each.id, id)));
      const renames = moving.map((each) => [each.id, newId + each.id.slice(id.length)] as const).toReversed();
      const targets = renames.map(([from, to]) => [this.directoryOf(from), this.directoryOf(to)] as const);
      for (const [from, to] of targets) await rename(from, to);
      for (const [from, to] of renames) {
        this.#indexes.delete(from);
        this.#indexes.delete(to);
      }
      return folderOf(newId, folder.selectable);
    });
  }

  async remove(id: string): Promise<void> {
    const doomed = await this.#lock.run(async () => {
      const folders = await this.list();
      const folder = folders.find((each) => each.id === id);
      if (!folder) throw folderNotFound(id);
      refuseSpecial(folder, 'deleted');
      const leaving = folders
        .filter((each) => each.selectable && (each.id === id || isInside(each.id, id)))
        .toReversed();
      const graves: string[] = [];
      for (const each of leaving) {
        const grave = join(this.directory, `~deleted-${randomName(this.#random)}`);
        await rename(this.directoryOf(each.id), grave);
        this.#indexes.delete(each.id);
        graves.push(grave);
      }
      return graves;
    });
    for (const grave of doomed) await bury(grave);
  }

  async #requireParent(parentId: string | undefined): Promise<void> {
    if (parentId === undefined || parentId === INBOX) return;
    if (!(await this.list()).some((folder) => folder.id === parentId)) throw folderNotFound(parentId);
  }

  async #requireFree(id: string, isMereParent: boolean): Promise<void> {
    const isTaken = id.toUpperCase() === INBOX || (await this.list()).some((folder) => folder.id === id);
    if (isTaken && !isMereParent) {
      throw new BackendError('already-exists', `there is a folder ${JSON.stringify(folderNameOf(id))} already`, {
        remedy: 'Choose another name.',
      });
    }
  }

  async #makeMailbox(): Promise<void> {
    for (const name of SUBDIRECTORIES) await mkdir(join(this.directory, name), { recursive: true, mode: 0o700 });
    await this.#lock.run(async () => {
      for (const id of SPECIAL.keys()) {
        if ((await signatureOf(this.directoryOf(id))) === 'none') await this.#makeFolder(id);
      }
      // What a crash left of folders being made or deleted. Under the lock, nobody is making one; deleting may go on.
      for (const name of await readdir(this.directory)) {
        if (name.startsWith('~')) await bury(join(this.directory, name));
      }
    });
  }

  async #makeFolder(id: string): Promise<void> {
    const draft = join(this.directory, `~new-${randomName(this.#random)}`);
    for (const name of SUBDIRECTORIES) await mkdir(join(draft, name), { recursive: true, mode: 0o700 });
    await rename(draft, this.directoryOf(id));
    this.#indexes.delete(id);
  }

  async #nextValidity(): Promise<number> {
    const path = join(this.directory, VALIDITY_FILE);
    const last = Number.parseInt((await readText(path)) ?? '0', 10) || 0;
    const next = Math.max(last + 1, Math.floor(this.#clock.now() / 1000));
    await replaceFile(path, `${next}\n`);
    return next;
  }
}

/** Two may do so at once; what is left the next session removes. */
async function bury(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true }).catch(() => undefined);
}

function folderOf(id: string, selectable: boolean): Folder {
  const kind = id === INBOX ? 'inbox' : (SPECIAL.get(id) ?? 'user');
  const name = id === INBOX ? 'Inbox' : folderNameOf(id);
  return { id, parentId: parentIdOf(id), name, kind, itemClass: 'Email', selectable };
}

function refuseSpecial(folder: Folder, what: string): void {
  if (folder.kind === 'user') return;
  throw new BackendError('forbidden', `the folder ${folder.name} cannot be ${what}`, {
    why: 'every mailbox has it',
    remedy: 'Choose a folder that the user made.',
  });
}
