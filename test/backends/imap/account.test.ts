import { describe, expect, it } from 'vitest';
import { accountOf } from '../../../lib/backends/imap/account.ts';

const of = (name: string) => accountOf(name, { domain: 'Example.org' })?.user;

describe('the account a person means', () => {
  it.each([
    'ada',
    'Ada',
    'ADA@example.org',
    'ada@EXAMPLE.ORG',
    'EXAMPLE\\ada',
    'example.org\\Ada',
    'X\\ada@example.org',
    ' ada ',
  ])('%j is ada', (name) => {
    expect(of(name)).toBe('ada');
  });

  it.each([
    '',
    '@example.org',
    'ada@elsewhere.org',
    '../ada',
    '.',
    'a/b',
    'a b',
    'a\u0000',
    'a*b',
    '\\',
    'a"b',
    'a@b@example.org',
  ])('%j is nobody', (name) => {
    expect(of(name)).toBeUndefined();
  });

  it('gives the address in lower case', () => {
    expect(accountOf('ADA', { domain: 'Example.org' })?.addresses).toEqual(['ada@example.org']);
  });
});
