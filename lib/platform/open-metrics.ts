/** Metrics as OpenMetrics 1.0 text, which Prometheus and its kin fetch. */
import type { Labels, MetricFamily } from './metrics.ts';

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export function openMetrics(families: readonly MetricFamily[]): string {
  return `${families.map(familyText).join('')}# EOF\n`;
}

function familyText(family: MetricFamily): string {
  const { name, help, unit, type } = family;
  const head = [
    `# TYPE ${name} ${type}`,
    ...(unit ? [`# UNIT ${name} ${unit}`] : []),
    `# HELP ${name} ${escape(help)}`,
  ];
  const samples =
    family.type === 'histogram'
      ? histogramSamples(family)
      : family.series.map(({ labels, value }) => sample(type === 'counter' ? `${name}_total` : name, labels, value));
  return `${[...head, ...samples].join('\n')}\n`;
}

function histogramSamples({ name, bounds, series }: Extract<MetricFamily, { type: 'histogram' }>): string[] {
  return series.flatMap(({ labels, counts, sum, count }) => {
    let below = 0;
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, position) => {
      below += counts[position] ?? 0;
      return sample(`${name}_bucket`, { ...labels, le: boundText(bound) }, below);
    });
    return [...buckets, sample(`${name}_count`, labels, count), sample(`${name}_sum`, labels, sum)];
  });
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

/** Canonical floats: `1.0`, `0.5`, `+Inf`. */
const boundText = (bound: number): string =>
  bound === Number.POSITIVE_INFINITY ? '+Inf' : Number.isInteger(bound) ? `${bound}.0` : String(bound);

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
