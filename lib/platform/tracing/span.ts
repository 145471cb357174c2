import { traceparentOf } from './trace-context.ts';

/** As OTLP numbers them. */
export type SpanKind = 'internal' | 'server' | 'client';

/** Never a user, a device, or anything of a message: traces leave the pool. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span as it is told to the world. Times are wall clock, in milliseconds since 1970, with fractions. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly isSampled: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly isError: boolean;
}

/** Spans of one server's part of a trace; more are left out, and told of at the part's own. */
const SPANS_LIMIT = 128;
/** An HTTP status from here is a failure of ours. */
const FAILURE_STATUS = 500;

/** What one server does for a trace: its own span, with all that happens within. Nothing is told before it ends. */
export class TracePart {
  readonly traceId: string;
  readonly parentId: string | undefined;
  readonly isSampled: boolean;
  /** The monotonic clock's. */
  readonly now: () => number;
  readonly #wallOffsetMs: number;
  readonly #ids: SpanIds;
  readonly #onEnd: (spans: readonly FinishedSpan[], own: FinishedSpan) => void;
  #finished: FinishedSpan[] = [];
  #begun = 0;
  #left = 0;
  #hasEnded = false;

  constructor(parts: {
    traceId: string;
    parentId: string | undefined;
    isSampled: boolean;
    now: () => number;
    wallNow: number;
    /** 8 of them. */
    randomBytes: Uint8Array;
    onEnd: (spans: readonly FinishedSpan[], own: FinishedSpan) => void;
  }) {
    this.traceId = parts.traceId;
    this.parentId = parts.parentId;
    this.isSampled = parts.isSampled;
    this.now = parts.now;
    this.#wallOffsetMs = parts.wallNow - parts.now();
    this.#ids = new SpanIds(parts.randomBytes);
    this.#onEnd = parts.onEnd;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  idOf(number: number): string {
    return this.#ids.at(number);
  }

  nextNumber(): number {
    return this.#begun++;
  }

  finish(span: Span, endedAt: number): void {
    if (this.#hasEnded) return;
    const isOwn = span.number === 0;
    if (!isOwn && this.#finished.length >= SPANS_LIMIT) {
      this.#left += 1;
      return;
    }
    const finished = {
      traceId: this.traceId,
      spanId: span.id,
      parentId: isOwn ? this.parentId : span.parentId,
      isSampled: this.isSampled,
      name: span.name,
      kind: span.kind,
      startMs: span.begunAt + this.#wallOffsetMs,
      endMs: endedAt + this.#wallOffsetMs,
      attributes: isOwn && this.#left > 0 ? { ...span.attributes, 'caravan.spans.left': this.#left } : span.attributes,
      isError: span.isError,
    };
    this.#finished.push(finished);
    if (!isOwn) return;
    this.#hasEnded = true;
    const spans = this.#finished;
    // What was begun within may hold on to this for as long as a mailbox is open.
    this.#finished = [];
    this.#onEnd(spans, finished);
  }
}

export class Span {
  readonly part: TracePart;
  readonly number: number;
  readonly parentId: string | undefined;
  readonly kind: SpanKind;
  readonly begunAt: number;
  name: string;
  attributes: Record<string, string | number | boolean> = {};
  isError = false;

  constructor(part: TracePart, name: string, kind: SpanKind, parentId?: string, begunAt = part.now()) {
    this.part = part;
    this.number = part.nextNumber();
    this.parentId = parentId;
    this.name = name;
    this.kind = kind;
    this.begunAt = begunAt;
  }

  get id(): string {
    return this.part.idOf(this.number);
  }

  get traceId(): string {
    return this.part.traceId;
  }

  /** What the next server is told, and what is kept of it while a device waits. */
  get traceparent(): string {
    return traceparentOf(this.traceId, this.id, this.part.isSampled);
  }

  child(name: string, kind: SpanKind): Span {
    return new Span(this.part, name, kind, this.id);
  }

  /** Something within that has just ended. */
  record(name: string, kind: SpanKind, durationMs: number, attributes: SpanAttributes, isError: boolean): void {
    const endedAt = this.part.now();
    const span = new Span(this.part, name, kind, this.id, endedAt - durationMs);
    Object.assign(span.attributes, attributes);
    span.isError = isError;
    this.part.finish(span, endedAt);
  }

  rename(name: string): void {
    this.name = name;
  }

  set(attributes: SpanAttributes): void {
    Object.assign(this.attributes, attributes);
  }

  /** The code of what was thrown and not its message, which may name a user. */
  fail(thrown: unknown, status = FAILURE_STATUS): void {
    if (status >= FAILURE_STATUS) this.isError = true;
    this.attributes['error.type'] = codeOf(thrown);
  }

  answered(status: number): void {
    this.attributes['http.response.status_code'] = status;
    if (status >= FAILURE_STATUS) this.isError = true;
  }

  /** A part's own span ends the part; a second end is nothing. */
  end(): void {
    this.part.finish(this, this.part.now());
  }
}

/** Caravan's errors have one, and Node's. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' ? code : thrown.name;
}

/** Ids of a part's spans from one draw: the numbers after a random one. */
class SpanIds {
  readonly #high: string;
  readonly #low: number;

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // All zeros would be no id.
    this.#high = hex8((view.getUint32(0) | 1) >>> 0);
    this.#low = view.getUint32(4);
  }

  at(number: number): string {
    return `${this.#high}${hex8((this.#low + number) >>> 0)}`;
  }
}

const hex8 = (value: number): string => value.toString(16).padStart(8, '0');
