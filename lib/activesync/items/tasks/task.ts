/** A VTODO. */
import type { Component } from '../content-lines/component.ts';
import type { CalendarFile } from '../icalendar/calendar-file.ts';
import { type When, whenOf } from '../icalendar/times.ts';
import type { ResourceContext } from '../resource-codec.ts';

export interface Task {
  readonly file: CalendarFile;
  readonly component: Component;
}

export const startOf = ({ file, component }: Task, context: Pick<ResourceContext, 'zone'>): When | undefined =>
  whenOf(component.line('DTSTART'), file, file.homeZone(context));

export const dueOf = ({ file, component }: Task, context: Pick<ResourceContext, 'zone'>): When | undefined =>
  whenOf(component.line('DUE'), file, file.homeZone(context));

/** COMPLETED, CANCELLED: there is nothing left to do. */
export const isDone = ({ component }: Task): boolean => {
  const status = component.text('STATUS')?.toUpperCase();
  if (status !== undefined) return status === 'COMPLETED' || status === 'CANCELLED';
  return component.line('COMPLETED') !== undefined || component.text('PERCENT-COMPLETE') === '100';
};
