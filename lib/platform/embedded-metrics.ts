/**
 * Metrics as CloudWatch's embedded metric format: JSON lines on standard output, which the log agent turns into metrics.
 * Counters and histograms tell what was added since the line before, gauges what is.
 */
import type { Labels, MetricFamily } from './metrics.ts';

/** CloudWatch takes so many values of one metric in a line, and so many metrics. */
const VALUES_LIMIT = 100;
const METRICS_LIMIT = 100;
const UNITS = { seconds: 'Seconds', bytes: 'Bytes', ratio: 'None' } as const;

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number | readonly number[];
}

export interface EmbeddedMetricsOptions {
  readonly namespace: string;
  /** Dimensions of every metric: `{ Pool: 'berlin' }`. */
  readonly dimensions: Labels;
}

export class EmbeddedMetrics {
  readonly #options: EmbeddedMetricsOptions;
  #before = new Map<string, readonly number[]>();

  constructor(options: EmbeddedMetricsOptions) {
    this.#options = options;
  }

  /**
   * One line for each set of labels that has something to tell; `nowMs` is the wall clock. `properties` can be searched for in
   * the logs (`{ server: '…' }`); they are no dimensions, since each value of one is a metric to pay for.
   */
  lines(families: readonly MetricFamily[], nowMs: number, properties: Labels = {}): readonly string[] {
    const groups = new Map<string, { readonly labels: Labels; readonly figures: Figure[] }>();
    const now = new Map<string, readonly number[]>();
    for (const family of families) {
      for (const { labels, figure } of this.#figures(family, now)) {
        const key = JSON.stringify(labels);
        const group = groups.get(key) ?? { labels, figures: [] };
        groups.set(key, group);
        group.figures.push(figure);
      }
    }
    this.#before = now;
    return [...groups.values()].flatMap(({ labels, figures }) =>
      slices(figures).map((slice) => JSON.stringify({ ...this.#document(labels, slice, nowMs), ...properties })),
    );
  }

  *#figures(
    family: MetricFamily,
    now: Map<string, readonly number[]>,
  ): Iterable<{ readonly labels: Labels; readonly figure: Figure }> {
    const name = camelCase(family.name);
    const unit = family.unit ? UNITS[family.unit] : family.type === 'counter' ? 'Count' : 'None';
    if (family.type === 'histogram') {
      for (const { labels, counts } of family.series) {
        const added = this.#added(family.name, labels, counts, now);
        if (added.every((count) => count === 0)) continue;
        yield { labels, figure: { name, unit, value: valuesOf(family.bounds, added) } };
        const count = added.reduce((sum, each) => sum + each, 0);
        if (count > VALUES_LIMIT) yield { labels, figure: { name: `${name}Count`, unit: 'Count', value: count } };
      }
      return;
    }
    for (const { labels, value } of family.series) {
      if (family.type === 'gauge') yield { labels, figure: { name, unit, value } };
      else {
        const [added = 0] = this.#added(family.name, labels, [value], now);
        if (added !== 0 || family.labels.length === 0) yield { labels, figure: { name, unit, value: added } };
      }
    }
  }

  #added(
    name: string,
    labels: Labels,
    values: readonly number[],
    now: Map<string, readonly number[]>,
  ): readonly number[] {
    const key = `${name} ${JSON.stringify(labels)}`;
    now.set(key, values);
    const before = this.#before.get(key);
    return values.map((value, position) => value - (before?.[position] ?? 0));
  }

  #document(labels: Labels, figures: readonly Figure[], nowMs: number): object {
    const { namespace, dimensions } = this.#options;
    const named = Object.fromEntries(Object.entries(labels).map(([name, value]) => [camelCase(name), value]));
    const all = { ...dimensions, ...named };
    return {
      _aws: {
        Timestamp: nowMs,
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: [Object.keys(all)],
            Metrics: figures.map(({ name, unit }) => ({ Name: name, Unit: unit })),
          },
        ],
      },
      ...all,
      ...Object.fromEntries(figures.map(({ name, value }) => [name, value])),
    };
  }
}

/**
 * What fell into the buckets as single values, of which CloudWatch makes its percentiles: each bucket's middle, and above the
 * last bound that bound. Of more values than fit, as many of each bucket as its share, and at least one.
 */
function valuesOf(bounds: readonly number[], counts: readonly number[]): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const used = counts.filter((count) => count > 0).length;
  const share = total <= VALUES_LIMIT ? 1 : (VALUES_LIMIT - used) / total;
  return counts.flatMap((count, bucket) => {
    if (count === 0) return [];
    const upper = bounds[bucket] ?? bounds.at(-1) ?? 0;
    const lower = bucket === 0 ? 0 : (bounds[bucket - 1] ?? 0);
    const value = bucket >= bounds.length ? upper : (lower + upper) / 2;
    const length = share === 1 ? count : 1 + Math.floor(count * share);
    return Array.from({ length }, () => value);
  });
}

const slices = (figures: readonly Figure[]): readonly (readonly Figure[])[] =>
  Array.from({ length: Math.ceil(figures.length / METRICS_LIMIT) }, (_, part) =>
    figures.slice(part * METRICS_LIMIT, (part + 1) * METRICS_LIMIT),
  );

/** `caravan_command_seconds` is `CommandSeconds`: the namespace says whose they are. */
const camelCase = (name: string): string =>
  name.replace(/^caravan_/, '').replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
