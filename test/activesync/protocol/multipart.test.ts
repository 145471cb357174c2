import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMultipart, RequestError, writeMultipart } from '../../../lib/activesync/protocol/index.ts';

const partsOf = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text));

describe('a multipart answer of two parts', () => {
  const body = Buffer.concat(writeMultipart(partsOf('document', 'picture bytes')));

  it('MS-ASCMD_R5509, MS-ASCMD_R5510: begins with the number of parts in four bytes', () => {
    expect(body.readUInt32LE(0)).toBe(2);
  });

  it('MS-ASCMD_R5511, MS-ASCMD_R5512: goes on with as many pairs of offset and length', () => {
    expect([4, 8, 12, 16].map((at) => body.readUInt32LE(at))).toEqual([20, 8, 28, 13]);
  });

  it('MS-ASCMD_R5513, MS-ASCMD_R5517: has the bytes of each part where its offset from the beginning says', () => {
    expect(body.subarray(body.readUInt32LE(4), body.readUInt32LE(4) + 8).toString()).toBe('document');
    expect(body.subarray(body.readUInt32LE(12)).toString()).toBe('picture bytes');
  });
});

it('MS-ASCMD_R5506: what is written is read again, empty parts too', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), (parts) => {
      const read = readMultipart(Buffer.concat(writeMultipart(parts)));
      expect(read.map((part) => [...part])).toEqual(parts.map((part) => [...part]));
    }),
  );
});

describe('a multipart body that leads out of itself', () => {
  it.each([
    ['nothing', ''],
    ['a count alone', '02000000'],
    ['a count of four billion', 'ffffffff0000000000000000'],
    ['a part after the end', '010000000c00000001000000'],
    ['an offset of four gigabytes', '01000000ffffffffffffffff'],
  ])('%s', (_, body) => {
    expect(() => readMultipart(Buffer.from(body, 'hex'))).toThrow(RequestError);
  });
});
