/** What a Search looks at in a resource: the words that a person reads in it, and when it came to be. */
import { Component, readFile } from './content-lines/component.ts';
import { ContentLine } from './content-lines/content-line.ts';

export interface ResourceWords {
  /** In lower case, everything that a device shows as text. */
  readonly text: string;
  /** Milliseconds since 1970; undefined where the resource does not say. */
  readonly createdMs: number | undefined;
}

const READ: ReadonlySet<string> = new Set(
  [
    'SUMMARY DESCRIPTION LOCATION COMMENT CATEGORIES ORGANIZER ATTENDEE CONTACT',
    'FN N NICKNAME ORG TITLE ROLE EMAIL TEL ADR NOTE URL IMPP',
  ].flatMap((names) => names.split(' ')),
);
/** The first that is there: when it was made (RFC 5545 3.8.7.1, RFC 9554 3.2), or what comes next to it. */
const DATES = ['CREATED', 'DTSTAMP', 'LAST-MODIFIED', 'REV'];
const UTC = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})?)?/i;

/** Throws ItemError. */
export function resourceWords(source: string): ResourceWords {
  const words: string[] = [];
  const dates = new Map<string, string>();
  const walk = (component: Component): void => {
    for (const entry of component.entries) {
      if (entry instanceof Component) {
        if (!/^V(?:TIMEZONE|ALARM)$/.test(entry.name)) walk(entry);
      } else if (READ.has(entry.name)) words.push(wordsOf(entry));
      else if (DATES.includes(entry.name) && !dates.has(entry.name)) dates.set(entry.name, entry.value);
    }
  };
  walk(readFile(source));
  const date = DATES.map((it) => dates.get(it)).find((it) => it !== undefined);
  return { text: words.join('\n').toLowerCase(), createdMs: date === undefined ? undefined : epochOf(date) };
}

/** A person's name stands beside the address. */
function wordsOf(line: ContentLine): string {
  const name = line.parameter('CN');
  const text = line.text.replace(/^mailto:/i, '');
  return name === undefined ? text : `${name} ${text}`;
}

function epochOf(value: string): number | undefined {
  const match = UTC.exec(value.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((it) => Number(it ?? 0));
  return Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
}
