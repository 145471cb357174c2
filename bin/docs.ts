// Writes the pages of docs/ that are made from the code; with `--check` fails where one is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documentCosts, documentNeeds, documentSettings, documentTopology } from '../lib/topology/index.ts';

const PAGES: readonly [string, () => string][] = [
  ['docs/configuration.md', documentSettings],
  ['docs/caravan-json.md', documentTopology],
  ['docs/plan-json.md', documentNeeds],
  ['docs/costs.md', documentCosts],
];

const root = join(import.meta.dirname, '..');
for (const [page, make] of PAGES) {
  const file = join(root, page);
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, make());
    process.stdout.write(`${page} written\n`);
  } else if (readFileSync(file, 'utf8') !== make()) {
    process.stderr.write(`${page} is stale: run npm run docs\n`);
    process.exitCode = 1;
  }
}
