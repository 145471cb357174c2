/**
 * VALARM: the one reminder that the protocol has is the first that shows or sounds (RFC 5545 section 3.6.6). Apple's `NONE`, at a
 * moment of 1976, says that there is none.
 */
import { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import type { CalendarFile } from './calendar-file.ts';
import { durationMs, whenOf } from './times.ts';

const MINUTE_MS = 60_000;

const alarmOf = (component: Component): Component | undefined =>
  component
    .components('VALARM')
    .find((it) => !/^(?:EMAIL|PROCEDURE|NONE)$/i.test(it.text('ACTION') ?? '') && it.line('TRIGGER'));

export interface AlarmBase {
  readonly file: CalendarFile;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}

/** When it goes off; undefined without one. */
export function alarmMoment(component: Component, { file, startMs, endMs }: AlarmBase): number | undefined {
  const trigger = alarmOf(component)?.line('TRIGGER');
  if (!trigger) return undefined;
  const offset = durationMs(trigger.value);
  if (offset === undefined) return whenOf(trigger, file, file.homeZone({}))?.epochMs;
  const base = trigger.parameter('RELATED')?.toUpperCase() === 'END' ? endMs : startMs;
  return base === undefined ? undefined : base + offset;
}

/** `-PT15M`, `-P1D` */
function triggerBefore(minutes: number): string {
  const sign = minutes < 0 ? '' : '-';
  const size = Math.abs(minutes);
  if (size !== 0 && size % 1_440 === 0) return `${sign}P${size / 1_440}D`;
  return size !== 0 && size % 60 === 0 ? `${sign}PT${size / 60}H` : `${sign}PT${size}M`;
}

/** Before the start; undefined takes the reminder away. */
export const setAlarmBefore = (component: Component, minutes: number | undefined): void =>
  setTrigger(component, minutes === undefined ? undefined : triggerBefore(minutes), undefined);

export const setAlarmAt = (component: Component, epochMs: number | undefined): void =>
  setTrigger(component, epochMs === undefined ? undefined : utc(epochMs), 'DATE-TIME');

const utc = (epochMs: number): string => new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, '');

function setTrigger(component: Component, value: string | undefined, type: string | undefined): void {
  const alarm = alarmOf(component);
  if (value === undefined) {
    if (alarm) component.remove(alarm);
  } else if (alarm) alarm.set('TRIGGER', value, { VALUE: type, RELATED: undefined });
  else
    component.put(
      new Component('VALARM', [
        ContentLine.of('ACTION', 'DISPLAY'),
        ContentLine.of('DESCRIPTION', 'Reminder'),
        ContentLine.of('TRIGGER', value, { VALUE: type }),
      ]),
    );
}

export const minutesBefore = (alarmMs: number, startMs: number): number => Math.round((startMs - alarmMs) / MINUTE_MS);
