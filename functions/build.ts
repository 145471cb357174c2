/**
 * Bundles every deployable, one file each, into dist/ or the folder that is named: `npm run build [-- folder]`. A bundle runs
 * in a folder without node_modules.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { build } from 'esbuild';

const DEPLOYABLES = ['server'] as const;

/** ESM bundles of CommonJS packages still ask for `require`. */
const REQUIRE =
  "import { createRequire as caravanRequire } from 'node:module';const require = caravanRequire(import.meta.url);";

const target = process.argv[2] ?? 'dist';
for (const name of DEPLOYABLES) await rm(`${target}/${name}`, { recursive: true, force: true });
for (const name of DEPLOYABLES) {
  const outfile = `${target}/${name}/main.mjs`;
  await mkdir(`${target}/${name}`, { recursive: true });
  await build({
    entryPoints: [`functions/${name}/main.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  process.stdout.write(`${outfile} ${Math.round((await stat(outfile)).size / 1024)} KB\n`);
}
