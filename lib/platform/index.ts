// Clock, random, log, metrics, traces, errors: what every other room may stand on.
export { type Clock, sleep, systemClock, type Timer } from './clock.ts';
export { type AwsCredentials, AwsSigner } from './aws-signer.ts';
export { CaravanError, type ErrorDetails, reasonOf } from './errors.ts';
export { createLog, type Log, type LogFields, type LogLevel, silentLog } from './log.ts';
export { EmbeddedMetrics, type EmbeddedMetricsOptions } from './embedded-metrics.ts';
export {
  type Counter,
  type FamilyOptions,
  type Gauge,
  type Histogram,
  type Labels,
  type MetricFamily,
  Metrics,
  SECONDS_BOUNDS,
} from './metrics.ts';
export { OPEN_METRICS_TYPE, openMetrics } from './open-metrics.ts';
export { LISTEN_BACKLOG } from './listen-backlog.ts';
export { type Random, randomName, systemRandom } from './random.ts';
export { describeFailure } from './describe-failure.ts';
export { type FinishedSpan, Span, type SpanAttributes, type SpanKind } from './tracing/span.ts';
export { SpanExporter } from './tracing/span-exporter.ts';
export { parseAmazonTrace, parseTraceparent, type TraceContext } from './tracing/trace-context.ts';
export { traced, tracedLog } from './tracing/traced.ts';
export { Tracer } from './tracing/tracer.ts';
