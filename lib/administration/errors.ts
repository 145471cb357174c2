import { CaravanError } from '../platform/index.ts';

/**
 * - `unknown-server`, `ambiguous-server`: no server of the pool has that name, or several may be meant.
 * - `unknown-user`: no device of theirs has ever been served by this pool.
 * - `one-pool`: there are no others to move users to.
 * - `unknown-device`: nobody has seen it, or it was forgotten.
 * - `unknown-collection`: the user has no such folder.
 * - `wipe-not-possible`: the device speaks a version that has no such wipe.
 * - `no-wipe`: none is under way that could be called off.
 * - `no-recovery-password`: the device never left one here.
 * - `served-by-pool`: the user has gone to the pool that this server joins.
 */
export type AdministrationErrorCode =
  | 'unknown-server'
  | 'ambiguous-server'
  | 'unknown-user'
  | 'one-pool'
  | 'unknown-device'
  | 'unknown-collection'
  | 'wipe-not-possible'
  | 'no-wipe'
  | 'no-recovery-password'
  | 'served-by-pool';

/** What people in charge wanted and cannot have. */
export class AdministrationError extends CaravanError {
  override readonly name = 'AdministrationError';
  declare readonly code: AdministrationErrorCode;
  constructor(
    code: AdministrationErrorCode,
    what: string,
    details: { why?: string; remedy?: string; cause?: unknown } = {},
  ) {
    super({ code, what, ...details });
  }
}
