/**
 * One user's collections on disk: a directory each, a file a resource. Etags are of the content, and files come and go by rename,
 * so that several processes and other programs can share them. Directories `~…` are collections being deleted.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Random, randomName } from '../../platform/index.ts';
import type { Folder } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type {
  MoveResourceResult,
  PutResult,
  RemoveResult,
  Resource,
  ResourceState,
  WriteCondition,
} from '../resources.ts';
import {
  collectionIdOf,
  collectionOf,
  type CollectionPlace,
  isCollectionEntry,
  isResourceName,
  LAYOUTS,
  placeOf,
} from './collection-names.ts';
import { folderNotFound, isGone, systemCode } from './errors.ts';
import { type KnownFile, KnownFiles } from './known-files.ts';
import { signatureOf, syncDirectory, writeDurably } from './files.ts';
import type { WatchedTree } from './folder-watch.ts';
import { UserLock } from './user-lock.ts';

const FILES_AT_ONCE = 8;
/** Files that are being written: in the same file system, where nobody watches. */
const DRAFTS = 'resource-drafts';

export class ResourceFiles implements WatchedTree {
  /** `<root>/<user>` */
  readonly directory: string;
  readonly #random: Random;
  readonly #lock: UserLock;
  readonly #known = new Map<string, KnownFiles>();

  constructor(directory: string, clock: Clock, random: Random) {
    this.directory = directory;
    this.#random = random;
    this.#lock = new UserLock(join(directory, 'resources.lock'), clock, random);
  }

  get roots(): readonly string[] {
    return LAYOUTS.map(({ directory }) => join(this.directory, directory));
  }

  isFolderEntry(name: string): boolean {
    return isCollectionEntry(name);
  }

  isEntryOf(name: string, collectionId: string): boolean {
    return collectionId.endsWith(`/${name}`);
  }

  directoriesOf(collectionId: string): readonly string[] {
    return [this.#directoryOf(placeOf(collectionId))];
  }

  /** Makes what every user has, where it is not there. */
  async prepare(): Promise<void> {
    await mkdir(join(this.directory, DRAFTS), { recursive: true, mode: 0o700 });
    for (const { directory, standard } of LAYOUTS) {
      await mkdir(join(this.directory, directory, standard), { recursive: true, mode: 0o700 });
    }
  }

  async close(): Promise<void> {
    await this.#lock.close();
  }

  async collections(): Promise<readonly Folder[]> {
    const found: Folder[] = [];
    for (const layout of LAYOUTS) {
      const entries = await readdir(join(this.directory, layout.directory), { withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory() && isCollectionEntry(entry.name));
      for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        found.push(collectionOf(placeOf(`${layout.directory}/${name}`)));
      }
    }
    return found;
  }

  async create(name: string, itemClass: CollectionPlace['itemClass']): Promise<Folder> {
    const place = placeOf(collectionIdOf(itemClass, name));
    try {
      await mkdir(this.#directoryOf(place), { mode: 0o700 });
    } catch (error) {
      throw systemCode(error) === 'EEXIST' ? alreadyThere(name) : error;
    }
    return collectionOf(place);
  }

  rename(id: string, name: string): Promise<Folder> {
    const from = placeOf(id);
    refuseStandard(from, 'renamed');
    const to = placeOf(collectionIdOf(from.itemClass, name));
    return this.#lock.run(async () => {
      if (to.id === id) return collectionOf(to);
      // A directory may take the place of an empty one: that is somebody's collection too.
      if ((await signatureOf(this.#directoryOf(to))) !== 'none') throw alreadyThere(name);
      await this.#orNotFound(id, () => rename(this.#directoryOf(from), this.#directoryOf(to)));
      this.#known.delete(id);
      return collectionOf(to);
    });
  }

  async delete(id: string): Promise<void> {
    const place = placeOf(id);
    refuseStandard(place, 'deleted');
    const grave = join(this.directory, place.directory, `~deleted-${randomName(this.#random)}`);
    await this.#lock.run(() => this.#orNotFound(id, () => rename(this.#directoryOf(place), grave)));
    this.#known.delete(id);
    await rm(grave, { recursive: true, force: true });
  }

  async list(id: string): Promise<readonly ResourceState[]> {
    const place = placeOf(id);
    const names = await this.#orNotFound(id, () => readdir(this.#directoryOf(place)));
    const before = this.#known.get(id) ?? new KnownFiles();
    const after: KnownFile[] = [];
    await inParallel(
      names.filter((name) => isResourceName(name, place)),
      async (name) => {
        const path = join(this.#directoryOf(place), name);
        const signature = await signatureOf(path);
        const known = before.etagOf(name, signature);
        if (known !== undefined) return void after.push({ name, signature, etag: known });
        const text = await readOrNothing(path);
        if (text !== undefined) after.push({ name, signature, etag: etagOf(text) });
      },
    );
    this.#known.set(id, new KnownFiles(after));
    return after.map(({ name, etag }) => ({ name, etag })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async read(id: string, names: readonly string[]): Promise<readonly Resource[]> {
    const place = placeOf(id);
    const found: Resource[] = [];
    await inParallel(names, async (name) => {
      if (!isResourceName(name, place)) return;
      const text = await readOrNothing(join(this.#directoryOf(place), name));
      if (text !== undefined) found.push({ name, etag: etagOf(text), text });
    });
    return found;
  }

  async put(id: string, name: string, text: string, condition: WriteCondition): Promise<PutResult> {
    const place = placeOf(id);
    if (!isResourceName(name, place)) {
      throw new BackendError('rejected', 'the resource cannot be kept', {
        why: `its name does not end with ${place.extension}`,
      });
    }
    const draft = join(this.directory, DRAFTS, randomName(this.#random));
    const path = join(this.#directoryOf(place), name);
    try {
      await writeDurably(draft, text);
      return await this.#lock.run(async () => {
        const current = condition === undefined || condition === 'new' ? undefined : await readOrNothing(path);
        if (typeof condition === 'object' && (current === undefined || etagOf(current) !== condition.etag)) {
          return { kind: 'conflict' };
        }
        try {
          if (condition === 'new') await link(draft, path);
          else await rename(draft, path);
        } catch (error) {
          if (systemCode(error) === 'EEXIST') return { kind: 'conflict' };
          throw isGone(error) ? folderNotFound(id) : error;
        }
        await syncDirectory(this.#directoryOf(place));
        return { kind: 'stored', etag: etagOf(text) };
      });
    } finally {
      await rm(draft, { force: true });
    }
  }

  remove(id: string, name: string, etag: string | undefined): Promise<RemoveResult> {
    const place = placeOf(id);
    const path = join(this.#directoryOf(place), name);
    return this.#lock.run(async () => {
      const current = isResourceName(name, place) ? await readOrNothing(path) : undefined;
      if (current === undefined) return 'gone';
      if (etag !== undefined && etagOf(current) !== etag) return 'conflict';
      await unlink(path);
      await syncDirectory(this.#directoryOf(place));
      return 'removed';
    });
  }

  move(id: string, name: string, targetId: string): Promise<MoveResourceResult> {
    const from = placeOf(id);
    const to = placeOf(targetId);
    const path = join(this.#directoryOf(from), name);
    const target = join(this.#directoryOf(to), name);
    return this.#lock.run(async () => {
      if (!isResourceName(name, from) || (await signatureOf(path)) === 'none') return 'gone';
      if ((await signatureOf(target)) !== 'none') return 'conflict';
      await this.#orNotFound(targetId, () => rename(path, target));
      for (const place of [to, from]) await syncDirectory(this.#directoryOf(place));
      return 'moved';
    });
  }

  #directoryOf({ directory, name }: CollectionPlace): string {
    return join(this.directory, directory, name);
  }

  async #orNotFound<T>(id: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw isGone(error) ? folderNotFound(id) : error;
    }
  }
}

function etagOf(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isGone(error) || systemCode(error) === 'EISDIR') return undefined;
    throw error;
  }
}

function alreadyThere(name: string): BackendError {
  return new BackendError('already-exists', `there is a collection ${JSON.stringify(name)} already`, {
    remedy: 'Choose another name.',
  });
}

function refuseStandard(place: CollectionPlace, what: string): void {
  if (place.name !== place.standard) return;
  throw new BackendError('forbidden', `the collection ${place.standard} cannot be ${what}`, {
    why: 'every user has it',
    remedy: 'Choose a collection that the user made.',
  });
}

async function inParallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await task(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, items.length) }, worker));
}
