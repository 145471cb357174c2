/** Which trace something belongs to, as it goes from process to process (W3C Trace Context; X-Ray's header). */

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits; undefined where only the trace is known. */
  readonly spanId: string | undefined;
  /** Whoever began the trace records it; undefined where that is not said. */
  readonly isSampled: boolean | undefined;
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/;
const AMAZON_ROOT = /(?:^|;)\s*Root=1-([\da-f]{8})-([\da-f]{24})\s*(?:;|$)/i;
const SAMPLED = 1;

/** W3C Trace Context, section 3.2. Undefined for what is none. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, traceId, spanId, flags] = (header !== undefined && TRACEPARENT.exec(header)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** Joined, for a string of one piece: it is kept for as long as a device waits. */
export const traceparentOf = (traceId: string, spanId: string, isSampled: boolean): string =>
  ['00', traceId, spanId, isSampled ? '01' : '00'].join('-');

/**
 * The trace of an `X-Amzn-Trace-Id`. Its id alone: `Parent` and `Sampled` are the device's, if a device sent them, and a load
 * balancer passes them on.
 */
export function parseAmazonTrace(header: string | undefined): TraceContext | undefined {
  const [, seconds, rest] = (header !== undefined && AMAZON_ROOT.exec(header)) || [];
  if (seconds === undefined || rest === undefined) return undefined;
  return { traceId: `${seconds}${rest}`.toLowerCase(), spanId: undefined, isSampled: undefined };
}
