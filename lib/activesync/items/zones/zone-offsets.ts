/**
 * A zone's offsets from UTC: from the VTIMEZONE that an invitation carries, else by its name. The rules of a VTIMEZONE are
 * evaluated here, year by year: expanding them as they stand would let a message keep a server busy.
 */
import ICAL from 'ical.js';
import type { Offsets } from './time-zone.ts';
import { WINDOWS_ZONES } from './windows-zones.ts';

const OBSERVANCES_LIMIT = 100;
const RDATES_LIMIT = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Observance {
  /** Minutes east of UTC before and from the onset. */
  readonly from: number;
  readonly to: number;
  /** In local time before the onset, as if it were UTC. */
  readonly startMs: number;
  readonly untilMs: number;
  /** Undefined: the onset is the start alone. */
  readonly rule: { readonly month: number; readonly weekday: number; readonly week: number } | undefined;
}

/** Undefined if it has no observance that can be understood. */
export function offsetsOfComponent(zone: ICAL.Component): Offsets | undefined {
  const observances = zone.getAllSubcomponents().slice(0, OBSERVANCES_LIMIT).flatMap(readObservance);
  const [first] = observances.toSorted((a, b) => a.startMs - b.startMs);
  if (!first) return undefined;
  const years = new Map<number, readonly (readonly [number, number])[]>();
  const onsetsOf = (year: number) => {
    const known = years.get(year);
    if (known) return known;
    const onsets = observances.flatMap((it) => onset(it, year)).toSorted((a, b) => a[0] - b[0]);
    years.set(year, onsets);
    return onsets;
  };
  const singles = observances.filter((it) => !it.rule);
  return (epochMs) => {
    const year = new Date(epochMs).getUTCFullYear();
    let latest: readonly [number, number] = [Number.NEGATIVE_INFINITY, first.from];
    for (const it of singles) {
      const at = it.startMs - it.from * MINUTE_MS;
      if (at <= epochMs && at > latest[0]) latest = [at, it.to];
    }
    for (const [at, offset] of [...onsetsOf(year - 1), ...onsetsOf(year), ...onsetsOf(year + 1)]) {
      if (at <= epochMs && at > latest[0]) latest = [at, offset];
    }
    return latest[1];
  };
}

function onset(it: Observance, year: number): readonly (readonly [number, number])[] {
  if (!it.rule) return [];
  const start = new Date(it.startMs);
  const days = new Date(Date.UTC(year, it.rule.month, 0)).getUTCDate();
  const firstWeekday = new Date(Date.UTC(year, it.rule.month - 1, 1)).getUTCDay();
  const first = 1 + ((it.rule.weekday - firstWeekday + 7) % 7);
  const last = first + 7 * Math.floor((days - first) / 7);
  const day = it.rule.week > 0 ? Math.min(last, first + 7 * (it.rule.week - 1)) : last + 7 * (it.rule.week + 1);
  const localMs = Date.UTC(year, it.rule.month - 1, day) + (((it.startMs % DAY_MS) + DAY_MS) % DAY_MS);
  if (year < start.getUTCFullYear() || localMs - it.from * MINUTE_MS > it.untilMs) return [];
  return [[localMs - it.from * MINUTE_MS, it.to]];
}

function readObservance(it: ICAL.Component): readonly Observance[] {
  const from = offsetMinutes(it.getFirstPropertyValue('tzoffsetfrom'));
  const to = offsetMinutes(it.getFirstPropertyValue('tzoffsetto'));
  const start = it.getFirstPropertyValue('dtstart') as ICAL.Time | null;
  if (from === undefined || to === undefined || !start) return [];
  const startMs = Date.UTC(start.year, start.month - 1, start.day, start.hour, start.minute, start.second);
  const recur = it.getFirstPropertyValue('rrule') as ICAL.Recur | null;
  const until = recur?.until;
  const untilMs = until
    ? Date.UTC(until.year, until.month - 1, until.day, until.hour, until.minute)
    : Number.POSITIVE_INFINITY;
  if (Number.isNaN(startMs)) return [];
  const more = it
    .getAllProperties('rdate')
    .flatMap((property) => property.getValues() as unknown[])
    .filter((value): value is ICAL.Time => value instanceof ICAL.Time)
    .slice(0, RDATES_LIMIT)
    .map((at) => Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second));
  return [
    { from, to, startMs, untilMs, rule: recur ? ruleOf(recur, start) : undefined },
    ...more.map((at) => ({ from, to, startMs: at, untilMs, rule: undefined })),
  ];
}

const offsetMinutes = (value: unknown): number | undefined =>
  value instanceof ICAL.UtcOffset ? Math.round(value.toSeconds() / 60) : undefined;

/** `GMT+01:00`, and `GMT` alone. */
function namedOffset(text: string): number {
  const match = /([+-])(\d{2}):(\d{2})/.exec(text);
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
}

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

function ruleOf(recur: ICAL.Recur, start: ICAL.Time): Observance['rule'] {
  if (recur.freq !== 'YEARLY') return undefined;
  const [day] = recur.getComponent('BYDAY').map(String);
  const match = /^([+-]?\d)?(SU|MO|TU|WE|TH|FR|SA)$/.exec(day ?? '');
  const month = Number(recur.getComponent('BYMONTH')[0] ?? start.month);
  if (month < 1 || month > 12) return undefined;
  if (match) return { month, weekday: WEEKDAYS.indexOf(match[2] as string), week: Number(match[1] ?? 1) || 1 };
  const date = new Date(Date.UTC(start.year, start.month - 1, start.day));
  return { month, weekday: date.getUTCDay(), week: Math.ceil(start.day / 7) };
}

/** Names come from strangers' invitations. */
const NAME_LIMIT = 100;

/** By an IANA or Windows name; undefined for names that nobody knows. */
export function offsetsOfName(name: string): Offsets | undefined {
  // `/freeassociation.sourceforge.net/Europe/Berlin`, `(UTC+01:00) …`
  const iana =
    WINDOWS_ZONES[name.trim()] ??
    /[A-Z][A-Za-z_]+\/[A-Z][A-Za-z_/+-]+$/.exec(name.slice(-NAME_LIMIT))?.[0] ??
    name.trim();
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: iana, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  return (epochMs) => {
    const text = format.formatToParts(epochMs).find((it) => it.type === 'timeZoneName')?.value ?? '';
    return namedOffset(text);
  };
}
