/** Links to meetings online, by whichever property a program has for them (MS-ASCAL 2.2.2.31, 2.2.2.32): devices only read them. */
import { atLeast, element } from '../../protocol/index.ts';
import type { Component } from '../content-lines/component.ts';
import type { Field } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import type { Event } from './event.ts';

const PROPERTIES = [
  'X-MICROSOFT-ONLINEMEETINGEXTERNALLINK',
  'X-MICROSOFT-SKYPETEAMSMEETINGURL',
  'X-GOOGLE-CONFERENCE',
  'CONFERENCE',
  'X-ZOOM-JOIN-URL',
  'X-MICROSOFT-ONLINEMEETINGCONFLINK',
];

const linkOf = (component: Component, scheme: RegExp): string | undefined =>
  PROPERTIES.flatMap((name) => component.lines(name))
    .map((it) => oneLine(it.text))
    .find((it) => scheme.test(it));

export const onlineMeetingFields: readonly Field<Event>[] = [
  {
    tag: 'Calendar:OnlineMeetingConfLink',
    read: ({ component }, { version }) => {
      const link = atLeast(version, '14.1') ? linkOf(component, /^(?:sip|sips|conf):/i) : undefined;
      return link === undefined ? undefined : element('Calendar:OnlineMeetingConfLink', link);
    },
  },
  {
    tag: 'Calendar:OnlineMeetingExternalLink',
    read: ({ component }, { version }) => {
      const link = atLeast(version, '14.1') ? linkOf(component, /^https?:/i) : undefined;
      return link === undefined ? undefined : element('Calendar:OnlineMeetingExternalLink', link);
    },
  },
];
