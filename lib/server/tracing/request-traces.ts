/** Requests of devices as spans: of the trace that the sprayer has given them, or of one of their own. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseAmazonTrace, parseTraceparent, type Span, type TraceContext, type Tracer } from '../../platform/index.ts';

export class RequestTraces {
  readonly #tracer: Tracer;
  readonly #believesTraceparent: boolean;

  constructor(tracer: Tracer, { believeTraceparent }: { readonly believeTraceparent: boolean }) {
    this.#tracer = tracer;
    this.#believesTraceparent = believeTraceparent;
  }

  /** Runs `serve` within a span, which ends with it unless it was ended before. */
  async follow(
    request: IncomingMessage,
    response: ServerResponse,
    { isTrusted, ...told }: { readonly isTrusted: boolean; readonly name: string; readonly requestId: string },
    serve: () => Promise<void>,
  ): Promise<void> {
    const span = this.#tracer.begin(told.name, 'server', isTrusted ? this.#parentOf(request) : undefined);
    describe(span, 'front', told.requestId);
    await this.#tracer.within(span, serve);
    if (span.part.hasEnded) return;
    span.answered(response.statusCode);
    span.end();
  }

  /** `traceparent` says more, where it is believed. */
  #parentOf({ headers }: IncomingMessage): TraceContext | undefined {
    const told = this.#believesTraceparent ? parseTraceparent(headers['traceparent']?.toString()) : undefined;
    return told ?? parseAmazonTrace(headers['x-amzn-trace-id']?.toString());
  }
}

/** What all parts of a request's trace say: which part it is, and the number that finds the request in the log. */
export function describe(span: Span, part: 'front' | 'owner', requestId: string): void {
  span.set({ 'caravan.part': part, 'caravan.request_id': requestId });
}

/** Ends this server's part before its request is answered; what is told of it then, to be kept if it is to go on. */
export function endPart(tracer: Tracer | undefined, outcome: 'waiting' | 'passed-on'): string | undefined {
  const span = tracer?.current();
  if (span === undefined) return undefined;
  span.set({ 'caravan.outcome': outcome });
  span.end();
  return span.traceparent;
}

/** A part that follows one that had ended, as its child. */
export async function resumePart(
  tracer: Tracer,
  traceparent: string | undefined,
  name: string,
  requestId: string,
  task: () => Promise<void>,
): Promise<void> {
  const span = tracer.begin(name, 'server', parseTraceparent(traceparent));
  describe(span, 'front', requestId);
  await tracer.within(span, task);
  span.end();
}
