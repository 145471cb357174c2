import { reasonOf } from '../platform/index.ts';

/** `line 2, column 11`: where a text that is no JSON stops being the beginning of one. */
export function endOfJson(text: string): string {
  let end = text.length;
  while (end > 0 && !isBeginning(text.slice(0, end))) end -= 1;
  const lines = text.slice(0, end).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

/** Whether a parser finds nothing wrong with it but that it ends. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (thrown) {
    const reason = reasonOf(thrown);
    return /Unexpected end|Unterminated/.test(reason) || reason.includes(`at position ${text.length} `);
  }
}
