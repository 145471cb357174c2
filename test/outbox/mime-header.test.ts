// Header edits on raw bytes: what is not meant is not touched.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerValues, joinMessage, splitMessage, withHeader, withoutHeader } from '../../lib/outbox/mime-header.ts';

const value = fc.string({ unit: fc.constantFrom('a', 'B', ' ', ':', '\t', '\u00e9', '<', '@') });
const folded = fc.array(value, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\r\n '));
const field = fc.tuple(fc.constantFrom('To', 'Bcc', 'X-Bcc', 'Subject', 'bcc', 'BCC '), folded);
const message = fc.tuple(fc.array(field, { minLength: 1, maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 60 }));

const bytesOf = (fields: readonly (readonly [string, string])[], body: string) =>
  Buffer.from(`${fields.map(([name, text]) => `${name}:${text}\r\n`).join('')}\r\n${body}`, 'latin1');

describe('a header block', () => {
  it('taken apart and put together is the same bytes', () => {
    fc.assert(
      fc.property(message, ([fields, body]) => {
        const bytes = bytesOf(fields, body);
        expect(Buffer.from(joinMessage(splitMessage(bytes))).equals(bytes)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('without Bcc has no Bcc, and everything else as it was', () => {
    fc.assert(
      fc.property(message, ([fields, body]) => {
        const stripped = joinMessage(withoutHeader(splitMessage(bytesOf(fields, body)), 'Bcc'));
        const others = fields.filter(([name]) => name.trim().toLowerCase() !== 'bcc');
        expect(Buffer.from(stripped).equals(bytesOf(others, body))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('with a header has it once, first', () => {
    fc.assert(
      fc.property(message, ([fields, body]) => {
        const changed = withHeader(splitMessage(bytesOf(fields, body)), 'Bcc', 'x');
        expect(headerValues(changed, 'BCC')).toEqual(['x']);
        expect(changed.fields[0]).toBe('Bcc: x\r\n');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no body', 'To: a\r\n\r\n', ['To: a\r\n'], '\r\n'],
    ['no empty line', 'To: a\r\n', ['To: a\r\n'], ''],
    ['no line end at all', 'To: a', ['To: a'], ''],
    ['no header', '\r\nbody', [], '\r\nbody'],
    ['line feeds alone', 'To: a\n b\n\nbody', ['To: a\n b\n'], '\nbody'],
    ['a fold that begins it', ' x\r\nTo: a\r\n\r\n', [' x\r\n', 'To: a\r\n'], '\r\n'],
  ])('with %s', (_, text, fields, rest) => {
    const split = splitMessage(Buffer.from(text));
    expect(split.fields).toEqual(fields);
    expect(Buffer.from(split.rest).toString()).toBe(rest);
  });

  it('is read in linear time', () => {
    const long = Buffer.from(`To: ${'a,\r\n '.repeat(200_000)}\r\n\r\n`);
    const before = performance.now();
    expect(splitMessage(long).fields).toHaveLength(1);
    expect(headerValues(splitMessage(long), 'to')).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
