// SQLite's result codes (sqlite.org/rescode.html) as what they mean to whoever reads or writes.
import { reasonOf } from '../../platform/index.ts';
import { StoreError } from '../errors.ts';

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;
/** A write that the disk did not take for a reason other than ENOSPC: a quota, a file size limit, a broken sector. */
const IOERR_WRITE = 10 | (3 << 8);

/** The extended result code of what node:sqlite threw, or undefined. */
export function resultCodeOf(thrown: unknown): number | undefined {
  const code = (thrown as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code : undefined;
}

/** Another connection holds the database. */
export function isBusy(thrown: unknown): boolean {
  const primary = (resultCodeOf(thrown) ?? 0) & 0xff;
  return primary === BUSY || primary === LOCKED;
}

/**
 * A COMMIT writes its frames to the write-ahead log, the committing one last. Where a write failed, the committing frame is
 * not there and nothing was applied. Where anything else failed (a sync above all), the frames may yet be found by a
 * recovery: the outcome is unknown.
 */
export function isCommitUnknown(thrown: unknown): boolean {
  const code = resultCodeOf(thrown);
  if (code === undefined) return true;
  return !(code === IOERR_WRITE || [FULL, BUSY, LOCKED, READONLY].includes(code & 0xff));
}

/** What a person should read. `action` begins the sentence: 'The write of …'. */
export function storeErrorOf(thrown: unknown, action: string, file: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const details = { why: reasonOf(thrown), cause: thrown };
  const code = resultCodeOf(thrown) ?? 0;
  const primary = code & 0xff;
  if (primary === FULL || code === IOERR_WRITE) {
    return new StoreError('store-full', `${action} failed and changed nothing`, {
      ...details,
      remedy: `Free space on the file system of ${file} (or raise its quota). The server goes on by itself then.`,
    });
  }
  if (primary === CORRUPT || primary === NOTADB) return corrupt(file, details.why, thrown);
  return new StoreError('store-unavailable', `${action} failed`, {
    ...details,
    remedy: `Check that ${file} and its directory can be read and written, and that the disk is healthy.`,
  });
}

export function corrupt(file: string, why: string, cause?: unknown): StoreError {
  return new StoreError('store-corrupt', `The database ${file} is damaged or not a Caravan database`, {
    why,
    remedy:
      'Stop the server, move the file and its -wal file aside, and put a backup in their place; without one start with ' +
      'none: devices then set themselves up again, and no mail is lost.',
    cause,
  });
}
