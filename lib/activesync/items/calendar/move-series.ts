/** What goes with a series that is at another time of the day: its end, the occurrences that are off, those that differ. */
import { readWhen, setTime, type When, whenOf, whensOf, writtenLike } from '../icalendar/times.ts';
import { readRule } from '../recurrence/rule.ts';
import type { ResourceContext } from '../resource-codec.ts';
import { toInstant, toLocal } from '../zones/local-time.ts';
import { localDateTime } from '../zones/vtimezone.ts';
import { type Event, type EventTimes, requiredTimes, timesOf } from './event.ts';

const DAY_MS = 86_400_000;
const dayOf = (localMs: number): number => Math.floor(localMs / DAY_MS) * DAY_MS;

/** The moment of an occurrence that was at `epochMs`: it keeps its day. */
function mover(before: EventTimes, now: EventTimes): (epochMs: number) => number {
  const timeOfDay = now.start.localMs - dayOf(now.start.localMs);
  return (epochMs) => toInstant(dayOf(toLocal(epochMs, before.zone.offsets)) + timeOfDay, now.zone.offsets);
}

/** An end at the time of the last occurrence is still that; one that is later on its day stays. */
export function moveUntil(series: Event, before: EventTimes, context: ResourceContext): void {
  const { component, file } = series;
  const line = component.line('RRULE');
  const until = line && readRule(line.value)?.until;
  const when = until === undefined ? undefined : readWhen(until, undefined, file, before.zone);
  if (!line || !when) return;
  const now = requiredTimes(series, context);
  const lastMs = toLocal(when.epochMs, before.zone.offsets);
  const isAtStart = lastMs - dayOf(lastMs) === before.start.localMs - dayOf(before.start.localMs);
  const isOtherKind = when.isDate !== now.isAllDay;
  if (!isOtherKind && (when.isDate || !isAtStart)) return;
  const value = now.isAllDay
    ? localDateTime(dayOf(lastMs)).slice(0, 8)
    : `${localDateTime(mover(before, now)(when.epochMs))}Z`;
  component.put(line.with(line.value.replace(/UNTIL=[^;]*/i, `UNTIL=${value}`)), line);
}

/** Else what is off would come back, and what differs would be there twice. */
export function moveExceptions(series: Event, before: EventTimes, context: ResourceContext): void {
  const { component, file } = series;
  const now = requiredTimes(series, context);
  const moved = mover(before, now);
  const written = (it: When) => writtenLike(moved(it.epochMs), now.start);
  for (const line of component.lines('EXDATE')) {
    const off = whensOf(line, file, before.zone).map(written);
    if (off[0]) component.put(line.with(off.map((it) => it.value).join(','), off[0].parameters), line);
  }
  for (const override of file.overrides) {
    const id = whenOf(override.line('RECURRENCE-ID'), file, before.zone);
    if (!id) continue;
    const own = timesOf({ file, component: override }, context);
    setTime(override, 'RECURRENCE-ID', written(id));
    if (own?.start.epochMs !== id.epochMs) continue;
    const lengthMs = own.endMs - own.start.epochMs;
    const isUsual = lengthMs === before.endMs - before.start.epochMs;
    setTime(override, 'DTSTART', written(id));
    override.set('DURATION', undefined);
    const endMs = moved(id.epochMs) + (isUsual ? now.endMs - now.start.epochMs : lengthMs);
    setTime(override, 'DTEND', writtenLike(endMs, now.start));
  }
}
