import { describe, expect, it } from 'vitest';
import { pairsOf, parseValues } from '../../../../lib/backends/imap/wire/values.ts';

const parse = (text: string) => parseValues(Buffer.from(text));

describe('values of a response', () => {
  it('reads atoms, NIL, quoted strings and lists', () => {
    expect(parse('FETCH (FLAGS (\\Seen $Forwarded) X NIL "a \\"b\\" \\\\ é" () nil)')).toEqual([
      'FETCH',
      ['FLAGS', ['\\Seen', '$Forwarded'], 'X', null, 'a "b" \\ é', [], null],
    ]);
  });

  it('reads literals as bytes, whatever is in them', () => {
    expect(parse('(BODY[1] {7}\r\n)("\r\n{1 UID 5)')).toEqual([['BODY[1]', Buffer.from(')("\r\n{1'), 'UID', '5']]);
    expect(parse('(X ~{2}\r\n\u0000\u0001 Y {0}\r\n)')).toEqual([['X', Buffer.from([0, 1]), 'Y', Buffer.alloc(0)]]);
  });

  it('keeps a section with its spaces and lists as one atom', () => {
    expect(parse('(BODY[HEADER.FIELDS (SUBJECT "X")]<0> "y")')).toEqual([
      ['BODY[HEADER.FIELDS (SUBJECT "X")]<0>', 'y'],
    ]);
  });

  it('refuses nesting beyond all measure', () => {
    expect(() => parse('('.repeat(10_000))).toThrow('nested too deeply');
  });

  it('tolerates what ends too early', () => {
    for (const text of ['(', '("abc', '(A', 'BODY[', '(BODY[1] {5}\r\nab', ')', '"\\'])
      expect(() => parse(text)).not.toThrow();
  });

  it('makes pairs with names in capitals', () => {
    expect([...pairsOf(['uid', '5', 'Flags', []])]).toEqual([
      ['UID', '5'],
      ['FLAGS', []],
    ]);
  });
});
