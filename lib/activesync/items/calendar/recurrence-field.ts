/** Calendar:Recurrence ↔ RRULE. */
import { MalformedValue, parseTimestamp } from '../../protocol/index.ts';
import { compactDateTime } from '../date-time.ts';
import { readWhen } from '../icalendar/times.ts';
import { lastStart } from '../recurrence/occurrences.ts';
import { startDayOf } from '../recurrence/pattern.ts';
import { readRecurrence, recurrenceElement, type SentRecurrence } from '../recurrence/recurrence-element.ts';
import { readRule } from '../recurrence/rule.ts';
import type { ResourceContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import { toInstant, toLocal } from '../zones/local-time.ts';
import { localDateTime } from '../zones/vtimezone.ts';
import { type Event, type EventTimes, requiredTimes } from './event.ts';

const DAY_MS = 86_400_000;

export const recurrenceField: Field<Event> = {
  tag: 'Calendar:Recurrence',
  read: (event, context) => {
    const line = event.component.line('RRULE');
    const rule = line && readRule(line.value);
    if (!line || !rule) return undefined;
    const times = requiredTimes(event, context);
    const { localMs, zone } = times.start;
    const asMoment = (it: number | undefined) => (it === undefined ? undefined : new Date(toInstant(it, zone.offsets)));
    return recurrenceElement(
      rule,
      startDayOf(localMs),
      { count: rule.count, until: untilOf(rule.until, times, event, context) },
      { prefix: 'Calendar', version: context.version, writeDate: compactDateTime },
      [],
      () => asMoment(lastStart(line.value, rule, localMs)),
    );
  },
  write: (event, it, context) => {
    const { component, file } = event;
    if (!it) {
      for (const name of ['RRULE', 'RDATE', 'EXRULE', 'EXDATE']) component.set(name, undefined);
      for (const override of file.overrides) file.calendar.remove(override);
      return;
    }
    const times = requiredTimes(event, context);
    const sent = readRecurrence(it, 'Calendar', startDayOf(times.start.localMs));
    component.set('RRULE', `${sent.rule}${endText(sent, times)}`);
  },
};

/** A day is the last on which an occurrence may start. */
function untilOf(
  until: string | undefined,
  times: EventTimes,
  { file }: Event,
  context: ResourceContext,
): Date | undefined {
  if (until === undefined) return undefined;
  const when = readWhen(until, undefined, file, times.zone);
  if (!when) return undefined;
  if (times.isAllDay) return new Date(isDays(context) ? Math.floor(when.localMs / DAY_MS) * DAY_MS : when.epochMs);
  return new Date(when.isDate ? toInstant(when.localMs + timeOfDay(times), times.zone.offsets) : when.epochMs);
}

const isDays = ({ version }: ResourceContext): boolean => version.startsWith('16.');
const timeOfDay = ({ start }: EventTimes): number => ((start.localMs % DAY_MS) + DAY_MS) % DAY_MS;

/** RFC 5545: the end is of the kind of the start: a day, or a moment in UTC. */
function endText({ count, until }: SentRecurrence, times: EventTimes): string {
  if (count !== undefined) return `;COUNT=${count}`;
  if (until === undefined) return '';
  const epochMs = parseTimestamp(/^\d{8}$/.test(until) ? `${until}T000000Z` : until);
  if (epochMs === undefined) throw new MalformedValue('Calendar:Until', until, 'a date such as 20260301T080000Z');
  const isDay = epochMs % DAY_MS === 0;
  if (times.isAllDay) {
    const localMs = isDay ? epochMs : toLocal(epochMs, times.zone.offsets);
    return `;UNTIL=${localDateTime(Math.floor(localMs / DAY_MS) * DAY_MS).slice(0, 8)}`;
  }
  // Midnight of a day means that day, whenever on it the event is.
  const lastMs = isDay ? toInstant(epochMs + timeOfDay(times), times.zone.offsets) : epochMs;
  return `;UNTIL=${localDateTime(Math.max(lastMs, epochMs))}Z`;
}
