/**
 * Brings spans to a collector, in batches, and never to anybody's harm: what does not fit is dropped and counted, a batch is
 * sent once, and one at a time. OpenTelemetry's own exporter and its SDK would be a tenth of the server's bundle, for this
 * much; and would keep a span for every device that waits.
 */
import type { Clock, Timer } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Counter, Metrics } from '../metrics.ts';
import { otlpTraces } from './otlp.ts';
import type { FinishedSpan, SpanAttributes } from './span.ts';

export interface SpanExporterParts {
  /** Throws, or rejects, where the collector did not take it. `signal` gives it up. */
  readonly send: (body: Buffer, signal: AbortSignal) => Promise<void>;
  /** Who tells it; asked at each batch. */
  readonly resource: () => SpanAttributes;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

const PERIOD_MS = 5_000;
/** Half a kilobyte each: well under the 5 MB and 10,000 spans that X-Ray takes at once. */
const BATCH_SPANS = 1_000;
const QUEUE_SPANS = 5_000;
const SEND_LIMIT_MS = 10_000;
/** A server that stops waits no longer for its collector. */
const LAST_LIMIT_MS = 2_000;

export class SpanExporter {
  readonly #parts: SpanExporterParts;
  readonly #spans: Counter;
  #queue: FinishedSpan[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #isDown = false;
  #isClosed = false;

  constructor(parts: SpanExporterParts) {
    this.#parts = parts;
    this.#spans = parts.metrics.counter({
      name: 'caravan_trace_spans',
      help: 'Spans that the collector took, and those dropped since it did not or since they were too many.',
      labels: ['outcome'],
    });
    for (const outcome of ['sent', 'dropped']) this.#spans.add({ outcome }, 0);
  }

  /** Spans that belong together: all are taken, or none. */
  add(spans: readonly FinishedSpan[]): void {
    if (this.#isClosed || this.#queue.length + spans.length > QUEUE_SPANS) return this.#count('dropped', spans.length);
    this.#queue.push(...spans);
    if (this.#queue.length >= BATCH_SPANS) this.#sendSoon(0);
    else this.#sendSoon(PERIOD_MS);
  }

  /** Sends what there is, for a moment. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const late = new AbortController();
    const timer = this.#parts.clock.after(LAST_LIMIT_MS, () => late.abort(new Error('the server stops')));
    const given = new Promise<void>((resolve) => late.signal.addEventListener('abort', () => resolve()));
    const all = async () => {
      await this.#sending;
      while (this.#queue.length > 0 && !late.signal.aborted) await this.#send(late.signal);
    };
    await Promise.race([all(), given]);
    timer.cancel();
    this.#count('dropped', this.#queue.splice(0).length);
  }

  #sendSoon(delayMs: number): void {
    if (this.#sending !== undefined) return;
    if (this.#timer !== undefined && delayMs > 0) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#sending = this.#sendWithin().finally(() => {
        this.#sending = undefined;
        if (this.#queue.length > 0 && !this.#isClosed) this.#sendSoon(this.#isDown ? PERIOD_MS : 0);
      });
    });
  }

  async #sendWithin(): Promise<void> {
    const late = new AbortController();
    const timer = this.#parts.clock.after(SEND_LIMIT_MS, () =>
      late.abort(new Error(`no answer in ${SEND_LIMIT_MS} ms`)),
    );
    await this.#send(late.signal);
    timer.cancel();
  }

  /** One batch. Never rejects. */
  async #send(signal: AbortSignal): Promise<void> {
    const { send, resource, log } = this.#parts;
    const batch = this.#queue.splice(0, BATCH_SPANS);
    try {
      await send(Buffer.from(JSON.stringify(otlpTraces(batch, resource())), 'utf8'), signal);
      this.#count('sent', batch.length);
      if (this.#isDown) log.info({}, 'The collector takes traces again');
      this.#isDown = false;
    } catch (thrown) {
      this.#count('dropped', batch.length);
      if (!this.#isDown)
        log.warn({ reason: reasonOf(thrown) }, 'The collector takes no traces: they are dropped until it does');
      this.#isDown = true;
    }
  }

  #count(outcome: 'sent' | 'dropped', spans: number): void {
    if (spans > 0) this.#spans.add({ outcome }, spans);
  }
}
