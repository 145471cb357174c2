/** A bundle keeps no names of classes, so each error states its own. */
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const DECLARED = /class (\w+Error|MalformedValue) extends (?:Caravan|Problems)Error \{\n(.*)/g;

test('every error of Caravan states its name, which is that of its class', () => {
  const sources = globSync('{lib,functions}/**/*.ts', { cwd: ROOT }).map((path) =>
    readFileSync(resolve(ROOT, path), 'utf8'),
  );
  const declared = sources
    .flatMap((source) => [...source.matchAll(DECLARED)])
    .filter(([, name]) => name !== 'ProblemsError');
  expect(declared.length).toBeGreaterThan(15);
  for (const [, name, first] of declared) expect(first).toBe(`  override readonly name = '${name}';`);
});
