/**
 * A folder's items at one moment, in columns: 20 to 24 bytes an item. Immutable, so that a Sync works on what it took
 * while the view moves on.
 */
import { type FolderChanges, type MessageState, UidRuns } from '../../backends/index.ts';
import { FlagTable, type RevisionTable } from './flag-sets.ts';
import { type ItemIds, newIds } from './item-ids.ts';

export class FolderSnapshot {
  /** Moves only with a difference that a device could see. */
  readonly version: number;
  readonly validity: string;
  /** The folder's mark in ServerIds under this validity. */
  readonly mark: number;
  readonly table: RevisionTable;
  /** Ascending. */
  readonly uids: ItemIds;
  /** Numbers of the table. */
  readonly flags: Uint32Array;
  /** Seconds since 1970. */
  readonly receivedAt: Uint32Array;
  readonly sizes: Uint32Array;
  #runs: UidRuns | undefined;

  constructor(head: { version: number; validity: string; mark: number; table: RevisionTable }, columns: Columns) {
    this.version = head.version;
    this.validity = head.validity;
    this.mark = head.mark;
    this.table = head.table;
    this.uids = columns.uids;
    this.flags = columns.flags;
    this.receivedAt = columns.receivedAt;
    this.sizes = columns.sizes;
  }

  static empty(table: RevisionTable = new FlagTable()): FolderSnapshot {
    return new FolderSnapshot({ version: 0, validity: '', mark: 0, table }, columnsOf(0));
  }

  /** The place of a UID in the columns, or -1. */
  find(uid: number): number {
    let low = 0;
    let high = this.uids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.uids[middle] as number;
      if (uid < at) high = middle - 1;
      else if (uid > at) low = middle + 1;
      else return middle;
    }
    return -1;
  }

  /** Hidden messages are as good as gone. */
  flagTextOf(uid: number): string | undefined {
    const at = this.find(uid);
    if (at < 0) return undefined;
    const number = this.flags[at] as number;
    return this.table.isHidden(number) ? undefined : this.table.textOf(number);
  }

  get runs(): UidRuns {
    this.#runs ??= runsOf(this.uids);
    return this.#runs;
  }

  /** With what a backend told; this very snapshot if no device could tell a difference. */
  with(changes: FolderChanges, mark: number): FolderSnapshot {
    const isNew = changes.validity !== this.validity;
    const messages = [...changes.messages].sort((a, b) => a.uid - b.uid);
    const isWhole = isNew || changes.complete;
    const columns = isWhole ? this.#replaced(messages) : this.#merged(messages, changes.vanished);
    if (!columns || (isWhole && !isNew && this.#looksLike(columns))) return this;
    const head = { version: this.version + 1, validity: changes.validity, mark, table: this.table };
    return new FolderSnapshot(head, columns);
  }

  /** The same with a table of the flags that there are now, after many that are no more. */
  compact(): FolderSnapshot {
    const { version, validity, mark, uids, receivedAt, sizes } = this;
    const table = this.table.emptied();
    const flags = this.flags.map((number) => table.numberOfText(this.table.textOf(number)));
    return new FolderSnapshot({ version, validity, mark, table }, { uids, flags, receivedAt, sizes });
  }

  #replaced(messages: readonly MessageState[]): Columns {
    const columns = columnsOf(messages.length, messages.at(-1)?.uid);
    for (const [at, message] of messages.entries()) set(columns, at, message, this.table);
    return columns;
  }

  #looksLike(columns: Columns): boolean {
    return (
      columns.uids.length === this.uids.length &&
      columns.uids.every((uid, at) => uid === this.uids[at] && columns.flags[at] === this.flags[at])
    );
  }

  /** How many of them there are. */
  #countOf(vanished: UidRuns): number {
    if (vanished.runs.length === 0) return 0;
    const isScattered = this.uids instanceof Float64Array;
    return isScattered
      ? [...vanished].filter((uid) => this.find(uid) >= 0).length
      : this.runs.intersection(vanished).size;
  }

  #merged(messages: readonly MessageState[], vanished: UidRuns): Columns | undefined {
    const news = messages.filter((message) => !vanished.has(message.uid));
    const gone = this.#countOf(vanished);
    let added = 0;
    let changed = 0;
    for (const { uid, flags } of news) {
      const at = this.find(uid);
      if (at < 0) added++;
      else if (this.flags[at] !== this.table.numberOf(flags)) changed++;
    }
    if (gone + added + changed === 0) return undefined;
    const columns = columnsOf(this.uids.length - gone + added, Math.max(this.uids.at(-1) ?? 0, news.at(-1)?.uid ?? 0));
    let at = 0;
    let next = 0;
    for (let old = 0; old <= this.uids.length; old++) {
      const uid = old < this.uids.length ? (this.uids[old] as number) : Number.POSITIVE_INFINITY;
      while ((news[next]?.uid ?? Number.POSITIVE_INFINITY) < uid) {
        set(columns, at++, news[next++] as MessageState, this.table);
      }
      if (old === this.uids.length) break;
      if (news[next]?.uid === uid) set(columns, at++, news[next++] as MessageState, this.table);
      else if (gone === 0 || !vanished.has(uid)) {
        columns.uids[at] = uid;
        columns.flags[at] = this.flags[old] as number;
        columns.receivedAt[at] = this.receivedAt[old] as number;
        columns.sizes[at] = this.sizes[old] as number;
        at++;
      }
    }
    return columns;
  }
}

interface Columns {
  readonly uids: ItemIds;
  readonly flags: Uint32Array;
  readonly receivedAt: Uint32Array;
  readonly sizes: Uint32Array;
}

function columnsOf(length: number, greatestId = 0): Columns {
  const column = () => new Uint32Array(length);
  return { uids: newIds(length, greatestId), flags: column(), receivedAt: column(), sizes: column() };
}

function set(columns: Columns, at: number, message: MessageState, table: RevisionTable): void {
  columns.uids[at] = message.uid;
  columns.flags[at] = table.numberOf(message.flags);
  columns.receivedAt[at] = Math.max(0, Math.floor(message.receivedAt.getTime() / 1_000));
  columns.sizes[at] = Math.min(message.sizeBytes, 0xffff_ffff);
}

export function runsOf(uids: ItemIds): UidRuns {
  const runs: [number, number][] = [];
  let tail: [number, number] | undefined;
  for (const uid of uids) {
    if (tail && uid === tail[1] + 1) tail[1] = uid;
    else runs.push((tail = [uid, uid]));
  }
  return UidRuns.ofRuns(runs);
}
