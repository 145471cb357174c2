import { CaravanError } from '../platform/index.ts';

export type StoreErrorCode =
  | 'store-unavailable'
  | 'store-full'
  | 'item-too-large'
  | 'item-invalid'
  | 'store-corrupt'
  | 'store-in-use'
  | 'store-newer';

/** A read that could not be made, or a write that can never be. The outcome of a possible write is a WriteResult instead. */
export class StoreError extends CaravanError {
  override readonly name = 'StoreError';
  declare readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, what: string, details: { why?: string; remedy?: string; cause?: unknown } = {}) {
    super({ code, what, ...details });
  }
}
