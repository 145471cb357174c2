/** When the events of a calendar keep their owner busy: what free and busy times are made of. */
import ICAL from 'ical.js';
import type { BusyTime } from './backend.ts';
import { canFollow } from './followable-rule.ts';

/** A recurrence is not followed further than so many occurrences. */
const OCCURRENCES_LIMIT = 5_000;

/** Of all resources of a calendar (.ics each), what touches the span, as UTC milliseconds. What cannot be read keeps nobody busy. */
export function busyTimes(
  texts: readonly string[],
  address: string,
  fromMs: number,
  toMs: number,
): readonly BusyTime[] {
  return texts.flatMap((text) => {
    try {
      const calendar = new ICAL.Component(ICAL.parse(text));
      return calendar.getAllSubcomponents('vevent').flatMap((it) => timesOf(it, address, fromMs, toMs));
    } catch {
      return [];
    }
  });
}

function timesOf(component: ICAL.Component, address: string, fromMs: number, toMs: number): BusyTime[] {
  // Exceptions come with the event that they are of.
  if (component.hasProperty('recurrence-id')) return [];
  const event = new ICAL.Event(component);
  if (!event.isRecurring() || !canFollow(component))
    return timeOf(event, event.startDate, event.endDate, { address, fromMs, toMs });
  const found: BusyTime[] = [];
  const lengthMs = event.duration.toSeconds() * 1_000;
  const iterator = event.iterator();
  for (let count = 0; count < OCCURRENCES_LIMIT; count++) {
    const next: ICAL.Time | null = iterator.next();
    const nextMs = next?.toJSDate().getTime() ?? toMs;
    if (!next || nextMs >= toMs) break;
    // What is over can matter only if it was moved.
    if (nextMs + lengthMs <= fromMs && !(next.toString() in event.exceptions)) continue;
    const { item, startDate, endDate } = event.getOccurrenceDetails(next);
    found.push(...timeOf(item, startDate, endDate, { address, fromMs, toMs }));
  }
  return found;
}

interface Span {
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
}

function timeOf(event: ICAL.Event, start: ICAL.Time, end: ICAL.Time, { address, fromMs, toMs }: Span): BusyTime[] {
  const kind = kindOf(event.component, address);
  const from = start.toJSDate().getTime();
  const to = end.toJSDate().getTime();
  return kind === undefined || to <= fromMs || from >= toMs ? [] : [{ fromMs: from, toMs: to, kind }];
}

/** Undefined: it keeps nobody busy (RFC 5545 TRANSP and STATUS, MS-OXCICAL X-MICROSOFT-CDO-BUSYSTATUS, a declined invitation). */
function kindOf(component: ICAL.Component, address: string): BusyTime['kind'] | undefined {
  const text = (name: string) => String(component.getFirstPropertyValue(name) ?? '').toUpperCase();
  const own = component
    .getAllProperties('attendee')
    .find((it) => String(it.getFirstValue()).toLowerCase() === `mailto:${address.toLowerCase()}`);
  const answer = (own?.getFirstParameter('partstat') ?? '').toUpperCase();
  if (text('status') === 'CANCELLED' || answer === 'DECLINED') return undefined;
  const microsoft = text('x-microsoft-cdo-busystatus');
  if (microsoft === 'OOF') return 'away';
  if (microsoft === 'FREE' || (microsoft === '' && text('transp') === 'TRANSPARENT')) return undefined;
  const isTentative = microsoft === 'TENTATIVE' || text('status') === 'TENTATIVE' || answer === 'TENTATIVE';
  return isTentative || answer === 'NEEDS-ACTION' ? 'tentative' : 'busy';
}
