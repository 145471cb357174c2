import { CaravanError } from '../platform/index.ts';

/**
 * - `queue-unavailable`: the queue of the outbox, or the bucket of its bodies, could not be asked; worth trying again.
 * - `bad-mail`: what the queue holds is no mail that can be sent: its form is unknown, or its body is gone.
 */
export type OutboxErrorCode = 'queue-unavailable' | 'bad-mail';

export class OutboxError extends CaravanError {
  override readonly name = 'OutboxError';
  declare readonly code: OutboxErrorCode;
  constructor(
    code: OutboxErrorCode,
    what: string,
    details: { readonly why?: string; readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    super({ code, what, ...details });
  }
}
