import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CODE_PAGES,
  type Element,
  element,
  readWbxml,
  type TagName,
  textOf,
  writeWbxml,
  WbxmlReader,
} from '../../../lib/activesync/protocol/index.ts';
import { documents, split } from './generators.ts';

const HEADER = '03 01 6a 00';
const wire = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex');
const read = (body: string): Element => readWbxml(wire(`${HEADER} ${body}`));
const written = (document: Element): string =>
  Buffer.from(writeWbxml(document))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');

function readInChunks(chunks: readonly Uint8Array[]): Element {
  const reader = new WbxmlReader();
  for (const chunk of chunks) reader.push(chunk);
  return reader.end();
}

describe('a FolderSync with key 0, as on the wire', () => {
  const bytes = `${HEADER} 00 07 56 52 03 30 00 01 01`;
  const document = element('FolderHierarchy:FolderSync', element('FolderHierarchy:SyncKey', '0'));

  it('is read', () => expect(readWbxml(wire(bytes))).toEqual(document));
  it('is written', () => expect(written(document)).toBe(bytes));
});

describe('every tag of every code page', () => {
  for (const { page, namespace, tags } of CODE_PAGES) {
    it(`has its own token on page ${page}, ${namespace}`, () => {
      for (const [token, name] of Object.entries(tags)) {
        const tag = `${namespace}:${name}` as TagName;
        const bytes = Uint8Array.from([0x03, 0x01, 0x6a, 0x00, ...(page === 0 ? [] : [0x00, page]), Number(token)]);
        expect(readWbxml(bytes)).toEqual({ tag, content: [] });
        expect([...writeWbxml({ tag, content: [] })]).toEqual([...bytes]);
      }
    });
  }
});

describe('MS-ASWBXML_R8: what is written is read again', () => {
  it('any document', () => {
    fc.assert(
      fc.property(documents(), (document) => {
        expect(readWbxml(writeWbxml(document))).toEqual(document);
      }),
      { numRuns: 500 },
    );
  });

  it('any document in any chunks', () => {
    fc.assert(
      fc.property(documents(), fc.array(fc.nat(), { maxLength: 20 }), (document, cuts) => {
        expect(readInChunks(split(writeWbxml(document), cuts))).toEqual(document);
      }),
      { numRuns: 500 },
    );
  });

  it('any document byte by byte', () => {
    fc.assert(
      fc.property(documents({ depth: 3 }), (document) => {
        const bytes = writeWbxml(document);
        expect(readInChunks(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(document);
      }),
      { numRuns: 200 },
    );
  });

  it.each([1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])('opaque data of %i bytes', (length) => {
    const document = element('ComposeMail:SendMail', element('ComposeMail:Mime', new Uint8Array(length).fill(0x61)));
    expect(Buffer.compare(writeWbxml(readWbxml(writeWbxml(document))), writeWbxml(document))).toBe(0);
    expect(readWbxml(writeWbxml(document)).content).toHaveLength(1);
  });

  it('a text of several megabytes, with letters of every width', () => {
    const text = 'aé漢😀'.repeat(300_000);
    expect(textOf(readWbxml(writeWbxml(element('AirSyncBase:Data', text))))).toBe(text);
  });
});

describe('the reader takes what devices send', () => {
  it('a page switch before the root, between elements, before END and before text', () => {
    expect(read('00 00 45 00 11 00 00 5c 00 02 00 00 4f 4b 00 11 03 31 00 00 05 01 01 00 02 01 01')).toEqual(
      element(
        'AirSync:Sync',
        element('AirSync:Collections', element('AirSync:Collection', element('AirSync:SyncKey', '1'))),
      ),
    );
  });

  it('the page of the last switch, after the end of elements too', () => {
    expect(read('45 00 11 0a 01')).toEqual(element('AirSync:Sync', element('AirSyncBase:Body')));
  });

  it('text in several inline strings', () => {
    expect(read('4b 03 31 32 00 03 33 00 03 00 01')).toEqual(element('AirSync:SyncKey', '123'));
  });

  it('an empty tag, one with content but none inside, an empty string, and opaque data of no bytes', () => {
    const empty = element('AirSync:GetChanges');
    for (const body of ['13', '53 01', '53 03 00 01', '53 c3 00 01']) expect(read(body)).toEqual(empty);
  });

  it('indentation between elements', () => {
    expect(read('45 03 0a 20 00 0b 03 0a 00 01')).toEqual(element('AirSync:Sync', element('AirSync:SyncKey')));
  });

  it('elements of the retired page 3, which are left out with all that they hold', () => {
    const kept = element('AirSync:Sync', element('AirSync:SyncKey', '1'));
    expect(read('45 00 03 45 05 46 03 78 00 c3 02 00 01 00 02 54 01 01 01 00 00 4b 03 31 00 01 01')).toEqual(kept);
    expect(read('45 00 03 3f 00 00 4b 03 31 00 01 01')).toEqual(kept);
  });

  it('single retired tokens, which are left out with all that they hold', () => {
    const kept = element('AirSync:Sync', element('AirSync:SyncKey', '1'));
    // Truncation of AirSync with a text, and the attachments of Email from before AirSyncBase with an element of today's.
    expect(read('45 59 03 37 00 01 4b 03 31 00 01 01')).toEqual(kept);
    expect(read('45 00 02 46 45 54 03 78 00 01 01 01 00 00 4b 03 31 00 01 01')).toEqual(kept);
    expect(read('45 11 4b 03 31 00 01 01')).toEqual(kept);
  });

  it('retired elements in any chunks', () => {
    const bytes = wire(`${HEADER} 45 00 03 45 46 03 78 79 7a 00 01 c3 03 00 01 02 01 00 00 4b 03 31 00 01 01`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(readInChunks([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(readWbxml(bytes));
    }
  });

  it('bytes that are not UTF-8, as U+FFFD', () => {
    expect(read('4b 03 61 ff 62 00 01')).toEqual(element('AirSync:SyncKey', 'a\ufffdb'));
  });

  it.each(['00', '01', '02', '03'])('WBXML version byte 0x%s', (version) => {
    expect(readWbxml(wire(`${version} 01 6a 00 05`))).toEqual(element('AirSync:Sync'));
  });
});

describe('the writer', () => {
  it('switches pages only where they change', () => {
    const body = element('AirSyncBase:Body', element('AirSyncBase:Type', 1), element('AirSyncBase:Data', 'x'));
    const document = element('AirSync:ApplicationData', element('Email:Subject', 's'), body, element('Email:Read', 0));
    expect(written(document)).toBe(
      `${HEADER} 5d 00 02 54 03 73 00 01 00 11 4a 46 03 31 00 01 4b 03 78 00 01 01 00 02 55 03 30 00 01 01`,
    );
  });

  it.each([
    ['short', 'a\0b\x01\x0b\x1f\ufffe\uffffc'],
    ['long', `${'x'.repeat(100)}\0\x08`],
  ])('leaves the characters that XML forbids out of a %s text', (_, text) => {
    // oxlint-disable-next-line no-control-regex -- control characters are what it is for
    const expected = text.replace(/[\0-\x1f\ufffe\uffff]/g, '');
    expect(readWbxml(writeWbxml(element('Email:Subject', text)))).toEqual(element('Email:Subject', expected));
  });

  it('keeps tab, line feed and carriage return', () => {
    expect(textOf(readWbxml(writeWbxml(element('Email:Subject', 'a\t\r\nb'))))).toBe('a\t\r\nb');
  });

  it('makes U+FFFD of a lone surrogate', () => {
    expect(textOf(readWbxml(writeWbxml(element('Email:Subject', 'a\ud800b'))))).toBe('a\ufffdb');
  });

  it('writes empty content as an empty tag', () => {
    for (const content of ['', new Uint8Array(), []]) {
      expect(written({ tag: 'AirSync:MoreAvailable', content })).toBe(`${HEADER} 14`);
    }
  });
});
