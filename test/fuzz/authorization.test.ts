// Bad input: the Authorization header. Credentials come of it that a mail system may be asked about, or none.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBasic } from '../../lib/server/authentication/basic.ts';
import { corpusLines } from './support/corpus.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const CORPUS = corpusLines('authorization.txt');

function check(header: string): void {
  const credentials = readBasic(header);
  if (!credentials) return;
  const { userName, password } = credentials;
  expect(userName).not.toBe('');
  expect(userName.length).toBeLessThanOrEqual(320);
  expect(userName).not.toContain(':');
  // oxlint-disable-next-line no-control-regex -- control characters are what it is for
  expect(userName + password).not.toMatch(/[\0-\x1f\x7f]/);
}

describe('an Authorization header', () => {
  it.each(CORPUS)('of the corpus is taken or not: %#', (header) => check(header));

  it('of any kind is taken or not', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const encoded = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((it) => Buffer.from(it).toString('base64')),
      fc
        .tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }))
        .map(([user, password]) => Buffer.from(`${user}:${password}`).toString('base64')),
      fc.string({ maxLength: 60 }),
    );
    const scheme = fc.constantFrom('Basic ', 'basic ', 'Basic', 'Basic  ', 'Basic\t', 'Bearer ', '', ' Basic ');
    const cases = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.tuple(scheme, encoded, fc.constantFrom('', ' ', ', Basic x', '==')).map((it) => it.join('')),
      },
      { weight: 1, arbitrary: fc.constantFrom(...CORPUS) },
      { weight: 1, arbitrary: fc.string({ maxLength: 5_000 }) },
    );
    await fuzz('authorization header', cases, check);
  });
});
