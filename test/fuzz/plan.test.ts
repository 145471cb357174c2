// Done when 6: so many cases of bad input are tried in CI, and every kind of input is among them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CASES_PROMISED, PLAN } from './support/plan.ts';

describe('the plan of fuzzing', () => {
  it(`has ${CASES_PROMISED} cases at full size`, () => {
    const total = Object.values(PLAN).reduce((sum, it) => sum + it, 0);
    process.stdout.write(`fuzz: ${total} cases planned at full size\n`);
    expect(total).toBeGreaterThanOrEqual(CASES_PROMISED);
  });
  it('is carried out: each of its targets is in one of the tests', () => {
    const tests = readdirSync(import.meta.dirname).filter((it) => it.endsWith('.test.ts'));
    const text = tests.map((it) => readFileSync(join(import.meta.dirname, it), 'utf8')).join('\n');
    for (const target of Object.keys(PLAN)) expect(text.split(`'${target}'`)).toHaveLength(2);
  });
});
