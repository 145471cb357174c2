/**
 * Time zones by every name that calendars and devices have for them. Keeps what it found out: asking the platform for an offset
 * is slow, and a calendar asks thousands of times. One is made for one request.
 */
import ICAL from 'ical.js';
import type { Component } from '../content-lines/component.ts';
import {
  type Change,
  changesOf,
  type Offsets,
  readTimeZoneBlob,
  timeZoneBlob,
  UTC_OFFSETS,
  type ZoneRules,
} from './time-zone.ts';
import { zoneComponent, zoneComponentOfRules } from './vtimezone.ts';
import { WINDOWS_ZONES } from './windows-zones.ts';
import { offsetsOfComponent, offsetsOfName } from './zone-offsets.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Shorter than any time between two changes that a zone ever had in our days. */
const PROBE_DAYS = 10;

/** Tried first where a device's rules fit many zones. */
const COMMON_ZONES = [
  'Europe/Berlin',
  'Europe/London',
  'Europe/Athens',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Asia/Dubai',
  'Australia/Sydney',
];

export interface Zone {
  /** As TZID has it, and people read it. */
  readonly name: string;
  readonly offsets: Offsets;
  /** What a device said, where no known zone is like it. */
  readonly rules?: ZoneRules;
}

export const UTC_ZONE: Zone = { name: 'UTC', offsets: UTC_OFFSETS };

export class Zones {
  readonly #named = new Map<string, Zone | undefined>();
  readonly #blobs = new Map<string, string>();
  readonly #guesses = new Map<string, Zone | undefined>();
  readonly #written = new Map<string, Component>();
  readonly #components = new WeakMap<Component, Zone | undefined>();

  /** By an IANA or Windows name, exactly or nearly so. */
  named(name: string): Zone | undefined {
    if (this.#named.has(name)) return this.#named.get(name);
    const offsets = /^(?:Etc\/)?(?:UTC|GMT|Zulu)$/i.test(name) ? UTC_OFFSETS : offsetsOfName(name);
    const zone = offsets && { name, offsets: offsets === UTC_OFFSETS ? offsets : tabulated(offsets) };
    this.#named.set(name, zone);
    return zone;
  }

  /** What a TZID means among these VTIMEZONEs: the zone of that name where there is one, since everybody takes it so. */
  inCalendar(tzid: string, components: readonly Component[]): Zone | undefined {
    const own = components.find((it) => it.text('TZID') === tzid);
    if (own && !/^[A-Z][A-Za-z_]+\/[A-Za-z_/+-]+$/.test(tzid)) return this.#ofComponent(own, tzid) ?? this.named(tzid);
    return this.named(tzid) ?? (own && this.#ofComponent(own, tzid));
  }

  #ofComponent(component: Component, name: string): Zone | undefined {
    if (!this.#components.has(component)) this.#components.set(component, zoneOf(component, name));
    return this.#components.get(component);
  }

  /** The Timezone of a device, for the year of `epochMs`. */
  blob({ name, offsets }: Zone, epochMs: number): string {
    const year = new Date(epochMs).getUTCFullYear();
    const key = `${year} ${name}`;
    const made = this.#blobs.get(key) ?? timeZoneBlob(offsets, year, name);
    this.#blobs.set(key, made);
    return made;
  }

  /**
   * The zone that a device's Timezone means, for events of about `epochMs`: one with that name, else `preferred`, else any, whose
   * offsets are the same that year; else one of its own. Undefined for nonsense.
   */
  ofBlob(blob: string, epochMs: number, preferred: Zone | undefined): Zone | undefined {
    const year = new Date(epochMs).getUTCFullYear();
    const key = `${year} ${preferred?.name ?? ''} ${blob}`;
    if (!this.#guesses.has(key)) this.#guesses.set(key, this.#guess(blob, year, preferred));
    return this.#guesses.get(key);
  }

  #guess(blob: string, year: number, preferred: Zone | undefined): Zone | undefined {
    const rules = readTimeZoneBlob(blob);
    if (!rules) return undefined;
    const own = zoneOf(zoneComponentOfRules('device', rules, year), ownName(rules));
    if (!own) return undefined;
    const isLike = likeness(own.offsets, rules, year);
    for (const zone of [this.#byName(rules.name), preferred]) if (zone && isLike(zone.offsets)) return zone;
    if (!rules.daylight && rules.standardOffset === 0) return UTC_ZONE;
    for (const name of candidates()) {
      const offsets = offsetsOfName(name);
      if (offsets && isLike(offsets)) return this.named(name);
    }
    return { ...own, rules };
  }

  /** Devices write `Europe/Berlin`, `W. Europe Standard Time` and `(UTC+01:00) Amsterdam, Berlin`. */
  #byName(name: string): Zone | undefined {
    const iana = WINDOWS_ZONES[name] ?? (name.includes('/') ? name : undefined);
    return iana === undefined ? undefined : this.named(iana);
  }

  /** To be written into the file of an event of about `epochMs`, and not to be changed. */
  component({ name, offsets, rules }: Zone, epochMs: number): Component {
    const year = new Date(epochMs).getUTCFullYear();
    if (rules) return zoneComponentOfRules(name, rules, year);
    const key = `${year} ${name}`;
    const made = this.#written.get(key) ?? zoneComponent(name, offsets, year);
    this.#written.set(key, made);
    return made;
  }
}

/** A zone that is like none of them has rules enough of its own. */
const candidates = (): ReadonlySet<string> => new Set([...COMMON_ZONES, ...Object.values(WINDOWS_ZONES)]);

function ownName(rules: ZoneRules): string {
  const total = Math.abs(rules.standardOffset);
  const offset = `UTC${rules.standardOffset < 0 ? '-' : '+'}${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
  return rules.name === '' ? offset : `${rules.name} (${offset})`;
}

function zoneOf(component: Component, name: string): Zone | undefined {
  try {
    const offsets = offsetsOfComponent(new ICAL.Component(ICAL.parse(component.write('\r\n')) as unknown[]));
    return offsets && { name, offsets };
  } catch {
    return undefined;
  }
}

/** Looks at every month, and closely at the changes. */
function likeness(own: Offsets, rules: ZoneRules, year: number): (offsets: Offsets) => boolean {
  const moments = [0, 6, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11].map((month) => Date.UTC(year, month, 15));
  const changes = rules.daylight ? changesOf(own, year) : [];
  for (const { atMs } of changes) moments.push(atMs - HOUR_MS, atMs + HOUR_MS);
  return (offsets) => moments.every((at) => offsets(at) === own(at));
}

/** Offsets of one year. */
interface YearTable {
  readonly startMs: number;
  readonly endMs: number;
  readonly first: number;
  readonly changes: readonly Change[];
}

/** The same offsets, of which each year is asked for once. */
function tabulated(offsets: Offsets): Offsets {
  const years = new Map<number, YearTable>();
  const tableOf = (epochMs: number): YearTable => {
    const year = new Date(epochMs).getUTCFullYear();
    const known = years.get(year);
    if (known) return known;
    const [startMs, endMs] = [Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1)];
    const table = { startMs, endMs, first: offsets(startMs), changes: changesOf(coarsely(offsets, year), year) };
    years.set(year, table);
    return table;
  };
  // Whoever looks for changes asks for a year day by day.
  let last: YearTable | undefined;
  return (epochMs) => {
    if (!last || epochMs < last.startMs || epochMs >= last.endMs) last = tableOf(epochMs);
    let offset = last.first;
    for (const it of last.changes) if (it.atMs <= epochMs) offset = it.after;
    return offset;
  };
}

/** Between two probes that agree there is no change: the platform need not be asked. */
function coarsely(offsets: Offsets, year: number): Offsets {
  const start = Date.UTC(year, 0, 1);
  const step = PROBE_DAYS * DAY_MS;
  const probes = Array.from({ length: Math.ceil(368 / PROBE_DAYS) + 1 }, (_, index) => offsets(start + index * step));
  return (epochMs) => {
    const index = Math.floor((epochMs - start) / step);
    const [left, right] = [probes[index], probes[index + 1]];
    return left !== undefined && left === right ? left : offsets(epochMs);
  };
}
