// Bad input: MIME. What is in a mailbox came from anywhere; what a device sends to be answered, forwarded or kept as a draft too.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeMessage, type EmailOptions, readDraft, readEmailOptions } from '../../lib/activesync/items/index.ts';
import {
  type Element,
  MalformedValue,
  PROTOCOL_VERSIONS,
  type ProtocolVersion,
  readWbxml,
  type TagName,
  text,
  writeWbxml,
} from '../../lib/activesync/protocol/index.ts';
import { type Part, parseMessage } from '../../lib/backends/index.ts';
import { corpus, CORPUS_NAMES, preference, rendered } from '../activesync/items/support.ts';
import { damaged, damages, opaques } from '../activesync/protocol/generators.ts';
import { corpusFiles } from './support/corpus.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const HOSTILE = corpusFiles('mime');
/** Messages as they are, and the hostile ones with both kinds of line breaks. */
const SEEDS: readonly Uint8Array[] = [
  ...CORPUS_NAMES.map(corpus),
  ...HOSTILE.values(),
  ...[...HOSTILE.values()].map(withReturns),
];

function withReturns(raw: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(raw).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** One message put where a part of another begins. */
const grafted = fc
  .tuple(fc.constantFrom(...SEEDS), fc.constantFrom(...SEEDS), fc.nat(5_000))
  .map(([into, what, at]) => Buffer.concat([into.subarray(0, at % (into.length + 1)), what]));
const messages: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...SEEDS), damages)
      .map(([seed, list]) => damaged(seed.subarray(0, 6_000), list)),
  },
  { weight: 2, arbitrary: grafted },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
);

const options: fc.Arbitrary<EmailOptions> = fc
  .record({
    version: fc.constantFrom(...PROTOCOL_VERSIONS),
    mimeSupport: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    types: fc.uniqueArray(fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4), { maxLength: 4 }),
    size: fc.option(fc.nat(900), { nil: undefined }),
    allOrNone: fc.boolean(),
    preview: fc.option(fc.integer({ min: 1, max: 255 }), { nil: undefined }),
  })
  .map(({ version, mimeSupport, types, size, allOrNone, preview }) => ({
    ...readEmailOptions(undefined, version),
    mimeSupport,
    bodies: types.map((type) => preference(type, size, allOrNone, preview)),
    bodyParts: allOrNone ? [preference(2, size, false, preview)] : [],
  }));

/** Every part lies within the message. */
function checkStructure(raw: Uint8Array): void {
  const parsed = parseMessage(raw);
  const visit = (part: Part): void => {
    const range = parsed.slice(part.path);
    if (range) {
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThanOrEqual(range.start);
      expect(range.end).toBeLessThanOrEqual(raw.length);
    }
    for (const below of part.parts) visit(below);
  };
  visit(parsed.structure);
}

function checkRendering(raw: Uint8Array, it: EmailOptions): void {
  checkStructure(raw);
  const data = rendered(raw, { version: it.version, options: it, flags: ['\\Flagged', '\\Seen'] });
  expect(readWbxml(writeWbxml(data)).tag).toBe('AirSync:ApplicationData');
}

const now = new Date('2026-11-19T10:00:00Z');
const author = { account: { user: 'ada', addresses: ['ada@example.org'], displayName: 'Ada' }, now };

describe('a message', () => {
  const cases = CORPUS_NAMES.length + HOSTILE.size;
  it('of the corpus is rendered at every version and for every kind of body', () => {
    expect(cases).toBeGreaterThan(60);
    for (const raw of SEEDS) {
      for (const version of PROTOCOL_VERSIONS) {
        for (const type of [1, 2, 3, 4] as const) {
          const bodies = [preference(type, 100, false, 20)];
          checkRendering(raw, { ...readEmailOptions(undefined, version), mimeSupport: 2, bodies });
        }
      }
    }
  });
  it('of the corpus is answered and forwarded', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    for (const raw of SEEDS) {
      for (const kind of ['reply', 'forward'] as const) {
        const composed = await composeMessage({ kind, message: raw, original: raw, replaceMime: false, now });
        checkStructure(composed);
      }
    }
  });

  it('of any kind is rendered', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    await fuzz('mime: parsed and rendered', fc.tuple(messages, options), ([raw, it]) => checkRendering(raw, it));
  });

  it('of any kind is answered and forwarded, and the same each time', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const all = fc.tuple(messages, messages, fc.constantFrom('reply' as const, 'forward' as const), fc.boolean());
    await fuzz('mime: answered and forwarded', all, async ([message, original, kind, replaceMime]) => {
      const composed = await composeMessage({ kind, message, original, replaceMime, now });
      expect(Buffer.from(await composeMessage({ kind, message, original, replaceMime, now }))).toEqual(
        Buffer.from(composed),
      );
      expect(text(rendered(composed), 'Email:MessageClass')).toBeDefined();
    });
  });
});

describe('a draft', () => {
  const TAGS = [
    'Email:To',
    'Email:Cc',
    'Email2:Bcc',
    'Email:ReplyTo',
    'Email:Subject',
    'Email:Importance',
    'Email:Read',
    'Email2:Send',
    'Email:Flag',
    'AirSyncBase:Body',
    'AirSyncBase:Type',
    'AirSyncBase:Data',
    'AirSyncBase:Attachments',
    'AirSyncBase:Add',
    'AirSyncBase:Delete',
    'AirSyncBase:ClientId',
    'AirSyncBase:FileReference',
    'AirSyncBase:Content',
    'AirSyncBase:DisplayName',
    'AirSyncBase:Method',
    'AirSyncBase:ContentType',
    'AirSyncBase:IsInline',
    'AirSyncBase:ContentId',
    'AirSync:ClientId',
  ] as const satisfies readonly TagName[];
  const values = fc.oneof(
    fc.constantFrom(
      '0',
      '1',
      '2',
      '4',
      '-1',
      '99',
      '',
      'Ada <ada@example.org>; bob@example.org',
      '"',
      '<',
      ';;;,,,',
      'a\r\nX-Injected: y',
      'text/html\r\nX-Injected: y',
      '../../etc/passwd',
      '1:5~2',
      '=?utf-8?Q?=',
      '\u202e',
      'a'.repeat(2_000),
    ),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    opaques,
    fc.tuple(fc.constantFrom(...SEEDS), damages).map(([seed, list]) => damaged(seed.subarray(0, 1_000), list)),
  );
  const { tree } = fc.letrec<{ tree: Element }>((tie) => ({
    tree: fc.record({
      tag: fc.constantFrom<TagName>(...TAGS),
      content: fc.oneof({ depthSize: 'small' }, values, fc.array(tie('tree'), { maxLength: 4 })),
    }),
  }));
  const body = fc.record({ type: fc.constantFrom('1', '2', '4', '3'), data: values }).map(
    ({ type, data }): Element => ({
      tag: 'AirSyncBase:Body',
      content: [
        { tag: 'AirSyncBase:Type', content: type },
        { tag: 'AirSyncBase:Data', content: data },
      ],
    }),
  );
  const drafts = fc.array(fc.oneof(tree, body), { maxLength: 6 }).map(
    (content): Element => ({
      tag: 'AirSync:Add',
      content: [
        { tag: 'AirSync:ClientId', content: 'c1' },
        { tag: 'AirSync:ApplicationData', content },
      ],
    }),
  );

  it('of any kind is made a message, or is malformed', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const cases = fc.tuple(drafts, fc.constantFrom<ProtocolVersion>('16.0', '16.1'));
    await fuzz('mime: drafts', cases, async ([it, version]) => {
      let raw: Uint8Array;
      try {
        raw = await readDraft(it, version, author).message();
      } catch (thrown) {
        if (thrown instanceof MalformedValue) return;
        throw thrown;
      }
      checkStructure(raw);
      const header = Buffer.from(raw).toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
      // Nothing that a device writes into one field becomes another.
      expect(header).not.toMatch(/^X-Injected:/im);
      expect(text(rendered(raw), 'Email:MessageClass')).toBeDefined();
    });
  });
});
