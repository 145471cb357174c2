/** DATE and DATE-TIME values (RFC 5545 sections 3.3.4, 3.3.5): local times in their zones, and the moments that they are. */
import type { Component } from '../content-lines/component.ts';
import type { ContentLine } from '../content-lines/content-line.ts';
import { toInstant, toLocal } from '../zones/local-time.ts';
import { localDateTime } from '../zones/vtimezone.ts';
import { UTC_ZONE, type Zone } from '../zones/zones.ts';
import type { CalendarFile } from './calendar-file.ts';

const VALUE = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})?(?:\.\d+)?(Z)?)?$/i;

export interface When {
  /** A whole day. */
  readonly isDate: boolean;
  /** As if it were UTC. */
  readonly localMs: number;
  readonly zone: Zone;
  /** Without a zone of its own. */
  readonly isFloating: boolean;
  /** Milliseconds since 1970. */
  readonly epochMs: number;
}

/** Undefined for what is no date. `home`: of times without a zone. */
export function readWhen(value: string, tzid: string | undefined, file: CalendarFile, home: Zone): When | undefined {
  const match = VALUE.exec(value.trim());
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, utc] = match;
  const localMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  if (Number(month) < 1 || Number(month) > 12 || new Date(localMs).getUTCMonth() !== Number(month) - 1)
    return undefined;
  const isDate = hour === undefined;
  if (utc) return { isDate, localMs, zone: UTC_ZONE, isFloating: false, epochMs: localMs };
  const named = tzid && !isDate ? file.zoneNamed(tzid) : undefined;
  const zone = named ?? home;
  return { isDate, localMs, zone, isFloating: named === undefined, epochMs: toInstant(localMs, zone.offsets) };
}

export const whenOf = (line: ContentLine | undefined, file: CalendarFile, home: Zone): When | undefined =>
  line && readWhen(line.value, line.parameter('TZID'), file, home);

/** Of a line that may list several: EXDATE, RDATE. */
export const whensOf = (line: ContentLine, file: CalendarFile, home: Zone): readonly When[] =>
  line.value.split(',').flatMap((it) => readWhen(it.split('/')[0] ?? '', line.parameter('TZID'), file, home) ?? []);

/** How a property's value and its parameters are written. */
export interface WrittenTime {
  readonly value: string;
  readonly parameters: { readonly TZID: string | undefined; readonly VALUE: string | undefined };
}

export const writtenDate = (localMs: number): WrittenTime => ({
  value: localDateTime(localMs).slice(0, 8),
  parameters: { TZID: undefined, VALUE: 'DATE' },
});

/** `isFixed`: the moment counts more than the zone, where a local time comes twice. */
export function writtenTime(epochMs: number, zone: Zone, isFixed = true): WrittenTime {
  const localMs = toLocal(epochMs, zone.offsets);
  const isClear = !isFixed || toInstant(localMs, zone.offsets) === epochMs;
  return zone.name === UTC_ZONE.name || !isClear
    ? { value: `${localDateTime(epochMs)}Z`, parameters: { TZID: undefined, VALUE: undefined } }
    : { value: localDateTime(localMs), parameters: { TZID: zone.name, VALUE: undefined } };
}

/** In the form of `like`: a day, a time without zone, or one in its zone. */
export function writtenLike(epochMs: number, like: When): WrittenTime {
  if (like.isDate) return writtenDate(Math.round(toLocal(epochMs, like.zone.offsets) / DAY_MS) * DAY_MS);
  if (!like.isFloating) return writtenTime(epochMs, like.zone);
  return {
    value: localDateTime(toLocal(epochMs, like.zone.offsets)),
    parameters: { TZID: undefined, VALUE: undefined },
  };
}

const DAY_MS = 86_400_000;

export const setTime = (component: Component, name: string, { value, parameters }: WrittenTime): void =>
  component.set(name, value, parameters);

const DURATION = /^([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/i;

/** Milliseconds; undefined for what is no duration. */
export function durationMs(value: string): number | undefined {
  const match = DURATION.exec(value.trim());
  if (!match || /^[+-]?PT?$/i.test(value.trim())) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(2).map((it) => Number(it ?? 0));
  const total = ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
  return (match[1] === '-' ? -1 : 1) * total * 1_000;
}
