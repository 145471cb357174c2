/** The text of a note in a message and in a VJOURNAL (RFC 5545): HTML as Apple's programs keep it, and plain lines. */
import { convert } from 'html-to-text';

const NO_BREAK_SPACE = /\u00a0/g;
const LAST_BREAK = /(?<=>)\s*<br[^>]{0,100}>\s*(<\/(?:div|p|li)>)/gi;

/** A line a block. What is put in comes back from `textOfHtml` to the letter, but for lines of blanks alone, which come back empty. */
export function htmlOfText(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `<div>${line === '' ? '<br>' : escapeHtml(line)}</div>`);
  return `<html><head></head><body>${lines.join('')}</body></html>`;
}

export function textOfHtml(html: string): string {
  // A break before the end of a block shows only where the block is empty.
  const text = convert(html.replace(LAST_BREAK, '&nbsp;$1'), {
    wordwrap: false,
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

/** Blanks that HTML would run together are kept apart. */
const escapeHtml = (line: string): string =>
  line
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\t', '    ')
    .replace(/ {2,}|^ | $/g, (blanks) => '&nbsp;'.repeat(blanks.length));
