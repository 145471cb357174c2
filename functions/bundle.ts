/** Bundles every deployable (a folder of this one), one file each, so that it runs in a folder without node_modules. */
import { cpSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { pluginsFor } from './bundle-plugins.ts';

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

/** Into `target`, a folder each; what was in those before is gone. The same sources make the same bytes. */
export async function bundleAll(target: string): Promise<readonly Bundle[]> {
  const mains = globSync('*/main.ts', { cwd: import.meta.dirname }).toSorted();
  return await Promise.all(mains.map((main) => bundleOne(dirname(main), resolve(target))));
}

async function bundleOne(name: string, target: string): Promise<Bundle> {
  const source = join(import.meta.dirname, name);
  const folder = join(target, name);
  const file = join(folder, 'main.mjs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(source, 'main.ts')],
    outfile: file,
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
    plugins: pluginsFor(name),
    logLevel: 'warning',
  });
  for (const companion of COMPANIONS.map((each) => join(source, each)).filter((each) => existsSync(each)))
    cpSync(companion, join(folder, basename(companion)), { recursive: true });
  return { name, file };
}
