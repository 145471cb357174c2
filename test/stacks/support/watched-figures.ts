/** The figures of the namespace that are watched in a template, and those that are told: name, dimensions, and which event. */
import type { Template } from 'aws-cdk-lib/assertions';
import { EmbeddedMetrics } from '../../../lib/platform/index.ts';
import { ServerMetrics } from '../../../lib/server/metrics/server-metrics.ts';

const EVENTS = ['claim', 'takeover', 'give', 'fence', 'suspension', 'unknown-result'] as const;
/** As test/functions sees them told. */
const TOLD_BY_FUNCTIONS = ['CanaryAvailability', 'CanarySeconds', 'OutboxAgeSeconds'];

/** By servers, as they write them, and by functions. */
export function toldFigures(pool: string): ReadonlySet<string> {
  const metrics = new ServerMetrics();
  metrics.command('Sync', { status: 200, protocolStatus: 1 }, 1);
  metrics.monitorLag(1);
  metrics.read({
    users: () => 1,
    devices: () => 1,
    waitingDevices: () => 1,
    load: () => ({ index: 1, constrained: undefined, devices: 1 }),
    process: () => ({ eventLoopUtilization: 0, eventLoopDelayMs: 0, memoryBytes: 1, memoryShare: 0 }),
  });
  for (const event of EVENTS) metrics.pool.count(event);
  const format = new EmbeddedMetrics({ namespace: 'Caravan', dimensions: { Pool: pool } });
  const told = new Set(TOLD_BY_FUNCTIONS.map((name) => `${name} Pool`));
  for (const line of format.lines(metrics.registry.read(), 0)) {
    const { _aws, Event } = JSON.parse(line);
    const { Dimensions, Metrics } = _aws.CloudWatchMetrics[0];
    for (const { Name } of Metrics)
      told.add(`${Name} ${Dimensions[0].toSorted().join(' ')}${Event === undefined ? '' : ` ${Event}`}`);
  }
  return told;
}

/** Of alarms, scaling policies and the dashboard: name, dimensions, and which event. */
export function watchedFigures(template: Template): ReadonlySet<string> {
  const watched = new Set<string>();
  const add = (name: string, dimensions: readonly (readonly [string, string])[]) => {
    const event = dimensions.find(([dimension]) => dimension === 'Event')?.[1];
    const names = dimensions.map(([dimension]) => dimension).toSorted();
    watched.add(`${name} ${names.join(' ')}${event === undefined ? '' : ` ${event}`}`);
  };
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    const { Namespace, MetricName, Dimensions } = value as Record<string, unknown>;
    if (Namespace === 'Caravan')
      add(
        String(MetricName),
        (Dimensions as { readonly Name: string; readonly Value: string }[]).map((it) => [it.Name, it.Value]),
      );
    Object.values(value).forEach(walk);
  };
  for (const type of ['AWS::CloudWatch::Alarm', 'AWS::ApplicationAutoScaling::ScalingPolicy'])
    walk(template.findResources(type));
  const body = JSON.stringify(Object.values(template.findResources('AWS::CloudWatch::Dashboard'))[0]);
  for (const [, name = '', rest = ''] of body.matchAll(/\[\\+"Caravan\\+",\\+"(\w+)\\+",(.*?),?\{/g)) {
    const words = [...rest.matchAll(/\\+"([^"\\]+)\\+"/g)].map(([, word = '']) => word);
    add(
      name,
      words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ''] as const] : [])),
    );
  }
  return watched;
}
