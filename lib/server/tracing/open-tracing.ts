/** Traces as the configuration wants them; without a place to send them to there are none, and nothing is done for them. */
import {
  type Clock,
  type Log,
  type Metrics,
  type Random,
  SpanExporter,
  tracedLog,
  Tracer,
} from '../../platform/index.ts';
import { openAwsCredentials, type StoreMetrics, type StoreOperation } from '../../store/index.ts';
import type { Configuration } from '../../topology/index.ts';
import { BUILD } from '../build.ts';
import { spanSender } from './span-sender.ts';

export interface Tracing {
  readonly tracer: Tracer;
  /** Its lines bear the trace that they were written within. */
  readonly log: Log;
  /** The store's metrics, with a span for each request that they are told of. */
  tap(metrics: StoreMetrics): StoreMetrics;
  /** Sends what there is. */
  close(): Promise<void>;
}

export async function openTracing(
  configuration: Configuration,
  parts: { metrics: Metrics; session: () => string; clock: Clock; random: Random; log: Log },
): Promise<Tracing | undefined> {
  const { endpoint: given, awsRegion, ratio, slowMs } = configuration.trace;
  const endpoint = given ?? (awsRegion && `https://xray.${awsRegion}.amazonaws.com/v1/traces`);
  if (endpoint === undefined) return undefined;
  const { metrics, session, clock, random, log } = parts;
  const aws = awsRegion && { region: awsRegion, credentials: await openAwsCredentials(awsRegion) };
  const exporter = new SpanExporter({
    send: spanSender({ endpoint, ...(aws && { aws }), clock }),
    resource: () => ({
      'service.name': 'caravan',
      'service.namespace': configuration.metrics.name ?? configuration.pool?.name ?? 'standalone',
      'service.version': BUILD,
      'service.instance.id': session(),
      ...(awsRegion !== undefined && { 'cloud.provider': 'aws', 'cloud.region': awsRegion }),
    }),
    metrics,
    clock,
    log,
  });
  const tracer = new Tracer({ ratio, slowMs, clock, random, keep: (spans) => exporter.add(spans) });
  const system = configuration.store.kind === 'dynamodb' ? 'aws.dynamodb' : 'sqlite';
  return {
    tracer,
    log: tracedLog(log, tracer),
    tap: (storeMetrics) => ({
      observe(operation, result, durationMs) {
        storeMetrics.observe(operation, result, durationMs);
        const attributes = { 'db.system.name': system, 'db.operation.name': operation, 'caravan.result': result };
        tracer.current()?.record(nameOf(operation), 'client', durationMs, attributes, !FINE.has(result));
      },
    }),
    close: () => exporter.close(),
  };
}

/** A refusal is what conditions are for. */
const FINE: ReadonlySet<string> = new Set(['done', 'refused']);
const nameOf = (operation: StoreOperation): string => `store ${operation}`;
