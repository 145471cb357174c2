/** TEXT and structured values of iCalendar and vCard (RFC 5545 section 3.3.11, RFC 6350 section 3.4): escapes and separators. */

const ESCAPED = /\\([\s\S])/g;

export const unescapeText = (value: string): string =>
  value.includes('\\') ? value.replace(ESCAPED, (_whole, it: string) => (it === 'n' || it === 'N' ? '\n' : it)) : value;

/** Line breaks of all kinds become `\n`. */
export const escapeText = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n');

/** At each separator that is not escaped; pieces are still escaped. */
export function splitValue(value: string, separator: ';' | ','): string[] {
  if (!value.includes('\\')) return value.split(separator);
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value[at] === separator) {
      pieces.push(value.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(value.slice(start));
  return pieces;
}

/** The texts of a comma-separated list; empty ones are left out. */
export const textList = (value: string): string[] =>
  splitValue(value, ',')
    .map((it) => unescapeText(it).trim())
    .filter((it) => it !== '');
