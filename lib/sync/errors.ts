import { CaravanError } from '../platform/index.ts';

/**
 * - `state-corrupt`: an item of the store cannot be read; the series it describes is lost and begins again.
 * - `state-not-stored`: a write was refused or its outcome stayed unknown; nothing may be told to the device on its strength.
 * - `not-owner`: the lease is not held any more, so nothing may be begun.
 */
export type SyncErrorCode = 'state-corrupt' | 'state-not-stored' | 'not-owner';

/** Why a request could not be carried out now. The device may repeat it. */
export class SyncError extends CaravanError {
  override readonly name = 'SyncError';
  declare readonly code: SyncErrorCode;
  constructor(code: SyncErrorCode, what: string, details: { why?: string; remedy?: string; cause?: unknown } = {}) {
    super({ code, what, ...details });
  }
}

/**
 * Thrown by a renderer for what is in a collection and is no item of its class: devices are not told of it, and it is no fault that
 * they are not.
 */
export class HiddenItem extends Error {
  override readonly name = 'HiddenItem';
}
