// Writes the pages of docs/ that are made from the code; with `--check` fails where one is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  documentCosts,
  documentNeeds,
  documentSettings,
  documentTopology,
  drawPlan,
  loadNeeds,
  PICTURES,
  plan,
} from '../lib/topology/index.ts';

const root = join(import.meta.dirname, '..');

const PAGES: readonly [string, () => string][] = [
  ['docs/configuration.md', documentSettings],
  ['docs/caravan-json.md', documentTopology],
  ['docs/plan-json.md', documentNeeds],
  ['docs/costs.md', documentCosts],
  ...Object.entries(PICTURES).map(([name, example]): [string, () => string] => [
    `docs/topologies/${name}.svg`,
    () => drawPlan(plan(loadNeeds(join(root, 'examples', example)))),
  ]),
];

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
