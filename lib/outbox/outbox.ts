/** Accepted mail on its way: every send has its intent record first (sync-state.md, rule 10). */
import type { Envelope, Mailbox } from '../backends/index.ts';
import type { Lease } from '../pool/index.ts';

export interface OutgoingMessage {
  readonly deviceId: string;
  /** ClientId at 14.0 and later; at 12.1 a digest of the content takes its place. */
  readonly clientId: string;
  /** Complete MIME. Without a Message-ID it is given one, derived from user, device and ClientId. Bcc is taken out. */
  readonly message: Uint8Array;
  /** As the device wrote it, where the ClientId is the device's own: by this another message under the same one is known. */
  readonly fromDevice?: Uint8Array;
  readonly saveInSent: boolean;
  /** Default: from the message's own headers. */
  readonly envelope?: Envelope;
}

/**
 * `sent`: the mail system has it. `queued`: it is durable, and will be sent: answer success. `repeated`: the same ClientId was
 * sent or queued before: answer success and do nothing more.
 * `refused`: it never will be taken; `why` is for the log. `failed`: not now; the device may repeat it with the same ClientId.
 */
export type SendResult =
  | { readonly kind: 'sent' | 'queued' | 'repeated' }
  | {
      readonly kind: 'refused' | 'failed';
      readonly reason: 'no-recipients' | 'malformed' | 'quota' | 'rejected' | 'unavailable';
      readonly why: string;
    };

/** The backend's folder for copies. */
export interface SentFolder {
  /** Undefined while there is none. */
  readonly id: string | undefined;
  /** Its id, now that there is one. Throws BackendError. */
  make(): Promise<string | undefined>;
}

export interface Outbox {
  send(lease: Lease, mailbox: Mailbox, sentFolder: SentFolder, message: OutgoingMessage): Promise<SendResult>;
  /** True if the message of this ClientId was sent or queued, for whoever repeats itself without the message. */
  wasSent(lease: Lease, deviceId: string, clientId: string): Promise<boolean>;
}
