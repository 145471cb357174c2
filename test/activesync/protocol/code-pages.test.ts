import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CODE_PAGES } from '../../../lib/activesync/protocol/index.ts';

/** MS-ASWBXML 2.1.2.1: the statement that names each page. */
// biome-ignore format: a table
const STATEMENTS: Readonly<Record<number, string>> = {
  0: 'R10', 1: 'R11', 2: 'R12', 4: 'R14', 5: 'R15', 6: 'R16', 7: 'R17', 8: 'R18', 9: 'R19', 10: 'R20', 11: 'R21',
  12: 'R22', 13: 'R23', 14: 'R24', 15: 'R25', 16: 'R26', 17: 'R27', 18: 'R28', 19: 'R29', 20: 'R30', 21: 'R31',
  22: 'R32', 23: 'R33', 24: 'R34', 25: 'R3400',
};

interface ReferencePage {
  readonly page: number;
  readonly namespace: string;
  readonly tags: Readonly<Record<string, string>>;
}

const shared = process.env['CARAVAN_SHARED'] ?? join(import.meta.dirname, '../../../../shared');
const reference = join(shared, 'eas/codepages.json');

describe.skipIf(!existsSync(reference))('the reference data (left out where CARAVAN_SHARED is not there)', () => {
  const pages = existsSync(reference) ? (JSON.parse(readFileSync(reference, 'utf8')) as readonly ReferencePage[]) : [];

  for (const { page, namespace, tags } of CODE_PAGES) {
    it(`MS-ASWBXML_${STATEMENTS[page]}: page ${page} is ${namespace}, with the tokens of its table`, () => {
      const expected = pages.find((it) => it.page === page);
      expect(namespace).toBe(expected?.namespace);
      const byToken = Object.entries(expected?.tags ?? {}).map(([token, name]) => [String(Number(token)), name]);
      expect(tags).toEqual(Object.fromEntries(byToken));
    });
  }

  it('has no page but these', () => {
    expect(pages.map(({ page }) => page)).toEqual(CODE_PAGES.map(({ page }) => page));
  });
});
