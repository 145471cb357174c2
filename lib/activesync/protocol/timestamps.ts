/** The two forms of dates: dashed everywhere (MS-ASDTYPE 2.3), compact in calendars and tasks (2.7.5). All in UTC. */

const DASHED = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:\.?(\d{3}))?Z?$/;

/** `2026-11-22T10:00:00.000Z`, from milliseconds since 1970, of the years 0 to 9999. */
export const formatDashed = (epochMs: number): string => new Date(epochMs).toISOString();

/** `20261122T100000Z`; milliseconds are dropped. */
export const formatCompact = (epochMs: number): string => formatDashed(epochMs).replace(/[-:]|\.\d{3}/g, '');

/**
 * Milliseconds since 1970 of either form, with or without milliseconds, which devices mix up; undefined for anything
 * else, and for days and times that do not exist.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = DASHED.exec(text) ?? COMPACT.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const epochMs = Date.parse(iso);
  return Number.isFinite(epochMs) && formatDashed(epochMs) === iso ? epochMs : undefined;
}
