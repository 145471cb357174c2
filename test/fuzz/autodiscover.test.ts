// Bad input: the XML of autodiscover. A question comes of it or none; nothing is expanded, fetched, or escaped badly in the answer.
import { XMLValidator } from 'fast-xml-parser';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptsMobileSync, readQuestion, writeError, writeSettings } from '../../lib/server/autodiscover/xml.ts';
import { damaged, damages } from '../activesync/protocol/generators.ts';
import { corpusFiles } from './support/corpus.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const CORPUS = corpusFiles('autodiscover');

function check(xml: string): void {
  const question = readQuestion(xml);
  for (const value of [question?.email, question?.acceptableSchema])
    expect(['string', 'undefined']).toContain(typeof value);
  expect(typeof acceptsMobileSync(question?.acceptableSchema)).toBe('boolean');
  const email = question?.email ?? '';
  // A reference would have become longer than what stands for it.
  expect(email.length).toBeLessThanOrEqual(xml.length);
  const answers = [
    writeSettings({ email, displayName: email, url: 'https://x/' }),
    writeError(600, email, new Date(0)),
  ];
  for (const answer of answers) expect(XMLValidator.validate(answer)).toBe(true);
}

describe('an autodiscover document', () => {
  it.each([...CORPUS.keys()])('of the corpus is understood or not: %s', (name) => {
    const xml = (CORPUS.get(name) as Buffer).toString('utf8');
    const started = performance.now();
    check(xml);
    expect(performance.now() - started).toBeLessThan(1_000);
    if (['phone.xml', 'prefixes.xml', 'cdata.xml'].includes(name)) {
      expect(readQuestion(xml)?.email).toBe('ada@example.org');
    }
  });

  it('of any kind is understood or not', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const good = fc.constantFrom(...CORPUS.values());
    const pieces = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '<!',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?',
      '?>',
      '&',
      ';',
      '"',
      '<Request>',
      '<Autodiscover>',
      '</Request>',
      '<EMailAddress>',
      '<!DOCTYPE',
      '<!ENTITY x "y">',
      '[',
      ']',
      'xmlns:a="b"',
      '\ufeff',
      ' ',
    );
    const cases = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(good, damages).map(([it, list]) => Buffer.from(damaged(it, list)).toString('utf8')),
      },
      {
        weight: 2,
        arbitrary: fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 40 }).map((it) => it.join('')),
      },
    );
    await fuzz('autodiscover: xml', cases, check);
  });
});
