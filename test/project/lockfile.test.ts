// What `npm ci` asks of the lockfile on machines other than the one that wrote it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Package {
  readonly version?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, '../..');
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Package>>;
};
const packages = Object.entries(lock.packages);
const EXACT = /^\d/;

describe('The lockfile', () => {
  it('names the packages of every platform, or `npm ci` refuses it', () => {
    const wanted = packages.flatMap(([path, { optionalDependencies }]) =>
      Object.entries(optionalDependencies ?? {})
        .filter(
          ([name, version]) => path !== '' && EXACT.test(version) && !lock.packages[`${path}/node_modules/${name}`],
        )
        .map(([name, version]) => ({ name, version })),
    );
    expect(wanted.length).toBeGreaterThan(30);
    const missing = wanted.filter(({ name, version }) => lock.packages[`node_modules/${name}`]?.version !== version);
    expect(missing).toEqual([]);
  });

  it('names no registry, so that any will do', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('agrees with package.json, where every version is exact', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        expect(version, name).toMatch(EXACT);
        expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
      }
    }
  });
});
