import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMailboxName,
  encodeMailboxName,
  imapDateTime,
  imapString,
  spellableFlags,
} from '../../../../lib/backends/imap/wire/arguments.ts';

describe('command arguments', () => {
  it('RFC 3501 section 5.1.3: mailbox names in modified UTF-7', () => {
    expect(encodeMailboxName('~peter/mail/台北/日本語')).toBe('~peter/mail/&U,BTFw-/&ZeVnLIqe-');
    expect(encodeMailboxName('R&D')).toBe('R&-D');
    expect(decodeMailboxName('Entw&APw-rfe &- mehr')).toBe('Entwürfe & mehr');
  });

  it('every name comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(decodeMailboxName(encodeMailboxName(name))).toBe(name);
        expect(encodeMailboxName(name)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('quotes plain strings and sends anything else as a literal', () => {
    expect(imapString('a "b" \\ c')).toBe('"a \\"b\\" \\\\ c"');
    for (const text of ['ü', 'a\r\nb', 'nul\u0000', 'x'.repeat(2_000)])
      expect(imapString(text)).toEqual(Buffer.from(text));
  });

  it('writes dates in UTC, days with two digits', () => {
    expect(imapDateTime(new Date('2026-02-03T04:05:06Z'))).toBe('"03-Feb-2026 04:05:06 +0000"');
  });

  it('leaves out flags that IMAP cannot spell', () => {
    expect(spellableFlags(['\\Seen', '$Forwarded', 'two words', 'Ä', 'a)b', '', '\\Recent', 'x]'])).toEqual([
      '\\Seen',
      '$Forwarded',
    ]);
  });
});
