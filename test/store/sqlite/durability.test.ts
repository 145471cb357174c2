import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../lib/store/index.ts';

const KILLS = 20;
const LONGEST_RUN_MS = 250;
const WRITER = join(import.meta.dirname, 'write-until-killed.ts');

describe('SqliteStore under kill -9', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'caravan-store-'));
    file = join(directory, 'caravan.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it(`keeps every acknowledged write through ${KILLS} kills at random moments`, { timeout: 120_000 }, async () => {
    let acknowledgedInAll = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const acknowledged = await runAndKill(Math.random() * LONGEST_RUN_MS);
      const store = new SqliteStore({ file });
      for (const [writer, version] of acknowledged) {
        const item = await store.get({ partition: 'COUNTERS', sort: `WRITER#${writer}` });
        const kept = item?.attributes['version'] as number;
        // One more than the last acknowledged may have reached the disk before the kill; none less.
        expect(kept - version, `writer ${writer} after kill ${kill}`).toBeGreaterThanOrEqual(0);
        expect(kept - version, `writer ${writer} after kill ${kill}`).toBeLessThanOrEqual(1);
        expect(item?.attributes['filler']).toHaveLength((kept - 1) % 3000);
        acknowledgedInAll += 1;
      }
      await store.close();
    }
    expect(acknowledgedInAll).toBeGreaterThan(KILLS);
  });

  it('opens again in the next process at once: the lock dies with its holder', async () => {
    const child = startWriter();
    await once(child.stdout, 'data');
    expect(() => new SqliteStore({ file })).toThrow(expect.objectContaining({ code: 'store-in-use' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(`${file}.pid`)).toBe(true);
    await new SqliteStore({ file }).close();
    expect(existsSync(`${file}.pid`)).toBe(false);
  });

  it('a second process is refused with the id of the first, which goes on undisturbed', async () => {
    const child = startWriter();
    await once(child.stdout, 'data');
    expect(() => new SqliteStore({ file })).toThrow(
      expect.objectContaining({
        code: 'store-in-use',
        message: `The database ${file} cannot be opened: process ${child.pid} has it open`,
        remedy: expect.stringContaining('Stop the other server'),
      }),
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  function startWriter(): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
    return spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** The last version that each writer saw acknowledged. */
  async function runAndKill(afterMs: number): Promise<Map<number, number>> {
    const child = startWriter();
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'close');
    const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
    return new Map(lines.map((line) => line.split(' ').map(Number) as [number, number]));
  }
});
