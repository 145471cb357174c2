/**
 * Traces: what a request costs, and where, across servers. There is a tracer only where traces are wanted; whoever may have
 * one asks for it by `tracer?.`, so that without one nothing is done.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { type FinishedSpan, Span, type SpanKind, TracePart } from './span.ts';
import type { TraceContext } from './trace-context.ts';

export interface TracerOptions {
  /** The share of traces that are kept, of those that begin here: from 0 to 1. */
  readonly ratio: number;
  /** What takes longer is kept whatever the share, as what fails is. */
  readonly slowMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Takes what is kept: the spans of one server's part of a trace. */
  readonly keep: (spans: readonly FinishedSpan[]) => void;
}

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/**
 * Each server decides about its own part when that ends, and all by the same rule: sampled, failed, or slow. What fails or is
 * slow at a user's owner does so for the front too, so that what an owner keeps is never without its front.
 */
export class Tracer {
  readonly #options: TracerOptions;
  readonly #within = new AsyncLocalStorage<Span>();
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  /** The span of a server's part of a trace: of `parent`, or of one that begins. */
  begin(name: string, kind: SpanKind, parent?: TraceContext): Span {
    const { clock, random, ratio } = this.#options;
    const part = new TracePart({
      traceId: parent?.traceId ?? Buffer.from(random.bytes(TRACE_ID_BYTES)).toString('hex'),
      parentId: parent?.spanId,
      isSampled: parent?.isSampled ?? random.number() < ratio,
      now: () => clock.monotonic(),
      wallNow: clock.now(),
      randomBytes: random.bytes(SPAN_ID_BYTES),
      onEnd: (spans, own) => this.#ended(spans, own),
    });
    return new Span(part, name, kind);
  }

  /** The span that what runs now is within; undefined where there is none, or its part has ended. */
  current(): Span | undefined {
    const span = this.#within.getStore();
    return span === undefined || span.part.hasEnded ? undefined : span;
  }

  within<Result>(span: Span, task: () => Result): Result {
    return this.#within.run(span, task);
  }

  /** For what outlives its request: a timer within a span holds on to it. */
  outside<Result>(task: () => Result): Result {
    return this.#outside(task);
  }

  /** `task` as a span of its own within the current one, if there is one. */
  async measure<Result>(
    name: string,
    kind: SpanKind,
    task: (span: Span | undefined) => Promise<Result>,
  ): Promise<Result> {
    const span = this.current()?.child(name, kind);
    if (span === undefined) return task(undefined);
    try {
      return await this.within(span, () => task(span));
    } catch (thrown) {
      span.fail(thrown);
      throw thrown;
    } finally {
      span.end();
    }
  }

  #ended(spans: readonly FinishedSpan[], own: FinishedSpan): void {
    const { slowMs, keep } = this.#options;
    if (own.isSampled || own.isError || own.endMs - own.startMs >= slowMs) keep(spans);
  }
}
