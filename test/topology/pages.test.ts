import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { poolCosts, standaloneCosts, sumOf } from '../../lib/topology/costs.ts';
import { topologySettings } from '../../lib/topology/deployment/topology-settings.ts';
import { documentCosts, documentTopology } from '../../lib/topology/index.ts';

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

describe('pages that are made from the code (npm run docs)', () => {
  it('docs/caravan-json.md tells the schema as it is', () => {
    expect(page('caravan-json.md')).toBe(documentTopology());
    for (const { key, about, expected } of topologySettings()) {
      expect(about, key).toMatch(/[.)]$/);
      expect(expected, key).toMatch(/\w/);
      expect(page('caravan-json.md')).toContain(`| \`${key}\` |`);
    }
  });

  it('docs/costs.md has the prices as they are, and arithmetic that comes out', () => {
    expect(page('costs.md')).toBe(documentCosts());
    for (const { item, arithmetic, usdPerMonth } of poolCosts(10_000)) {
      const product = arithmetic.split(' × ').reduce((value, factor) => value * Number(factor.replace('$', '')), 1);
      // Factors are told with four digits.
      expect(product / usdPerMonth, item).toBeCloseTo(1, 2);
    }
  });

  it('a server alone pays for its way to the mail system as a pool does, and for none between zones', () => {
    const lineOf = (lines: ReturnType<typeof poolCosts>, item: string) =>
      lines.find((it) => it.item.startsWith(item))?.arithmetic;
    const [alone, pool] = [standaloneCosts(4_950), poolCosts(4_950)];
    for (const lines of [alone, pool]) expect(lineOf(lines, 'NAT: GB from the mail system')).toBe('752.4 × $0.045');
    expect(lineOf(pool, 'Traffic: GB × share that another server owns')).toBe('752.4 × 0.666667 × $0.02');
    expect(lineOf(alone, 'Traffic: GB × share')).toBeUndefined();
  });

  it('more devices cost more, and each of them less', () => {
    const bills = [100, 1_000, 10_000, 100_000].map((devices) => ({ devices, usd: sumOf(poolCosts(devices)) }));
    for (const [index, { devices, usd }] of bills.entries()) {
      const before = bills[index - 1];
      if (before === undefined) continue;
      expect(usd).toBeGreaterThan(before.usd);
      expect(usd / devices).toBeLessThan(before.usd / before.devices);
    }
  });

  it('docs/operations-aws.md tells what each alarm of the templates means', () => {
    const alarms = readFileSync(join(import.meta.dirname, '../../lib/stacks/monitoring/pool-alarms.ts'), 'utf8');
    const names = [...alarms.matchAll(/board\.add\('(\w+)'/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(page('operations-aws.md')).toContain(`| ${name} |`);
  });

  it('docs/availability.md names tests that are there', () => {
    const files = [...page('availability.md').matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, file]) => file ?? '');
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect(() => readFileSync(join(import.meta.dirname, '../..', file))).not.toThrow();
  });
});
