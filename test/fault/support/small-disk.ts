/** A file system that can be filled up: a tmpfs of a few megabytes. Only root can mount one. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHUNK = Buffer.alloc(4096, 1);

/** Why there can be none here; undefined where there can. */
export const smallDiskLeftOut: string | undefined = reasonToLeaveOut();

function reasonToLeaveOut(): string | undefined {
  const probe = mkdtempSync(join(tmpdir(), 'caravan-disk-'));
  try {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'caravan-test', probe], { encoding: 'utf8' });
    if (mounted.status !== 0)
      return `left out: a tmpfs cannot be mounted here (${mounted.stderr?.trim() ?? 'no mount'})`;
    spawnSync('umount', [probe]);
    return undefined;
  } finally {
    rmdirSync(probe);
  }
}

export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(megabytes: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), 'caravan-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'caravan-test', path]);
    return new SmallDisk(path);
  }

  /** Until not one page more fits. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'a');
    try {
      for (;;) await file.write(CHUNK);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
    } finally {
      await file.close();
    }
  }

  /** There is room again. */
  async free(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  async remove(): Promise<void> {
    await run('umount', [this.path]);
    await rmdir(this.path);
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }
}
