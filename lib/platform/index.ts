// Clock, random, log, metrics, errors: what every other room may stand on.
export { type Clock, sleep, systemClock, type Timer } from './clock.ts';
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
export { type Random, randomName, systemRandom } from './random.ts';
export { describeFailure } from './describe-failure.ts';
