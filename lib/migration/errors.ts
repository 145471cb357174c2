import { CaravanError } from '../platform/index.ts';

export type MigrationErrorCode = 'copy-failed';

/** Why users cannot be moved from one store to another. */
export class MigrationError extends CaravanError {
  declare readonly code: MigrationErrorCode;
  constructor(
    code: MigrationErrorCode,
    what: string,
    details: { why?: string; remedy?: string; cause?: unknown } = {},
  ) {
    super({ code, what, ...details });
  }
}
