/** The parser of a message's structure on any bytes: it never throws, is bounded, takes linear time, and agrees with another. */
import * as fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { type Part, parseMessage } from '../../lib/backends/index.ts';
import { fuzzCases } from '../support/fuzz-cases.ts';
import { leaves, parse, textOf } from './mime-structure-support.ts';

describe('any bytes', () => {
  const fragments = [
    'Content-Type: multipart/mixed; boundary=a\r\n',
    'Content-Type: multipart/alternative; boundary="b"\r\n',
    'Content-Type: message/rfc822\r\n',
    "Content-Type: text/html; name*0*=x''%; name*1=\"",
    'Content-Disposition: attachment; filename="=?x?Q?=?=\r\n',
    'Subject: x\r\n',
    '\r\n',
    '\n',
    '\r',
    '--a\r\n',
    '--a--\r\n',
    '--b\n',
    '--b--',
    '--',
    ' folded\r\n',
    ':',
    'text',
    '\u0000',
    'ä',
  ];
  const soup = fc
    .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 20 })), { maxLength: 80 })
    .map((pieces) => Buffer.from(pieces.join('')));
  const bytes = fc.oneof(
    soup,
    fc.uint8Array({ maxLength: 500 }).map((each) => Buffer.from(each)),
  );

  it('never throw, and every section lies inside the one that holds it', () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        const message = parseMessage(raw);
        const check = (part: Part, start: number, end: number) => {
          const range = message.slice(part.path);
          if (!range) throw new Error(`no range for ${part.path}`);
          expect(range.start).toBeGreaterThanOrEqual(start);
          expect(range.end).toBeLessThanOrEqual(end);
          expect(range.start).toBeLessThanOrEqual(range.end);
          if (part.parts.length === 0) expect(part.sizeBytes).toBe(range.end - range.start);
          let from = range.start;
          for (const child of part.parts) {
            check(child, from, range.end);
            // A nested multipart shares its number with the message that it is the root of.
            if (child.path !== part.path) from = message.slice(child.path)?.end ?? from;
          }
        };
        check(message.structure, 0, raw.length);
        const paths = leaves(message.structure).map((part) => part.path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
      { numRuns: fuzzCases(60_000) },
    );
  }, 120_000);

  it('agree with postal-mime on the text of well-formed trees', async () => {
    const leaf = fc.stringMatching(/^[a-z ]{1,40}$/).map((text) => ({ text }));
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((parts) => ({ parts })),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (root) => {
        const raw = Buffer.from(render(root, { next: 0 }));
        const message = parseMessage(raw);
        const texts = leaves(message.structure).map((part) => textOf(raw, message, part.path));
        expect(texts).toEqual(textsOf(root));
        const parsed = await PostalMime.parse(raw);
        const lines = (parsed.text ?? '').split('\n').map((line) => line.trim());
        expect(lines.filter(Boolean)).toEqual(texts.map((text) => text?.trim()).filter(Boolean));
      }),
      { numRuns: fuzzCases(5_000) },
    );
  });

  it('are bounded in depth and number of parts', () => {
    const deep = Array.from({ length: 5_000 }, (_, i) => [
      `Content-Type: multipart/mixed; boundary=b${i}`,
      '',
      `--b${i}`,
    ]).flat();
    const depth = (part: Part): number => 1 + Math.max(0, ...part.parts.map(depth));
    expect(depth(parse(deep).message.structure)).toBeLessThanOrEqual(40);
    const nested = Array.from({ length: 5_000 }, () => ['Content-Type: message/rfc822', '']).flat();
    expect(depth(parse(nested).message.structure)).toBeLessThanOrEqual(70);
    const wide = ['Content-Type: multipart/mixed; boundary=b', '', ...Array.from({ length: 50_000 }, () => '--b')];
    expect(parse(wide).message.structure.parts.length).toBeLessThanOrEqual(2_000);
  });

  it.each([
    ['delimiters that are none', () => '\r\n--'.repeat(1_000_000)],
    ['an endless header', () => 'X: y\r\n'.repeat(700_000)],
    ['an endless folded field', () => `Content-Type: text/plain;\r\n${' a=b;\r\n'.repeat(500_000)}`],
    ['an endless parameter', () => `Content-Type: text/plain; name="${'\\"'.repeat(2_000_000)}`],
    ['comments', () => `Content-Type: ${'('.repeat(4_000_000)}`],
    ['encoded words', () => `Content-Description: ${'=?utf-8?Q?=C3=A4?= '.repeat(200_000)}`],
    ['broken encoded words', () => `Content-Description: ${'=?'.repeat(2_000_000)}`],
    [
      'long delimiters',
      () => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b${'-'.repeat(300)}\r\n`.repeat(13_000)}`,
    ],
    ['a long line', () => `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${'x'.repeat(4_000_000)}`],
  ])('take linear time: 4 MB of %s in less than two seconds', (_, make) => {
    const raw = Buffer.from(make());
    const before = process.cpuUsage();
    parseMessage(raw);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000_000).toBeLessThan(2);
  });
});

type Tree = { text: string } | { parts: Tree[] };

function textsOf(tree: Tree): string[] {
  return 'text' in tree ? [tree.text] : tree.parts.flatMap(textsOf);
}

function render(tree: Tree, counter: { next: number }): string {
  if ('text' in tree) return `Content-Type: text/plain\r\n\r\n${tree.text}`;
  const boundary = `=_b${counter.next++}`;
  const parts = tree.parts.map((part) => `--${boundary}\r\n${render(part, counter)}\r\n`);
  return `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${parts.join('')}--${boundary}--`;
}
