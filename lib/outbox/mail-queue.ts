/** Where accepted mail waits for whoever submits it. */
import type { Envelope } from '../backends/index.ts';
import type { Key } from '../store/index.ts';

/** All but the message itself. */
export interface QueuedEnvelope {
  /** Of the intent record, which says whether it still is to be sent. */
  readonly record: Key;
  readonly messageId: string;
  readonly envelope: Envelope;
  /** Wall clock, for people. */
  readonly acceptedAt: number;
}

export interface QueuedMail extends QueuedEnvelope {
  /** As it goes out. */
  readonly message: Uint8Array;
}

export interface MailQueue {
  /** Durable when it resolves. Nobody is given it for `delaySeconds`. Throws OutboxError('queue-unavailable'). */
  put(mail: QueuedMail, delaySeconds: number): Promise<void>;
  close(): void;
}
