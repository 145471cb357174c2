// docs/topologies.md: what it tells to type is there to be typed, and what it says of plans is what plans say.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadNeeds, plan } from '../../../lib/topology/index.ts';
import { callCaravan } from '../../cli/support/in-process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/topologies.md'), 'utf8');
const commands = [...page.matchAll(/npx caravan ((?:[a-z][a-z-]* ?)+)/g)].map(([, words = '']) => words.trim());

describe('docs/topologies.md', () => {
  it.each([...new Set(commands)])('`caravan %s` is a command', async (words) => {
    const { code, out } = await callCaravan(...words.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: caravan ${words.split(' ').slice(0, 1).join(' ')}`);
  });

  it('names pages, pictures and examples that are there', () => {
    const links = [...page.matchAll(/\]\(([\w./-]+?)(?:#[\w-]+)?\)/g)].map(([, to = '']) => join(ROOT, 'docs', to));
    const examples = [...page.matchAll(/examples\/[\w-]+\.json/g)].map(([file]) => join(ROOT, file));
    expect(links.length).toBeGreaterThan(8);
    expect(examples.length).toBeGreaterThan(3);
    for (const file of [...links, ...examples]) expect(existsSync(file), file).toBe(true);
  });

  it('has the availability and the least cost that plans have', () => {
    const alone = plan(loadNeeds(join(ROOT, 'examples/plan-one-office.json')));
    const [pool] = alone.alternatives;
    expect(page).toContain(`| $${Math.floor(alone.usdPerMonth)} | $${Math.floor(pool?.usdPerMonth ?? 0)} |`);
    expect(page).toContain(
      `| ${(alone.availability * 100).toFixed(2)} % | ${((pool?.availability ?? 0) * 100).toFixed(2)} % |`,
    );
  });
});
