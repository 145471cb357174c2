/** A user's session in the local mail folders. It holds no connection: all sessions of a user share what lies in memory. */
import type { Clock, Log } from '../../platform/index.ts';
import type {
  Account,
  BusyTime,
  Capabilities,
  Envelope,
  Folder,
  FolderChanges,
  FolderEvent,
  FolderKind,
  FolderPosition,
  Hit,
  Mailbox,
  SearchQuery,
  Watch,
} from '../backend.ts';
import { BackendError } from '../errors.ts';
import { headerFields } from '../mime-header.ts';
import type { FetchedMessage, FetchedPart, FetchPlan, MessageFlags, MessageState } from '../message.ts';
import { parseMessage } from '../mime-structure.ts';
import { UidRuns } from '../uid-runs.ts';
import { diskError, folderNotFound, isGone } from './errors.ts';
import type { FolderIndex } from './folder-index.ts';
import { FolderWatch } from './folder-watch.ts';
import { withCrlf } from './line-breaks.ts';
import { matchesContent, needsContent } from './message-search.ts';
import type { UserFolders } from './user-folders.ts';

/** So many messages are looked into before a search gives what it has found. */
const SEARCH_LIMIT_MESSAGES = 20_000;
const FILES_AT_ONCE = 4;

const CAPABILITIES: Capabilities = {
  hasCondstore: true,
  hasQresync: false,
  canPush: true,
  canSearch: true,
  hasKeywords: true,
  canAutoReply: false,
};

export interface FoldersMailboxOptions {
  readonly folders: UserFolders;
  readonly clock: Clock;
  readonly log: Log;
  readonly freeBusy: NonNullable<Mailbox['freeBusy']>;
  readonly submit: (sender: Account, envelope: Envelope, message: Uint8Array) => Promise<void>;
  readonly closed: () => void;
}

export class FoldersMailbox implements Mailbox {
  readonly account: Account;
  readonly capabilities = CAPABILITIES;
  readonly #options: FoldersMailboxOptions;
  readonly #folders: UserFolders;
  readonly #watches = new Set<Watch>();
  #isClosed = false;

  constructor(account: Account, options: FoldersMailboxOptions) {
    this.account = account;
    this.#options = options;
    this.#folders = options.folders;
  }

  folders(): Promise<readonly Folder[]> {
    return this.#guard('the folders cannot be listed', () => this.#folders.list());
  }

  createFolder(name: string, parentId: string | undefined, kind: FolderKind = 'user'): Promise<Folder> {
    return this.#guard('the folder cannot be made', () => this.#folders.create(name, parentId, kind));
  }

  renameFolder(id: string, name: string, parentId: string | undefined): Promise<Folder> {
    return this.#guard('the folder cannot be renamed', () => this.#folders.rename(id, name, parentId));
  }

  deleteFolder(id: string): Promise<void> {
    return this.#guard('the folder cannot be deleted', () => this.#folders.remove(id));
  }

  changes(folderId: string, since?: FolderPosition, arrivedAfter?: Date): Promise<FolderChanges> {
    return this.#inFolder('the folder cannot be read', folderId, async (index) => {
      await index.refresh();
      const { validity, modseq, present, messages } = index;
      const sinceModseq = since?.modseq === undefined ? 0 : Number(since.modseq);
      const complete = since?.validity !== validity || !(sinceModseq <= modseq);
      const known = complete ? UidRuns.empty : (since?.known ?? UidRuns.empty);
      const told = [];
      for (const { state, modseq: changedAt } of messages.values()) {
        const isRecent = !arrivedAfter || state.receivedAt >= arrivedAfter;
        if (known.has(state.uid) ? changedAt > sinceModseq : isRecent) told.push(state);
      }
      return { validity, modseq: String(modseq), complete, messages: told, vanished: known.minus(present) };
    });
  }

  fetch(folderId: string, uids: readonly number[], plan: FetchPlan): Promise<readonly FetchedMessage[]> {
    return this.#inFolder('the messages cannot be read', folderId, async (index) => {
      await index.refresh();
      const found: (FetchedMessage | undefined)[] = [];
      await inParallel(uids, async (uid, i) => {
        const raw = await index.read(uid);
        const state = index.messages.get(uid)?.state;
        if (raw && state) found[i] = fetched(state, withCrlf(raw), plan);
      });
      return found.filter((message) => message !== undefined);
    });
  }

  updateFlags(
    folderId: string,
    uids: readonly number[],
    change: { readonly add?: MessageFlags; readonly remove?: MessageFlags },
    validity?: string,
  ): Promise<readonly number[]> {
    return this.#inFolder('the flags cannot be changed', folderId, async (index) =>
      (await isMeant(index, validity)) ? index.updateFlags(uids, change.add ?? [], change.remove ?? []) : [],
    );
  }

  move(
    folderId: string,
    uids: readonly number[],
    targetId: string,
    validity?: string,
  ): Promise<ReadonlyMap<number, number>> {
    return this.#inFolder('the messages cannot be moved', folderId, async (index) => {
      if (!(await isMeant(index, validity))) return new Map();
      const target = this.#folders.index(targetId);
      await target.refresh();
      return index.move(uids, target);
    });
  }

  remove(folderId: string, uids: readonly number[], validity?: string): Promise<void> {
    return this.#inFolder('the messages cannot be removed', folderId, async (index) => {
      if (await isMeant(index, validity)) await index.remove(uids);
    });
  }

  append(
    folderId: string,
    message: Uint8Array,
    options: { readonly flags: MessageFlags; readonly receivedAt?: Date },
  ): Promise<{ readonly uid: number; readonly validity: string }> {
    return this.#inFolder('the message cannot be stored', folderId, async (index) => {
      const raw = withCrlf(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
      const receivedAt = options.receivedAt ?? new Date(this.#options.clock.now());
      return index.append(raw, options.flags, receivedAt);
    });
  }

  findMessageId(folderId: string, messageId: string): Promise<readonly number[]> {
    return this.#inFolder('the messages cannot be read', folderId, async (index) => {
      await index.refresh();
      const uids = [...index.messages.keys()];
      const found: number[] = [];
      await inParallel(uids, async (uid) => {
        const own = await index.messageId(uid, async () => {
          const raw = await index.read(uid);
          return raw ? messageIdOf(raw) : '';
        });
        if (own !== '' && own === messageId) found.push(uid);
      });
      return found.sort((a, b) => a - b);
    });
  }

  search(folderIds: readonly string[], query: SearchQuery, limit: number): Promise<readonly Hit[]> {
    return this.#guard('the folders cannot be searched', async () => {
      const candidates: { hit: Hit; index: FolderIndex }[] = [];
      for (const folderId of new Set(folderIds)) {
        const index = this.#folders.index(folderId);
        await index.refresh();
        for (const { state } of index.messages.values()) {
          if (!matchesState(state, query)) continue;
          candidates.push({ hit: { folderId, uid: state.uid, receivedAt: state.receivedAt }, index });
        }
      }
      candidates.sort((a, b) => b.hit.receivedAt.getTime() - a.hit.receivedAt.getTime() || b.hit.uid - a.hit.uid);
      if (!needsContent(query)) return candidates.slice(0, limit).map(({ hit }) => hit);
      const hits: Hit[] = [];
      for (const { hit, index } of candidates.slice(0, SEARCH_LIMIT_MESSAGES)) {
        if (hits.length >= limit) break;
        const raw = await index.read(hit.uid);
        if (raw && matchesContent(raw, query)) hits.push(hit);
      }
      return hits;
    });
  }

  submit(envelope: Envelope, message: Uint8Array): Promise<void> {
    return this.#guard('the message cannot be sent', () => this.#options.submit(this.account, envelope, message));
  }

  freeBusy(address: string, fromMs: number, toMs: number): Promise<readonly BusyTime[] | undefined> {
    return this.#options.freeBusy(address, fromMs, toMs);
  }

  watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    return this.#guard('the folders cannot be watched', async () => {
      const watch = new FolderWatch(this.#folders, listener, this.#options);
      this.#watches.add(watch);
      return watch;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watch of this.#watches) await watch.close();
    this.#watches.clear();
    this.#options.closed();
  }

  #inFolder<T>(what: string, folderId: string, task: (index: FolderIndex) => Promise<T>): Promise<T> {
    return this.#guard(what, async () => {
      try {
        return await task(this.#folders.index(folderId));
      } catch (error) {
        const isMissing = isGone(error) || (error instanceof BackendError && error.code === 'not-found');
        if (isMissing) this.#folders.forget(folderId);
        throw isGone(error) ? folderNotFound(folderId) : error;
      }
    });
  }

  async #guard<T>(what: string, task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new BackendError('unavailable', what, { why: 'the mailbox was closed' });
    try {
      return await task();
    } catch (error) {
      throw diskError(what, error);
    }
  }
}

async function isMeant(index: FolderIndex, validity: string | undefined): Promise<boolean> {
  if (validity === undefined) return true;
  await index.refresh();
  return index.validity === validity;
}

function fetched(state: MessageState, raw: Buffer, plan: FetchPlan): FetchedMessage {
  const message = parseMessage(raw);
  const { header, structure } = message;
  const parts = new Map<string, FetchedPart>();
  for (const { path, offsetBytes = 0, limitBytes = Infinity } of plan({ structure, sizeBytes: raw.length })) {
    const range = message.slice(path);
    if (!range) continue;
    const start = Math.min(range.start + offsetBytes, range.end);
    const end = Math.min(start + limitBytes, range.end);
    parts.set(path, { bytes: raw.subarray(start, end), complete: end === range.end });
  }
  return { ...state, sizeBytes: raw.length, header, structure, parts };
}

function matchesState(state: { flags: MessageFlags; receivedAt: Date }, query: SearchQuery): boolean {
  const { unread, flagged, after, before } = query;
  if (unread !== undefined && state.flags.includes('\\Seen') === unread) return false;
  if (flagged !== undefined && state.flags.includes('\\Flagged') !== flagged) return false;
  return !(after && state.receivedAt < after) && !(before && state.receivedAt >= before);
}

function messageIdOf(raw: Buffer): string {
  const end = /\r?\n\r?\n/.exec(raw.toString('latin1', 0, Math.min(raw.length, 65_536)))?.index ?? raw.length;
  const value = headerFields(raw.subarray(0, end)).find(([name]) => name === 'message-id')?.[1] ?? '';
  return value.trim();
}

async function inParallel<T>(items: readonly T[], task: (item: T, i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      await task(items[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, items.length) }, worker));
}
