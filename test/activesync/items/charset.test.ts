import { describe, expect, it } from 'vitest';
import { characterBoundary, codePageNumber, decodeText } from '../../../lib/activesync/items/charset.ts';
import { decodedSize, decodeTransfer } from '../../../lib/activesync/items/transfer-encoding.ts';
import { text } from '../../../lib/activesync/protocol/index.ts';
import { bodyOf, corpus, preference, rendered } from './support.ts';

const shown = (name: string) => {
  const data = rendered(corpus(name), { options: { bodies: [preference(1)] } });
  return { subject: text(data, 'Email:Subject'), codePage: text(data, 'Email:InternetCPID'), text: bodyOf(data).data };
};

describe('the corpus in its charsets', () => {
  it.each([
    ['iso-2022-jp', { subject: '会議のお知らせ', codePage: '50220', text: '山田です。\r\n会議は三月三日です。\r\n' }],
    ['gb18030', { subject: '关于会议的通知', codePage: '54936', text: '会议改到三月四日。𠮷' }],
    ['koi8-r', { subject: 'Протокол собрания', codePage: '20866', text: 'Здравствуйте!\r\n\r\nПротокол ниже.\r\n' }],
    ['windows-1252', { subject: 'Quotes', codePage: '28591', text: '“Quoted” – 5 € …\r\n' }],
    ['unknown-charset', { subject: 'Unknown charset', codePage: '65001', text: 'naïve café\r\n' }],
    ['undeclared-8bit', { subject: 'café raw', codePage: '20127', text: 'naïve café – raw\r\n' }],
    [
      'mixed-up-utf8',
      { subject: 'Broken UTF-8', codePage: '65001', text: 'ééé then one bad \ufffd byte and controls 😀\r\n' },
    ],
  ])('%s', (name, expected) => {
    expect(shown(name)).toEqual(expected);
  });

  it('MS-ASEMAIL_R496: the code page is the original one of the body that is stored', () => {
    expect(shown('alternative').codePage).toBe('28591');
    expect(shown('plain').codePage).toBe('20127');
  });
});

describe('decodeText', () => {
  it.each([
    ['cp932', '93fa967b', '日本'],
    ['CP1251', 'cff0e8', 'При'],
    ['"utf-8"', 'c3a9', 'é'],
    ['iso-8859-15', 'a4', '€'],
    ['utf-16le', '41004200', 'AB'],
    ['us-ascii', 'c3a9', 'é'],
    ['us-ascii', 'e9', 'é'],
    [undefined, '80', '€'],
    ['', '61c3', 'aÃ'],
    ['utf-8', '61c3', 'a'],
    ['utf-7', '4772412b414f512d65', 'GrAäe'],
    ['UNICODE-1-1-UTF-7', '2b494b772d', '€'],
    ['cp850', '6772819965', 'grüÖe'],
    ['IBM437', '8184', 'üä'],
    ['cp858', 'd5', '€'],
    ['base64', '61c3', 'aÃ'],
  ])('%s %s', (label, hex, expected) => {
    expect(decodeText(Buffer.from(hex, 'hex'), label)).toBe(expected);
  });

  it('a cut part does not become another charset by its last character', () => {
    expect(decodeText(Buffer.from('grüße').subarray(0, 3), 'utf-8')).toBe('gr');
  });
});

it('characterBoundary never goes back further than a character', () => {
  const bytes = Buffer.from('a€😀');
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((limit) => characterBoundary(bytes, limit))).toEqual([
    0, 1, 1, 1, 4, 4, 4, 4, 8, 8,
  ]);
});

it('codePageNumber knows names by their aliases', () => {
  expect(
    ['latin1', 'sjis', 'gbk', 'utf8', 'nonsense', undefined, 'IBM850', 'utf-7', 'cp866'].map(codePageNumber),
  ).toEqual([1252, 932, 936, 65001, 65001, 20127, 850, 65000, 866]);
});

describe('transfer encodings', () => {
  const decoded = (text: string, encoding: string) =>
    Buffer.from(decodeTransfer(Buffer.from(text, 'latin1'), encoding)).toString('latin1');

  it.each([
    ['a=3Db=\r\nc', 'a=bc'],
    ['line  \r\nnext', 'line\r\nnext'],
    ['soft = \r\nbreak', 'soft break'],
    ['not =ZZ an escape', 'not =ZZ an escape'],
    ['lower =c3=a9', 'lower \xc3\xa9'],
    ['kept =20\r\nnext', 'kept  \r\nnext'],
    ['cut =C', 'cut '],
    ['cut =', 'cut '],
  ])('quoted-printable %j', (text, expected) => {
    expect(decoded(text, 'Quoted-Printable')).toBe(expected);
  });

  it.each([
    ['aGVsbG8=', 'hello'],
    ['aGVs\r\nbG8', 'hello'],
    ['aGV!sb*G8=', 'hello'],
    ['aGk=aGk=', 'hihi'],
    ['', ''],
  ])('base64 %j', (text, expected) => {
    expect(decoded(text, 'BASE64')).toBe(expected);
  });

  it('what has no meaning stays as it is', () => {
    expect(decoded('=41', 'x-uuencode')).toBe('=41');
  });

  it.each([1, 56, 57, 58, 1_000, 123_456])('the size of %i bytes is known from their base64', (size) => {
    const text = (
      Buffer.alloc(size, 7)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    ).join('\r\n');
    expect(Math.abs(decodedSize(text.length, 'base64') - size)).toBeLessThanOrEqual(3);
  });
});
