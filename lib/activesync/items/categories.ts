/**
 * Email:Categories ↔ IMAP keywords. A category is a keyword of the same name where that is an atom; any other name is
 * written in modified UTF-7 (RFC 3501 section 5.1.3), with what an atom cannot hold in its base64 runs, so that every name
 * comes back as it was. Keywords that begin with `$` and the few well-known ones are flags, not categories.
 */
import type { MessageFlags } from '../../backends/index.ts';
import { type Element, element } from '../protocol/index.ts';
import { oneLine } from './xml-text.ts';

/** Dovecot refuses longer keywords; names that come to more are cut. */
const KEYWORD_LIMIT = 50;
/** MS-ASEMAIL 2.2.2.16 */
const CATEGORIES_LIMIT = 300;

/** Keywords that mail systems and programs keep for themselves. */
const NOT_CATEGORIES: ReadonlySet<string> = new Set([
  'nonjunk',
  'notjunk',
  'junk',
  'junkrecorded',
  'forwarded',
  'redirected',
  'mdnsent',
  'old',
  'recent',
  'unknown-0',
  'unknown',
]);

const isHidden = (keyword: string): boolean => /^[\\$]/.test(keyword) || NOT_CATEGORIES.has(keyword.toLowerCase());

/** May stand for itself: printable ASCII but for atom-specials and `]` (RFC 3501 section 9), and for `&`. */
const isPlain = (character: string): boolean => /^[!#$'+-[^-z|}~]$/.test(character);

/** The keyword of a category; undefined for an empty name. */
export function categoryKeyword(name: string): string | undefined {
  const characters = Array.from(oneLine(name));
  let keyword = encode(characters);
  while (keyword.length > KEYWORD_LIMIT) {
    characters.pop();
    keyword = encode(characters);
  }
  return keyword === '' ? undefined : keyword;
}

function encode(characters: readonly string[]): string {
  const isReserved = isHidden(characters.join(''));
  let text = '';
  let run = '';
  const flush = () => {
    if (run !== '')
      text += `&${Buffer.from(run, 'utf16le').swap16().toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`;
    run = '';
  };
  for (const [index, it] of characters.entries()) {
    if (it === '&' && run === '') text += '&-';
    else if (isPlain(it) && !(index === 0 && isReserved)) {
      flush();
      text += it;
    } else run += it;
  }
  flush();
  return text;
}

/** The category that a keyword stands for; undefined if it is none. */
export function categoryName(keyword: string): string | undefined {
  if (isHidden(keyword)) return undefined;
  const name = keyword.replace(/&([A-Za-z0-9+,]*)-/g, (whole, run: string) => {
    if (run === '') return '&';
    const bytes = Buffer.from(run.replaceAll(',', '/'), 'base64');
    return bytes.length >= 2
      ? bytes
          .subarray(0, bytes.length & ~1)
          .swap16()
          .toString('utf16le')
      : whole;
  });
  return oneLine(name) || undefined;
}

/** Empty where the message has none (MS-ASEMAIL 2.2.2.16). Sorted: flags have no order. */
export function categoriesElement(flags: MessageFlags): Element {
  const names = flags.flatMap((it) => categoryName(it) ?? []).toSorted();
  return element(
    'Email:Categories',
    names.slice(0, CATEGORIES_LIMIT).map((it) => element('Email:Category', it)),
  );
}

/** What makes a message with `current` flags have just these categories. */
export function replaceCategories(
  current: MessageFlags,
  names: readonly string[],
): { add: string[]; remove: string[] } {
  const wanted = new Map(names.flatMap((it) => categoryKeyword(it) ?? []).map((it) => [it.toLowerCase(), it]));
  const has = new Map(current.filter((it) => categoryName(it) !== undefined).map((it) => [it.toLowerCase(), it]));
  return {
    add: [...wanted].filter(([key]) => !has.has(key)).map(([, it]) => it),
    remove: [...has].filter(([key]) => !wanted.has(key)).map(([, it]) => it),
  };
}
