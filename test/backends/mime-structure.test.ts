import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../lib/backends/index.ts';
import { outline, parse } from './mime-structure-support.ts';

const OUTLOOK_LIKE = [
  'Received: from a by b; Thu, 19 Nov 2026 10:00:00 +0000',
  'From: "Moss, Bob" <bob@example.org>',
  'Subject: =?iso-8859-1?Q?Gr=FC=DFe?=',
  'Content-Type: multipart/related;',
  '\tboundary="_004_AM0PR04MB";',
  '\ttype="multipart/alternative"',
  'MIME-Version: 1.0',
  '',
  '--_004_AM0PR04MB',
  'Content-Type: multipart/alternative;',
  '\tboundary="_000_AM0PR04MB"',
  '',
  '--_000_AM0PR04MB',
  'Content-Type: text/plain; charset="iso-8859-1"',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=FC=DFe',
  '',
  '--_000_AM0PR04MB',
  'Content-Type: text/html; charset="iso-8859-1"',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<img src=3D"cid:image001.png@01D">',
  '',
  '--_000_AM0PR04MB--',
  '',
  '--_004_AM0PR04MB',
  'Content-Type: image/png; name="image001.png"',
  'Content-Description: image001.png',
  'Content-Disposition: inline; filename="image001.png"; size=5;',
  '\tcreation-date="Thu, 19 Nov 2026 10:00:00 GMT"',
  'Content-ID: <image001.png@01D>',
  'Content-Transfer-Encoding: base64',
  '',
  'aGVsbG8=',
  '',
  '--_004_AM0PR04MB--',
  '',
];

/** RFC 3501 section 6.4.5 has this example of part numbers. */
const NUMBERED = [
  'Content-Type: multipart/mixed; boundary=A',
  '',
  '--A',
  '',
  'one',
  '--A',
  'Content-Type: application/octet-stream',
  '',
  'two',
  '--A',
  'Content-Type: message/rfc822',
  '',
  'Subject: nested',
  'Content-Type: multipart/mixed; boundary=B',
  '',
  '--B',
  '',
  'three.one',
  '--B',
  'Content-Type: application/octet-stream',
  '',
  'three.two',
  '--B--',
  '--A',
  'Content-Type: multipart/mixed; boundary=C',
  '',
  '--C',
  'Content-Type: image/gif',
  '',
  'four.one',
  '--C',
  'Content-Type: message/rfc822',
  '',
  'Content-Type: multipart/mixed; boundary=D',
  '',
  '--D',
  '',
  'four.two.one',
  '--D',
  'Content-Type: multipart/alternative; boundary=E',
  '',
  '--E',
  '',
  'four.two.two.one',
  '--E',
  'Content-Type: text/richtext',
  '',
  'four.two.two.two',
  '--E--',
  '--D--',
  '--C--',
  '--A--',
];

describe('the structure of a message', () => {
  it.each(['\r\n', '\n'])('numbers sections as RFC 3501 section 6.4.5 does, with line breaks %j', (lineBreak) => {
    const { message, text } = parse(NUMBERED, lineBreak);
    expect(outline(message.structure)).toEqual([
      'multipart/mixed',
      '1 text/plain',
      '2 application/octet-stream',
      '3 message/rfc822',
      '3 multipart/mixed',
      '3.1 text/plain',
      '3.2 application/octet-stream',
      '4 multipart/mixed',
      '4.1 image/gif',
      '4.2 message/rfc822',
      '4.2 multipart/mixed',
      '4.2.1 text/plain',
      '4.2.2 multipart/alternative',
      '4.2.2.1 text/plain',
      '4.2.2.2 text/richtext',
    ]);
    for (const [path, content] of [
      ['1', 'one'],
      ['2', 'two'],
      ['3.1', 'three.one'],
      ['3.2', 'three.two'],
      ['4.1', 'four.one'],
      ['4.2.1', 'four.two.one'],
      ['4.2.2.1', 'four.two.two.one'],
      ['4.2.2.2', 'four.two.two.two'],
    ] as const) {
      expect(text(path), path).toBe(content);
    }
    expect(text('3')).toMatch(/^Subject: nested\r?\n.*--B--$/s);
    expect(text('4.2')).toMatch(/^Content-Type: multipart\/mixed; boundary=D\r?\n.*--D--$/s);
    expect(text('5')).toBeUndefined();
  });

  it('reads what Outlook writes', () => {
    const { message, text } = parse(OUTLOOK_LIKE);
    expect(outline(message.structure)).toEqual([
      'multipart/related',
      '1 multipart/alternative',
      '1.1 text/plain',
      '1.2 text/html',
      '2 image/png',
    ]);
    expect(message.structure.parts[1]).toMatchObject({
      encoding: 'base64',
      id: '<image001.png@01D>',
      description: 'image001.png',
      disposition: 'inline',
      dispositionParameters: { filename: 'image001.png', size: '5' },
      sizeBytes: 10,
    });
    expect(text('2')).toBe('aGVsbG8=\r\n');
    expect(text('1.1')).toBe('Gr=FC=DFe\r\n');
  });

  it('numbers a nested message that is not multipart behind the part that holds it', () => {
    const { message, text } = parse([
      'Content-Type: message/rfc822',
      '',
      'Subject: inner',
      'Content-Type: text/html',
      '',
      '<p>',
    ]);
    expect(outline(message.structure)).toEqual(['1 message/rfc822', '1.1 text/html']);
    expect(text('1.1')).toBe('<p>');
    expect(text('1')).toMatch(/^Subject: inner/);
  });

  it('takes the parts of a digest for messages', () => {
    const { message, text } = parse([
      'Content-Type: multipart/digest; boundary=d',
      '',
      '--d',
      '',
      'Subject: first',
      '',
      'body 1',
      '--d',
      '',
      'Subject: second',
      '',
      'body 2',
      '--d--',
    ]);
    expect(outline(message.structure)).toEqual([
      'multipart/digest',
      '1 message/rfc822',
      '1.1 text/plain',
      '2 message/rfc822',
      '2.1 text/plain',
    ]);
    expect(text('2.1')).toBe('body 2');
  });

  it('leaves an encoded nested message alone', () => {
    const { message } = parse([
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      '',
      'U3ViamVjdA==',
    ]);
    expect(outline(message.structure)).toEqual(['1 message/rfc822']);
  });

  it('ends at the end where a terminator is missing', () => {
    const { message, text } = parse([
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'one',
      '--x',
      '',
      'two',
    ]);
    expect(outline(message.structure)).toEqual(['multipart/mixed', '1 text/plain', '2 text/plain']);
    expect(text('2')).toBe('two');
  });

  it('ends an unterminated inner multipart at the outer delimiter', () => {
    const { message, text } = parse([
      'Content-Type: multipart/mixed; boundary=out',
      '',
      '--out',
      'Content-Type: multipart/alternative; boundary=in',
      '',
      '--in',
      '',
      'inner',
      '--out',
      '',
      'outer',
      '--out--',
    ]);
    expect(outline(message.structure)).toEqual([
      'multipart/mixed',
      '1 multipart/alternative',
      '1.1 text/plain',
      '2 text/plain',
    ]);
    expect([text('1.1'), text('2')]).toEqual(['inner', 'outer']);
  });

  it('tells boundaries apart of which one begins like the other', () => {
    const { message, text } = parse([
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: multipart/mixed; boundary=b2',
      '',
      '--b2  ',
      '',
      'inner',
      '--bx',
      '--b2--',
      '--b',
      '',
      'outer',
      '--b--',
    ]);
    expect(outline(message.structure)).toEqual([
      'multipart/mixed',
      '1 multipart/mixed',
      '1.1 text/plain',
      '2 text/plain',
    ]);
    expect(text('1.1')).toBe('inner\r\n--bx');
  });

  it('shows a multipart without parts as text', () => {
    for (const type of ['multipart/mixed', 'multipart/mixed; boundary=""', 'multipart/mixed; boundary=nowhere']) {
      const { message, text } = parse([`Content-Type: ${type}`, '', 'Hello']);
      expect(outline(message.structure)).toEqual(['1 text/plain']);
      expect(text('1')).toBe('Hello');
    }
  });

  it('has parts with an empty body, or without the empty line before it', () => {
    const { message, text } = parse([
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: text/html',
      '',
      '--x',
      'Content-Type: image/png',
      '--x',
      '--x',
      '',
      'last',
      '--x--',
    ]);
    expect(outline(message.structure)).toEqual([
      'multipart/mixed',
      '1 text/html',
      '2 image/png',
      '3 text/plain',
      '4 text/plain',
    ]);
    expect(['1', '2', '3', '4'].map(text)).toEqual(['', '', '', 'last']);
  });

  it('tells preamble and epilogue to be nobody’s', () => {
    const { message, text } = parse([
      'Content-Type: multipart/mixed; boundary=x',
      '',
      'preamble',
      '--x',
      '',
      'one',
      '--x--',
      'epilogue',
      '--x',
      '',
      'no part',
    ]);
    expect(outline(message.structure)).toEqual(['multipart/mixed', '1 text/plain']);
    expect(text('1')).toBe('one');
  });

  it('ends the header with the empty line, even where there is none', () => {
    const header = (raw: string) => Buffer.from(parseMessage(Buffer.from(raw)).header).toString();
    expect(header('Subject: a\r\n\r\nbody')).toBe('Subject: a\r\n\r\n');
    expect(header('Subject: a\n\nbody')).toBe('Subject: a\n\n');
    expect(header('Subject: a\r\n')).toBe('Subject: a\r\n\r\n');
    expect(header('Subject: a')).toBe('Subject: a\r\n\r\n');
    expect(header('')).toBe('\r\n');
    expect(header('\r\nbody')).toBe('\r\n');
  });
});

describe('parameters', () => {
  const parametersOf = (value: string) => parse([`Content-Type: ${value}`, '', 'x']).message.structure.parameters;

  it('join RFC 2231 continuations in their order, with charset', () => {
    expect(parametersOf("application/pdf; name*1*=%E4u.pdf; name*0*=iso-8859-1'de'M")).toEqual({ name: 'Mäu.pdf' });
    expect(parametersOf('application/pdf; name*0="a long "; name*1="name.pdf"')).toEqual({ name: 'a long name.pdf' });
    expect(parametersOf("application/pdf; name*=utf-8''%E2%82%AC%20rates")).toEqual({ name: '€ rates' });
  });

  it('decode encoded words, raw UTF-8 and raw Latin-1', () => {
    expect(parametersOf('application/pdf; name="=?utf-8?B?w6Q=?=.pdf"')).toEqual({ name: 'ä.pdf' });
    expect(parametersOf('application/pdf; name="ä.pdf"')).toEqual({ name: 'ä.pdf' });
    const raw = Buffer.from('Content-Type: application/pdf; name="\xe4.pdf"\r\n\r\n', 'latin1');
    expect(parseMessage(raw).structure.parameters).toEqual({ name: 'ä.pdf' });
  });

  it('tolerate missing quotes, spaces, semicolons too many, comments', () => {
    expect(parametersOf('text/plain; charset = utf-8 ;; name=two words.txt;')).toEqual({
      charset: 'utf-8',
      name: 'two words.txt',
    });
    expect(parametersOf('text/plain (a comment); charset=utf-8 (Unicode)')).toEqual({ charset: 'utf-8' });
    expect(parametersOf('text/plain; name="a \\"b\\" \\\\c;d"')).toEqual({ name: 'a "b" \\c;d' });
    expect(parametersOf('text/plain; name="never ends')).toEqual({ name: 'never ends' });
    expect(parametersOf('text/plain; __proto__=x; constructor=y')['constructor']).toBe('y');
  });

  it('a type that is none is text, or bytes where it is an attachment', () => {
    expect(parse(['Content-Type: text', '', 'x']).message.structure.type).toBe('text/plain');
    expect(parse(['Content-Type: pdf; name=a.pdf', '', 'x']).message.structure.type).toBe('application/octet-stream');
  });
});
