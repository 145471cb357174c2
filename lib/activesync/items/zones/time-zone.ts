/**
 * The TimeZone structure (MS-ASDTYPE 2.7.6): 172 bytes, base64: a bias and the rules of the change to and from daylight time,
 * found by looking at a zone's offsets through a year, whoever knows them.
 */
import { xmlText } from '../xml-text.ts';

const SIZE_BYTES = 172;
const NAME_CHARACTERS = 32;
const STANDARD_NAME_AT = 4;
const STANDARD_DATE_AT = 68;
const STANDARD_BIAS_AT = 84;
const DAYLIGHT_NAME_AT = 88;
const DAYLIGHT_DATE_AT = 152;
const DAYLIGHT_BIAS_AT = 168;

const LAST_WEEK = 5;
/** Minutes: Kiribati is 14 hours ahead. */
const OFFSET_LIMIT = 16 * 60;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Minutes east of UTC at a moment (milliseconds since 1970). */
export type Offsets = (epochMs: number) => number;

export const UTC_OFFSETS: Offsets = () => 0;

/** When a zone's offset changes, and how. */
export interface Change {
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

/** All changes of a year, in order. */
export function changesOf(offsets: Offsets, year: number): readonly Change[] {
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

/** The n-th such weekday of a month, 5 for the last; `timeMs` is of the day, in the time before the change. */
export interface YearlyRule {
  readonly month: number;
  readonly weekday: number;
  readonly week: number;
  readonly timeMs: number;
}

export function ruleOfChange({ atMs, before }: Change): YearlyRule {
  const local = new Date(atMs + before * MINUTE_MS);
  const day = local.getUTCDate();
  const daysInMonth = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
  return {
    month: local.getUTCMonth() + 1,
    weekday: local.getUTCDay(),
    week: day + 7 > daysInMonth ? LAST_WEEK : Math.ceil(day / 7),
    timeMs: local.getTime() % DAY_MS,
  };
}

/** SYSTEMTIME as a rule: year 0, and the day is the week. */
function writeDate(blob: Buffer, at: number, change: Change): void {
  const { month, weekday, week, timeMs } = ruleOfChange(change);
  blob.writeUInt16LE(month, at + 2);
  blob.writeUInt16LE(weekday, at + 4);
  blob.writeUInt16LE(week, at + 6);
  blob.writeUInt16LE(Math.floor(timeMs / HOUR_MS), at + 8);
  blob.writeUInt16LE(Math.floor(timeMs / MINUTE_MS) % 60, at + 10);
}

/** What a blob says. Offsets are minutes east of UTC. */
export interface ZoneRules {
  /** '' if it has none. */
  readonly name: string;
  readonly standardOffset: number;
  /** Undefined: there is no daylight time. */
  readonly daylight: { readonly offset: number; readonly begins: YearlyRule; readonly ends: YearlyRule } | undefined;
}

/** Undefined for what is no such structure, and for offsets that no place on earth has. */
export function readTimeZoneBlob(text: string): ZoneRules | undefined {
  const blob = Buffer.from(text, 'base64');
  if (blob.length < SIZE_BYTES) return undefined;
  const bias = blob.readInt32LE(0);
  const ends = readDate(blob, STANDARD_DATE_AT);
  const begins = readDate(blob, DAYLIGHT_DATE_AT);
  const isRule = begins !== undefined && ends !== undefined;
  const standardOffset = -(bias + (isRule ? blob.readInt32LE(STANDARD_BIAS_AT) : 0));
  const daylightOffset = -(bias + blob.readInt32LE(DAYLIGHT_BIAS_AT));
  if (Math.abs(standardOffset) > OFFSET_LIMIT || (isRule && Math.abs(daylightOffset) > OFFSET_LIMIT)) return undefined;
  return {
    name: readName(blob, STANDARD_NAME_AT) || readName(blob, DAYLIGHT_NAME_AT),
    standardOffset,
    daylight: isRule && daylightOffset !== standardOffset ? { offset: daylightOffset, begins, ends } : undefined,
  };
}

function readName(blob: Buffer, at: number): string {
  const name = blob.toString('utf16le', at, at + 2 * NAME_CHARACTERS);
  const end = name.indexOf('\0');
  return xmlText(end < 0 ? name : name.slice(0, end)).trim();
}

/** A date of one year alone, as some devices write them, is taken for a rule. Undefined: none, or none that there is. */
function readDate(blob: Buffer, at: number): YearlyRule | undefined {
  const field = (index: number) => blob.readUInt16LE(at + 2 * index);
  const [year, month, hour, minute, second] = [field(0), field(1), field(4), field(5), field(6)];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const timeMs = hour * HOUR_MS + minute * MINUTE_MS + second * 1_000;
  if (year !== 0) return ruleOfChange({ atMs: Date.UTC(year, month - 1, field(3)) + timeMs, before: 0, after: 0 });
  const [weekday, week] = [field(2), field(3)];
  return weekday > 6 || week < 1 || week > LAST_WEEK ? undefined : { month, weekday, week, timeMs };
}
