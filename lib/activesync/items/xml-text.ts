/** What text may go into a document: XML 1.0 section 2.2 forbids most control characters, half surrogates and U+FFFE/F. */

// oxlint-disable-next-line no-control-regex -- they are what this is about
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const ALL_FORBIDDEN = new RegExp(FORBIDDEN.source, 'g');

/** The text without the characters that XML forbids. */
export function xmlText(text: string): string {
  const clean = FORBIDDEN.test(text) ? text.replace(ALL_FORBIDDEN, '') : text;
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}

/** What is a line already, as nearly all are: words of ASCII with single spaces between them. */
const PLAIN_LINE = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** One line: runs of white space become one space. For headers, names and previews. */
export const oneLine = (text: string): string =>
  PLAIN_LINE.test(text) ? text : xmlText(text).replace(/\s+/g, ' ').trim();

/** The longest beginning of `text` that is at most `limit` UTF-16 units long and cuts no character. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}
