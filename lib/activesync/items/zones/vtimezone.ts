/** VTIMEZONE components (RFC 5545 section 3.6.5) for events that devices make: from a zone's offsets, or a device's rules. */
import { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { escapeText } from '../content-lines/text-values.ts';
import { type Change, changesOf, type Offsets, ruleOfChange, type YearlyRule, type ZoneRules } from './time-zone.ts';

/** Years ahead: a zone whose changes follow no rule is written out that far. */
const YEARS = 20;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LAST_WEEK = 5;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;

/** Right from the beginning of `year` on. */
export function zoneComponent(tzid: string, offsets: Offsets, year: number): Component {
  const start = Date.UTC(year, 0, 1) - DAY_MS;
  const observances = [observance(offsets(start), offsets(start), start + offsets(start) * MINUTE_MS, false)];
  const years = Array.from({ length: YEARS }, (_, index) => changesOf(offsets, year + index));
  const regular = regularFrom(years);
  // One by one, though RDATE could hold them: not every reader of a VTIMEZONE looks at it.
  for (const change of years.slice(0, regular).flat()) {
    observances.push(observance(change.before, change.after, localOf(change), change.after > change.before));
  }
  for (const change of years[regular] ?? []) {
    observances.push(
      observance(change.before, change.after, localOf(change), change.after > change.before, ruleOfChange(change)),
    );
  }
  return component(tzid, observances);
}

/** Of a blob whose rules no known zone has. */
export function zoneComponentOfRules(tzid: string, { standardOffset, daylight }: ZoneRules, year: number): Component {
  if (!daylight) return component(tzid, [observance(standardOffset, standardOffset, Date.UTC(year - 1, 0, 1), false)]);
  const { offset, begins, ends } = daylight;
  return component(tzid, [
    observance(offset, standardOffset, onsetIn(year - 1, ends), false, ends),
    observance(standardOffset, offset, onsetIn(year - 1, begins), true, begins),
  ]);
}

const localOf = ({ atMs, before }: Change): number => atMs + before * MINUTE_MS;

/** The index of the first year from which on every year changes by the same rules; past the end if there is none. */
function regularFrom(years: readonly (readonly Change[])[]): number {
  const signature = (changes: readonly Change[]) =>
    JSON.stringify(changes.map((it) => [it.before, it.after, ruleOfChange(it)]));
  const last = years.at(-1) ?? [];
  if (last.length > 2) return years.length;
  const wanted = signature(last);
  let from = years.length;
  while (from > 0 && signature(years[from - 1] as readonly Change[]) === wanted) from--;
  // One rule seen in one or two years may be chance.
  return years.length - from < 3 ? years.length : from;
}

function onsetIn(year: number, { month, weekday, week, timeMs }: YearlyRule): number {
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const first = 1 + ((weekday - firstWeekday + 7) % 7);
  const last = first + 7 * Math.floor((days - first) / 7);
  return Date.UTC(year, month - 1, week === LAST_WEEK ? last : Math.min(last, first + 7 * (week - 1))) + timeMs;
}

function observance(from: number, to: number, startMs: number, isDaylight: boolean, rule?: YearlyRule): Component {
  const week = rule && (rule.week === LAST_WEEK ? -1 : rule.week);
  return new Component(isDaylight ? 'DAYLIGHT' : 'STANDARD', [
    ContentLine.of('DTSTART', localDateTime(startMs)),
    ...(rule
      ? [ContentLine.of('RRULE', `FREQ=YEARLY;BYMONTH=${rule.month};BYDAY=${week}${WEEKDAYS[rule.weekday]}`)]
      : []),
    ContentLine.of('TZOFFSETFROM', utcOffset(from)),
    ContentLine.of('TZOFFSETTO', utcOffset(to)),
  ]);
}

const component = (tzid: string, observances: readonly Component[]): Component =>
  new Component('VTIMEZONE', [ContentLine.of('TZID', escapeText(tzid)), ...observances]);

/** `20260301T080000` */
export const localDateTime = (localMs: number): string =>
  new Date(localMs).toISOString().replace(/[-:]|\.\d{3}Z$/g, '');

function utcOffset(minutes: number): string {
  const two = (it: number) => String(it).padStart(2, '0');
  const total = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(total / 60))}${two(total % 60)}`;
}
