/** When an event of an .ics is over for good, and whether a task in one is done: what filters ask. */
import ICAL from 'ical.js';
import { canFollow } from '../followable-rule.ts';
import type { ResourceFilter } from '../resources.ts';

/** A recurrence with more occurrences than these counts as one without end. */
const OCCURRENCES_LIMIT = 5_000;
const DAY_MS = 86_400_000;

/** What cannot be read matches: it is better seen than hidden. */
export function matchesFilter(text: string, filter: ResourceFilter): boolean {
  try {
    const calendar = new ICAL.Component(ICAL.parse(text));
    if (filter === 'incomplete') return calendar.getAllSubcomponents('vtodo').some((task) => !isDone(task));
    const after = filter.endsAfter.getTime();
    return calendar.getAllSubcomponents('vevent').some((event) => endOf(event) > after);
  } catch {
    return true;
  }
}

function isDone(task: ICAL.Component): boolean {
  const status = task.getFirstPropertyValue('status');
  return task.hasProperty('completed') || status === 'COMPLETED' || status === 'CANCELLED';
}

/** Up to a day late: times without a zone are taken as UTC. */
function endOf(component: ICAL.Component): number {
  const event = new ICAL.Event(component);
  const lengthMs = Math.max(0, event.duration.toSeconds()) * 1_000;
  const last = event.isRecurring() ? lastStart(event) : event.startDate;
  return last === undefined ? Number.POSITIVE_INFINITY : last.toJSDate().getTime() + lengthMs + DAY_MS;
}

/** Undefined: there is no last one. */
function lastStart(event: ICAL.Event): ICAL.Time | undefined {
  const rules = event.component.getAllProperties('rrule').map((rule) => rule.getFirstValue() as ICAL.Recur);
  if (rules.some((rule) => !rule.isFinite()) || !canFollow(event.component)) return undefined;
  const iterator = event.iterator();
  let last: ICAL.Time = event.startDate;
  for (let count = 0; count < OCCURRENCES_LIMIT; count++) {
    const next = iterator.next();
    if (!next) return last;
    last = next;
  }
  return undefined;
}
