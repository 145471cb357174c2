import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCompact, formatDashed, parseTimestamp } from '../../../lib/activesync/protocol/index.ts';

const INSTANT = Date.UTC(2000, 11, 25, 8, 35, 0);

it('MS-ASDTYPE_R15, MS-ASDTYPE_R16: dashed dates have milliseconds, T and Z', () => {
  expect(formatDashed(INSTANT)).toBe('2000-12-25T08:35:00.000Z');
});

it('MS-ASDTYPE_R12211: compact dates have no punctuation', () => {
  expect(formatCompact(INSTANT + 999)).toBe('20001225T083500Z');
});

it('what is written is read again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (epochMs) => {
      expect(parseTimestamp(formatDashed(epochMs))).toBe(epochMs);
      expect(parseTimestamp(formatCompact(epochMs))).toBe(epochMs - (epochMs % 1000));
    }),
  );
});

describe('dates from devices', () => {
  it.each([
    '2000-12-25T08:35:00Z',
    '2000-12-25T08:35:00.0Z',
    '2000-12-25T08:35:00.000000Z',
    '20001225T083500',
    '20001225T083500000Z',
  ])('MS-ASDTYPE_R10000: %s', (text) => expect(parseTimestamp(text)).toBe(INSTANT));

  it.each([
    '',
    '2000-12-25',
    '2000-02-30T00:00:00Z',
    '20011301T000000Z',
    '2000-12-25T24:00:01Z',
    '2000-12-25 08:35:00',
    'now',
    '2000-12-25T08:35:00+01:00',
  ])('not %s', (text) => expect(parseTimestamp(text)).toBeUndefined());
});
