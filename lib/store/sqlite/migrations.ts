import type { DatabaseSync } from 'node:sqlite';

/** Takes the schema one version up, inside the transaction that also records the new version. */
export type Migration = (database: DatabaseSync) => void;

/** The migration at position n takes version n to n + 1. Only ever appended to: databases in the field stand at every version. */
export const MIGRATIONS: readonly Migration[] = [
  (database) =>
    // A rowid table: most items are larger than what a WITHOUT ROWID b-tree keeps in its nodes. TEXT compares as UTF-8
    // bytes (BINARY collation), the order that the Store promises.
    database.exec(`
      CREATE TABLE items (
        id         INTEGER PRIMARY KEY,
        partition  TEXT NOT NULL,
        sort       TEXT NOT NULL,
        attributes TEXT NOT NULL,
        UNIQUE (partition, sort)
      ) STRICT`),
];
