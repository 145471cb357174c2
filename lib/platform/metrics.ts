/**
 * What a process tells of itself in figures: counters that only grow, gauges, and histograms, each with labels. One registry a
 * process, handed to those who count; `openMetrics` and `EmbeddedMetrics` tell it to the world.
 */

/** A family's label names are fixed; values come from short lists, never from users or devices. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** `by` defaults to 1. */
  add(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface FamilyOptions {
  /** `caravan_commands`, and ends with its unit where it has one: `caravan_command_seconds`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly unit?: 'seconds' | 'bytes' | 'ratio';
  readonly labels?: readonly string[];
  /** More combinations of label values than this are counted under the value `other`. Default 250. */
  readonly limitSeries?: number;
}

export interface CounterSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: Labels;
  /** As many as the family has bounds, and one more for all above the last: how many fell in each. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export type MetricFamily = Required<Pick<FamilyOptions, 'name' | 'help' | 'labels'>> &
  Pick<FamilyOptions, 'unit'> &
  (
    | { readonly type: 'counter' | 'gauge'; readonly series: readonly CounterSeries[] }
    | { readonly type: 'histogram'; readonly bounds: readonly number[]; readonly series: readonly HistogramSeries[] }
  );

/** Of durations in seconds: from a tenth of a millisecond's neighbourhood to what a device gives up on. */
export const SECONDS_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const LIMIT_SERIES = 250;
const OTHER = 'other';
const NAME = /^[a-z][a-z0-9_]*$/;

export class Metrics {
  readonly #families = new Map<string, Family>();

  /** Throws where the name is not one, or taken: those are mistakes of ours. */
  counter(options: FamilyOptions): Counter {
    const series = new SeriesTable(options, () => ({ value: 0 }));
    this.#add(options, () => ({ type: 'counter', series: series.list() }));
    return {
      add(labels = {}, by = 1) {
        series.of(labels).value += by;
      },
    };
  }

  gauge(options: FamilyOptions): Gauge {
    const series = new SeriesTable(options, () => ({ value: 0 }));
    this.#add(options, () => ({ type: 'gauge', series: series.list() }));
    return {
      set(value, labels = {}) {
        series.of(labels).value = value;
      },
    };
  }

  /** A gauge that is read when somebody asks. Values that are not finite are left out. */
  gaugeOf(options: Omit<FamilyOptions, 'labels'>, read: () => number): void {
    this.#add(options, () => {
      const value = read();
      return { type: 'gauge', series: Number.isFinite(value) ? [{ labels: {}, value }] : [] };
    });
  }

  /** `bounds` rise; default: those of durations in seconds. */
  histogram(options: FamilyOptions & { readonly bounds?: readonly number[] }): Histogram {
    const { bounds = SECONDS_BOUNDS } = options;
    const series = new SeriesTable(options, () => ({
      counts: Array.from({ length: bounds.length + 1 }, () => 0),
      sum: 0,
      count: 0,
    }));
    this.#add(options, () => ({ type: 'histogram', bounds, series: series.list() }));
    return {
      observe(value, labels = {}) {
        const it = series.of(labels);
        let bucket = 0;
        while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
        (it.counts[bucket] as number) += 1;
        it.sum += value;
        it.count += 1;
      },
    };
  }

  /** All families as they are now, in the order in which they were made. */
  read(): readonly MetricFamily[] {
    return [...this.#families.values()].map((family) => ({
      name: family.options.name,
      help: family.options.help,
      labels: family.options.labels ?? [],
      ...(family.options.unit && { unit: family.options.unit }),
      ...family.read(),
    }));
  }

  #add(options: FamilyOptions, read: Family['read']): void {
    const { name, unit, labels = [] } = options;
    if (![name, ...labels].every((it) => NAME.test(it)) || this.#families.has(name))
      throw new Error(`a metric cannot be called ${name}, with the labels ${labels.join(', ')}`);
    if (unit !== undefined && !name.endsWith(`_${unit}`)) throw new Error(`${name} does not end with its unit ${unit}`);
    this.#families.set(name, { options, read });
  }
}

interface Family {
  readonly options: FamilyOptions;
  read():
    | { readonly type: 'counter' | 'gauge'; readonly series: readonly CounterSeries[] }
    | { readonly type: 'histogram'; readonly bounds: readonly number[]; readonly series: readonly HistogramSeries[] };
}

class SeriesTable<Value extends object> {
  readonly #names: readonly string[];
  readonly #limit: number;
  readonly #make: () => Value;
  readonly #series = new Map<string, { readonly labels: Labels; readonly value: Value }>();

  constructor({ labels = [], limitSeries = LIMIT_SERIES }: FamilyOptions, make: () => Value) {
    this.#names = labels;
    this.#limit = limitSeries;
    this.#make = make;
    // Without labels there is one series, and it is there from the beginning.
    if (labels.length === 0) this.of({});
  }

  of(labels: Labels): Value {
    const values = this.#names.map((name) => labels[name] ?? '');
    const found = this.#series.get(values.join('\0'));
    if (found) return found.value;
    const isFull = this.#series.size >= this.#limit;
    const kept = isFull ? this.#names.map(() => OTHER) : values;
    const key = kept.join('\0');
    const other = this.#series.get(key);
    if (other) return other.value;
    const value = this.#make();
    this.#series.set(key, {
      labels: Object.fromEntries(this.#names.map((name, position) => [name, kept[position] as string])),
      value,
    });
    return value;
  }

  list(): ({ readonly labels: Labels } & Value)[] {
    return [...this.#series.values()].map(({ labels, value }) => ({ labels, ...structuredClone(value) }));
  }
}
