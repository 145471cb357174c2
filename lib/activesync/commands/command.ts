/** What a command is: a document in, an answer or a wait out. It never holds a socket. */
import type { CertificateCheck, Directory } from '../../backends/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Outbox } from '../../outbox/index.ts';
import type { DeviceSync, UserSync } from '../../sync/index.ts';
import type { CommandName, Element, ProtocolVersion, RequestParameters } from '../protocol/index.ts';
import type { Policies } from './policies.ts';

export interface CommandRequest {
  readonly command: CommandName;
  readonly version: ProtocolVersion;
  readonly parameters: RequestParameters;
  readonly deviceType: string;
  readonly userAgent: string | undefined;
  readonly policyKey: string | undefined;
  /** The decoded body; undefined where it was empty or is MIME. */
  readonly document: Element | undefined;
  /** The body as it came: MIME for SendMail and its kin at 12.1. */
  readonly body: Uint8Array;
  /** True when the door runs a parked request again after a change: answer now. */
  readonly again: boolean;
}

export interface CommandContext {
  readonly user: UserSync;
  readonly device: DeviceSync;
  readonly policies: Policies;
  readonly outbox: Outbox;
  /** Absent where the organisation has none that Caravan knows. */
  readonly directory?: Directory | undefined;
  /** Absent where nobody's certificates are checked. */
  readonly certificates?: CertificateCheck | undefined;
  readonly limits: CommandLimits;
  /** Aborted when nobody needs the answer any more: what only reads ends with its reason, what changes something is carried through. */
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface CommandLimits {
  /** Bounds of a heartbeat; default 60 to 3,540 seconds. */
  readonly minHeartbeatSeconds: number;
  readonly maxHeartbeatSeconds: number;
  /** Lowers what devices ask for; default and most 512. */
  readonly maxWindowSize: number;
  /** Folders in one Ping; default 300. */
  readonly maxPingFolders: number;
  /** Items in a Search or Find answer; default 100. */
  readonly maxSearchResults: number;
}

/** What goes back to the device. `headers` are added to the door's own. */
export type Answer =
  | { readonly kind: 'document'; readonly document: Element; readonly headers?: Readonly<Record<string, string>> }
  /** 200 with no body: nothing changed, or nothing to say. */
  | { readonly kind: 'empty' }
  /** MIME, an attachment, multipart: bytes with their type. */
  | { readonly kind: 'bytes'; readonly contentType: string; readonly bytes: Uint8Array }
  /** Where the protocol itself has an HTTP status: 449, 403, 451, 501, 503. */
  | { readonly kind: 'http'; readonly status: number; readonly headers?: Readonly<Record<string, string>> };

/** Nothing to say yet: the door parks the device under the ticket. */
export interface Wait {
  readonly kind: 'wait';
  readonly ticket: string;
  /** On the monotonic clock, milliseconds. */
  readonly deadline: number;
  readonly answerAtDeadline: Answer;
}

export type CommandResult = Answer | Wait;

export type Command = (request: CommandRequest, context: CommandContext) => Promise<CommandResult>;
