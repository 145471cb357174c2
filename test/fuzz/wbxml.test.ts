// Bad input: WBXML. Whatever bytes come, in whatever chunks, there is a document or a WbxmlError that tells the place.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWbxml, WbxmlError, WbxmlReader, writeWbxml } from '../../lib/activesync/protocol/index.ts';
import { damaged, damages, documents, split } from '../activesync/protocol/generators.ts';
import { corpusFiles, fromHex } from './support/corpus.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const corpus = new Map([...corpusFiles('wbxml')].map(([name, text]) => [name, fromHex(text.toString('latin1'))]));
const cuts = fc.array(fc.nat(), { maxLength: 6 });

/** What reading comes to: the document written again, or the refusal's words. */
function outcome(read: () => ReturnType<typeof readWbxml>): string {
  try {
    return Buffer.from(writeWbxml(read())).toString('hex');
  } catch (thrown) {
    if (thrown instanceof WbxmlError) return thrown.message;
    throw thrown;
  }
}

const inChunks = (chunks: readonly Uint8Array[]) => () => {
  const reader = new WbxmlReader();
  for (const chunk of chunks) reader.push(chunk);
  return reader.end();
};

function check(bytes: Uint8Array, places: readonly number[]): void {
  const whole = outcome(() => readWbxml(bytes));
  expect(outcome(inChunks(split(bytes, places)))).toBe(whole);
}

describe('WBXML', () => {
  it.each([...corpus.keys()])('of the corpus is read or refused: %s', (name) => {
    const bytes = corpus.get(name) as Buffer;
    const started = performance.now();
    check(bytes, [1, 2, 3, 5, 8, 13, 21]);
    expect(outcome(inChunks(Array.from(bytes, (byte) => Uint8Array.of(byte))))).toBe(outcome(() => readWbxml(bytes)));
    expect(performance.now() - started).toBeLessThan(1_000);
    const isRight = name.includes('as-phones-send-it');
    if (isRight) expect(outcome(() => readWbxml(bytes))).toMatch(/^03016a00/);
  });

  it('that was damaged is read or refused, the same whole as in chunks', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const good = fc.oneof(
      { weight: 3, arbitrary: documents({ depth: 3 }).map(writeWbxml) },
      { weight: 1, arbitrary: fc.constantFrom(...[...corpus.values()].filter((it) => it.length < 5_000)) },
    );
    const cases = fc.tuple(good, damages, cuts);
    await fuzz('wbxml: damaged documents, whole and in chunks', cases, ([bytes, list, places]) =>
      check(damaged(bytes, list), places),
    );
  });

  it('made of any bytes is read or refused, the same whole as in chunks', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const tails = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      // Mostly tokens, so that some of it is nearly a document.
      fc.array(fc.constantFrom(0, 0, 1, 1, 1, 3, 3, 5, 7, 0x45, 0x4b, 0x4f, 0x5c, 0x61, 0xc3, 0x80), {
        maxLength: 400,
      }),
    );
    const cases = fc.tuple(fc.boolean(), tails, cuts);
    await fuzz('wbxml: any bytes', cases, ([hasHeader, tail, places]) =>
      check(Uint8Array.from([...(hasHeader ? [3, 1, 0x6a, 0] : []), ...tail]), places),
    );
  });
});
