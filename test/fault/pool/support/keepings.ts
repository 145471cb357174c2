/** What people of the calendar tests keep: events, contacts and tasks, as a phone makes them and as files have them. */
import { FolderType } from '../../../../lib/activesync/client/index.ts';
import { type Element, element, type TagName } from '../../../../lib/activesync/index.ts';

export interface Keeping {
  readonly itemClass: 'Calendar' | 'Contacts' | 'Tasks';
  /** Of the default folder. */
  readonly folderType: number;
  /** The collection at the DAV server. */
  readonly collection: string;
  /** The property that tells items apart. */
  readonly tag: TagName;
  /** `attendee`: an address that is invited. */
  readonly data: (label: string, attendee?: string) => readonly Element[];
  /** As another program writes it. */
  readonly text: (uid: string, label: string) => string;
}

export const EVENTS: Keeping = {
  itemClass: 'Calendar',
  folderType: FolderType.calendar,
  collection: 'calendar',
  tag: 'Calendar:Subject',
  data: (label, attendee) => [
    element('Calendar:StartTime', '20261201T090000Z'),
    element('Calendar:EndTime', '20261201T100000Z'),
    element('Calendar:Subject', label),
    ...(attendee === undefined
      ? [weekly()]
      : [element('Calendar:Attendees', element('Calendar:Attendee', element('Calendar:Email', attendee)))]),
  ],
  text: (uid, label) =>
    calendarOf('VEVENT', uid, ['DTSTART:20261124T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY', `SUMMARY:${label}`]),
};

export const CONTACTS: Keeping = {
  itemClass: 'Contacts',
  folderType: FolderType.contacts,
  collection: 'contacts',
  tag: 'Contacts:LastName',
  data: (label) => [
    element('Contacts:FirstName', 'Ada'),
    element('Contacts:LastName', label),
    element('Contacts:MobilePhoneNumber', '+1 555 0199'),
  ],
  text: (uid, label) =>
    ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:Ada ${label}`, `N:${label};Ada;;;`, 'END:VCARD', ''].join('\r\n'),
};

export const TASKS: Keeping = {
  itemClass: 'Tasks',
  folderType: FolderType.tasks,
  collection: 'tasks',
  tag: 'Tasks:Subject',
  data: (label) => [
    element('Tasks:Subject', label),
    element('Tasks:Importance', '1'),
    element('Tasks:Complete', '0'),
    element('Tasks:Sensitivity', '0'),
  ],
  text: (uid, label) => calendarOf('VTODO', uid, ['STATUS:NEEDS-ACTION', `SUMMARY:${label}`]),
};

export const KEEPINGS: readonly Keeping[] = [EVENTS, CONTACTS, TASKS];

/** A second calendar, which events are moved to. */
export const OTHER_CALENDAR = 'family';

/** The occurrence that is taken out of weekly events. */
export const SECOND_OCCURRENCE = '2026-12-08T09:00:00.000Z';

/** What a file tells of itself. */
export interface Kept {
  readonly uid: string;
  readonly label: string;
  /** An occurrence was taken out. */
  readonly hasGap: boolean;
}

export function readKept(text: string): Kept {
  const unfolded = text.replace(/\r?\n[ \t]/g, '');
  const valueOf = (pattern: RegExp) => pattern.exec(unfolded)?.[1] ?? '';
  const label = valueOf(/^SUMMARY[^:\r\n]*:(.*?)\r?$/m) || valueOf(/^N[^:\r\n]*:([^;\r\n]*)/m);
  return { uid: valueOf(/^UID[^:\r\n]*:(.*?)\r?$/m), label, hasGap: /^EXDATE/m.test(unfolded) };
}

const weekly = (): Element =>
  element(
    'Calendar:Recurrence',
    element('Calendar:Type', '1'),
    element('Calendar:Interval', '1'),
    element('Calendar:DayOfWeek', '4'),
  );

const calendarOf = (component: string, uid: string, lines: readonly string[]): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//example.org//test//EN',
    `BEGIN:${component}`,
    `UID:${uid}`,
    'DTSTAMP:20261101T080000Z',
    ...lines,
    `END:${component}`,
    'END:VCALENDAR',
    '',
  ].join('\r\n');
