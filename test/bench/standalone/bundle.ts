/** What is deployed: the bundles of `npm run build`, in folders of their own; in a whole run of the tests those that it made. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface Bundle {
  /** The server's. */
  readonly main: string;
  /** Where each deployable has a folder with its `main.mjs`. */
  readonly directory: string;
  remove(): Promise<void>;
}

export async function buildBundle(): Promise<Bundle> {
  const made = process.env['CARAVAN_TEST_BUNDLES'];
  if (made !== undefined) return { directory: made, main: join(made, 'server', 'main.mjs'), remove: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'caravan-bench-bundle-'));
  await promisify(execFile)(process.execPath, ['functions/build.ts', directory], { cwd: ROOT });
  return {
    directory,
    main: join(directory, 'server', 'main.mjs'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** What Node is given beside the bundle `main`, by the image's Dockerfile there. */
export function imageOptions(main: string): readonly string[] {
  const folder = dirname(main);
  const entryPoint = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(join(folder, 'Dockerfile'), 'utf8'))?.[1];
  if (entryPoint === undefined) throw new Error(`${folder} has no Dockerfile that tells what to run`);
  return (JSON.parse(entryPoint) as string[]).filter((word) => word.startsWith('--'));
}
