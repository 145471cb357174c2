import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LONG, rankOf } from './long-first.ts';

const ROOT = join(import.meta.dirname, '../..');

it('every file that is known to be long is there, once', () => {
  const files = globSync('test/**/*.test.ts', { cwd: ROOT }).map((it) => join(ROOT, it));
  const ranks = files.map(rankOf).filter((it) => it < LONG.length);
  expect(ranks.toSorted((a, b) => a - b)).toEqual(LONG.map((_, rank) => rank));
});

it('a file that nobody knows comes after those', () => {
  expect(rankOf('/somewhere/test/pool/claim.test.ts')).toBe(LONG.length);
  expect(rankOf('/somewhere/test/fault/pool/kill.dovecot.test.ts')).toBeLessThan(LONG.length);
});
