/**
 * What hundreds of processes of a whole run would each make anew: what Node makes of the code (its compile cache), and the
 * bundles that are deployed. It is there before the first of them ends.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whatever the command line loads for one command or another. */
const LOAD_ALL = `import { globSync } from 'node:fs';
for (const file of globSync('lib/cli/**/*.ts')) await import('./' + file);`;
const ROOT = join(import.meta.dirname, '../..');

/** Once into `folder`; resolves to what the environment of the tests tells of it. */
export function prepare(folder: string): Readonly<Record<string, string>> {
  const [compiled, bundles] = [join(folder, 'compiled'), join(folder, 'bundles')];
  const main = join(bundles, 'server', 'main.mjs');
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const run = (...words: readonly string[]) => spawnSync(process.execPath, words, { cwd: ROOT, env, stdio: 'ignore' });
  if (!existsSync(compiled)) {
    run('functions/build.ts', bundles);
    run(main, '--help');
    run('--input-type=module', '--eval', LOAD_ALL);
  }
  // Without them each test makes its own, and says what is wrong.
  return { NODE_COMPILE_CACHE: compiled, ...(existsSync(main) && { CARAVAN_TEST_BUNDLES: bundles }) };
}
