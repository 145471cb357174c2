import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseSplitter } from '../../../../lib/backends/imap/wire/splitter.ts';

function split(chunks: readonly Buffer[]): string[] {
  const responses: string[] = [];
  const splitter = new ResponseSplitter((response) => responses.push(response.toString('latin1')));
  for (const chunk of chunks) splitter.push(chunk);
  return responses;
}

const RESPONSES = [
  '* 1 FETCH (BODY[] {12}\r\na\r\nb {3}\r\nc\r UID 7)',
  '* OK ready {not a literal}',
  '* 2 FETCH (X {0}\r\n Y {3}\r\n{9} Z)',
  'C1 OK done',
];

describe('splitting into responses', () => {
  it('gives each response whole, literals included, without the line end', () => {
    expect(split([Buffer.from(`${RESPONSES.join('\r\n')}\r\n`)])).toEqual(RESPONSES);
  });

  it('does not depend on where the chunks end', () => {
    const stream = Buffer.from(`${RESPONSES.join('\r\n')}\r\n`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 20 }), (cuts) => {
        const at = [0, ...[...new Set(cuts)].sort((a, b) => a - b), stream.length];
        const chunks = at.slice(1).map((end, i) => stream.subarray(at[i], end));
        expect(split(chunks)).toEqual(RESPONSES);
      }),
    );
  });

  it('takes a bare line feed for a line end and skips empty lines', () => {
    expect(split([Buffer.from('* OK a\n\r\n\n* OK b\r\n')])).toEqual(['* OK a', '* OK b']);
  });

  it('refuses a literal of absurd size', () => {
    expect(() => split([Buffer.from('* 1 FETCH (BODY[] {999999999999}\r\n')])).toThrow('absurdly large');
  });
});
