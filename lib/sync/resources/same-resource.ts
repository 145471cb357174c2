/** Do two texts say the same, but for when they were written? */

/** Properties that tell of the writing, not of what is written (RFC 5545 3.8.7, RFC 6350 6.7). */
const STAMPS = /^(?:DTSTAMP|LAST-MODIFIED|SEQUENCE|REV|PRODID)[;:]/i;

export function isSameResource(one: string, other: string): boolean {
  return one === other || essence(one) === essence(other);
}

function essence(text: string): string {
  const lines = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  return lines.filter((line) => line !== '' && !STAMPS.test(line)).join('\n');
}
