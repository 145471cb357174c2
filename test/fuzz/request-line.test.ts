// Bad input: the request line, in both forms, with its headers. A line comes of it, or a RequestError with a 4xx or 5xx of its own.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildRequestLine,
  COMMANDS,
  parseRequestLine,
  RequestError,
  type RequestHeaders,
} from '../../lib/activesync/protocol/index.ts';
import { damaged, damages, requestLines } from '../activesync/protocol/generators.ts';
import { corpusLines } from './support/corpus.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const CORPUS = corpusLines('request-lines.txt');
const HEADERS: RequestHeaders = { 'ms-asprotocolversion': '14.1' };

function check(query: string, headers: RequestHeaders): void {
  let line: ReturnType<typeof parseRequestLine>;
  try {
    line = parseRequestLine(query, headers);
  } catch (thrown) {
    if (!(thrown instanceof RequestError)) throw thrown;
    expect([400, 501, 505]).toContain(thrown.httpStatus);
    return;
  }
  // What is let in is fit for names of items, for headers and for the log.
  expect(COMMANDS).toContain(line.command);
  expect(line.deviceId).toMatch(/^[A-Za-z0-9]{1,32}$/);
  expect(line.deviceType).toMatch(/^[\x20-\x7e]{1,64}$/);
  for (const value of [line.user, line.policyKey, ...Object.values(line.parameters)]) {
    // oxlint-disable-next-line no-control-regex -- control characters are what it is for
    if (typeof value === 'string') expect(value).not.toMatch(/[\0-\x1f\x7f]/);
  }
}

const noise = fc.constantFrom(
  '%',
  '%00',
  '%0d%0a',
  '&',
  '=',
  '?',
  '#',
  '%ff',
  '+',
  '/',
  '=='.repeat(3),
  'Cmd=',
  '\u00e9',
  '%25'.repeat(5),
);
const damagedText = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      texts,
      fc.array(fc.tuple(fc.nat(400), fc.nat(12), fc.oneof(noise, fc.string({ maxLength: 6 }))), { maxLength: 5 }),
    )
    .map(([text, cuts]) =>
      cuts.reduce((it, [at, remove, insert]) => {
        const from = at % (it.length + 1);
        return it.slice(0, from) + insert + it.slice(from + remove);
      }, text),
    );

describe('a request line', () => {
  it.each(CORPUS)('of the corpus is taken or refused: %#', (query) => check(query, HEADERS));

  it('in plain text is taken or refused', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const good = fc.oneof(
      fc.constantFrom(...CORPUS),
      requestLines.map((line) => buildRequestLine(line, 'plain').query),
    );
    const cases = fc.oneof(
      { weight: 6, arbitrary: damagedText(good) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
    );
    await fuzz('request line: plain', cases, (query) => check(query, HEADERS));
  });

  it('in base64 is taken or refused', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const good = requestLines.map((line) => Buffer.from(buildRequestLine(line, 'base64').query, 'base64'));
    const bytes = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(good, damages).map(([it, list]) => damaged(it, list)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    );
    const cases = fc.tuple(bytes, fc.constantFrom('base64', 'base64url'));
    await fuzz('request line: base64', cases, ([it, form]) => check(Buffer.from(it).toString(form as 'base64'), {}));
  });

  it('is taken or refused whatever its headers are', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    // As node:http has them: any Latin-1.
    const value = fc.oneof(
      fc.constantFrom(
        '16.1',
        ' 14.1 ',
        '1.0',
        '2.5',
        '99',
        '-1',
        '16.1, 16.1',
        'T',
        't',
        'F',
        '0',
        '1307199584',
        '',
        'en-US',
      ),
      fc.string({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 80 }).map((it) => Buffer.from(it).toString('latin1')),
    );
    const names = ['ms-asprotocolversion', 'x-ms-policykey', 'accept-language', 'ms-asacceptmultipart'] as const;
    const headers = fc.record(
      Object.fromEntries(names.map((name) => [name, fc.oneof(value, fc.array(value, { maxLength: 2 }))])),
      { requiredKeys: [] },
    );
    const cases = fc.tuple(fc.constantFrom(...CORPUS), headers);
    await fuzz('request line: headers', cases, ([query, it]) => check(query, it as RequestHeaders));
  });
});
