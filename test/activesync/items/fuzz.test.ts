/** Bad input: whatever bytes a message is made of, it is rendered, within the sizes asked for, in reasonable time. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeMessage, type EmailOptions, readEmailOptions } from '../../../lib/activesync/items/index.ts';
import { child, text, writeWbxml } from '../../../lib/activesync/protocol/index.ts';
import { fuzzCases } from '../../support/fuzz-cases.ts';
import { bodyOf, CORPUS_NAMES, corpus, mail, preference, rendered, type ShownBody, VERSIONS } from './support.ts';

const CASES = fuzzCases(20_000);
const TIME_LIMIT_MS = 1_000;
/** The full number of cases takes its time on a busy machine. */
const TIMEOUT_MS = 600_000;

const seeds = CORPUS_NAMES.map(corpus);

const cut = fc.record({
  at: fc.nat(4_000),
  remove: fc.nat(60),
  insert: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...words())),
});

function words(): readonly Uint8Array[] {
  return [
    '\r\n\r\n',
    '--alt\r\n',
    '--mix--\r\n',
    'Content-Type: multipart/mixed; boundary=""\r\n',
    'Content-Type: text/html; charset=utf-16\r\n',
    'Content-Transfer-Encoding: base64\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
    'Content-Type: text/calendar; method=REQUEST\r\n',
    'Content-Type: text/plain; format=flowed; delsp=yes\r\n',
    'RRULE:FREQ=SECONDLY\r\n',
    'DTSTART;VALUE=DATE:00000000\r\n',
    'To: <<<>>>,,,;:"\r\n',
    'Subject: =?utf-8?B?////?= =?x?Q?=ZZ?=\r\n',
    '<table><tr><td>',
    '<body>',
    '</html>',
    '=C3',
    '\ufffe\0\u0001',
  ].map((it) => Buffer.from(it));
}

const mutated = fc.tuple(fc.constantFrom(...seeds), fc.array(cut, { minLength: 1, maxLength: 6 })).map(([seed, cuts]) =>
  cuts.reduce<Uint8Array>((raw, { at, remove, insert }) => {
    const from = raw.length === 0 ? 0 : at % raw.length;
    return Buffer.concat([raw.subarray(0, from), insert, raw.subarray(from + remove)]);
  }, seed),
);

const anything = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }) },
  { weight: 6, arbitrary: mutated },
);

const options: fc.Arbitrary<EmailOptions> = fc
  .record({
    version: fc.constantFrom(...VERSIONS),
    mimeSupport: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    types: fc.uniqueArray(fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4), { maxLength: 3 }),
    size: fc.option(fc.nat(600), { nil: undefined }),
    allOrNone: fc.boolean(),
    preview: fc.option(fc.integer({ min: 1, max: 255 }), { nil: undefined }),
  })
  .map(({ version, mimeSupport, types, size, allOrNone, preview }) => ({
    ...readEmailOptions(undefined, version),
    mimeSupport,
    bodies: types.map((type) => preference(type, size, allOrNone, preview)),
    bodyParts: size === undefined ? [] : [preference(2, size, false, preview)],
  }));

function within(shown: ShownBody, it: EmailOptions): void {
  const asked = it.bodies.find((wanted) => String(wanted.type) === shown.type) ?? it.bodies[0];
  if (asked?.truncationSize === undefined) return;
  expect(Buffer.byteLength(shown.data ?? '')).toBeLessThanOrEqual(asked.truncationSize);
  if (shown.data !== undefined && !shown.truncated) expect(shown.size).toBe(Buffer.byteLength(shown.data));
  expect(shown.size).toBeGreaterThanOrEqual(Buffer.byteLength(shown.data ?? ''));
  if (asked.preview) expect(shown.preview?.length ?? 0).toBeLessThanOrEqual(asked.preview);
}

describe('any bytes', () => {
  it(
    'are rendered for any device, within its sizes, and can be written',
    () => {
      fc.assert(
        fc.property(anything, options, (raw, it) => {
          const started = performance.now();
          const data = rendered(raw, { version: it.version, options: it, flags: ['\\Flagged', 'x'] });
          expect(performance.now() - started).toBeLessThan(TIME_LIMIT_MS);
          if (child(data, 'AirSyncBase:Body')) within(bodyOf(data), it);
          if (child(data, 'AirSyncBase:BodyPart'))
            within(bodyOf(data, 'AirSyncBase:BodyPart'), { ...it, bodies: it.bodyParts });
          expect(writeWbxml(data).length).toBeGreaterThan(0);
        }),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'can be answered and forwarded, whatever the device sends',
    async () => {
      await fc.assert(
        fc.asyncProperty(anything, anything, fc.constantFrom('reply', 'forward'), async (message, original, kind) => {
          const raw = await composeMessage({ kind, message, original, replaceMime: false, now: new Date(0) });
          expect(text(rendered(raw), 'Email:MessageClass')).toBeDefined();
        }),
        { numRuns: Math.ceil(CASES / 8) },
      );
    },
    TIMEOUT_MS,
  );
});

describe('of a good message', () => {
  const unit = fc.constantFrom('a', 'b', ' ', 'é', '€', '😀', '漢', '=', '<p>', '</p>', '&amp;', '.\r\n', 'From ');
  const texts = fc.array(unit, { maxLength: 300 }).map((it) => it.join(''));
  const encodings: Readonly<Record<string, (bytes: Buffer) => string>> = {
    '8bit': (bytes) => bytes.toString('latin1'),
    base64: (bytes) => (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n'),
    'quoted-printable': (bytes) =>
      (
        bytes
          .toString('latin1')
          .replace(
            /[^\n\r -<>-~]| (?=\r\n|$)/g,
            (it) => `=${it.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
          )
          .match(/[^\r\n]{1,60}(?![0-9A-F]{0,1}$)|\r\n|[^]/g) ?? []
      ).join(''),
  };

  it(
    'a cut body is the beginning of the whole one, however little of the message was fetched',
    () => {
      fc.assert(
        fc.property(
          texts,
          fc.constantFrom(...Object.keys(encodings)),
          fc.constantFrom('plain', 'html'),
          fc.nat(900),
          (content, encoding, subtype, size) => {
            const encode = encodings[encoding] as (bytes: Buffer) => string;
            const raw = Buffer.concat([
              mail(`Content-Type: text/${subtype}; charset=utf-8\nContent-Transfer-Encoding: ${encoding}\n\n`),
              Buffer.from(encode(Buffer.from(content)), 'latin1'),
            ]);
            const type = subtype === 'html' ? 2 : 1;
            const whole = bodyOf(rendered(raw, { options: { bodies: [preference(type)] } }));
            const shown = bodyOf(rendered(raw, { options: { bodies: [preference(type, size)] } }));
            expect(whole.data).toBe(content);
            expect(whole.data?.startsWith(shown.data ?? '')).toBe(true);
            expect(shown.truncated).toBe(Buffer.byteLength(content) > size);
            expect(Buffer.byteLength(shown.data ?? '')).toBeLessThanOrEqual(size);
            if (!shown.truncated) expect(shown.data).toBe(whole.data);
            // Nothing is lost but a half character, or a half tag.
            else if (type === 1) expect(Buffer.byteLength(shown.data ?? '')).toBeGreaterThan(size - 4);
          },
        ),
        { numRuns: Math.ceil(CASES / 4) },
      );
    },
    TIMEOUT_MS,
  );
});

describe('abuse', () => {
  const timed = (raw: Uint8Array): number => {
    const started = performance.now();
    rendered(raw, { options: { bodies: [preference(1, 1_000, false, 100), preference(2, 1_000)] } });
    return performance.now() - started;
  };

  it.each([
    [
      'nested multiparts',
      () =>
        Array.from({ length: 500 }, (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\n\n--b${i}\n`).join('') +
        '\nx',
    ],
    [
      'thousands of parts',
      () =>
        `Content-Type: multipart/mixed; boundary=b\n\n${'--b\nContent-Type: text/plain\n\nx\n'.repeat(20_000)}--b--`,
    ],
    ['nested HTML', () => `Content-Type: text/html\n\n${'<div><table><tr><td>'.repeat(20_000)}x`],
    ['open brackets', () => `Content-Type: text/html\n\n${'<'.repeat(200_000)}`],
    ['a long header', () => `Subject: ${'=?utf-8?Q?x?= '.repeat(20_000)}\n\nx`],
    ['many recipients', () => `To: ${'"a b" <a@example.org>, '.repeat(20_000)}\n\nx`],
    ['open quotes', () => `To: ${'"'.repeat(50_000)}\nFrom: ${'('.repeat(50_000)}\nCc: ${'<'.repeat(50_000)}\n\nx`],
    ['many fields', () => `${'X: y\n'.repeat(50_000)}\nx`],
    ['a long flowed text', () => `Content-Type: text/plain; format=flowed\n\n${'x \n'.repeat(200_000)}`],
    [
      'an endless calendar',
      () => `Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n${'BEGIN:VEVENT\n'.repeat(20_000)}`,
    ],
    ['bad quoted-printable', () => `Content-Transfer-Encoding: quoted-printable\n\n${'= \t'.repeat(100_000)}`],
    ['bad base64', () => `Content-Transfer-Encoding: base64\n\n${'=a'.repeat(100_000)}`],
    ['many meta tags', () => `Content-Type: text/html\n\n${'<meta charset='.repeat(20_000)}`],
    ['many prefixes', () => `Subject: ${'Re: '.repeat(8_000)}\n\nx`],
  ])('%s take no time', (_name, make) => {
    expect(timed(mail(make()))).toBeLessThan(3_000);
  });
});
