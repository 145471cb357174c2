/**
 * Mail that cannot be handed on now, or not soon: written down as the function's to send, put into the queue, and only then the
 * device is told. An attempt that is still under way keeps its time; if it ends well, the function finds that written.
 */
import type { Envelope } from '../backends/index.ts';
import { type Clock, type Log, sleep } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import type { Intent, Intents } from './intents.ts';
import type { MailQueue } from './mail-queue.ts';

export interface WaitingLineParts {
  readonly queue: MailQueue;
  /** So long a device waits for a submission before its message is queued. */
  readonly patienceMs: number;
}

/** After a device was told, its submission may go on for so long, and is then broken off … */
const ATTEMPT_MS = 45_000;
/** … well before the function may begin: two machines' clocks differ by less than the rest. */
const HOLD_MS = 75_000;

export class WaitingLine {
  readonly #parts: WaitingLineParts & { readonly intents: Intents; readonly clock: Clock; readonly log: Log };

  constructor(parts: WaitingLineParts & { readonly intents: Intents; readonly clock: Clock; readonly log: Log }) {
    this.#parts = parts;
  }

  /** A limit for an attempt that begins now. */
  limit(): { readonly signal: AbortSignal; cancel(): void } {
    const { clock, patienceMs } = this.#parts;
    const controller = new AbortController();
    const timer = clock.after(patienceMs + ATTEMPT_MS, () => controller.abort(new Error('it took too long')));
    return { signal: controller.signal, cancel: () => timer.cancel() };
  }

  /** True if the attempt ended well in time, false if it is still under way. Throws what it threw. */
  async isDoneSoon(attempt: Promise<void>): Promise<boolean> {
    const over = new AbortController();
    const { clock, patienceMs } = this.#parts;
    try {
      const slow = sleep(clock, patienceMs, over.signal).then(
        () => false,
        () => false,
      );
      return await Promise.race([attempt.then(() => true), slow]);
    } finally {
      over.abort(new Error('it is answered'));
    }
  }

  /**
   * Durable when it resolves. `attempt` is what is still under way, if anything is. Throws StoreError and OutboxError: the
   * device is to try again.
   */
  async put(
    lease: Lease,
    intent: Intent,
    mail: { readonly envelope: Envelope; readonly message: Uint8Array },
    attempt?: Promise<void>,
  ): Promise<void> {
    const { queue, intents, clock, log } = this.#parts;
    const holdMs = attempt === undefined ? 0 : HOLD_MS;
    const queueing = await intents.queueing(lease, intent, holdMs);
    attempt?.then(
      () => intents.settled(queueing),
      (thrown: unknown) => log.info({ error: thrown, user: lease.user }, 'a slow submission failed: it is queued'),
    );
    const { key: record, messageId } = intent;
    await queue.put({ ...mail, record, messageId, acceptedAt: clock.now() }, holdMs / 1_000);
    await intents.queued(queueing);
    log.info({ user: lease.user, item: record.sort, isUnderWay: attempt !== undefined }, 'a message was queued');
  }
}
