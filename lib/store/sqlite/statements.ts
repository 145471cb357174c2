import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The statements of the store, prepared once a connection. */
export interface Statements {
  readonly get: StatementSync;
  readonly put: StatementSync;
  readonly delete: StatementSync;
  /** A page of a partition from a sort key on, itself included or not, up to a bound. */
  readonly pageFrom: StatementSync;
  readonly pageAfter: StatementSync;
  readonly scanAfter: StatementSync;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly rollback: StatementSync;
}

export function prepareStatements(database: DatabaseSync): Statements {
  return {
    get: database.prepare('SELECT attributes FROM items WHERE partition = ? AND sort = ?'),
    // Not REPLACE: an item keeps its id while it lives, so that a scan in pages meets it once.
    put: database.prepare(
      'INSERT INTO items (partition, sort, attributes) VALUES (?, ?, ?) ' +
        'ON CONFLICT (partition, sort) DO UPDATE SET attributes = excluded.attributes',
    ),
    delete: database.prepare('DELETE FROM items WHERE partition = ? AND sort = ?'),
    pageFrom: database.prepare(
      'SELECT sort, attributes FROM items WHERE partition = ?1 AND sort >= ?2 AND (?3 IS NULL OR sort < ?3) ORDER BY sort LIMIT ?4',
    ),
    pageAfter: database.prepare(
      'SELECT sort, attributes FROM items WHERE partition = ?1 AND sort > ?2 AND (?3 IS NULL OR sort < ?3) ORDER BY sort LIMIT ?4',
    ),
    scanAfter: database.prepare('SELECT id, partition, sort, attributes FROM items WHERE id > ? ORDER BY id LIMIT ?'),
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  };
}

const LAST_CODE_POINT = 0x10ffff;

/**
 * The least string that sorts after everything that begins with `prefix`, in the order of UTF-8 bytes, which is that of
 * code points; null if there is none.
 */
export function endOfPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // The surrogates are no characters of UTF-8.
  const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
  return String.fromCodePoint(...points, next);
}
