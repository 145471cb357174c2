import { CaravanError } from '../platform/index.ts';

export type CliErrorCode =
  | 'bad-command-line'
  | 'cannot-keep-state'
  | 'missing-password'
  | 'bad-option'
  | 'check-failed'
  | 'bad-state'
  | 'no-such-folder'
  | 'no-pool'
  | 'pool-unreachable'
  | 'not-administration'
  | 'missing-token'
  | 'no-administration'
  | 'wrong-token'
  | 'no-such-message'
  | 'not-all-moved';

/** A call of the command line that cannot be carried out as it is. */
export class CliError extends CaravanError {
  override readonly name = 'CliError';
  declare readonly code: CliErrorCode;
  constructor(code: CliErrorCode, what: string, remedy: string, cause?: unknown) {
    super({ code, what, remedy, cause });
  }
}
