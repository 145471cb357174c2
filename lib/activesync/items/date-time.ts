/** Dates as the Email class writes them: dashed, in UTC, with milliseconds (MS-ASDTYPE 2.3); compact where Calendar wants so. */
import { type Element, MalformedValue, text } from '../protocol/index.ts';
import type { TagName } from '../protocol/index.ts';

const EARLIEST = Date.UTC(1601, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** `2026-03-01T08:00:00.000Z`; a date out of bounds is moved to the nearest bound. */
export function dateTime(date: Date): string {
  const time = date.getTime();
  return new Date(Number.isNaN(time) ? 0 : Math.min(LATEST, Math.max(EARLIEST, time))).toISOString();
}

/** `20260301T080000Z` */
export const compactDateTime = (date: Date): string => dateTime(date).replace(/[-:]|\.\d{3}/g, '');

/** A child's date in either form; undefined if absent or empty. Throws MalformedValue. */
export function dateChild(parent: Element | undefined, tag: TagName): Date | undefined {
  const value = text(parent, tag)?.trim();
  if (!value) return undefined;
  const match = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2})(?::?(\d{2})(?:\.(\d{1,3})\d*)?)?)?Z?$/.exec(value);
  const time = match
    ? Date.parse(
        `${match[1]}-${match[2]}-${match[3]}T${match[4] ?? '00'}:${match[5] ?? '00'}:${match[6] ?? '00'}.${(match[7] ?? '').padEnd(3, '0')}Z`,
      )
    : Number.NaN;
  if (Number.isNaN(time)) throw new MalformedValue(tag, value, 'a date such as 2026-03-01T08:00:00.000Z');
  return new Date(time);
}
