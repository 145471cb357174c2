/**
 * The part of the Keyword Query Language that people type and devices build (MS-KQL): words, "phrases", prefixes*,
 * property restrictions such as `from:ada` and `received>=2026-01-01`, all of which must match.
 */
import type { SearchQuery } from '../../backends/index.ts';

const DAY_MS = 86_400_000;

/** A property with its operator and value, a phrase, or a word. Parentheses only group. */
const TOKEN = /([A-Za-z]+)\s*(:|>=|<=|>|<|=)\s*("[^"]*"|[^\s()"]+)|"([^"]*)"|([^\s()"]+)/g;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Undefined where the query wants what isn't a conjunction: OR, NOT, NEAR; or compares with what is no date. */
export function parseKeywordQuery(kql: string): SearchQuery | undefined {
  const query: Mutable<SearchQuery> = {};
  const words: string[] = [];
  for (const [, property, operator, quoted, phrase, word] of kql.matchAll(TOKEN)) {
    if (property !== undefined && operator !== undefined && quoted !== undefined) {
      const value = withoutStar(quoted.replaceAll('"', ''));
      if (!restrict(query, property.toLowerCase(), operator, value, words)) return undefined;
    } else if (phrase !== undefined) {
      words.push(phrase);
    } else if (word !== undefined) {
      if (/^(OR|NOT|NEAR|ONEAR|WORDS|XRANK)$/.test(word) || /^-\w/.test(word)) return undefined;
      if (word !== 'AND') words.push(withoutStar(word));
    }
  }
  const text = words.filter((it) => it.trim() !== '').join(' ');
  return text === '' ? query : { ...query, text };
}

/** False if it cannot be done. Properties that mail systems don't search are searched for as words. */
function restrict(
  query: Mutable<SearchQuery>,
  property: string,
  operator: string,
  value: string,
  words: string[],
): boolean {
  switch (property) {
    case 'subject':
      query.subject = joined(query.subject, value);
      return true;
    case 'from':
    case 'sender':
      query.from = joined(query.from, value);
      return true;
    case 'to':
    case 'recipients':
    case 'participants':
      query.to = joined(query.to, value);
      return true;
    case 'isread':
    case 'read':
      query.unread = !isTrue(value);
      return true;
    case 'isflagged':
      query.flagged = isTrue(value);
      return true;
    case 'kind':
    case 'itemclass':
      return true;
    case 'received':
    case 'sent':
      return restrictDate(query, operator, value);
    default:
      words.push(value);
      return true;
  }
}

function restrictDate(query: Mutable<SearchQuery>, operator: string, value: string): boolean {
  const [, from, to] = /^(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?$/.exec(value) ?? [];
  const start = Date.parse(`${from}T00:00:00Z`);
  const end = Date.parse(`${to ?? from}T00:00:00Z`) + DAY_MS;
  if (Number.isNaN(start) || Number.isNaN(end)) return false;
  if (operator === '>=' || operator === ':' || operator === '=') query.after = new Date(start);
  if (operator === '>') query.after = new Date(end);
  if (operator === '<=' || operator === ':' || operator === '=') query.before = new Date(end);
  if (operator === '<') query.before = new Date(start);
  return true;
}

const joined = (first: string | undefined, second: string): string => (first ? `${first} ${second}` : second);
/** No pattern: it would take the square of so many stars. */
function withoutStar(word: string): string {
  let end = word.length;
  while (word.endsWith('*', end)) end--;
  return word.slice(0, end);
}
const isTrue = (value: string): boolean => /^(true|yes|1)$/i.test(value);
