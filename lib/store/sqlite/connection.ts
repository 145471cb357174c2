// Opens the database file: the lock, the settings that durability rests on, the schema's version.
import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Log, reasonOf, silentLog } from '../../platform/index.ts';
import { StoreError } from '../errors.ts';
import { corrupt, isBusy, storeErrorOf } from './failures.ts';
import { readOwner, removeOwner, writeOwner } from './lock.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** Marks the file as Caravan's ('CRVN'), so that a wrong path is never migrated. */
const APPLICATION_ID = 0x4352564e;
/** How long another process that is just stopping is waited for. */
const BUSY_TIMEOUT_MS = 1000;
/** The log is cut back to this after a checkpoint; it grows over it only within one. */
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** Larger databases are not read through after an unclean stop: a restart answers within a second. */
const CHECK_LIMIT_BYTES = 128 * 1024 * 1024;

export interface ConnectionOptions {
  /** Path of the database; made, with its directory, if it is not there. Beside it stand `-wal` and `.pid`. */
  readonly file: string;
  /** The largest size of the database in bytes; default: the disk's. Beyond it writes throw StoreError('store-full'). */
  readonly limitBytes?: number;
  /** Told of unclean stops, migrations, and a disk that failed. Default: silent. */
  readonly log?: Log;
  /** For tests of a migration. */
  readonly migrations?: readonly Migration[];
}

/** Throws StoreError: 'store-in-use', 'store-corrupt', 'store-newer', 'store-full', 'store-unavailable'. */
export function openConnection(options: ConnectionOptions): DatabaseSync {
  const { file, log = silentLog, migrations = MIGRATIONS } = options;
  let database: DatabaseSync | undefined;
  try {
    createFile(file);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    configure(database);
    checkOrigin(database, file, migrations);
    const previous = readOwner(file);
    if (previous !== undefined) {
      log.warn({ file, pid: previous }, 'The database was not closed cleanly; looking for damage');
      checkPages(database, file);
    }
    migrate(database, migrations, log);
    if (options.limitBytes !== undefined) limitSize(database, options.limitBytes);
    writeOwner(file, process.pid);
    return database;
  } catch (thrown) {
    database?.close();
    if (isBusy(thrown)) throw inUse(file, thrown);
    throw storeErrorOf(thrown, `Opening the database ${file}`, file);
  }
}

/** Closes cleanly: the log is merged into the database, and the next start need not look for damage. */
export function closeConnection(database: DatabaseSync, file: string): void {
  database.close();
  removeOwner(file);
}

/**
 * Readable by nobody else: it holds password hashes. An existing file is never opened here: closing any descriptor of a
 * file drops this process's POSIX locks on it, SQLite's too.
 */
function createFile(file: string): void {
  const directory = dirname(file);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw thrown;
  }
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/**
 * EXCLUSIVE before the first access takes the lock for as long as the connection lives, and keeps the log's index in
 * memory. NORMAL syncs the log before it is merged into the database, and when it begins anew; after every commit it is
 * synced by `LogFile`, off the event loop, before anything is acknowledged. So an acknowledged write survives kill -9 and
 * the loss of power, as far as the disk keeps what it says it has synced.
 */
function configure(database: DatabaseSync): void {
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA fullfsync = ON');
  database.exec(`PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES}`);
  database.exec('BEGIN IMMEDIATE; COMMIT');
}

function checkOrigin(database: DatabaseSync, file: string, migrations: readonly Migration[]): void {
  const origin = readNumber(database, 'application_id');
  const version = readNumber(database, 'user_version');
  if (origin !== APPLICATION_ID) {
    const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
    if (origin !== 0 || tables.count > 0) throw corrupt(file, 'it was made by another program');
    if (version !== 0) throw corrupt(file, 'its header is not one of ours');
  }
  if (version > migrations.length) {
    throw new StoreError('store-newer', `The database ${file} cannot be used`, {
      why: `its schema version is ${version}, and this release knows versions up to ${migrations.length}`,
      remedy:
        'Start the release that wrote it, or a newer one; or put the backup from before the upgrade in its place.',
    });
  }
}

function checkPages(database: DatabaseSync, file: string): void {
  if (statSync(file).size > CHECK_LIMIT_BYTES) return;
  const row = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (row.quick_check !== 'ok') throw corrupt(file, row.quick_check);
}

function migrate(database: DatabaseSync, migrations: readonly Migration[], log: Log): void {
  for (let version = readNumber(database, 'user_version'); version < migrations.length; version += 1) {
    database.exec('BEGIN IMMEDIATE');
    try {
      migrations[version]?.(database);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}; COMMIT`);
      log.info({ version: version + 1 }, 'The database has a new schema version');
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw thrown;
    }
  }
}

function limitSize(database: DatabaseSync, limitBytes: number): void {
  const pages = Math.max(1, Math.floor(limitBytes / readNumber(database, 'page_size')));
  database.exec(`PRAGMA max_page_count = ${pages}`);
}

function readNumber(database: DatabaseSync, pragma: string): number {
  return Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] as number;
}

function inUse(file: string, cause: unknown): StoreError {
  const owner = readOwner(file);
  return new StoreError('store-in-use', `The database ${file} cannot be opened`, {
    why: owner === undefined ? `another process has it open (${reasonOf(cause)})` : `process ${owner} has it open`,
    remedy: 'Stop the other server first, or give this one a data directory of its own.',
    cause,
  });
}
