/**
 * The write-ahead log as the disk's business: SQLite writes it, and would sync it while the event loop stands still. This
 * syncs it in the thread pool. SQLite holds no lock on this file, so that closing a descriptor of it drops none.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';

/** Resolves when what was written to the file is on the disk. */
export type SyncFile = (descriptor: number) => Promise<void>;

export class LogFile {
  readonly #file: string;
  readonly #sync: SyncFile;
  #descriptor: number | undefined;

  /** `database`: the path of the file whose log it is. */
  constructor(database: string, sync: SyncFile = syncFile) {
    this.#file = `${database}-wal`;
    this.#sync = sync;
  }

  async sync(): Promise<void> {
    this.#descriptor ??= openSync(this.#file, 'r+');
    await this.#sync(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

const syncFile: SyncFile = (descriptor) =>
  new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
  });
