import { CaravanError } from '../../platform/index.ts';

export type ClientErrorCode =
  /** No answer at all, after every retry. */
  | 'unreachable'
  /** TLS: who answers cannot prove to be whom the address names. */
  | 'untrusted-certificate'
  /** 401: the name or the password. */
  | 'unauthorized'
  /** 403: the account or this device may not sync. */
  | 'forbidden'
  /** 404, or an answer that no ActiveSync server gives. */
  | 'not-activesync'
  /** 451 without a place to go, or again and again. */
  | 'redirected'
  /** 503, or 502 and 504 of a load balancer, after every retry. */
  | 'unavailable'
  /** Any other HTTP status. */
  | 'http-status'
  | 'no-common-version'
  | 'command-not-in-version'
  | 'provisioning-failed'
  /** The server asked to wipe the device. The client acknowledged, and has forgotten its state. */
  | 'wiped'
  /** A Status of the protocol that is not success. */
  | 'protocol-status'
  | 'malformed-answer'
  | 'no-such-folder';

export interface ClientErrorDetails {
  readonly why?: string;
  readonly remedy?: string;
  readonly cause?: unknown;
  readonly command?: string;
  readonly httpStatus?: number;
  readonly status?: number;
}

/** What went wrong between the device and its server, with what a person can do about it. */
export class ClientError extends CaravanError {
  override readonly name = 'ClientError';
  declare readonly code: ClientErrorCode;
  readonly command: string | undefined;
  readonly httpStatus: number | undefined;
  /** Of the protocol. */
  readonly status: number | undefined;

  constructor(code: ClientErrorCode, what: string, details: ClientErrorDetails = {}) {
    const { command, httpStatus, status, ...rest } = details;
    super({ code, what, ...rest });
    this.command = command;
    this.httpStatus = httpStatus;
    this.status = status;
  }
}
