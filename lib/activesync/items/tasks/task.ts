/** A VTODO. */
import type { Component } from '../content-lines/component.ts';
import type { CalendarFile } from '../icalendar/calendar-file.ts';
import { type When, whenOf } from '../icalendar/times.ts';
import type { ResourceContext } from '../resource-codec.ts';
import { toLocal } from '../zones/local-time.ts';
import { UTC_ZONE } from '../zones/zones.ts';

export interface Task {
  readonly file: CalendarFile;
  readonly component: Component;
}

export const startOf = (task: Task, context: Pick<ResourceContext, 'zone'>): When | undefined =>
  userTime(task, 'DTSTART', context);

export const dueOf = (task: Task, context: Pick<ResourceContext, 'zone'>): When | undefined =>
  userTime(task, 'DUE', context);

/** In the user's own time where the file has it in UTC. */
function userTime({ file, component }: Task, name: string, context: Pick<ResourceContext, 'zone'>): When | undefined {
  const home = file.homeZone(context);
  const when = whenOf(component.line(name), file, home);
  if (!when || when.isDate || when.zone.name !== UTC_ZONE.name) return when;
  return { ...when, localMs: toLocal(when.epochMs, home.offsets) };
}

/** COMPLETED, CANCELLED: there is nothing left to do. */
export const isDone = ({ component }: Task): boolean => {
  const status = component.text('STATUS')?.toUpperCase();
  if (status !== undefined) return status === 'COMPLETED' || status === 'CANCELLED';
  return component.line('COMPLETED') !== undefined || component.text('PERCENT-COMPLETE') === '100';
};
