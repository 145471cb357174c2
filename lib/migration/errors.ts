import { CaravanError } from '../platform/index.ts';

/**
 * - `copy-failed`: a store gave no clear answer; it is tried again.
 * - `pause-too-long`: a user's requests would have waited too long; the user is served as before, and it is tried again.
 * - `not-a-pool`: the file is not the configuration of a pool's server.
 * - `pool-not-up`, `other-build`, `wrong-pool-key`, `pool-full`, `other-mail-system`, `name-taken`, `user-conflict`: the pool
 *   cannot take the users of this server; nothing was copied.
 * - `homes-missing`, `homes-not-ready`, `home-elsewhere`: the same, where the pool is one of several.
 * - `no-such-user`: the pool does not have them.
 * - `join-under-way`, `no-join`, `join-finished`: it does not go with what was begun.
 * - `not-standalone`: the server is itself of a pool.
 */
export type MigrationErrorCode =
  | 'copy-failed'
  | 'pause-too-long'
  | 'not-a-pool'
  | 'pool-not-up'
  | 'other-build'
  | 'wrong-pool-key'
  | 'pool-full'
  | 'other-mail-system'
  | 'name-taken'
  | 'user-conflict'
  | 'homes-missing'
  | 'homes-not-ready'
  | 'home-elsewhere'
  | 'no-such-user'
  | 'join-under-way'
  | 'no-join'
  | 'join-finished'
  | 'not-standalone';

/** Why users cannot be moved from one store to another. */
export class MigrationError extends CaravanError {
  override readonly name = 'MigrationError';
  declare readonly code: MigrationErrorCode;
  constructor(
    code: MigrationErrorCode,
    what: string,
    details: { why?: string; remedy?: string; cause?: unknown } = {},
  ) {
    super({ code, what, ...details });
  }
}
