/**
 * What passes between the door that a device's request came to and the server that owns its user: plain values, so that the
 * two may be one process or two (ownership.md, Routing).
 */
import type { Account, Credentials } from '../../backends/index.ts';
import type { RequestLine } from '../../activesync/index.ts';

/** A device's request as the door has it: authenticated, its body not yet looked into. */
export interface RoadRequest {
  readonly requestId: string;
  /** The client's, as its front saw it behind a trusted sprayer; undefined where a front of an older build does not tell. */
  readonly address: string | undefined;
  readonly account: Account;
  readonly credentials: Credentials;
  readonly line: RequestLine;
  readonly contentType: string;
  readonly userAgent: string | undefined;
  readonly body: Uint8Array;
  /** W3C's, of the front's span, where requests are traced. */
  readonly traceparent?: string | undefined;
  /** True when a parked request is run again after a change: it is answered now. */
  readonly again: boolean;
}

/** Whose request a log line is about, the same at its front and at its owner. */
export const toldOf = ({ requestId, account, line, address }: Omit<RoadRequest, 'body'>) => ({
  requestId,
  user: account.user,
  device: line.deviceId,
  command: line.command,
  address,
});

/** A whole HTTP answer. */
export interface Reply {
  readonly kind: 'reply';
  readonly status: number;
  /** Of the document in it, for whoever counts; the body is not looked into again. */
  readonly protocolStatus?: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Nothing to say yet: the door parks the device under the ticket. */
export interface RoadWait {
  readonly kind: 'wait';
  readonly ticket: string;
  /** From now, since the two servers' clocks have no common zero. */
  readonly waitMs: number;
  readonly atDeadline: Reply;
}

export type RoadResult = Reply | RoadWait;

/**
 * How a ticket ends before its deadline: with an answer; by running the request again, to be answered now; or because its
 * owner is lost, and the device is to wait for the next one without noticing.
 */
export type RoadCompletion = Reply | { readonly kind: 'again' | 'lost' };

/** The far end of the road: whoever owns the user. */
export interface Road {
  /**
   * `signal`: the device has hung up; what may be left undone is, by ServerError('hung-up'). Throws what the door turns into an
   * HTTP status: RequestError, WbxmlError, BackendError, StoreError, ServerError.
   */
  execute(request: RoadRequest, signal?: AbortSignal): Promise<RoadResult>;
  /** Nobody waits for the ticket any more. */
  closeTicket(ticket: string): void;
  /** Told of every completion; at most one listener. */
  onCompletion(listener: (ticket: string, completion: RoadCompletion) => void): void;
}
