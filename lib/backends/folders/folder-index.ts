/**
 * One folder's messages in memory, kept in step with the disk: whoever adds, renames or removes files, the next `refresh` sees
 * it. A folder that did not change costs four stats.
 */
import { mkdir, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '../../platform/index.ts';
import type { MessageFlags, MessageState } from '../message.ts';
import { UidRuns } from '../uid-runs.ts';
import { folderNotFound, isGone } from './errors.ts';
import { factsOf, joinFileName, type MessageFacts, newBase, sortLetters, splitFileName } from './file-names.ts';
import { signatureOf, syncDirectory, writeDurably } from './files.ts';
import { Keywords } from './keywords.ts';
import { type ListEntry, UidList } from './uid-list.ts';
import type { UserLock } from './user-lock.ts';

/** File systems stamp changes by ticks of up to 10 ms: two changes in one tick look like one. */
const TICK_MS = 25;
/** A file in `new` without content is being written by somebody careless; after this it counts as it is. */
const EMPTY_FILE_GRACE_MS = 60_000;
const STATS_AT_ONCE = 64;
export const SUBDIRECTORIES = ['tmp', 'new', 'cur'] as const;

export interface IndexedMessage {
  readonly base: string;
  /** Relative to the folder: `cur/…`. */
  readonly file: string;
  readonly letters: string;
  readonly modseq: number;
  readonly state: MessageState;
}

interface Listed {
  readonly file: string;
  readonly letters: string;
}

export interface FolderIndexOptions {
  readonly folderId: string;
  readonly directory: string;
  readonly lock: UserLock;
  readonly clock: Clock;
  readonly random: Random;
  /** A validity that no folder of the user had yet. Called under the lock. */
  readonly nextValidity: () => Promise<number>;
}

export class FolderIndex {
  readonly #options: FolderIndexOptions;
  readonly #uids: UidList;
  readonly #keywords: Keywords;
  #signature = '';
  #firstSeenAt = 0;
  #isSettled = false;
  #messages: ReadonlyMap<number, IndexedMessage> = new Map();
  #present = UidRuns.empty;
  #validity = '';
  #modseq = 0;
  /** By base: from the name, or from the file where the name does not tell. */
  #facts = new Map<string, MessageFacts>();
  #messageIds = new Map<string, string>();

  constructor(options: FolderIndexOptions) {
    this.#options = options;
    this.#uids = new UidList(options.directory, options.random, options.nextValidity);
    this.#keywords = new Keywords(options.directory);
  }

  /** By UID, ascending; as of the last refresh. */
  get messages(): ReadonlyMap<number, IndexedMessage> {
    return this.#messages;
  }

  get present(): UidRuns {
    return this.#present;
  }

  /** As of the last refresh, as `messages` is: what was journalled since is not in it. */
  get validity(): string {
    return this.#validity;
  }

  get modseq(): number {
    return this.#modseq;
  }

  async refresh(): Promise<void> {
    const signature = await this.#currentSignature();
    if (this.#isSettled && signature === this.#signature) return;
    await this.#options.lock.run(() => this.#refreshLocked());
  }

  /** Adds a message; its UID, and the validity in which that counts. */
  async append(
    message: Uint8Array,
    flags: MessageFlags,
    receivedAt: Date,
  ): Promise<{ readonly uid: number; readonly validity: string }> {
    const { directory, lock, random } = this.#options;
    const base = newBase({ receivedAt, sizeBytes: message.length }, random);
    const temporary = join(directory, 'tmp', base);
    await this.#currentSignature();
    try {
      await writeDurably(temporary, message, receivedAt);
      return await lock.run(async () => {
        await this.#uids.load();
        const letters = await this.#lettersFor(flags);
        const [uid] = await this.#uids.append([{ kind: 'add', base, letters }]);
        await rename(temporary, join(directory, 'cur', joinFileName(base, letters)));
        await syncDirectory(join(directory, 'cur'));
        return { uid: uid as number, validity: this.#uids.validity };
      });
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw isGone(error) ? folderNotFound(this.#options.folderId) : error;
    }
  }

  /** Changes flags; the UIDs that are there. */
  updateFlags(uids: readonly number[], add: MessageFlags, remove: MessageFlags): Promise<readonly number[]> {
    const { directory, lock } = this.#options;
    return lock.run(async () => {
      await this.#refreshLocked();
      const done: number[] = [];
      for (const uid of new Set(uids)) {
        const isThere = await this.#withFile(uid, async (message) => {
          const taken = new Set(this.#keywords.lettersOf(remove));
          const kept = Array.from(message.letters).filter((letter) => !taken.has(letter));
          const letters = sortLetters(kept.join('') + (await this.#lettersFor(add)));
          const file = join('cur', joinFileName(message.base, letters));
          if (file !== message.file) await rename(join(directory, message.file), join(directory, file));
        });
        if (isThere) done.push(uid);
      }
      if (done.length > 0) this.#isSettled = false;
      return done;
    });
  }

  /** Moves messages to another folder of the same user; old UID → new UID. */
  move(uids: readonly number[], target: FolderIndex): Promise<ReadonlyMap<number, number>> {
    const from = this.#options;
    const to = target.#options;
    return from.lock.run(async () => {
      await this.#refreshLocked();
      if (target !== this) await target.#refreshLocked();
      const leaving = [...new Set(uids)].filter((uid) => this.#messages.has(uid));
      const planned: { uid: number; base: string; letters: string }[] = [];
      for (const uid of leaving) {
        const message = this.#messages.get(uid) as IndexedMessage;
        const letters = await target.#lettersFor(this.#keywords.flagsOf(message.letters));
        planned.push({ uid, base: newBase(message.state, to.random), letters });
      }
      const entries = planned.map(({ base, letters }): ListEntry => ({ kind: 'add', base, letters }));
      const added = await target.#uids.append(entries);
      const moved = new Map<number, number>();
      for (const [i, { uid, base, letters }] of planned.entries()) {
        const wasThere = await this.#withFile(uid, (message) =>
          rename(join(from.directory, message.file), join(to.directory, 'cur', joinFileName(base, letters))),
        );
        if (wasThere) moved.set(uid, added[i] as number);
      }
      this.#isSettled = false;
      target.#isSettled = false;
      return moved;
    });
  }

  remove(uids: readonly number[]): Promise<void> {
    return this.#options.lock.run(async () => {
      await this.#refreshLocked();
      for (const uid of uids) {
        await this.#withFile(uid, (message) => unlink(join(this.#options.directory, message.file)));
      }
      this.#isSettled = false;
    });
  }

  /** The bytes of a message, undefined if it is gone. */
  async read(uid: number): Promise<Buffer | undefined> {
    for (let attempt = 0; ; attempt++) {
      const message = this.#messages.get(uid);
      if (!message) return undefined;
      try {
        return await readFile(join(this.#options.directory, message.file));
      } catch (error) {
        if (!isGone(error) || attempt >= 2) throw error;
        // Renamed by somebody since: look again.
        this.#isSettled = false;
        await this.refresh();
      }
    }
  }

  /** Remembers what `compute` finds out about a message for as long as it is in the folder. */
  async messageId(uid: number, compute: (uid: number) => Promise<string>): Promise<string> {
    const base = this.#messages.get(uid)?.base ?? '';
    let found = this.#messageIds.get(base);
    if (found === undefined) {
      found = await compute(uid);
      if (this.#messages.get(uid)?.base === base) this.#messageIds.set(base, found);
    }
    return found;
  }

  /** Runs `task` with the message's file, again where it was just renamed by another program; false if it is gone. */
  async #withFile(uid: number, task: (message: IndexedMessage) => Promise<void>): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      const message = this.#messages.get(uid);
      if (!message) return false;
      try {
        await task(message);
        return true;
      } catch (error) {
        if (!isGone(error) || attempt >= 2) throw error;
        await this.#readAll();
      }
    }
  }

  async #lettersFor(flags: MessageFlags): Promise<string> {
    await this.#keywords.load();
    return this.#keywords.assign(flags, async () => {
      // Letters that another process gave may not be in the list yet.
      await this.#readAll();
      return new Set(Array.from(this.#uids.messages.values(), (message) => Array.from(message.letters)).flat());
    });
  }

  /** BackendError('not-found') if there is no such folder. */
  async #currentSignature(): Promise<string> {
    const { directory, folderId } = this.#options;
    const signatures = await Promise.all([
      signatureOf(join(directory, 'new')),
      signatureOf(join(directory, 'cur')),
      this.#uids.signature(),
      signatureOf(this.#keywords.path),
    ]);
    if (signatures[0] === 'none' || signatures[1] === 'none') {
      if ((await signatureOf(directory)) === 'none') throw folderNotFound(folderId);
      for (const name of SUBDIRECTORIES) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
      return this.#currentSignature();
    }
    return signatures.join(' ');
  }

  async #refreshLocked(): Promise<void> {
    const startedAt = this.#options.clock.monotonic();
    const signature = await this.#currentSignature();
    if (this.#isSettled && signature === this.#signature) return;
    if (signature !== this.#signature) this.#firstSeenAt = startedAt;
    const isPending = await this.#readAll();
    // What we appended to the list ourselves is no reason to look again.
    const parts = signature.split(' ');
    this.#signature = [parts[0], parts[1], await this.#uids.signature(), parts[3]].join(' ');
    this.#isSettled = !isPending && startedAt - this.#firstSeenAt >= TICK_MS;
  }

  /** Brings UID list and index in step with the files; true if some file is still being written. */
  async #readAll(): Promise<boolean> {
    const listing = await this.#list();
    const keywordsChanged = await this.#keywords.load();
    await this.#uids.load();
    const missing = [...this.#uids.messages.keys()].some((base) => !listing.has(base));
    if (missing) {
      // A directory read can miss a file that is renamed meanwhile: what is gone must be gone twice.
      for (const [base, listed] of await this.#list()) if (!listing.has(base)) listing.set(base, listed);
    }
    const isPending = await this.#learnFacts(listing);
    await this.#uids.append(this.#differences(listing));
    this.#rebuild(listing, keywordsChanged || this.#validity !== this.#uids.validity);
    return isPending;
  }

  async #list(): Promise<Map<string, Listed>> {
    const listing = new Map<string, Listed>();
    // First `new`, then `cur`: that is the way messages go.
    for (const subdirectory of ['new', 'cur']) {
      for (const name of await readdir(join(this.#options.directory, subdirectory))) {
        const split = splitFileName(name);
        if (!split) continue;
        const letters = subdirectory === 'new' ? '' : split.letters;
        listing.set(split.base, { file: `${subdirectory}/${name}`, letters });
      }
    }
    return listing;
  }

  /** Looks at files whose names don't tell time and size. Those still empty are dropped from the listing, for now. */
  async #learnFacts(listing: Map<string, Listed>): Promise<boolean> {
    const unknown: [string, Listed][] = [];
    for (const [base, listed] of listing) {
      if (this.#facts.has(base)) continue;
      const facts = factsOf(base);
      if (facts) this.#facts.set(base, facts);
      else unknown.push([base, listed]);
    }
    let isPending = false;
    for (let at = 0; at < unknown.length; at += STATS_AT_ONCE) {
      const batch = unknown.slice(at, at + STATS_AT_ONCE).map(async ([base, { file }]) => {
        const found = await stat(join(this.#options.directory, file)).catch((error: unknown) => {
          if (!isGone(error)) throw error;
        });
        const isYoung = found && this.#options.clock.now() - found.mtimeMs < EMPTY_FILE_GRACE_MS;
        const isUnfinished = found?.size === 0 && isYoung === true && !this.#uids.messages.has(base);
        isPending ||= isUnfinished;
        if (!found?.isFile() || isUnfinished) listing.delete(base);
        else this.#facts.set(base, { receivedAt: new Date(Math.floor(found.mtimeMs)), sizeBytes: found.size });
      });
      await Promise.all(batch);
    }
    return isPending;
  }

  #factsOf(base: string): MessageFacts {
    return this.#facts.get(base) ?? { receivedAt: new Date(0), sizeBytes: 0 };
  }

  #differences(listing: ReadonlyMap<string, Listed>): ListEntry[] {
    const entries: ListEntry[] = [];
    const known = this.#uids.messages;
    for (const [base, { letters }] of known) {
      const listed = listing.get(base);
      if (!listed) entries.push({ kind: 'gone', base });
      else if (listed.letters !== letters) entries.push({ kind: 'flags', base, letters: listed.letters });
    }
    const fresh = [...listing.keys()].filter((base) => !known.has(base));
    const order = (base: string) => this.#factsOf(base).receivedAt.getTime();
    fresh.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
    for (const base of fresh) entries.push({ kind: 'add', base, letters: listing.get(base)?.letters ?? '' });
    return entries;
  }

  #rebuild(listing: ReadonlyMap<string, Listed>, everything: boolean): void {
    const messages = new Map<number, IndexedMessage>();
    for (const { uid, base, letters, modseq } of this.#uids.messages.values()) {
      const listed = listing.get(base);
      if (!listed) continue;
      const { file } = listed;
      const former = everything ? undefined : this.#messages.get(uid);
      if (former && former.base === base && former.file === file && former.modseq === modseq) {
        messages.set(uid, former);
        continue;
      }
      const state = { uid, flags: this.#keywords.flagsOf(letters), ...this.#factsOf(base) };
      messages.set(uid, { base, file, letters, modseq, state });
    }
    this.#messages = messages;
    this.#present = UidRuns.ofRuns(runsOf(messages.keys()));
    this.#validity = this.#uids.validity;
    this.#modseq = this.#uids.modseq;
    for (const base of this.#facts.keys()) if (!listing.has(base)) this.#facts.delete(base);
    for (const base of this.#messageIds.keys()) if (!listing.has(base)) this.#messageIds.delete(base);
  }
}

/** Of ascending UIDs. */
function runsOf(uids: Iterable<number>): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const uid of uids) {
    const last = runs.at(-1);
    if (last?.[1] === uid - 1) last[1] = uid;
    else runs.push([uid, uid]);
  }
  return runs;
}
