import { describe, expect, it } from 'vitest';
import { EmbeddedMetrics, Metrics, openMetrics } from '../../lib/platform/index.ts';

function sample(): Metrics {
  const metrics = new Metrics();
  const commands = metrics.counter({ name: 'caravan_commands', help: 'Commands.', labels: ['command', 'status'] });
  commands.add({ command: 'Ping', status: '200' });
  commands.add({ command: 'Ping', status: '200' }, 2);
  commands.add({ command: 'Sync', status: '503' });
  metrics.gauge({ name: 'caravan_users', help: 'Users.' }).set(7);
  const seconds = metrics.histogram({
    name: 'caravan_command_seconds',
    help: 'Time.',
    unit: 'seconds',
    labels: ['command'],
    bounds: [0.1, 1],
  });
  for (const value of [0.1, 0.5, 20]) seconds.observe(value, { command: 'Sync' });
  return metrics;
}

describe('OpenMetrics', () => {
  it('tells counters with _total, gauges, and histograms with their buckets added up, and ends with # EOF', () => {
    expect(openMetrics(sample().read())).toBe(`# TYPE caravan_commands counter
# HELP caravan_commands Commands.
caravan_commands_total{command="Ping",status="200"} 3
caravan_commands_total{command="Sync",status="503"} 1
# TYPE caravan_users gauge
# HELP caravan_users Users.
caravan_users 7
# TYPE caravan_command_seconds histogram
# UNIT caravan_command_seconds seconds
# HELP caravan_command_seconds Time.
caravan_command_seconds_bucket{command="Sync",le="0.1"} 1
caravan_command_seconds_bucket{command="Sync",le="1.0"} 2
caravan_command_seconds_bucket{command="Sync",le="+Inf"} 3
caravan_command_seconds_count{command="Sync"} 3
caravan_command_seconds_sum{command="Sync"} 20.6
# EOF
`);
  });

  it('escapes what would end a label', () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'odd', help: 'a\\b', labels: ['label'] }).add({ label: 'a"b\\c\nd' });
    expect(openMetrics(metrics.read())).toBe(
      '# TYPE odd counter\n# HELP odd a\\\\b\nodd_total{label="a\\"b\\\\c\\nd"} 1\n# EOF\n',
    );
  });

  it('a gauge that is read may have nothing to tell', () => {
    const metrics = new Metrics();
    metrics.gaugeOf({ name: 'some', help: 'Some.' }, () => 3);
    metrics.gaugeOf({ name: 'none', help: 'None.' }, () => Number.NaN);
    expect(openMetrics(metrics.read())).toContain('some 3\n# TYPE none gauge\n# HELP none None.\n# EOF');
  });
});

describe('Metrics', () => {
  it('more label values than a family may have are counted as other', () => {
    const metrics = new Metrics();
    const counter = metrics.counter({ name: 'names', help: 'Names.', labels: ['name'], limitSeries: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'a']) counter.add({ name });
    expect(metrics.read()[0]?.series).toEqual([
      { labels: { name: 'a' }, value: 2 },
      { labels: { name: 'b' }, value: 1 },
      { labels: { name: 'other' }, value: 2 },
    ]);
  });

  it('refuses a name twice, a name that is none, and one without its unit', () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'one', help: 'One.' });
    expect(() => metrics.counter({ name: 'one', help: 'One.' })).toThrow('one');
    expect(() => metrics.gauge({ name: 'Two words', help: 'Two.' })).toThrow('Two words');
    expect(() => metrics.gauge({ name: 'three', help: 'Three.', unit: 'seconds' })).toThrow('seconds');
  });

  it('what was read does not change afterwards', () => {
    const metrics = new Metrics();
    const seconds = metrics.histogram({ name: 'a_seconds', help: 'A.', unit: 'seconds', bounds: [1] });
    seconds.observe(0.5);
    const before = metrics.read();
    seconds.observe(0.5);
    expect(before[0]?.series[0]).toMatchObject({ counts: [1, 0], count: 1 });
  });
});

describe('the embedded metric format', () => {
  const embedded = () => new EmbeddedMetrics({ namespace: 'Caravan', dimensions: { Pool: 'berlin' } });
  const parse = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  it('a line for each set of labels: the dimensions, and the metrics with their units', () => {
    expect(parse(embedded().lines(sample().read(), 1_000, { server: 's1' }))).toEqual([
      {
        _aws: {
          Timestamp: 1_000,
          CloudWatchMetrics: [
            {
              Namespace: 'Caravan',
              Dimensions: [['Pool', 'Command', 'Status']],
              Metrics: [{ Name: 'Commands', Unit: 'Count' }],
            },
          ],
        },
        server: 's1',
        Pool: 'berlin',
        Command: 'Ping',
        Status: '200',
        Commands: 3,
      },
      expect.objectContaining({ Command: 'Sync', Status: '503', Commands: 1 }),
      expect.objectContaining({ Pool: 'berlin', Users: 7 }),
      expect.objectContaining({ Command: 'Sync', CommandSeconds: [0.05, 0.55, 1] }),
    ]);
  });

  it('counters and histograms tell what was added since the line before', () => {
    const metrics = new Metrics();
    const counter = metrics.counter({ name: 'things', help: 'Things.', labels: ['kind'] });
    const seconds = metrics.histogram({ name: 'a_seconds', help: 'A.', unit: 'seconds', bounds: [1] });
    const writer = embedded();
    counter.add({ kind: 'a' }, 5);
    seconds.observe(2);
    expect(parse(writer.lines(metrics.read(), 1))).toMatchObject([{ Things: 5 }, { ASeconds: [1] }]);
    counter.add({ kind: 'a' }, 2);
    expect(parse(writer.lines(metrics.read(), 2))).toMatchObject([{ Kind: 'a', Things: 2 }]);
    expect(writer.lines(metrics.read(), 3)).toEqual([]);
  });

  it('of more than 100 durations the rare long ones are kept, and the number is told', () => {
    const metrics = new Metrics();
    const seconds = metrics.histogram({ name: 'a_seconds', help: 'A.', unit: 'seconds', bounds: [1, 10] });
    for (let n = 0; n < 5_000; n += 1) seconds.observe(0.5);
    seconds.observe(60);
    const [line] = parse(embedded().lines(metrics.read(), 1));
    const values = line?.['ASeconds'] as number[];
    expect(values.length).toBeLessThanOrEqual(100);
    expect(values.filter((value) => value === 10)).toHaveLength(1);
    expect(values.filter((value) => value === 0.5).length).toBeGreaterThan(90);
    expect(line).toMatchObject({ ASecondsCount: 5_001 });
  });

  it('a line has at most 100 metrics', () => {
    const metrics = new Metrics();
    for (let n = 0; n < 150; n += 1) metrics.gauge({ name: `gauge${n}`, help: 'A gauge.' }).set(n);
    const lines = parse(embedded().lines(metrics.read(), 1));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ Gauge149: 149 });
  });
});
