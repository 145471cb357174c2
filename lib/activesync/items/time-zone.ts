/**
 * The TimeZone structure (MS-ASDTYPE 2.7.6): 172 bytes, base64: a bias and the rules of the change to and from daylight time,
 * found by looking at a zone's offsets through a year, whoever knows them.
 */

const SIZE_BYTES = 172;
const NAME_CHARACTERS = 32;
const STANDARD_NAME_AT = 4;
const STANDARD_DATE_AT = 68;
const STANDARD_BIAS_AT = 84;
const DAYLIGHT_NAME_AT = 88;
const DAYLIGHT_DATE_AT = 152;
const DAYLIGHT_BIAS_AT = 168;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Minutes east of UTC at a moment (milliseconds since 1970). */
export type Offsets = (epochMs: number) => number;

export const UTC_OFFSETS: Offsets = () => 0;

interface Change {
  readonly atMs: number;
  readonly before: number;
  readonly after: number;
}

/** `name` is for people; the zone's rules are those of `year`. */
export function timeZoneBlob(offsets: Offsets, year: number, name: string): string {
  const blob = Buffer.alloc(SIZE_BYTES);
  const changes = changesOf(offsets, year);
  const toDaylight = changes.find((it) => it.after > it.before);
  const toStandard = changes.find((it) => it.after < it.before);
  const isRule = changes.length === 2 && toDaylight && toStandard;
  const standard = isRule ? toStandard.after : offsets(Date.UTC(year, 0, 1));
  blob.writeInt32LE(-standard, 0);
  writeName(blob, STANDARD_NAME_AT, name);
  writeName(blob, DAYLIGHT_NAME_AT, name);
  if (!isRule) return blob.toString('base64');
  writeDate(blob, STANDARD_DATE_AT, toStandard);
  blob.writeInt32LE(0, STANDARD_BIAS_AT);
  writeDate(blob, DAYLIGHT_DATE_AT, toDaylight);
  blob.writeInt32LE(standard - toDaylight.after, DAYLIGHT_BIAS_AT);
  return blob.toString('base64');
}

function changesOf(offsets: Offsets, year: number): readonly Change[] {
  const changes: Change[] = [];
  const end = Date.UTC(year + 1, 0, 1);
  let before = offsets(Date.UTC(year, 0, 1));
  for (let day = Date.UTC(year, 0, 1); day < end; day += DAY_MS) {
    const after = offsets(day + DAY_MS);
    if (after !== before) changes.push({ atMs: firstMoment(offsets, day, day + DAY_MS, before), before, after });
    before = after;
  }
  return changes;
}

/** By halves, to the minute. */
function firstMoment(offsets: Offsets, fromMs: number, toMs: number, before: number): number {
  let low = fromMs;
  let high = toMs;
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsets(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function writeName(blob: Buffer, at: number, name: string): void {
  blob.write(name.slice(0, NAME_CHARACTERS - 1), at, 'utf16le');
}

/** SYSTEMTIME as a rule: year 0, the n-th such weekday of the month, 5 for the last; in the time before the change. */
function writeDate(blob: Buffer, at: number, { atMs, before }: Change): void {
  const local = new Date(atMs + before * MINUTE_MS);
  const day = local.getUTCDate();
  const daysInMonth = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
  const isLast = day + 7 > daysInMonth;
  blob.writeUInt16LE(local.getUTCMonth() + 1, at + 2);
  blob.writeUInt16LE(local.getUTCDay(), at + 4);
  blob.writeUInt16LE(isLast ? 5 : Math.ceil(day / 7), at + 6);
  blob.writeUInt16LE(local.getUTCHours(), at + 8);
  blob.writeUInt16LE(local.getUTCMinutes(), at + 10);
}
