/** Ranges of results, `m-n`, zero-based and inclusive (MS-ASCMD 2.2.3.143). */

export interface ResultRange {
  readonly first: number;
  readonly last: number;
}

/** R37071812: 0 ≤ m ≤ n ≤ 999. */
const FORM = /^\s*(\d{1,3})-(\d{1,3})\s*$/;

/** Undefined for what is no range. */
export function parseResultRange(text: string): ResultRange | undefined {
  const [, first, last] = FORM.exec(text) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last)) return undefined;
  return { first: Number(first), last: Number(last) };
}

/** `0-9` for ten results from the first; undefined for none. */
export const formatResultRange = (first: number, count: number): string | undefined =>
  count === 0 ? undefined : `${first}-${first + count - 1}`;
