/** Dates as the Email class writes and reads them; the forms themselves are the protocol's (MS-ASDTYPE 2.3). */
import {
  type Element,
  formatCompact,
  formatDashed,
  MalformedValue,
  parseTimestamp,
  type TagName,
  text,
} from '../protocol/index.ts';

const EARLIEST = Date.UTC(1601, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** No date at all becomes 1970; one out of bounds the nearest bound. */
function bounded(date: Date): number {
  const time = date.getTime();
  return Number.isNaN(time) ? 0 : Math.min(LATEST, Math.max(EARLIEST, time));
}

/** `2026-03-01T08:00:00.000Z` */
export const dateTime = (date: Date): string => formatDashed(bounded(date));

/** `20260301T080000Z` */
export const compactDateTime = (date: Date): string => formatCompact(bounded(date));

/** A child's date in either form; undefined if absent or empty. Throws MalformedValue. */
export function dateChild(parent: Element | undefined, tag: TagName): Date | undefined {
  const value = text(parent, tag)?.trim();
  if (!value) return undefined;
  const time = parseTimestamp(value);
  if (time === undefined) throw new MalformedValue(tag, value, 'a date such as 2026-03-01T08:00:00.000Z');
  return new Date(time);
}
