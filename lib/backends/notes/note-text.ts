/** The text of a note in a message and in a VJOURNAL (RFC 5545): HTML as Apple's programs keep it, and plain lines. */
import { convert } from 'html-to-text';
import { BackendError } from '../errors.ts';

/** Laying out costs some 60 microseconds a tag, and a server does nothing else meanwhile. */
const TAGS_LIMIT = 20_000;
/** Lines that `htmlOfText` makes no more tags of than that. */
const LINES_LIMIT = 6_000;
/** What is nested deeper than this is abuse, and not shown. */
const DEPTH_LIMIT = 200;

const NO_BREAK_SPACE = /\u00a0/g;
const LAST_BREAK = /(?<=>)\s*<br[^>]{0,100}>\s*(<\/(?:div|p|li)>)/gi;

/** A line a block. What is put in comes back from `textOfHtml` to the letter, but for lines of blanks alone, which come back empty. */
export function htmlOfText(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `<div>${line === '' ? '<br>' : escapeHtml(line)}</div>`);
  return `<html><head></head><body>${lines.join('')}</body></html>`;
}

/** Whether a text is short enough to be kept as HTML, of which it must be read again. */
export const fitsInHtml = (text: string): boolean => countAtMost(text, '\n', LINES_LIMIT) < LINES_LIMIT;

/** The same HTML. Throws BackendError('rejected') for more of it than anybody writes. */
export function readable(html: string): string {
  if (countAtMost(html, '<', TAGS_LIMIT) < TAGS_LIMIT) return html;
  throw new BackendError('rejected', 'the note cannot be kept', { why: `its HTML has ${TAGS_LIMIT} tags or more` });
}

/** Throws BackendError('rejected') for HTML that is not readable. */
export function textOfHtml(html: string): string {
  // A break before the end of a block shows only where the block is empty.
  const text = convert(readable(html).replace(LAST_BREAK, '&nbsp;$1'), {
    wordwrap: false,
    limits: { maxDepth: DEPTH_LIMIT },
    selectors: [
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: true } },
      { selector: 'img', format: 'skip' },
      { selector: 'p', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  });
  return text
    .split('\n')
    .map((line) => line.replace(NO_BREAK_SPACE, ' '))
    .map((line) => (line.trim() === '' ? '' : line))
    .join('\n');
}

function countAtMost(text: string, sought: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(sought); at >= 0 && count < most; at = text.indexOf(sought, at + 1)) count++;
  return count;
}

/** Blanks that HTML would run together are kept apart. */
const escapeHtml = (line: string): string =>
  line
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\t', '    ')
    .replace(/ {2,}|^ | $/g, (blanks) => '&nbsp;'.repeat(blanks.length));
