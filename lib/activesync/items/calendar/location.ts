/** LOCATION ↔ Calendar:Location, and from 16.0 on AirSyncBase:Location with its parts (MS-ASAIRS 2.2.2.28). */
import { atLeast, type Element, element, type TagName, text, textOf } from '../../protocol/index.ts';
import { escapeText } from '../content-lines/text-values.ts';
import type { Component } from '../content-lines/component.ts';
import type { Field } from '../resource-fields.ts';
import { cutText, oneLine } from '../xml-text.ts';
import type { Event } from './event.ts';

const LOCATION_LIMIT = 32_768;

/** Where the parts are kept that iCalendar has no property for, as parameters; its value is the LOCATION that they are of. */
const PARTS = 'X-CARAVAN-LOCATION';
const PART_NAMES = [
  'Annotation',
  'Street',
  'City',
  'State',
  'Country',
  'PostalCode',
  'Accuracy',
  'Altitude',
  'AltitudeAccuracy',
  'LocationUri',
];
const NUMBERS: ReadonlySet<string> = new Set(['Accuracy', 'Altitude', 'AltitudeAccuracy', 'Latitude', 'Longitude']);

const tagOf = (name: string): TagName => `AirSyncBase:${name}` as TagName;

/** GEO, or the point that Apple keeps. */
function pointOf(component: Component): readonly [string, string] | undefined {
  const geo = /^(-?\d{1,3}(?:\.\d+)?);(-?\d{1,3}(?:\.\d+)?)$/.exec(component.text('GEO') ?? '');
  const apple = /^geo:(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)/i.exec(
    component.text('X-APPLE-STRUCTURED-LOCATION') ?? '',
  );
  const match = geo ?? apple;
  return match?.[1] && match[2] ? [match[1], match[2]] : undefined;
}

const placeOf = (component: Component): string => cutText(oneLine(component.text('LOCATION') ?? ''), LOCATION_LIMIT);

function structured(component: Component): Element | undefined {
  const name = placeOf(component);
  const kept = component.line(PARTS);
  // Somebody else wrote another place since.
  const parts = kept && oneLine(kept.text) === name ? kept : undefined;
  const point = pointOf(component);
  const inner = [
    ...(name === '' ? [] : [element('AirSyncBase:DisplayName', name)]),
    ...PART_NAMES.flatMap((it) => {
      const value = oneLine(parts?.parameter(it.toUpperCase()) ?? '');
      return value === '' ? [] : [element(tagOf(it), value)];
    }),
    ...(point ? [element('AirSyncBase:Latitude', point[0]), element('AirSyncBase:Longitude', point[1])] : []),
  ];
  return inner.length === 0 ? undefined : element('AirSyncBase:Location', inner);
}

export const locationFields: readonly Field<Event>[] = [
  {
    tag: 'Calendar:Location',
    read: ({ component }, { version }) => {
      const name = placeOf(component);
      return name === '' || atLeast(version, '16.0') ? undefined : element('Calendar:Location', name);
    },
    write: ({ component }, it) => component.setText('LOCATION', it && oneLine(textOf(it))),
  },
  {
    tag: 'AirSyncBase:Location',
    read: ({ component }, { version }) => (atLeast(version, '16.0') ? structured(component) : undefined),
    write: ({ component }, it) => {
      const name = oneLine(text(it, 'AirSyncBase:DisplayName') ?? '');
      component.setText('LOCATION', name);
      const [latitude, longitude] = [numberText(it, 'Latitude'), numberText(it, 'Longitude')];
      component.set('GEO', latitude && longitude ? `${latitude};${longitude}` : undefined);
      component.set('X-APPLE-STRUCTURED-LOCATION', undefined);
      const parts = Object.fromEntries(
        PART_NAMES.map((part) => [part.toUpperCase(), NUMBERS.has(part) ? numberText(it, part) : partText(it, part)]),
      );
      component.set(PARTS, Object.values(parts).some((part) => part) ? escapeText(name) : undefined, parts);
    },
  },
];

const partText = (it: Element | undefined, name: string): string | undefined =>
  oneLine(text(it, tagOf(name)) ?? '') || undefined;

const numberText = (it: Element | undefined, name: string): string | undefined => {
  const value = partText(it, name);
  return value !== undefined && /^-?\d{1,9}(?:\.\d{1,12})?$/.test(value) ? value : undefined;
};
