import { CaravanError } from '../platform/index.ts';

export type PoolErrorCode =
  | 'pool-settings-invalid'
  | 'pool-stopped'
  | 'server-unknown'
  | 'server-alive'
  | 'cannot-listen'
  /** A pool on one machine has no place for what it keeps. */
  | 'cannot-keep'
  | 'server-not-started'
  | 'pool-store-unavailable'
  /** Of several pools: the home map does not answer, or a home is not as it was read. */
  | 'homes-unavailable'
  | 'home-changed'
  | 'pool-unknown'
  /** A user, or a pool, is not in the state that is asked for. */
  | 'move-not-possible'
  | 'fail-over-not-safe';

/** What a pool cannot do, and why. That somebody else owns a user is a Location, not an error. */
export class PoolError extends CaravanError {
  override readonly name = 'PoolError';
  declare readonly code: PoolErrorCode;
  constructor(code: PoolErrorCode, what: string, details: { why?: string; remedy?: string; cause?: unknown } = {}) {
    super({ code, what, ...details });
  }
}
