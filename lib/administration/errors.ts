import { CaravanError } from '../platform/index.ts';

/**
 * - `unknown-device`: nobody has seen it, or it was forgotten.
 * - `wipe-not-possible`: the device speaks a version that has no such wipe.
 * - `not-stored`: the store refused, or its outcome stayed unknown.
 */
export type AdministrationErrorCode = 'unknown-device' | 'wipe-not-possible' | 'not-stored';

/** What people in charge wanted and cannot have. */
export class AdministrationError extends CaravanError {
  declare readonly code: AdministrationErrorCode;
  constructor(
    code: AdministrationErrorCode,
    what: string,
    details: { why?: string; remedy?: string; cause?: unknown } = {},
  ) {
    super({ code, what, ...details });
  }
}
