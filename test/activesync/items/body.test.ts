import { describe, expect, it } from 'vitest';
import { emailRenderer, readEmailOptions } from '../../../lib/activesync/items/index.ts';
import { child, children, text } from '../../../lib/activesync/protocol/index.ts';
import { bodyOf, corpus, fetched, mail, preference, rendered, type Rendering, VERSIONS } from './support.ts';

const body = (raw: Uint8Array, options: Rendering['options'], rest: Rendering = {}) =>
  bodyOf(rendered(raw, { ...rest, options }));
const part = (raw: Uint8Array, options: Rendering['options'], rest: Rendering = {}) =>
  bodyOf(rendered(raw, { ...rest, options }), 'AirSyncBase:BodyPart');
const nativeOf = (raw: Uint8Array, options: Rendering['options'] = {}) =>
  text(rendered(raw, { options }), 'AirSyncBase:NativeBodyType');
const bytes = (data: string | undefined): number => Buffer.byteLength(data ?? '');

describe('which body', () => {
  it('MS-ASAIRS_R304, MS-ASAIRS_R237, MS-ASAIRS_R2411: plain text is 1, given as it is stored', () => {
    const shown = body(corpus('plain'), { bodies: [preference(1)] });
    expect(shown).toMatchObject({ type: '1', truncated: false });
    expect(shown.data).toBe(
      'Hello Robin,\r\n\r\nthe minutes are below.\r\n\r\n  1. Budget\r\n  2. Travel\r\n\r\nAna\r\n',
    );
    expect(nativeOf(corpus('plain'), { bodies: [preference(1)] })).toBe('1');
  });

  it('MS-ASAIRS_R305, MS-ASAIRS_R238, MS-ASAIRS_R178: HTML is 2, declared as the UTF-8 that it becomes', () => {
    const shown = body(corpus('alternative'), { bodies: [preference(2)] });
    expect(shown.type).toBe('2');
    expect(shown.data).toContain('<p>Grüße aus <b>Köln</b>,</p>');
    expect(shown.data).toContain('charset=utf-8');
    expect(nativeOf(corpus('alternative'))).toBe('2');
  });

  it('MS-ASAIRS_R307: MIME is 4, the message byte for byte', () => {
    const shown = body(corpus('attachments'), { mimeSupport: 2, bodies: [preference(4)] });
    expect(shown).toMatchObject({ type: '4', truncated: false, data: Buffer.from(corpus('attachments')).toString() });
    expect(shown.size).toBe(corpus('attachments').length);
  });

  it('MS-ASAIRS_R241, MS-ASAIRS_R2412: another type than the stored one says that it was converted', () => {
    const asHtml = rendered(corpus('plain'), { options: { bodies: [preference(2)] } });
    expect(bodyOf(asHtml).type).toBe('2');
    expect(bodyOf(asHtml).data).toContain('the minutes are below.<br>');
    expect(bodyOf(asHtml).data).toContain('&nbsp;&nbsp;1. Budget');
    expect(text(asHtml, 'AirSyncBase:NativeBodyType')).toBe('1');
    const asText = rendered(corpus('html-only'), { options: { bodies: [preference(1)] } });
    expect(bodyOf(asText).type).toBe('1');
    expect(text(asText, 'AirSyncBase:NativeBodyType')).toBe('2');
    expect(bodyOf(asText).data).toMatch(/^Größte News\r\n/);
    expect(bodyOf(asText).data).not.toMatch(/alert|margin|<p>/);
  });

  it.each([
    ['html', [preference(1), preference(2)]],
    ['html', [preference(2), preference(1)]],
  ] as const)(
    'MS-ASAIRS_R77: of several types the stored one (%s), in whichever order they are named',
    (_type, bodies) => {
      expect(body(corpus('alternative'), { bodies }).type).toBe('2');
      expect(body(corpus('plain'), { bodies }).type).toBe('1');
    },
  );

  it('MS-ASAIRS_R62: the same for BodyPart', () => {
    expect(part(corpus('alternative'), { bodyParts: [preference(1), preference(2, 30)] })).toMatchObject({
      type: '2',
      truncated: true,
    });
  });

  it('text is taken from the sender’s own plain side where there is one', () => {
    expect(body(corpus('alternative'), { bodies: [preference(1)] }).data).toBe(
      'Grüße aus Köln,\r\n\r\nsee the plan: https://example.org/a?b=1&c=2\r\n',
    );
  });

  it('without any preference: plain text', () => {
    for (const version of VERSIONS) expect(bodyOf(rendered(corpus('alternative'), { version })).type).toBe('1');
  });

  it('RTF, which mail has not, gives way to the stored type', () => {
    expect(body(corpus('alternative'), { bodies: [preference(3, 20)] })).toMatchObject({ type: '2', truncated: true });
  });

  it('texts that follow each other are one body, as Apple Mail writes and mailing lists do', () => {
    expect(body(corpus('list-footer'), { bodies: [preference(1)] }).data).toMatch(
      /^I agree\.\r\n\r\n_+\r\nlist mailing list$/,
    );
    const html = body(corpus('apple-pictures'), { bodies: [preference(2)] }).data ?? '';
    expect(html).toMatch(/Before\.[^]*After\./);
    expect(html.match(/<body/g)).toHaveLength(1);
  });

  it('flowed text is put together again (RFC 3676)', () => {
    expect(body(corpus('flowed'), { bodies: [preference(1)] }).data).toBe(
      'This paragraph goes on over two lines.\r\n\r\n> A quoted one that goes on as well.\r\n-- \r\nAna\r\n',
    );
  });

  it('messages that are nothing but an attachment, or nothing at all, have an empty body', () => {
    for (const name of ['picture-only', 'empty', 'only-header', 'smime-encrypted']) {
      expect(body(corpus(name), { bodies: [preference(1), preference(2)] })).toMatchObject({
        data: '',
        size: 0,
        truncated: false,
      });
    }
  });

  it('a text with a file name is its message’s body, if it is all of it', () => {
    const raw = mail('Content-Type: text/plain; name="a.txt"\n\nAll.\n');
    expect(body(raw, { bodies: [preference(1)] }).data).toBe('All.\r\n');
    expect(child(rendered(raw), 'AirSyncBase:Attachments')).toBeUndefined();
  });
});

describe('MIMESupport', () => {
  const bodies = [preference(1), preference(4)];

  it.each(['smime-signed', 'smime-encrypted', 'pgp-encrypted'])(
    '0 never, 1 for protected messages, 2 for all: %s',
    (name) => {
      expect(body(corpus(name), { mimeSupport: 0, bodies }).type).toBe('1');
      for (const mimeSupport of [1, 2] as const) {
        expect(body(corpus(name), { mimeSupport, bodies })).toMatchObject({
          type: '4',
          data: Buffer.from(corpus(name)).toString(),
        });
      }
    },
  );

  it('0 never, 1 not, 2 for a message without protection', () => {
    const types = ([0, 1, 2] as const).map((mimeSupport) => body(corpus('plain'), { mimeSupport, bodies }).type);
    expect(types).toEqual(['1', '1', '4']);
  });

  it('MS-ASCMD_R3366, MS-ASCMD_R3367, MS-ASCMD_R3368: an S/MIME body is of type 4, with its size and all of its data', () => {
    const raw = corpus('smime-encrypted');
    expect(body(raw, { mimeSupport: 1, bodies: [preference(4)] })).toEqual({
      type: '4',
      size: raw.length,
      truncated: false,
      data: Buffer.from(raw).toString(),
      preview: undefined,
    });
  });

  it.each([
    ['MS-ASCMD_R3418', 0, 0],
    ['MS-ASCMD_R3419', 1, 4_096],
    ['MS-ASCMD_R3420', 2, 5_120],
    ['MS-ASCMD_R3421', 3, 7_168],
    ['MS-ASCMD_R3422', 4, 10_240],
    ['MS-ASCMD_R3423', 5, 20_480],
    ['MS-ASCMD_R3424', 6, 51_200],
    ['MS-ASCMD_R3425', 7, 102_400],
    ['MS-ASCMD_R3426', 8, undefined],
  ] as const)('%s: MIMETruncation %i cuts at %s bytes', (_id, value, limit) => {
    const raw = mail(`Subject: long\n\n${'0123456789abcde\n'.repeat(8_000)}`);
    const options = readEmailOptions(
      {
        tag: 'AirSync:Options',
        content: [
          { tag: 'AirSync:MIMESupport', content: '2' },
          { tag: 'AirSync:MIMETruncation', content: String(value) },
        ],
      },
      '16.1',
    );
    const shown = body(raw, { ...options, bodies: [preference(4)] });
    expect(bytes(shown.data)).toBe(limit ?? raw.length);
    expect(shown.truncated).toBe(limit !== undefined);
    expect(shown.size).toBe(raw.length);
  });

  it('a TruncationSize for MIME is obeyed too; the smaller of both counts', () => {
    expect(
      bytes(body(corpus('attachments'), { mimeSupport: 2, mimeTruncation: 4_096, bodies: [preference(4, 300)] }).data),
    ).toBe(300);
    expect(
      bytes(
        body(corpus('attachments'), { mimeSupport: 2, mimeTruncation: 4_096, bodies: [preference(4, 5_000)] }).data,
      ),
    ).toBe(4_096);
  });

  it('a message in another charset travels as MIME that says the same', () => {
    const shown = body(corpus('koi8-r'), { mimeSupport: 2, bodies: [preference(4)] });
    const again = Buffer.from(shown.data ?? '');
    expect(bodyOf(rendered(again, { options: { bodies: [preference(1)] } })).data).toBe(
      'Здравствуйте!\r\n\r\nПротокол ниже.\r\n',
    );
    expect(text(rendered(again), 'Email:Subject')).toBe('Протокол собрания');
  });
});

describe('truncation', () => {
  it('MS-ASAIRS_R180, MS-ASAIRS_R276, MS-ASAIRS_R402, MS-ASAIRS_R378: a cut body says so, and how long it is', () => {
    const whole = body(corpus('alternative'), { bodies: [preference(2)] });
    const cut = body(corpus('alternative'), { bodies: [preference(2, 150)] });
    expect(cut.truncated).toBe(true);
    expect(whole.data?.startsWith(cut.data ?? '?')).toBe(true);
    expect(bytes(cut.data)).toBeLessThanOrEqual(150);
    expect(cut.size).toBe(bytes(whole.data));
  });

  it('MS-ASAIRS_R277, MS-ASAIRS_R381, MS-ASAIRS_R423: a body that fits has no Truncated', () => {
    const data = rendered(corpus('plain'), { options: { bodies: [preference(1, 75)] } });
    expect(children(child(data, 'AirSyncBase:Body'), 'AirSyncBase:Truncated')).toEqual([]);
    expect(bytes(bodyOf(data).data)).toBe(75);
  });

  it('MS-ASAIRS_R300: without a TruncationSize all of it', () => {
    const long = `${'wörter '.repeat(60_000)}Ende`;
    const shown = body(mail(`Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${long}`), {
      bodies: [preference(1)],
    });
    expect(shown).toMatchObject({ data: long, truncated: false, size: bytes(long) });
  });

  it('MS-ASAIRS_R294, MS-ASAIRS_R410: the same for BodyPart', () => {
    const whole = body(corpus('alternative'), { bodies: [preference(2)] });
    expect(part(corpus('alternative'), { bodyParts: [preference(2)] })).toMatchObject({
      data: whole.data,
      truncated: false,
    });
  });

  it('MS-ASAIRS_R188, MS-ASAIRS_R282, MS-ASAIRS_R403, MS-ASAIRS_R407: a cut BodyPart says so, and how long it is', () => {
    const cut = part(corpus('alternative'), { bodyParts: [preference(2, 150)] });
    expect(cut.truncated).toBe(true);
    expect(bytes(cut.data)).toBeLessThanOrEqual(150);
    expect(cut.size).toBe(bytes(body(corpus('alternative'), { bodies: [preference(2)] }).data));
  });

  it('MS-ASAIRS_R283: one that fits has no Truncated', () => {
    const data = rendered(corpus('alternative'), { options: { bodyParts: [preference(2, 5_000)] } });
    expect(children(child(data, 'AirSyncBase:BodyPart'), 'AirSyncBase:Truncated')).toEqual([]);
  });

  it('MS-ASAIRS_R420: without AllOrNone the cut content is given', () => {
    expect(body(corpus('plain'), { bodies: [preference(1, 12)] })).toMatchObject({
      data: 'Hello Robin,',
      truncated: true,
    });
  });

  it.each([1, 2] as const)('no character of type %i is cut in two, whatever the size', (type) => {
    const raw = mail('Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\naé€😀ñ漢');
    for (let size = 0; size < 200; size++) {
      const shown = body(raw, { bodies: [preference(type, size)] });
      expect(bytes(shown.data)).toBeLessThanOrEqual(size);
      expect(shown.data ?? '').not.toContain('\ufffd');
    }
  });

  it('a size of nothing gives no Data', () => {
    expect(body(corpus('plain'), { bodies: [preference(1, 0)] })).toMatchObject({
      data: undefined,
      truncated: true,
      size: 75,
    });
  });

  it('HTML is not cut inside a tag where little is lost by it', () => {
    const raw = mail('Content-Type: text/html\n\n<p>some words here</p><img src="https://example.org/picture.png">');
    expect(body(raw, { bodies: [preference(2, 40)] }).data).toBe('<p>some words here</p>');
  });
});

describe('all or none', () => {
  const long = corpus('html-only');

  it('MS-ASAIRS_R373: what fits is given whole', () => {
    expect(body(corpus('plain'), { bodies: [preference(1, 75, true)] })).toMatchObject({ truncated: false, size: 75 });
  });

  it('MS-ASAIRS_R78, MS-ASAIRS_R376: what does not is not given at all, but its size is', () => {
    expect(body(corpus('plain'), { bodies: [preference(1, 74, true)] })).toMatchObject({
      type: '1',
      data: undefined,
      truncated: true,
      size: 75,
    });
  });

  it('MS-ASAIRS_R63: the same for BodyPart', () => {
    expect(part(corpus('plain'), { bodyParts: [preference(1, 74, true)] })).toMatchObject({
      data: undefined,
      truncated: true,
    });
  });

  it('MS-ASAIRS_R80: the next preference gives its text instead', () => {
    const shown = body(long, { bodies: [preference(2, 50, true), preference(1, 50)] });
    expect(shown).toMatchObject({ type: '1', truncated: true });
    expect(shown.data).toMatch(/^Größte News/);
    expect(bytes(shown.data)).toBeLessThanOrEqual(50);
  });

  it('MS-ASAIRS_R401: without TruncationSize it makes no difference', () => {
    for (const raw of [long, corpus('plain')]) {
      expect(body(raw, { bodies: [preference(2, undefined, true)] })).toEqual(body(raw, { bodies: [preference(2)] }));
    }
  });

  it('MS-ASAIRS_R400: nor for BodyPart', () => {
    expect(part(long, { bodyParts: [preference(2, undefined, true)] })).toEqual(
      part(long, { bodyParts: [preference(2)] }),
    );
  });
});

describe('BodyPart', () => {
  it('MS-ASAIRS_R120, MS-ASAIRS_R271: is there when it is asked for, with Status 1', () => {
    const data = rendered(corpus('alternative'), { options: { bodyParts: [preference(2)] } });
    expect(text(child(data, 'AirSyncBase:BodyPart'), 'AirSyncBase:Status')).toBe('1');
    expect(child(rendered(corpus('alternative')), 'AirSyncBase:BodyPart')).toBeUndefined();
  });

  it('MS-ASAIRS_R186: has its content in the format of its Type', () => {
    expect(part(corpus('plain'), { bodyParts: [preference(2)] }).data).toMatch(/^<html>[^]*<\/html>$/);
  });

  it('comes beside Body only if both are asked for', () => {
    const both = rendered(corpus('alternative'), { options: { bodies: [preference(1)], bodyParts: [preference(2)] } });
    expect(child(both, 'AirSyncBase:Body')).toBeDefined();
    const alone = rendered(corpus('alternative'), { options: { bodyParts: [preference(2)] } });
    expect(child(alone, 'AirSyncBase:Body')).toBeUndefined();
  });
});

describe('previews', () => {
  it.each([1, 10, 40, 255])('MS-ASAIRS_R250, MS-ASAIRS_R2644: at the most %i characters', (length) => {
    const { preview } = body(corpus('alternative'), { bodies: [preference(2, 50, false, length)] });
    expect(preview).toBe('Grüße aus Köln, see the plan: https://example.org/a?b=1&c=2'.slice(0, length));
  });

  it('MS-ASAIRS_R248: plain text on one line, of a message that has only HTML too', () => {
    expect(body(corpus('html-only'), { bodies: [preference(2, 50, false, 60)] }).preview).toMatch(
      /^Größte News .*Überall nur gute/,
    );
  });

  it('MS-ASAIRS_R1001036: not beside plain text that is given', () => {
    expect(body(corpus('plain'), { bodies: [preference(1, 500, false, 60)] }).preview).toBeUndefined();
    expect(body(corpus('plain'), { bodies: [preference(1, 10, true, 60)] }).preview).toBe(
      'Hello Robin, the minutes are below. 1. Budget 2. Travel Ana',
    );
  });

  it('MS-ASAIRS_R253, MS-ASAIRS_R255, MS-ASAIRS_R256, MS-ASAIRS_R2599: of BodyPart, when asked for, within its length', () => {
    const { preview } = part(corpus('alternative'), { bodyParts: [preference(2, 50, false, 12)] });
    expect(preview).toBe('Grüße aus Kö');
  });

  it('no emoji is cut in two', () => {
    const raw = mail('Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<p>a😀b</p>');
    expect(body(raw, { bodies: [preference(2, undefined, false, 2)] }).preview).toBe('a');
  });
});

describe('out of line', () => {
  it('MS-ASAIRS_R244, MS-ASAIRS_R176, MS-ASAIRS_R246: a multipart response has a Part in place of Data', () => {
    const parts: Uint8Array[] = [];
    const data = rendered(corpus('plain'), {
      options: { bodies: [preference(1, 12)] },
      outOfLine: { add: (it) => parts.push(it) },
    });
    const shown = child(data, 'AirSyncBase:Body');
    expect(text(shown, 'ItemOperations:Part')).toBe('1');
    expect(child(shown, 'AirSyncBase:Data')).toBeUndefined();
    expect(text(shown, 'AirSyncBase:Truncated')).toBe('1');
    expect(Buffer.concat(parts).toString()).toBe('Hello Robin,');
  });

  it.each([
    ['MS-ASAIRS_R1251', '12.1'],
    ['MS-ASAIRS_R1252', '14.0'],
    ['MS-ASAIRS_R1253', '14.1'],
    ['MS-ASAIRS_R1254', '16.0'],
    ['MS-ASAIRS_R1001031', '16.1'],
  ] as const)('%s: at %s', (_id, version) => {
    const data = rendered(corpus('plain'), { version, outOfLine: { add: () => 4 } });
    expect(text(child(data, 'AirSyncBase:Body'), 'ItemOperations:Part')).toBe('4');
  });
});

describe('what is fetched', () => {
  const planned = (raw: Uint8Array, options: Rendering['options']) =>
    fetched(raw, emailRenderer({ ...readEmailOptions(undefined, '16.1'), ...options }).plan).fetchedBytes;
  const page = `<html><body>${'<p>Ein Absatz voller Wörter.</p>\n'.repeat(60_000)}</body></html>`;
  const big = (encoding: string, content: string) =>
    mail(`Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: ${encoding}\n\n${content}`);
  const encoded: Readonly<Record<string, Uint8Array>> = {
    '8bit': big('8bit', page),
    base64: big(
      'base64',
      (
        Buffer.from(page)
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\n'),
    ),
    'quoted-printable': big('quoted-printable', page.replaceAll('ö', '=C3=B6')),
  };

  it.each(Object.keys(encoded))('5 KB of a %s body of 2 MB take a few KB, and are 5 KB', (encoding) => {
    const raw = encoded[encoding] as Uint8Array;
    const options = { bodies: [preference(2, 5_120)] };
    expect(planned(raw, options)).toBeLessThan(16_384);
    const shown = body(raw, options);
    expect(bytes(shown.data)).toBeGreaterThan(5_000);
    expect(bytes(shown.data)).toBeLessThanOrEqual(5_120);
    expect(shown.truncated).toBe(true);
    // The size is told by the proportion of what is there.
    expect(Math.abs(shown.size - Buffer.byteLength(page.replaceAll('\n', '\r\n')))).toBeLessThan(page.length * 0.05);
  });

  it('no attachment, and no text that is not shown', () => {
    expect(planned(corpus('attachments'), { bodies: [preference(2)] })).toBeLessThan(100);
    expect(planned(corpus('alternative'), { bodies: [preference(1)] })).toBeLessThan(120);
  });

  it('nothing but the beginning of a message as MIME', () => {
    expect(planned(corpus('attachments'), { mimeSupport: 2, bodies: [preference(4, 1_000)] })).toBe(1_000);
  });

  it('the text of HTML, behind a head full of styles', () => {
    const shown = body(corpus('html-only'), { bodies: [preference(1, 100)] });
    expect(shown.data).toMatch(/^Größte News/);
    expect(shown.truncated).toBe(true);
  });
});
