/**
 * Tells of changes in a user's folders within milliseconds: inotify on the directories of each watched folder and on those
 * that hold the folders. A slow poll stands behind it, for file systems and limits where that does not work.
 */
import { watch as watchPath } from 'node:fs';
import { type Clock, type Log, reasonOf, type Timer } from '../../platform/index.ts';
import type { FolderEvent, Watch } from '../backend.ts';
import { systemCode } from './errors.ts';
import { signatureOf } from './files.ts';

const POLL_MS = 30_000;
/** Without inotify. */
const BLIND_POLL_MS = 2_000;
/** The first event is told at once, those that follow closely together. */
const COALESCE_MS = 20;

/** inotify, or what a test puts in its place. Throws where the directory cannot be watched. */
export type WatchDirectory = (
  directory: string,
  changed: (kind: string, name: string | null) => void,
  failed: (error: unknown) => void,
) => { close(): void };

/** Folders on disk: of messages, or of resources. */
export interface WatchedTree {
  /** Directories in which folders come and go. */
  readonly roots: readonly string[];
  /** Is an entry of a root a folder, by its name? Others come and go there too. */
  isFolderEntry(name: string): boolean;
  isEntryOf(name: string, folderId: string): boolean;
  /** The directories that the folder's items are in. Throws BackendError for what cannot be an id. */
  directoriesOf(folderId: string): readonly string[];
}

export interface FolderWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly watchDirectory?: WatchDirectory;
}

interface Watched {
  readonly directories: readonly string[];
  watchers: { close(): void }[];
  /** What the poll saw last. */
  signature: string | undefined;
  isBlind: boolean;
}

export class FolderWatch implements Watch {
  readonly #tree: WatchedTree;
  readonly #listener: (event: FolderEvent) => void;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watchDirectory: WatchDirectory;
  readonly #watched = new Map<string, Watched>();
  readonly #quiet = new Map<string, Timer>();
  readonly #pending = new Set<string>();
  readonly #root: Watched;
  #poll: Timer | undefined;
  #isClosed = false;

  constructor(tree: WatchedTree, listener: (event: FolderEvent) => void, options: FolderWatchOptions) {
    this.#tree = tree;
    this.#listener = listener;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#watchDirectory = options.watchDirectory ?? watchDirectory;
    this.#root = { directories: tree.roots, watchers: [], signature: undefined, isBlind: false };
    this.#arm(this.#root, (kind, name) => {
      if (kind === 'rename' && (name === null || tree.isFolderEntry(name))) this.#hierarchyChanged(name);
    });
    this.#schedulePoll();
  }

  update(folderIds: readonly string[]): void {
    if (this.#isClosed) return;
    const wanted = new Set(folderIds);
    for (const [id, watched] of this.#watched) {
      if (wanted.has(id)) continue;
      disarm(watched);
      this.#watched.delete(id);
      this.#pending.delete(id);
    }
    for (const id of wanted) if (!this.#watched.has(id)) this.#add(id);
    this.#schedulePoll();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#poll?.cancel();
    for (const timer of this.#quiet.values()) timer.cancel();
    for (const watched of [this.#root, ...this.#watched.values()]) disarm(watched);
    this.#watched.clear();
    this.#pending.clear();
  }

  #add(folderId: string): void {
    let directories: readonly string[];
    try {
      directories = this.#tree.directoriesOf(folderId);
    } catch {
      return; // No folder could have this id.
    }
    const watched: Watched = { directories, watchers: [], signature: undefined, isBlind: false };
    this.#watched.set(folderId, watched);
    this.#armFolder(folderId, watched);
  }

  #armFolder(folderId: string, watched: Watched): void {
    this.#arm(watched, () => this.#tell(folderId));
  }

  #arm(watched: Watched, changed: (kind: string, name: string | null) => void): void {
    disarm(watched);
    watched.isBlind = false;
    try {
      for (const directory of watched.directories) {
        const failed = (error: unknown) => this.#blind(watched, error);
        watched.watchers.push(this.#watchDirectory(directory, changed, failed));
      }
    } catch (error) {
      this.#blind(watched, error);
    }
  }

  #blind(watched: Watched, error: unknown): void {
    disarm(watched);
    watched.isBlind = true;
    // A folder that is not there is waited for by the watch on its parent directory.
    if (systemCode(error) === 'ENOENT') return;
    this.#log.warn({ reason: reasonOf(error), pollMs: BLIND_POLL_MS }, 'a mail folder cannot be watched and is polled');
    if (!this.#isClosed) this.#schedulePoll();
  }

  /** `directory` came or went. */
  #hierarchyChanged(directory: string | null): void {
    if (this.#isClosed) return;
    for (const [id, watched] of this.#watched) {
      if (directory !== null && !this.#tree.isEntryOf(directory, id)) continue;
      // A folder made again under its name is another directory than the one that is watched, and has mail already perhaps.
      this.#armFolder(id, watched);
      this.#tell(id);
    }
    this.#tell(undefined);
  }

  /** Of a folder, or of the hierarchy: at once, and then at most once in a while. */
  #tell(folderId: string | undefined): void {
    const key = folderId ?? '';
    if (this.#quiet.has(key)) {
      this.#pending.add(key);
      return;
    }
    this.#quiet.set(
      key,
      this.#clock.after(COALESCE_MS, () => {
        this.#quiet.delete(key);
        if (this.#pending.delete(key) && !this.#isClosed) this.#tell(folderId);
      }),
    );
    this.#listener(folderId === undefined ? { kind: 'hierarchy' } : { kind: 'changed', folderId });
  }

  #schedulePoll(): void {
    this.#poll?.cancel();
    const isBlind = this.#root.isBlind || [...this.#watched.values()].some((watched) => watched.isBlind);
    this.#poll = this.#clock.after(isBlind ? BLIND_POLL_MS : POLL_MS, () => {
      this.#pollOnce()
        .catch((error: unknown) => this.#log.warn({ reason: reasonOf(error) }, 'the mail folders cannot be polled'))
        .finally(() => {
          if (!this.#isClosed) this.#schedulePoll();
        });
    });
  }

  async #pollOnce(): Promise<void> {
    for (const [id, watched] of [[undefined, this.#root] as const, ...this.#watched]) {
      const signature = (await Promise.all(watched.directories.map(signatureOf))).join(' ');
      const former = watched.signature;
      watched.signature = signature;
      if (this.#isClosed) return;
      if (id !== undefined && this.#watched.get(id) !== watched) continue;
      // What happened before the first look of a folder that cannot be watched, nobody saw.
      if (former === undefined ? watched.isBlind : former !== signature) this.#tell(id);
    }
  }
}

const watchDirectory: WatchDirectory = (directory, changed, failed) => {
  const watcher = watchPath(directory, { persistent: false }, changed);
  watcher.on('error', failed);
  return watcher;
};

function disarm(watched: Watched): void {
  for (const watcher of watched.watchers) watcher.close();
  watched.watchers = [];
}
