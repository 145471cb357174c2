/** The Calendar class as a table (MS-ASCAL 2.2.2). */
import { atLeast, element, parseTimestamp } from '../../protocol/index.ts';
import { compactDateTime } from '../date-time.ts';
import { alarmMoment, minutesBefore, setAlarmBefore } from '../icalendar/alarm.ts';
import {
  bodyField,
  categoriesField,
  descriptionOf,
  numberOf,
  sensitivityField,
  textField,
} from '../icalendar/common-fields.ts';
import { whenOf } from '../icalendar/times.ts';
import { nativeBodyType } from '../resource-body.ts';
import type { Field } from '../resource-fields.ts';
import { cutText } from '../xml-text.ts';
import { attachmentsField } from './attachments.ts';
import { attendeesField, organizerFields } from './attendees.ts';
import { type Event, requiredTimes } from './event.ts';
import { timeFields } from './event-times.ts';
import { locationFields } from './location.ts';
import { onlineMeetingFields } from './online-meeting.ts';
import { statusFields } from './status-fields.ts';

const UID_LIMIT = 300;
/** unsignedInt */
const REMINDER_LIMIT = 4_294_967_295;

const dtStamp: Field<Event> = {
  tag: 'Calendar:DtStamp',
  read: ({ component, file }) => {
    const line = [component, file.master]
      .flatMap((it) => [it.line('DTSTAMP'), it.line('LAST-MODIFIED'), it.line('CREATED')])
      .find((it) => it);
    const at = whenOf(line, file, file.homeZone({}))?.epochMs ?? parseTimestamp('19700101T000000Z');
    return element('Calendar:DtStamp', compactDateTime(new Date(at ?? 0)));
  },
};

const uid: Field<Event> = {
  tag: 'Calendar:UID',
  read: ({ file }) => (file.uid === '' ? undefined : element('Calendar:UID', cutText(file.uid, UID_LIMIT))),
};

const reminder: Field<Event> = {
  tag: 'Calendar:Reminder',
  read: (event, context) => {
    const { start, endMs } = requiredTimes(event, context);
    const base = { file: event.file, startMs: start.epochMs, endMs };
    const at = alarmMoment(event.component, base);
    if (at === undefined) return undefined;
    return element('Calendar:Reminder', Math.min(REMINDER_LIMIT, Math.max(0, minutesBefore(at, start.epochMs))));
  },
  write: ({ component }, it) => setAlarmBefore(component, it && numberOf(it, 0, REMINDER_LIMIT)),
};

/** In an exception too, where it differs. */
export const occurrenceFields: readonly Field<Event>[] = [
  dtStamp,
  textField('Calendar:Subject', 'SUMMARY'),
  attendeesField,
  ...locationFields,
  attachmentsField,
  categoriesField('Calendar:Categories', 'Calendar:Category'),
  sensitivityField('Calendar:Sensitivity', true),
  ...statusFields,
  reminder,
  bodyField(true),
  ...onlineMeetingFields,
];

/** Of a whole event alone. */
export const wholeFields: readonly Field<Event>[] = [
  ...timeFields,
  uid,
  ...organizerFields,
  {
    tag: 'AirSyncBase:NativeBodyType',
    read: ({ component }, { version }) =>
      atLeast(version, '14.0') ? nativeBodyType(descriptionOf(component)) : undefined,
  },
];
