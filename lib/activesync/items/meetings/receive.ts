/** iTIP objects that came by mail, applied to the stored event (RFC 5546 section 2.1.5: by sequence, then by stamp). */
import type { Account } from '../../../backends/index.ts';
import { addressOf, isOwn, organizerOf } from '../calendar/event.ts';
import { isDeleted, occurrenceOf } from '../calendar/exceptions.ts';
import { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { whenOf } from '../icalendar/times.ts';
import { Zones } from '../zones/zones.ts';
import { hadInstance } from './facts.ts';
import { ANSWERED_AT, sequenceOf } from './itip.ts';

/** The user's own, which no organizer knows: kept when he changes the meeting. */
const OWN_LINES: ReadonlySet<string> = new Set([
  'CATEGORIES',
  'CLASS',
  'TRANSP',
  'COLOR',
  'X-CARAVAN-REPLY-TIME',
  'X-MICROSOFT-CDO-BUSYSTATUS',
]);
/** A change of these asks for another answer. */
const WHEN = ['DTSTART', 'DTEND', 'DURATION', 'RRULE'];

const read = (source: string): CalendarFile => CalendarFile.read(source, 'VEVENT', new Zones());

const isOutdated = (incoming: Component, known: Component): boolean => {
  const [theirs, ours] = [sequenceOf(incoming), sequenceOf(known)];
  return theirs < ours || (theirs === ours && (incoming.text('DTSTAMP') ?? '') < (known.text('DTSTAMP') ?? ''));
};

/**
 * The stored event after a REQUEST. Undefined: it is to be left as it is, since the request is an old one, or of another meeting,
 * or not the organizer's. Throws ItemError.
 */
export function applyRequest(stored: string | undefined, request: string, account: Account): string | undefined {
  const incoming = read(request);
  incoming.calendar.set('METHOD', undefined);
  if (stored === undefined) return incoming.write();
  const file = read(stored);
  const isSame =
    file.uid === incoming.uid &&
    organizerOf({ file, component: file.master }) === organizerOf({ file: incoming, component: incoming.master });
  if (!isSame) return undefined;
  const items = incoming.master.line('RECURRENCE-ID')
    ? incoming.calendar.components('VEVENT')
    : [incoming.master, ...incoming.overrides];
  let changed = false;
  for (const it of items) {
    const known = counterpart(it, incoming, file);
    if (known && isOutdated(it, known)) continue;
    const merged = withOwn(it, known ?? (it.line('RECURRENCE-ID') ? file.master : undefined), account);
    if (known) file.calendar.put(merged, known);
    else file.calendar.put(merged);
    changed = true;
  }
  if (!changed) return undefined;
  // At another time, what differed from the others before is of a day that there is not any more.
  if (!incoming.master.line('RECURRENCE-ID')) {
    for (const it of file.overrides) {
      const id = whenOf(it.line('RECURRENCE-ID'), file, file.homeZone({}));
      if (id && !counterpart(it, file, incoming) && !hadInstance(request, new Date(id.epochMs)))
        file.calendar.remove(it);
    }
  }
  for (const zone of incoming.calendar.components('VTIMEZONE')) {
    if (!file.calendar.components('VTIMEZONE').some((it) => it.text('TZID') === zone.text('TZID')))
      addBefore(file.calendar, zone);
  }
  return file.write();
}

/** Behind the lines of the calendar, in front of its items. */
function addBefore(calendar: Component, zone: Component): void {
  const first = calendar.entries.findIndex((it) => it instanceof Component);
  calendar.entries.splice(first < 0 ? calendar.entries.length : first, 0, zone);
}

/** The same item, or the same occurrence, in the other file. */
function counterpart(it: Component, of: CalendarFile, file: CalendarFile): Component | undefined {
  const id = whenOf(it.line('RECURRENCE-ID'), of, of.homeZone({}));
  if (!id) return file.master.line('RECURRENCE-ID') ? undefined : file.master;
  return file.calendar
    .components('VEVENT')
    .find((other) => whenOf(other.line('RECURRENCE-ID'), file, file.homeZone({}))?.epochMs === id.epochMs);
}

function withOwn(incoming: Component, known: Component | undefined, account: Account): Component {
  if (!known) return incoming;
  const merged = new Component(
    incoming.name,
    incoming.entries.filter((it) => !(it instanceof Component && it.name === 'VALARM')),
  );
  for (const it of known.entries)
    if (it instanceof ContentLine && OWN_LINES.has(it.name)) merged.set(it.name, it.value);
  for (const alarm of known.components('VALARM')) merged.put(alarm);
  const isAtSameTime = WHEN.every((name) => known.line(name)?.value === incoming.line(name)?.value);
  const own = merged.lines('ATTENDEE').find((it) => isOwn(addressOf(it), account));
  const answer = known
    .lines('ATTENDEE')
    .find((it) => isOwn(addressOf(it), account))
    ?.parameter('PARTSTAT');
  if (own && answer && isAtSameTime) merged.put(own.with(own.value, { PARTSTAT: answer }), own);
  else merged.set('X-CARAVAN-REPLY-TIME', undefined);
  return merged;
}

/** A stranger wrote it, and it is kept. */
const UTC_STAMP = /^\d{8}T\d{6}Z$/;

/** The organizer's event after an answer of an attendee; undefined if that changes nothing. Throws ItemError. */
export function applyReply(stored: string, reply: string): string | undefined {
  const [file, incoming] = [read(stored), read(reply)];
  if (file.uid !== incoming.uid) return undefined;
  let changed = false;
  for (const it of incoming.calendar.components('VEVENT')) {
    const known = counterpart(it, incoming, file);
    const asked = known ?? file.master;
    const answer = it.line('ATTENDEE');
    const status = answer?.parameter('PARTSTAT')?.toUpperCase();
    const ofThem = (component: Component) =>
      component.lines('ATTENDEE').find((other) => answer && addressOf(other) === addressOf(answer));
    const before = ofThem(asked);
    // An answer to a meeting as it was before it changed says nothing of the meeting as it is now.
    if (!before || !status || sequenceOf(it) < sequenceOf(asked)) continue;
    // Mail is read newest first, and again by each new device: an older answer takes nothing back (RFC 5546 section 2.1.5).
    const at = UTC_STAMP.exec(it.text('DTSTAMP') ?? '')?.[0];
    const answeredAt = known && before.parameter(ANSWERED_AT);
    if (at !== undefined && answeredAt !== undefined && at < answeredAt) continue;
    const isSame = before.parameter('PARTSTAT')?.toUpperCase() === status;
    if (isSame && (known === undefined || at === undefined || at === answeredAt)) continue;
    // Who does not come once comes to the others all the same.
    const component = known ?? occurrenceAnswered(stored, file, it, incoming);
    const line = component && ofThem(component);
    if (!line) continue;
    component.put(line.with(line.value, { PARTSTAT: status, [ANSWERED_AT]: at }), line);
    changed = true;
  }
  return changed ? file.write() : undefined;
}

/** One that was like the others so far, from now on by itself; undefined for one that there is not, or not any more. */
function occurrenceAnswered(
  stored: string,
  file: CalendarFile,
  reply: Component,
  incoming: CalendarFile,
): Component | undefined {
  const id = whenOf(reply.line('RECURRENCE-ID'), incoming, incoming.homeZone({}));
  const series = { file, component: file.master };
  if (!id || !hadInstance(stored, new Date(id.epochMs)) || isDeleted(series, id.epochMs, NOBODY)) return undefined;
  return occurrenceOf(series, id.epochMs, NOBODY);
}

const NOBODY = { version: '16.1', account: { user: '', addresses: [] } } as const;

/** The stored event after a CANCEL by its organizer: cancelled, wholly or in one occurrence; undefined if that changes nothing. */
export function applyCancel(stored: string, cancel: string): string | undefined {
  const [file, incoming] = [read(stored), read(cancel)];
  const organizer = (it: CalendarFile) => organizerOf({ file: it, component: it.master });
  if (file.uid !== incoming.uid || organizer(file) !== organizer(incoming)) return undefined;
  let changed = false;
  for (const it of incoming.calendar.components('VEVENT')) {
    const known = counterpart(it, incoming, file);
    if (known && sequenceOf(it) < sequenceOf(known)) continue;
    if (known?.text('STATUS')?.toUpperCase() === 'CANCELLED') continue;
    if (known) known.set('STATUS', 'CANCELLED');
    else if (it.line('RECURRENCE-ID')) file.calendar.put(withStatus(it));
    else continue;
    changed = true;
  }
  return changed ? file.write() : undefined;
}

function withStatus(it: Component): Component {
  const copy = new Component(it.name, [...it.entries]);
  copy.set('STATUS', 'CANCELLED');
  return copy;
}
