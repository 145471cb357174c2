/**
 * The lock on a user's UID lists and folder tree, held by one task of one process at a time. It is SQLite's write lock on an
 * empty database: the kernel drops it when its process dies, so no crash leaves a stale lock behind.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, type Random, reasonOf, sleep } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import { systemCode } from './errors.ts';

const PATIENCE_MS = 20_000;
const LONGEST_PAUSE_MS = 16;
const SQLITE_BUSY = 5;

export class UserLock {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #random: Random;
  #database: DatabaseSync | undefined;
  #inode: number | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string, clock: Clock, random: Random) {
    this.#path = path;
    this.#clock = clock;
    this.#random = random;
  }

  /** Runs `task` while nobody else holds the lock. Not reentrant. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      const database = await this.#acquire();
      try {
        return await task();
      } finally {
        database.exec('ROLLBACK');
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Waits for the task that holds it. */
  async close(): Promise<void> {
    await this.#queue;
    this.#database?.close();
    this.#database = undefined;
  }

  async #acquire(): Promise<DatabaseSync> {
    const deadline = this.#clock.monotonic() + PATIENCE_MS;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const database = this.#opened();
      if (this.#begin(database)) {
        if (this.#isCurrent()) return database;
        // Somebody replaced the file: what we hold locks nothing that others see.
        database.close();
        this.#database = undefined;
        continue;
      }
      if (this.#clock.monotonic() > deadline) {
        throw new BackendError('unavailable', 'the mail folders are locked', {
          why: `another process has held ${this.#path} for ${PATIENCE_MS / 1000} seconds`,
          remedy: 'Look for a stuck Caravan process on this machine.',
        });
      }
      await this.#pause(pauseMs * (0.5 + this.#random.number()));
    }
  }

  async #pause(pauseMs: number): Promise<void> {
    // The clock's timers let a process end; one that waits for the lock is not done yet.
    const { port1 } = new MessageChannel();
    port1.ref();
    try {
      await sleep(this.#clock, pauseMs);
    } finally {
      port1.close();
    }
  }

  #opened(): DatabaseSync {
    if (this.#database) return this.#database;
    this.#database = new DatabaseSync(this.#path, { timeout: 0 });
    this.#inode = undefined;
    return this.#database;
  }

  /** SQLite gives no write lock on a file that it may only read, and does not say so. On a read-only disk none is needed. */
  #requireWritable(): void {
    try {
      accessSync(this.#path, constants.W_OK);
    } catch (error) {
      if (systemCode(error) === 'EACCES') throw this.#refusal(error);
    }
  }

  #refusal(cause: unknown): BackendError {
    return new BackendError('unavailable', 'the mail folders cannot be locked', {
      why: `${this.#path}: ${reasonOf(cause)}`,
      remedy:
        'Give the user that Caravan runs as the right to write to the mail folders, and see that the disk is not full.',
      cause,
    });
  }

  #begin(database: DatabaseSync): boolean {
    try {
      database.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
      throw this.#refusal(error);
    }
  }

  #isCurrent(): boolean {
    const inode = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    if (this.#inode === undefined) this.#requireWritable();
    this.#inode ??= inode;
    return inode !== undefined && inode === this.#inode;
  }
}
