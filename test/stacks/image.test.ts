import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleAll } from '../../functions/bundle.ts';
import { DATA_DIRECTORY } from '../../lib/topology/index.ts';

const target = mkdtempSync(join(tmpdir(), 'caravan-image-'));
const folder = join(target, 'server');
let instructions: string[];

beforeAll(async () => {
  await bundleAll(target);
  const lines = readFileSync(join(folder, 'Dockerfile'), 'utf8').split('\n');
  instructions = lines.filter((line) => line !== '' && !line.startsWith('#'));
}, 120_000);
afterAll(() => rmSync(target, { recursive: true }));

const argumentsOf = (name: string): string[][] =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.split(/\s+/).slice(1));

describe("the server's image", () => {
  it('is the bundle, its Dockerfile, and a directory for its data: no source map, no secret', () => {
    expect(readdirSync(folder).toSorted()).toEqual(['Dockerfile', 'main.mjs', 'root']);
    expect(readdirSync(join(folder, 'root'))).toEqual([DATA_DIRECTORY.slice(1)]);
    expect(statSync(join(folder, 'main.mjs')).size).toBeLessThan(5 * 1024 * 1024);
    expect(readFileSync(join(folder, 'main.mjs'), 'utf8')).not.toContain('sourceMappingURL=data');
  });

  it('has all that is copied, and runs nothing while it is built', () => {
    for (const copied of argumentsOf('COPY')) {
      const [source = ''] = copied.filter((it) => !it.startsWith('--'));
      expect(existsSync(join(folder, source)), source).toBe(true);
    }
    expect(argumentsOf('RUN')).toEqual([]);
  });

  it('is of a release of Node that is named, and runs as the user who owns the data', () => {
    expect(argumentsOf('FROM')).toEqual([[expect.stringMatching(/\/node:24\.\d+\.\d+-slim$/)]]);
    expect(argumentsOf('USER')).toEqual([['1000:1000']]);
    expect(argumentsOf('VOLUME')).toEqual([[DATA_DIRECTORY]]);
    expect(argumentsOf('COPY')[0]).toContain('--chown=1000:1000');
  });
});
