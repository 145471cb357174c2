import { CaravanError } from '../platform/index.ts';

/**
 * - `unavailable`: cannot be reached or answered oddly; worth trying again.
 * - `rejected-credentials`: the password that worked does not any more.
 * - `not-found`, `already-exists`, `forbidden`: of folders.
 * - `over-quota`: no room for it.
 * - `rejected`: it will never take this message or resource; `why` bears its words.
 * - `failed`: it serves, and failed at this very thing: perhaps not another time.
 * - `unsupported`: this mail system has no such thing.
 */
export type BackendErrorCode =
  | 'unavailable'
  | 'rejected-credentials'
  | 'not-found'
  | 'already-exists'
  | 'forbidden'
  | 'over-quota'
  | 'rejected'
  | 'failed'
  | 'unsupported';

/** What a mail system could not or would not do. */
export class BackendError extends CaravanError {
  override readonly name = 'BackendError';
  declare readonly code: BackendErrorCode;
  constructor(code: BackendErrorCode, what: string, details: { why?: string; remedy?: string; cause?: unknown } = {}) {
    super({ code, what, ...details });
  }
}
