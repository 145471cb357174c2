/** What is deployed: the bundles of `npm run build`, in folders of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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
  const directory = await mkdtemp(join(tmpdir(), 'caravan-bench-bundle-'));
  await promisify(execFile)(process.execPath, ['functions/build.ts', directory], { cwd: ROOT });
  return {
    directory,
    main: join(directory, 'server', 'main.mjs'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
