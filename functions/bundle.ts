/** Bundles every deployable (a folder of this one), one file each, so that it runs in a folder without node_modules. */
import { cpSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_PLUGINS, SERVER_PLUGINS } from './bundle-plugins.ts';

export interface Bundle {
  readonly name: string;
  /** `<target>/server/main.mjs` */
  readonly file: string;
}

/** ESM bundles of CommonJS packages still ask for `require`. */
const REQUIRE =
  "import { createRequire as caravanRequire } from 'node:module';const require = caravanRequire(import.meta.url);";
/** What goes along with a bundle, if its folder has it: what the container is made of. */
const COMPANIONS = ['Dockerfile', 'root'];
const SERVER = 'server';

/** Into `target`, a folder each; what was in those before is gone. The same sources make the same bytes. */
export async function bundleAll(target: string): Promise<readonly Bundle[]> {
  const names = globSync('*/main.ts', { cwd: import.meta.dirname })
    .map(dirname)
    .toSorted();
  const folder = resolve(target);
  for (const name of names) prepare(name, join(folder, name));
  // The functions together: what they share is read once.
  const functions = names.filter((it) => it !== SERVER);
  await Promise.all([bundle([SERVER], folder), bundle(functions, folder)]);
  return names.map((name) => ({ name, file: join(folder, name, 'main.mjs') }));
}

function prepare(name: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const companion of COMPANIONS.map((each) => join(import.meta.dirname, name, each)))
    if (existsSync(companion)) cpSync(companion, join(folder, basename(companion)), { recursive: true });
}

async function bundle(names: readonly string[], target: string): Promise<void> {
  await build({
    entryPoints: names.map((name) => ({ in: join(import.meta.dirname, name, 'main.ts'), out: join(name, 'main') })),
    outdir: target,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: dirname(import.meta.dirname),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Modules before CommonJS: of those, what is not used is left out.
    mainFields: ['module', 'main'],
    // Names are not kept: each function that is made would be given its own anew, which costs time and memory.
    minify: true,
    legalComments: 'none',
    banner: { js: REQUIRE },
    plugins: names.includes(SERVER) ? SERVER_PLUGINS : FUNCTION_PLUGINS,
    logLevel: 'warning',
  });
}
