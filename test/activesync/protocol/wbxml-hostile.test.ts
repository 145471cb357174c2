import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  element,
  readWbxml,
  WbxmlError,
  type WbxmlLimits,
  WbxmlReader,
  writeWbxml,
} from '../../../lib/activesync/protocol/index.ts';
import { damaged, damages, documents, split } from './generators.ts';

const HEADER = '03 01 6a 00';
const wire = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex');

function refusal(bytes: Uint8Array, limits?: Partial<WbxmlLimits>): WbxmlError {
  try {
    readWbxml(bytes, limits);
  } catch (error) {
    if (error instanceof WbxmlError) return error;
    throw error;
  }
  throw new Error('the document was taken');
}

describe('the reader refuses what ActiveSync leaves out of WBXML', () => {
  it.each([
    ['a newer version', '04 01 6a 00 05', 0, 'unknown WBXML version 0x04'],
    ['a public identifier', '03 04 6a 00 05', 1, 'unknown public identifier 0x04'],
    ['a public identifier in the string table', '03 00 00 6a 00 05', 1, 'unknown public identifier 0x00'],
    ['a charset other than UTF-8', '03 01 04 00 05', 2, 'charset is not UTF-8: 0x04'],
    ['a string table', '03 01 6a 02 61 00 05', 3, 'string table of 0x02'],
    ['a string of the string table', `${HEADER} 4b 83 00 01`, 5, 'the token STR_T (0x83)'],
    ['a processing instruction', `${HEADER} 43 05`, 4, 'the token PI (0x43)'],
    ['an entity', `${HEADER} 4b 02 20 01`, 5, 'the token ENTITY (0x02)'],
    ['a literal tag', `${HEADER} 44 00 01`, 4, 'the token LITERAL_C (0x44)'],
    ['an extension', `${HEADER} 4b c0 01`, 5, 'the token EXT_0 (0xc0)'],
    ['attributes', `${HEADER} 85 01`, 4, 'a tag with attributes, token 0x85 of code page 0'],
    ['attributes and content', `${HEADER} 00 02 d4 01`, 6, 'a tag with attributes, token 0xd4 of code page 2'],
    ['an unknown page', `${HEADER} 00 1a 05`, 5, 'unknown code page 26'],
    ['an unknown token', `${HEADER} 45 00 05 0d 01`, 7, 'unknown token 0x0d of code page 5'],
    ['a root of the retired page', `${HEADER} 00 03 05`, 6, 'the root is retired: token 0x05 of code page 3'],
    ['a retired root', `${HEADER} 00 02 05`, 6, 'the root is retired: token 0x05 of code page 2'],
    ['a token that was never one', `${HEADER} 45 00 11 09 01`, 7, 'unknown token 0x09 of code page 17'],
    ['a second root', `${HEADER} 05 05`, 5, 'bytes after the end'],
    ['trailing bytes', `${HEADER} 05 00`, 5, 'bytes after the end'],
    ['END without a start', `${HEADER} 01`, 4, 'END without an open element'],
    ['text outside of the root', `${HEADER} 03 61 00`, 4, 'text outside of the root'],
    ['opaque data outside of the root', `${HEADER} c3 01 61`, 4, 'text outside of the root'],
    ['text beside elements', `${HEADER} 45 0b 03 61 00 01`, 8, 'content of different kinds in AirSync:Sync'],
    ['elements beside text', `${HEADER} 45 03 61 00 0b 01`, 8, 'content of different kinds in AirSync:Sync'],
    [
      'opaque data beside text',
      `${HEADER} 4b 03 61 00 c3 01 61 01`,
      11,
      'content of different kinds in AirSync:SyncKey',
    ],
    [
      'text beside opaque data',
      `${HEADER} 4b c3 01 61 03 61 00 01`,
      10,
      'content of different kinds in AirSync:SyncKey',
    ],
    ['a length that never ends', `${HEADER} 4b c3 80 80 80 80 80 00`, 11, 'opaque data longer than'],
    ['a length of four gigabytes', `${HEADER} 4b c3 8f ff ff ff 7f 00`, 10, 'opaque data longer than'],
  ])('%s', (_, bytes, offset, why) => {
    const error = refusal(wire(bytes));
    expect(error.message).toContain(why);
    expect(error.offset).toBe(offset);
    expect(error.message).toContain(`at offset ${offset}`);
  });

  it('every document that ends too early', () => {
    const bytes = writeWbxml(
      element(
        'ComposeMail:SendMail',
        element('ComposeMail:ClientId', 'é1'),
        element('ComposeMail:Mime', Buffer.from('a')),
      ),
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length))).toMatchObject({ code: 'malformed-wbxml', offset: length });
    }
  });
});

describe('the reader is bounded', () => {
  const nested = (depth: number) =>
    Uint8Array.from([0x03, 0x01, 0x6a, 0x00, 0x00, 0x0f, ...Array.from({ length: depth - 1 }, () => 0x53), 0x13]);
  const closed = (depth: number) => Buffer.concat([nested(depth), Buffer.alloc(depth - 1, 0x01)]);

  it('in depth', () => {
    expect(readWbxml(closed(32)).tag).toBe('Search:And');
    expect(refusal(closed(33)).message).toContain('elements nest deeper than 32');
    expect(refusal(nested(200_000)).message).toContain('elements nest deeper than 32');
  });

  it('in depth within retired elements', () => {
    const bytes = Uint8Array.from([0x03, 0x01, 0x6a, 0x00, 0x45, 0x00, 0x03, ...Buffer.alloc(100, 0x45)]);
    expect(refusal(bytes).message).toContain('elements nest deeper than 32');
  });

  it('in elements, and in the pieces of a text', () => {
    const elements = Uint8Array.from([0x03, 0x01, 0x6a, 0x00, 0x45, ...Buffer.alloc(100_000, 0x0b), 0x01]);
    expect(refusal(elements).message).toContain('more than 100000 elements and texts');
    const strings = Buffer.alloc(300_000, Uint8Array.of(0x03, 0x61, 0x00));
    expect(refusal(Uint8Array.from([0x03, 0x01, 0x6a, 0x00, 0x4b, ...strings, 0x01])).message).toContain('more than');
  });

  it('in the bytes of the whole, whatever the chunks', () => {
    const bytes = writeWbxml(element('AirSync:SyncKey', 'x'.repeat(100)));
    expect(refusal(bytes, { bodyBytes: 100 }).message).toContain('larger than 100 bytes');
    const reader = new WbxmlReader({ bodyBytes: 100 });
    reader.push(bytes.subarray(0, 60));
    expect(() => reader.push(bytes.subarray(60))).toThrow(WbxmlError);
  });

  it('in the bytes of a text, before the whole text is there', () => {
    const reader = new WbxmlReader({ textBytes: 10 });
    reader.push(wire(`${HEADER} 4b 03`));
    reader.push(Buffer.alloc(10, 'x'));
    expect(() => reader.push(Buffer.alloc(1, 'x'))).toThrow('a text longer than 10 bytes');
  });

  it('in opaque data, before any of it is there', () => {
    const reader = new WbxmlReader({ bodyBytes: 1000 });
    expect(() => reader.push(wire(`${HEADER} 4b c3 87 69`))).toThrow('opaque data longer than 1000 bytes');
  });
});

describe('hostile bytes', () => {
  const outcome = (chunks: readonly Uint8Array[]) => {
    const reader = new WbxmlReader();
    try {
      for (const chunk of chunks) reader.push(chunk);
      return reader.end();
    } catch (error) {
      if (!(error instanceof WbxmlError)) throw error;
      return `${error.offset} ${error.message}`;
    }
  };

  it('give a document or a WbxmlError, the same whatever the chunks', () => {
    let refused = 0;
    fc.assert(
      fc.property(documents({ depth: 3 }), damages, fc.array(fc.nat(), { maxLength: 5 }), (document, list, cuts) => {
        const bytes = damaged(writeWbxml(document), list);
        const whole = outcome([bytes]);
        if (typeof whole === 'string') refused++;
        expect(outcome(split(bytes, cuts))).toEqual(whole);
        expect(outcome(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
      }),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('that begin like a document', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const bytes = Buffer.concat([wire(HEADER), tail]);
        expect(outcome(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(outcome([bytes]));
      }),
      { numRuns: 1500 },
    );
  });
});
