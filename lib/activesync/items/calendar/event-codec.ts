/** iCalendar ↔ the Calendar class. */
import { atLeast, child, children, type Element, text } from '../../protocol/index.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { whensOf } from '../icalendar/times.ts';
import { lastStart } from '../recurrence/occurrences.ts';
import { readRule } from '../recurrence/rule.ts';
import type { ChangeContext, ResourceCodec, ResourceSummary } from '../resource-codec.ts';
import { isSameElement, readFields, shownBefore, writeFields } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { toInstant } from '../zones/local-time.ts';
import { Zones } from '../zones/zones.ts';
import { attachmentAt } from './attachments.ts';
import { countRevision, type Event, type EventTimes, masterOf, requiredTimes, timesOf } from './event.ts';
import { occurrenceFields, wholeFields } from './event-fields.ts';
import { writeTimes } from './event-times.ts';
import {
  changeOccurrence,
  deleteOccurrence,
  exceptionsElement,
  forgetExceptions,
  instanceMoment,
  writeExceptions,
} from './exceptions.ts';
import { moveExceptions, moveUntil } from './move-series.ts';
import { recurrenceField } from './recurrence-field.ts';

const UID_LIMIT_CHARACTERS = 300;
const SEARCHED = ['SUMMARY', 'LOCATION', 'DESCRIPTION', 'ORGANIZER', 'ATTENDEE', 'CATEGORIES'];
const UTC = { version: '16.1', account: { user: '', addresses: [] } } as const;

export function eventCodec(): ResourceCodec {
  const zones = new Zones();
  const read = (source: string) => CalendarFile.read(source, 'VEVENT', zones);
  return {
    itemClass: 'Calendar',
    kind: 'event',
    summary: (source) => summaryOf(read(source)),
    render: (source, context) => {
      const event = masterOf(read(source));
      const recurrence = recurrenceField.read(event, context);
      // A series that there are no words for is shown as its first occurrence: none of those has exceptions.
      const exceptions = recurrence && exceptionsElement(event, context);
      return [
        ...readFields(wholeFields, event, context),
        ...readFields(occurrenceFields, event, context),
        ...[recurrence, exceptions].filter((it) => it !== undefined),
      ];
    },
    change: (source, data, context) =>
      source === undefined ? created(data, context, zones) : changed(read(source), source, data, context),
    deleteOccurrence: (source, instanceId, context) => {
      const file = read(source);
      const event = masterOf(file);
      if (!deleteOccurrence(event, instanceMoment(instanceId.getTime(), event, context), context)) return source;
      file.touch(file.master, context.now);
      return file.write();
    },
    attachment: (source, path) => attachmentAt(read(source), path),
  };
}

function created(data: Element, context: ChangeContext, zones: Zones): string {
  // From 16.0 on the id is the server's (MS-ASCAL_R2223).
  const sent = atLeast(context.version, '16.0') ? undefined : text(data, 'Calendar:UID')?.trim();
  const uid = sent && sent.length <= UID_LIMIT_CHARACTERS ? oneLine(sent) : context.uid;
  const file = CalendarFile.create('VEVENT', uid || context.uid, zones);
  file.touch(file.master, context.now);
  const event = masterOf(file);
  writeTimes(event, data, context);
  writeFields([...wholeFields, ...occurrenceFields, recurrenceField], event, children(data), context);
  writeExceptions(event, data, context);
  return file.write();
}

function changed(file: CalendarFile, source: string, data: Element, context: ChangeContext): string {
  const event = masterOf(file);
  if (context.instanceId) {
    const atMs = instanceMoment(context.instanceId.getTime(), event, context);
    return changeOccurrence(event, atMs, data, context) ? file.write() : source;
  }
  const before = requiredTimes(event, context);
  const pattern = recurrenceField.read(event, shownBefore(context));
  const followers = inheriting(event, context);
  const isMoved = writeTimes(event, data, context);
  const isOther = writeFields([...wholeFields, ...occurrenceFields, recurrenceField], event, children(data), context);
  if (isOther) {
    for (const { occurrence, fields } of followers)
      if (writeFields(fields, occurrence, children(data), context)) file.touch(occurrence.component, context.now);
  }
  const sent = child(data, 'Calendar:Recurrence');
  const isNewPattern = sent !== undefined && !isSameElement(pattern, sent);
  const isAtOther = isMoved && isAtOtherTime(before, event, context);
  if (isAtOther && !isNewPattern) moveUntil(event, before, context);
  if (atLeast(context.version, '16.0') && (isNewPattern || isAtOther)) forgetExceptions(file);
  else if (isAtOther && !isNewPattern) moveExceptions(event, before, context);
  const isExcepted = writeExceptions(event, data, context);
  if (isMoved || isNewPattern) countRevision(event, context);
  if (isMoved || isOther) file.touch(file.master, context.now);
  return isMoved || isOther || isExcepted ? file.write() : source;
}

/**
 * The occurrences that differ, and what of them is as in the series. A device was shown nothing of it and has it of the series,
 * whatever becomes of that; in a calendar file each occurrence has a copy of everything.
 */
function inheriting(series: Event, context: ChangeContext) {
  const shown = shownBefore(context);
  const { file } = series;
  const ofSeries = occurrenceFields.map((field) => [field, field.read(series, shown)] as const);
  return file.overrides.map((component) => {
    const occurrence = { file, component };
    const fields = ofSeries.flatMap(([field, of]) => {
      const it = field.read(occurrence, shown);
      return (it ? of && isSameElement(of, it) : !of) ? [field] : [];
    });
    return { occurrence, fields };
  });
}

const isAtOtherTime = (before: EventTimes, event: Event, context: ChangeContext): boolean => {
  const now = timesOf(event, context);
  return now?.start.epochMs !== before.start.epochMs || now.endMs !== before.endMs;
};

function summaryOf(file: CalendarFile): ResourceSummary {
  const items = [file.master, ...file.overrides];
  const spans = items.flatMap((component) => timesOf({ file, component }, UTC) ?? []);
  const times = requiredTimes(masterOf(file), UTC);
  const lengthMs = times.endMs - times.start.epochMs;
  const words = items.flatMap((it) =>
    SEARCHED.flatMap((name) => it.lines(name).flatMap((line) => [oneLine(line.text), line.parameter('CN') ?? ''])),
  );
  return {
    kind: 'event',
    uid: file.uid,
    span: {
      startMs: Math.min(...spans.map((it) => it.start.epochMs)),
      endMs: Math.max(...spans.map((it) => it.endMs), lastStartOf(file, times) + lengthMs),
    },
    isDone: false,
    words: [...new Set(words.filter((it) => it !== ''))].join('\n'),
  };
}

/** Of the whole series, in milliseconds; Infinity if it never ends. */
function lastStartOf(file: CalendarFile, { start }: EventTimes): number {
  const event = masterOf(file);
  const extra = event.component
    .lines('RDATE')
    .flatMap((it) => whensOf(it, file, start.zone).map((when) => when.epochMs));
  const latest = extra.reduce((most, it) => Math.max(most, it), start.epochMs);
  return event.component.lines('RRULE').reduce((most, line) => {
    const rule = readRule(line.value);
    if (!rule) return most;
    const last = lastStart(line.value, rule, start.localMs);
    if (last !== undefined) return Math.max(most, toInstant(last, start.zone.offsets));
    const until = rule.until === undefined ? undefined : whensOf(line.with(rule.until), file, start.zone)[0];
    return until ? Math.max(most, until.epochMs) : Number.POSITIVE_INFINITY;
  }, latest);
}
