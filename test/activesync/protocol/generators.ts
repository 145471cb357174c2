/** Arbitrary documents, bytes and request lines, for the tests here and for fuzzing. */
import * as fc from 'fast-check';
import {
  CODE_PAGES,
  COMMANDS,
  type Element,
  PROTOCOL_VERSIONS,
  type RequestLine,
  type TagName,
} from '../../../lib/activesync/protocol/index.ts';

/** Every tag of the pages that `isWanted` takes. */
export const tagsOf = (isWanted: (page: number) => boolean = () => true): readonly TagName[] =>
  CODE_PAGES.filter(({ page }) => isWanted(page)).flatMap(({ namespace, tags }) =>
    Object.values(tags).map((name) => `${namespace}:${name}` as TagName),
  );

/** Text that WBXML carries unchanged: not empty, without the characters that XML forbids. */
export const texts: fc.Arbitrary<string> = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), fc.constant('1'))
  // oxlint-disable-next-line no-control-regex -- control characters are what it is for
  .map((text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').toWellFormed())
  .filter((text) => text !== '');

export const opaques: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 1, maxLength: 300 });

/** Trees of any tags, up to `depth` deep, in the one form that the reader gives back. */
export function documents(
  options: { tags?: readonly TagName[]; texts?: fc.Arbitrary<string>; withOpaque?: boolean; depth?: number } = {},
): fc.Arbitrary<Element> {
  const tag = fc.constantFrom(...(options.tags ?? tagsOf()));
  const leaves = [options.texts ?? texts, ...((options.withOpaque ?? true) ? [opaques] : [])];
  const below = (depth: number): fc.Arbitrary<Element> =>
    fc.record({
      tag,
      content:
        depth === 0
          ? fc.oneof(fc.constant([]), ...leaves)
          : fc.oneof({ weight: 3, arbitrary: fc.array(below(depth - 1), { maxLength: 4 }) }, ...leaves),
    });
  return below(options.depth ?? 4);
}

/** `bytes` cut into chunks at the places that `cuts` (any numbers) name. */
export function split(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

export interface Damage {
  readonly kind: 'flip' | 'insert' | 'delete' | 'truncate' | 'repeat';
  readonly at: number;
  readonly byte: number;
}

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'insert', 'delete', 'truncate', 'repeat'),
    at: fc.nat({ max: 10_000 }),
    byte: fc.nat({ max: 255 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Valid bytes made hostile. */
export function damaged(bytes: Uint8Array, list: readonly Damage[]): Uint8Array {
  let result = [...bytes];
  for (const { kind, at, byte } of list) {
    const place = at % (result.length + 1);
    if (kind === 'flip') result[Math.min(place, result.length - 1)] = byte;
    else if (kind === 'insert') result.splice(place, 0, byte);
    else if (kind === 'delete') result.splice(place, 1 + (byte % 8));
    else if (kind === 'truncate') result = result.slice(0, place);
    else result.splice(place, 0, ...result.slice(place, place + byte));
  }
  return Uint8Array.from(result);
}

const shortTexts = fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).filter((text) => !text.includes('%'));
const optionalText = fc.option(shortTexts, { nil: undefined });

/** Request lines that both query forms can carry. */
export const requestLines: fc.Arbitrary<RequestLine> = fc
  .record({
    command: fc.constantFrom(...COMMANDS),
    version: fc.constantFrom(...PROTOCOL_VERSIONS),
    user: optionalText,
    deviceId: fc.stringMatching(/^[A-Za-z0-9]{1,32}$/),
    deviceType: fc.stringMatching(/^[A-Za-z0-9 ]{1,30}$/),
    policyKey: fc.option(
      fc.integer({ min: 1, max: 0xffff_ffff }).map((key) => String(key)),
      { nil: undefined },
    ),
    locale: fc.constantFrom('1033', '1031', '1041'),
    attachmentName: optionalText,
    collectionId: optionalText,
    itemId: optionalText,
    longId: optionalText,
    occurrence: optionalText,
    saveInSent: fc.boolean(),
    acceptMultiPart: fc.boolean(),
  })
  .map(({ attachmentName, collectionId, itemId, longId, occurrence, saveInSent, acceptMultiPart, ...line }) => ({
    ...line,
    parameters: {
      ...(attachmentName === undefined ? {} : { attachmentName }),
      ...(collectionId === undefined ? {} : { collectionId }),
      ...(itemId === undefined ? {} : { itemId }),
      ...(longId === undefined ? {} : { longId }),
      ...(occurrence === undefined ? {} : { occurrence }),
      saveInSent,
      acceptMultiPart,
    },
  }));
