/** EXDATE and the occurrences that differ ↔ Exceptions (MS-ASCAL 2.2.2.18, 2.2.2.19). */
import {
  atLeast,
  child,
  children,
  type Element,
  element,
  flag,
  MalformedValue,
  text,
  type TagName,
} from '../../protocol/index.ts';
import { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { compactDateTime } from '../date-time.ts';
import { type When, whenOf, whensOf, writtenLike } from '../icalendar/times.ts';
import type { ChangeContext, RenderContext, ResourceContext } from '../resource-codec.ts';
import { isSameElement, writeFields } from '../resource-fields.ts';
import { toInstant, toLocal } from '../zones/local-time.ts';
import { countRevision, type Event, masterOf, requiredTimes } from './event.ts';
import { occurrenceFields } from './event-fields.ts';
import { readMoment, timeFields, writeTimes } from './event-times.ts';

const DAY_MS = 86_400_000;
/** MS-ASCAL_R24311 */
const EXCEPTIONS_LIMIT = 256;
/** Not in an exception. */
const NOT_IN_EXCEPTIONS: ReadonlySet<TagName> = new Set([
  'Calendar:ResponseRequested',
  'Calendar:DisallowNewTimeProposal',
  'Calendar:Timezone',
]);
/** What an exception without it would inherit; the others are always there. */
const EMPTIED: ReadonlySet<TagName> = new Set([
  'Calendar:Subject',
  'Calendar:Location',
  'AirSyncBase:Location',
  'Calendar:Categories',
  'Calendar:Reminder',
  'Calendar:Attendees',
]);
/** Of the series alone. */
const OF_SERIES: ReadonlySet<string> = new Set(['RRULE', 'RDATE', 'EXRULE', 'EXDATE', 'RECURRENCE-ID', 'CREATED']);

const isInstanceId = ({ version }: ResourceContext): boolean => atLeast(version, '16.0');

/** Which occurrence: its start before it was moved. */
function instanceElement(epochMs: number, event: Event, context: ResourceContext): Element {
  const times = requiredTimes(event, context);
  const isDay = times.isAllDay && isInstanceId(context);
  const shown = compactDateTime(new Date(isDay ? toLocal(epochMs, times.zone.offsets) : epochMs));
  return element(isInstanceId(context) ? 'AirSyncBase:InstanceId' : 'Calendar:ExceptionStartTime', shown);
}

const deletedOf = (event: Event, context: ResourceContext): readonly When[] => {
  const { zone } = requiredTimes(event, context);
  return event.component.lines('EXDATE').flatMap((it) => whensOf(it, event.file, zone));
};

export const isDeleted = (series: Event, atMs: number, context: ResourceContext): boolean =>
  deletedOf(series, context).some((it) => it.epochMs === atMs);

export function exceptionsElement(event: Event, context: RenderContext): Element | undefined {
  const { file, component } = event;
  if (component !== file.master || !component.line('RRULE')) return undefined;
  const { zone } = requiredTimes(event, context);
  const overrides = file.overrides.flatMap((override) => {
    const id = whenOf(override.line('RECURRENCE-ID'), file, zone);
    return id ? [{ override, atMs: id.epochMs }] : [];
  });
  const changed = new Set(overrides.map((it) => it.atMs));
  // Where there are too many, those matter that are still to come.
  const deleted = deletedOf(event, context)
    .map((it) => it.epochMs)
    .filter((it) => !changed.has(it))
    .toSorted((a, b) => b - a)
    .slice(0, Math.max(0, EXCEPTIONS_LIMIT - overrides.length));
  const master = occurrenceFields.map((it) => [it, it.read(event, context)] as const);
  const elements = [
    ...overrides
      .toSorted((a, b) => b.atMs - a.atMs)
      .slice(0, EXCEPTIONS_LIMIT)
      .map(({ override, atMs }) => changedOccurrence({ file, component: override }, atMs, event, master, context)),
    ...deleted.map((atMs) =>
      element('Calendar:Exception', element('Calendar:Deleted', 1), instanceElement(atMs, event, context)),
    ),
  ];
  return elements.length === 0 ? undefined : element('Calendar:Exceptions', elements);
}

function changedOccurrence(
  occurrence: Event,
  atMs: number,
  series: Event,
  master: readonly (readonly [(typeof occurrenceFields)[number], Element | undefined])[],
  context: RenderContext,
): Element {
  const differs = master.flatMap(([field, of]): readonly Element[] => {
    if (NOT_IN_EXCEPTIONS.has(field.tag)) return [];
    if (field.tag === 'Calendar:Attendees' && !atLeast(context.version, '14.0')) return [];
    const it = field.read(occurrence, context);
    if (it) return field.tag !== 'Calendar:DtStamp' && of && isSameElement(of, it) ? [] : [it];
    // MS-ASCAL_R2185: before 14.1 a reminder cannot be an empty one.
    const hasEmpty = EMPTIED.has(field.tag) && (field.tag !== 'Calendar:Reminder' || atLeast(context.version, '14.1'));
    return of && hasEmpty ? [element(field.tag)] : [];
  });
  const isMoved = occurrence.component.line('DTSTART') !== undefined;
  const times = isMoved
    ? timeFields.filter((it) => !NOT_IN_EXCEPTIONS.has(it.tag)).flatMap((it) => it.read(occurrence, context) ?? [])
    : [];
  return element('Calendar:Exception', instanceElement(atMs, series, context), times, differs);
}

/** What a device made of single occurrences; those that it does not name stay as they are (MS-ASCAL 3.2.5.5.1). */
export function writeExceptions(series: Event, data: Element, context: ChangeContext): boolean {
  let changed = false;
  for (const it of children(child(data, 'Calendar:Exceptions'), 'Calendar:Exception')) {
    const tag = child(it, 'Calendar:ExceptionStartTime') ? 'Calendar:ExceptionStartTime' : 'AirSyncBase:InstanceId';
    const sent = readMoment(it, tag);
    if (sent === undefined) throw new MalformedValue(tag, text(it, tag) ?? '', 'the start of an occurrence');
    const atMs = onItsDay(instanceMoment(sent, series, context), series, context);
    const isGone = (child(it, 'Calendar:Deleted') && flag(it, 'Calendar:Deleted')) ?? false;
    if (isGone ? deleteOccurrence(series, atMs, context) : changeOccurrence(series, atMs, it, context)) changed = true;
  }
  return changed;
}

/** A device may know an occurrence by the time that the series had before, or by midnight in its own zone. */
function onItsDay(atMs: number, series: Event, context: ResourceContext): number {
  if (overrideAt(series, atMs, context)) return atMs;
  const { start, isAllDay, zone } = requiredTimes(series, context);
  const days = (localMs: number) => (isAllDay ? Math.round(localMs / DAY_MS) : Math.floor(localMs / DAY_MS)) * DAY_MS;
  const timeOfDay = start.localMs - days(start.localMs);
  const localMs = toLocal(atMs, zone.offsets);
  return localMs - days(localMs) === timeOfDay ? atMs : toInstant(days(localMs) + timeOfDay, zone.offsets);
}

/** Whole days are named by their date from 16.0 on. */
export function instanceMoment(sentMs: number, series: Event, context: ResourceContext): number {
  const times = requiredTimes(series, context);
  return times.isAllDay && isInstanceId(context) ? sentMs - times.zone.offsets(sentMs) * 60_000 : sentMs;
}

const overrideAt = (series: Event, atMs: number, context: ResourceContext): Component | undefined => {
  const { zone } = requiredTimes(series, context);
  return series.file.overrides.find((it) => whenOf(it.line('RECURRENCE-ID'), series.file, zone)?.epochMs === atMs);
};

export function deleteOccurrence(series: Event, atMs: number, context: ResourceContext): boolean {
  const { component, file } = series;
  const override = overrideAt(series, atMs, context);
  if (override) file.calendar.remove(override);
  if (isDeleted(series, atMs, context)) return override !== undefined;
  const { value, parameters } = writtenLike(atMs, requiredTimes(series, context).start);
  const last = component.lines('EXDATE').at(-1);
  const line = ContentLine.of('EXDATE', value, parameters);
  const at = last
    ? component.entries.indexOf(last)
    : component.entries.findLastIndex((it) => it instanceof ContentLine);
  component.entries.splice(at + 1, 0, line);
  return true;
}

export function changeOccurrence(series: Event, atMs: number, data: Element, context: ChangeContext): boolean {
  const { file } = series;
  const known = overrideAt(series, atMs, context);
  const component = known ?? newOccurrence(series, atMs, context);
  const occurrence = { file, component };
  // An occurrence inherits what it does not say: nothing is ghosted away.
  const inherited = { ...context, supported: undefined };
  const isMoved = writeTimes(occurrence, data, inherited);
  const isOther = writeFields(occurrenceFields, occurrence, children(data), inherited);
  const wasDeleted = restore(series, atMs, context);
  if (!isMoved && !isOther) return wasDeleted;
  if (!known) file.calendar.put(component);
  if (isMoved) countRevision(occurrence, context);
  file.touch(component, context.now);
  return true;
}

/** Takes back a deletion. */
function restore(series: Event, atMs: number, context: ResourceContext): boolean {
  const { component, file } = series;
  const { zone } = requiredTimes(series, context);
  for (const line of component.lines('EXDATE')) {
    const values = line.value.split(',');
    const kept = values.filter((it) => !whensOf(line.with(it), file, zone).some((when) => when.epochMs === atMs));
    if (kept.length === values.length) continue;
    if (kept.length === 0) component.remove(line);
    else component.put(line.with(kept.join(',')), line);
    return true;
  }
  return false;
}

/** The occurrence of that start: the one that differs already, or one made to differ. */
export function occurrenceOf(series: Event, atMs: number, context: ResourceContext): Component {
  const known = overrideAt(series, atMs, context);
  if (known || !series.component.line('RRULE')) return known ?? series.component;
  const made = newOccurrence(series, atMs, context);
  restore(series, atMs, context);
  series.file.calendar.put(made);
  return made;
}

/** The series at that time. */
function newOccurrence(series: Event, atMs: number, context: ResourceContext): Component {
  const { start, endMs } = requiredTimes(series, context);
  const lines = series.component.entries.filter((it) => it instanceof Component || !OF_SERIES.has(it.name)).map(copied);
  const component = new Component(series.component.name, lines);
  const id = writtenLike(atMs, start);
  const end = writtenLike(atMs + (endMs - start.epochMs), start);
  component.set('DTSTART', id.value, id.parameters);
  if (component.line('DTEND')) component.set('DTEND', end.value, end.parameters);
  component.put(ContentLine.of('RECURRENCE-ID', id.value, id.parameters), undefined);
  return component;
}

const copied = (it: ContentLine | Component): ContentLine | Component =>
  it instanceof Component ? new Component(it.name, it.entries.map(copied)) : it;

/** Every occurrence as the others: the pattern, or the time, is another one. */
export function forgetExceptions(file: Event['file']): void {
  for (const it of file.overrides) file.calendar.remove(it);
  masterOf(file).component.set('EXDATE', undefined);
}
