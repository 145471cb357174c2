/**
 * The standalone server's internal database: one file, one process at a time. A write is acknowledged when it is on the
 * disk: it survives kill -9 and the loss of power at any point.
 */
import type { DatabaseSync } from 'node:sqlite';
import { checkChanges, checkItem, checkKey } from '../check-item.ts';
import { StoreError } from '../errors.ts';
import { conditionsHold } from '../evaluate-conditions.ts';
import type { Attributes, Changes, Condition, Item, Key, QueryOptions, Store, WriteResult } from '../store.ts';
import { CommitQueue } from './commit-queue.ts';
import { closeConnection, type ConnectionOptions, openConnection } from './connection.ts';
import { decodeAttributes, encodeAttributes } from './encoding.ts';
import { corrupt, storeErrorOf } from './failures.ts';
import { LogFile, type SyncFile } from './log-file.ts';
import { endOfPrefix, prepareStatements, type Statements } from './statements.ts';

/** Items read at once by `query` and `scan`; no statement stays open between two pages. */
const PAGE_ITEMS = 32;

export interface SqliteStoreOptions extends ConnectionOptions {
  /** For tests of a disk that is slow or fails. Default: fdatasync. */
  readonly syncFile?: SyncFile;
}

interface Connection {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly logFile: LogFile;
}

interface Row {
  readonly sort: string;
  readonly attributes: string;
}

export class SqliteStore implements Store {
  readonly #options: SqliteStoreOptions;
  readonly #queue: CommitQueue;
  #connection: Connection | undefined;
  #isClosing = false;

  /**
   * Throws StoreError: 'store-in-use' (with the process that has it), 'store-corrupt', 'store-newer', 'store-full',
   * 'store-unavailable'.
   */
  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#queue = new CommitQueue({
      transactions: {
        begin: () => this.#statements.begin.run(),
        commit: () => this.#statements.commit.run(),
        sync: async () => await this.#connect().logFile.sync(),
        rollback: () => this.#rollback(),
        distrust: () => {
          options.log?.error(
            { file: options.file },
            'The disk failed while the database was written; opening it again',
          );
          this.#disconnect();
        },
      },
      isLocal: (thrown) => thrown instanceof StoreError && thrown.code !== 'store-corrupt',
      toError: (thrown) => storeErrorOf(thrown, 'A write to the store', options.file),
    });
    this.#connect();
  }

  async get(key: Key): Promise<Item | undefined> {
    checkKey(key);
    await this.#queue.synced(key.partition);
    const attributes = this.#guard(() => this.#read(key));
    return attributes && { key: { partition: key.partition, sort: key.sort }, attributes };
  }

  async put(item: Item, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkKey(item.key);
    checkItem(item.key, item.attributes);
    const encoded = encodeAttributes(item.attributes);
    return this.#write(item.key, conditions, () => encoded);
  }

  async update(key: Key, changes: Changes, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkKey(key);
    checkChanges(key, changes);
    return this.#write(key, conditions, (current) => {
      const merged = new Map(Object.entries(current ?? this.#read(key) ?? {}));
      for (const name of changes.remove ?? []) merged.delete(name);
      for (const [name, value] of Object.entries(changes.set ?? {})) merged.set(name, value);
      const attributes: Attributes = Object.fromEntries(merged);
      checkItem(key, attributes);
      return encodeAttributes(attributes);
    });
  }

  async delete(key: Key, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkKey(key);
    return this.#write(key, conditions, () => undefined);
  }

  async *query(partition: string, options: QueryOptions = {}): AsyncIterable<Item> {
    const prefix = options.prefix ?? '';
    const end = endOfPrefix(prefix);
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let after: string | undefined;
    while (left > 0) {
      const wanted = Math.min(left, PAGE_ITEMS);
      await this.#queue.synced(partition);
      const rows = this.#guard(() => {
        const page = after === undefined ? this.#statements.pageFrom : this.#statements.pageAfter;
        return page.all(partition, after ?? prefix, end, wanted) as unknown as Row[];
      });
      for (const row of rows) yield this.#itemOf(partition, row);
      if (rows.length < wanted) return;
      after = rows.at(-1)?.sort;
      left -= rows.length;
    }
  }

  async *scan(): AsyncIterable<Item> {
    let after = 0;
    for (;;) {
      await this.#queue.synced();
      const rows = this.#guard(
        () =>
          this.#statements.scanAfter.all(after, PAGE_ITEMS) as unknown as (Row & { id: number; partition: string })[],
      );
      for (const row of rows) yield this.#itemOf(row.partition, row);
      if (rows.length < PAGE_ITEMS) return;
      after = rows.at(-1)?.id ?? after;
    }
  }

  /** Writes that were asked for are done first. Later calls throw StoreError('store-unavailable'). */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#queue.drain();
    this.#disconnect();
  }

  /** Asks for a write. `encode` gives the item's new content (undefined: none) from the current one, where that was read. */
  async #write(
    key: Key,
    conditions: readonly Condition[],
    encode: (current: Attributes | undefined) => string | undefined,
  ): Promise<WriteResult> {
    this.#guard(() => this.#connect());
    return this.#queue.add(key.partition, () => {
      const current = conditions.length > 0 ? this.#read(key) : undefined;
      if (!conditionsHold(conditions, current)) {
        return { outcome: 'refused', current: current && { key, attributes: current } };
      }
      const encoded = encode(current);
      if (encoded === undefined) this.#statements.delete.run(key.partition, key.sort);
      else this.#statements.put.run(key.partition, key.sort, encoded);
      return { outcome: 'applied' };
    });
  }

  #read(key: Key): Attributes | undefined {
    const row = this.#statements.get.get(key.partition, key.sort) as { attributes: string } | undefined;
    return row && this.#decode(row.attributes);
  }

  #itemOf(partition: string, row: Row): Item {
    return { key: { partition, sort: row.sort }, attributes: this.#decode(row.attributes) };
  }

  #decode(text: string): Attributes {
    try {
      return decodeAttributes(text);
    } catch (thrown) {
      throw corrupt(this.#options.file, 'an item is not readable', thrown);
    }
  }

  get #statements(): Statements {
    return this.#connect().statements;
  }

  #connect(): Connection {
    if (this.#connection === undefined) {
      const database = openConnection(this.#options);
      const logFile = new LogFile(this.#options.file, this.#options.syncFile);
      this.#connection = { database, statements: prepareStatements(database), logFile };
    }
    return this.#connection;
  }

  /** The next use connects again, and so recovers what is on the disk. */
  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection) return;
    connection.logFile.close();
    closeConnection(connection.database, this.#options.file);
  }

  #rollback(): void {
    try {
      if (this.#connection?.database.isTransaction) this.#connection.statements.rollback.run();
    } catch {
      this.#disconnect();
    }
  }

  #guard<T>(read: () => T): T {
    if (this.#isClosing) throw new StoreError('store-unavailable', 'The store was used after it was closed');
    try {
      return read();
    } catch (thrown) {
      throw storeErrorOf(thrown, 'A read from the store', this.#options.file);
    }
  }
}
