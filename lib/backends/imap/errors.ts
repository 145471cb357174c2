import { CaravanError } from '../../platform/index.ts';
import { BackendError, type BackendErrorCode } from '../errors.ts';

/** The server answered NO or BAD. */
export class ImapCommandError extends CaravanError {
  override readonly name = 'ImapCommandError';
  /** The response code in capitals (RFC 5530), such as `NONEXISTENT`; undefined where the server gave none. */
  readonly responseCode: string | undefined;
  readonly status: 'NO' | 'BAD';

  constructor(command: string, status: 'NO' | 'BAD', responseCode: string | undefined, text: string) {
    super({ code: 'imap-command', what: `${command} was answered ${status}`, why: text });
    this.responseCode = responseCode;
    this.status = status;
  }
}

/** The connection was lost, timed out, or spoke nonsense. What was asked may or may not have been done. */
export class ImapConnectionError extends CaravanError {
  override readonly name = 'ImapConnectionError';
  constructor(why: string, cause?: unknown) {
    super({ code: 'imap-connection', what: 'the connection to the IMAP server was lost', why, cause });
  }
}

/** The cause of an `unavailable` submission. */
export class SubmissionError extends CaravanError {
  override readonly name = 'SubmissionError';
  /** True if the message had been sent when the connection broke: the server may have taken it. Look before sending again. */
  readonly mayBeAccepted: boolean;

  constructor(mayBeAccepted: boolean, why: string, cause?: unknown) {
    super({ code: 'submission', what: 'the message was not taken by the submission server', why, cause });
    this.mayBeAccepted = mayBeAccepted;
  }
}

/** RFC 5530 response codes, and what they are to us. */
const CODES: Readonly<Record<string, BackendErrorCode>> = {
  NONEXISTENT: 'not-found',
  TRYCREATE: 'not-found',
  ALREADYEXISTS: 'already-exists',
  NOPERM: 'forbidden',
  CANNOT: 'forbidden',
  OVERQUOTA: 'over-quota',
  LIMIT: 'over-quota',
  TOOBIG: 'over-quota',
};

/** What every method of the mailbox throws. */
export function backendErrorOf(thrown: unknown, what: string): BackendError {
  if (thrown instanceof BackendError) return thrown;
  if (thrown instanceof ImapCommandError) {
    const code = CODES[thrown.responseCode ?? ''] ?? 'unavailable';
    return new BackendError(code, what, { why: thrown.why ?? thrown.message, cause: thrown });
  }
  if (thrown instanceof CaravanError)
    return new BackendError('unavailable', what, { why: thrown.message, cause: thrown });
  // A fault in the program is not the mail system's: it must not look like an outage.
  throw thrown;
}
