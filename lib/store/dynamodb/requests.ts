/**
 * Sends requests, each within a time, and tries again those that may be: what the SDK would do by itself does not
 * know which writes are safe to repeat.
 */
import { type Clock, type Random, sleep } from '../../platform/index.ts';
import type { StoreMetrics, StoreOperation } from '../metrics.ts';
import type { DynamoClient } from './client.ts';
import { classify, type Failure, RequestTimeout } from './failures.ts';

const ATTEMPTS = 5;
/** Full jitter: a delay is anything up to this, doubled with every attempt. */
const BACKOFF_MS = 25;
const BACKOFF_LIMIT_MS = 500;
const HOLD_MS = 60_000;

/** One request; `options` go to the client's `send`. */
export type Request<Output> = (client: DynamoClient, options: { readonly abortSignal: AbortSignal }) => Promise<Output>;

/** Which requests are sent again, once one was lost on the way: it may have been carried out. */
export type Repeat =
  /** It changes nothing. */
  | 'read'
  /** Twice is as good as once, but not long afterwards: not after a timeout, when it may still be on its way. */
  | 'idempotent'
  /** Its condition may have been made false by itself. */
  | 'never';

export type Sent<Output> =
  | { readonly ok: true; readonly output: Output }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly cause: unknown;
      /** Some attempt was lost, and may have been carried out. */
      readonly mayBeDone: boolean;
    };

export interface RequestsOptions {
  readonly client: DynamoClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: StoreMetrics;
  /** Of one attempt; and no attempt of a write begins later than that after the first. */
  readonly timeoutMs: number;
}

export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  async send<Output>(operation: StoreOperation, repeat: Repeat, request: Request<Output>): Promise<Sent<Output>> {
    const { clock, metrics, timeoutMs } = this.#options;
    const begunAt = clock.monotonic();
    let mayBeDone = false;
    for (let attempt = 1; ; attempt += 1) {
      const sentAt = clock.monotonic();
      try {
        const output = await this.sendOnce(request, timeoutMs);
        metrics.observe(operation, 'done', clock.monotonic() - sentAt);
        return { ok: true, output };
      } catch (cause) {
        const failure = classify(cause);
        metrics.observe(operation, failure.kind, clock.monotonic() - sentAt);
        if (failure.kind === 'lost') mayBeDone = true;
        const failed = { ok: false, failure, cause, mayBeDone } as const;
        if (attempt === ATTEMPTS || !isRepeatable(failure, repeat)) return failed;
        const delayMs = this.#backoff(attempt);
        if (repeat !== 'read' && clock.monotonic() + delayMs - begunAt >= timeoutMs) return failed;
        await this.#wait(delayMs);
      }
    }
  }

  /** One attempt. Throws what the client throws, or RequestTimeout. */
  async sendOnce<Output>(request: Request<Output>, timeoutMs: number): Promise<Output> {
    const { client, clock } = this.#options;
    const aborter = new AbortController();
    const answer = request(client, { abortSignal: aborter.signal });
    return new Promise((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => {
        aborter.abort();
        reject(new RequestTimeout(timeoutMs));
      });
      answer.then(
        (output) => {
          timer.cancel();
          resolve(output);
        },
        (thrown: unknown) => {
          timer.cancel();
          reject(thrown);
        },
      );
    });
  }

  async #wait(delayMs: number): Promise<void> {
    // The clock's timers do not keep a process alive; a command that waits for its answer must be.
    const hold = setInterval(() => {}, HOLD_MS);
    try {
      await sleep(this.#options.clock, delayMs);
    } finally {
      clearInterval(hold);
    }
  }

  #backoff(attempt: number): number {
    return this.#options.random.number() * Math.min(BACKOFF_LIMIT_MS, BACKOFF_MS * 2 ** attempt);
  }
}

function isRepeatable(failure: Failure, repeat: Repeat): boolean {
  if (failure.kind === 'throttled' || failure.kind === 'unreachable') return true;
  if (failure.kind !== 'lost') return false;
  return repeat === 'read' || (repeat === 'idempotent' && !failure.isTimeout);
}
