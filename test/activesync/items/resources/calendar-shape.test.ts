// MS-ASCAL 2.2.2: which elements an event has, how often, of which type, for every version: over the corpus and an event that has
// everything.
import { describe, expect, it } from 'vitest';
import {
  children,
  type Element,
  type ProtocolVersion,
  readWbxml,
  type TagName,
  textOf,
  writeWbxml,
} from '../../../../lib/activesync/protocol/index.ts';
import { EVERYTHING } from './calendar-samples.ts';
import { CORPUS_FILES, rendered, VERSIONS } from './support.ts';

interface Seen {
  readonly version: ProtocolVersion;
  readonly parent: Element;
  readonly element: Element;
}

const SOURCES = [...CORPUS_FILES.filter((it) => it.itemClass === 'Calendar').map((it) => it.source), ...EVERYTHING];

/** Every element of every event for every version, as the phone reads it off the wire. */
const SEEN: readonly Seen[] = VERSIONS.flatMap((version) =>
  SOURCES.flatMap((source) => walk(version, readWbxml(writeWbxml(rendered('Calendar', source, { version }))))),
);

function walk(version: ProtocolVersion, parent: Element): readonly Seen[] {
  return children(parent).flatMap((element) => [{ version, parent, element }, ...walk(version, element)]);
}

const byteIn =
  (...allowed: readonly number[]) =>
  (value: string) =>
    /^\d{1,3}$/.test(value) && allowed.includes(Number(value));
const numberTo = (least: number, most: number) => (value: string) =>
  /^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most;
const isCompact = (value: string) =>
  /^\d{4}(?:0\d|1[012])(?:[012]\d|3[01])T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ$/.test(value);
const isText = () => true;
const isEmptyOr = (rule: (value: string) => boolean) => (value: string) => value === '' || rule(value);

const TOP: TagName = 'AirSync:ApplicationData';
const EXCEPTION: TagName = 'Calendar:Exception';
const ATTENDEE: TagName = 'Calendar:Attendee';
const RECURRENCE: TagName = 'Calendar:Recurrence';

/** At most one in its parent, of that type. */
const SHAPES: readonly (readonly [
  tag: TagName,
  parent: TagName,
  rule: (value: string) => boolean,
  requirements: string,
])[] = [
  ['Calendar:AllDayEvent', TOP, byteIn(0, 1), 'MS-ASCAL_R564, MS-ASCAL_R565'],
  ['Calendar:AllDayEvent', EXCEPTION, byteIn(0, 1), 'MS-ASCAL_R8111'],
  ['Calendar:AppointmentReplyTime', TOP, isCompact, 'MS-ASCAL_R88011, MS-ASCAL_R91, MS-ASCAL_R566'],
  ['Calendar:AppointmentReplyTime', EXCEPTION, isCompact, 'MS-ASCAL_R89011, MS-ASCAL_R567'],
  ['Calendar:Attendees', TOP, isText, 'MS-ASCAL_R10411'],
  ['Calendar:Attendees', EXCEPTION, isText, 'MS-ASCAL_R10611, MS-ASCAL_R10711'],
  ['Calendar:AttendeeStatus', ATTENDEE, byteIn(0, 2, 3, 4, 5), 'MS-ASCAL_R116, MS-ASCAL_R117, MS-ASCAL_R118'],
  ['Calendar:AttendeeType', ATTENDEE, byteIn(1, 2, 3), 'MS-ASCAL_R121, MS-ASCAL_R122, MS-ASCAL_R123'],
  ['Calendar:Email', ATTENDEE, isText, 'MS-ASCAL_R225, MS-ASCAL_R227, MS-ASCAL_R22811, MS-ASCAL_R231'],
  ['Calendar:Name', ATTENDEE, isText, 'MS-ASCAL_R329, MS-ASCAL_R331, MS-ASCAL_R33211'],
  ['AirSyncBase:Body', TOP, isText, 'MS-ASCAL_R12411'],
  ['AirSyncBase:Body', EXCEPTION, isText, 'MS-ASCAL_R12711'],
  ['Calendar:BusyStatus', TOP, byteIn(0, 1, 2, 3, 4), 'MS-ASCAL_R13111, MS-ASCAL_R137, MS-ASCAL_R138'],
  ['Calendar:BusyStatus', EXCEPTION, byteIn(0, 1, 2, 3, 4), 'MS-ASCAL_R13411'],
  ['Calendar:Categories', EXCEPTION, isText, 'MS-ASCAL_R18011'],
  ['Calendar:DisallowNewTimeProposal', TOP, byteIn(0, 1), 'MS-ASCAL_R21111, MS-ASCAL_R216'],
  ['Calendar:DtStamp', TOP, isCompact, 'MS-ASCAL_R224'],
  ['Calendar:DtStamp', EXCEPTION, isCompact, 'MS-ASCAL_R22111, MS-ASCAL_R22211'],
  ['Calendar:EndTime', TOP, isCompact, 'MS-ASCAL_R240'],
  ['Calendar:EndTime', EXCEPTION, isCompact, 'MS-ASCAL_R23711'],
  ['Calendar:StartTime', TOP, isCompact, 'MS-ASCAL_R438'],
  ['Calendar:Location', TOP, isText, 'MS-ASCAL_R300'],
  ['Calendar:Location', EXCEPTION, isText, 'MS-ASCAL_R29711'],
  [
    'Calendar:MeetingStatus',
    TOP,
    byteIn(0, 1, 3, 5, 7, 9, 11, 13, 15),
    'MS-ASCAL_R30311, MS-ASCAL_R308, MS-ASCAL_R309',
  ],
  ['Calendar:Reminder', TOP, numberTo(0, 4_294_967_295), 'MS-ASCAL_R39511'],
  ['Calendar:Reminder', EXCEPTION, isEmptyOr(numberTo(0, 4_294_967_295)), 'MS-ASCAL_R39311, MS-ASCAL_R3951111'],
  [
    'Calendar:ResponseRequested',
    TOP,
    byteIn(0, 1),
    'MS-ASCAL_R396, MS-ASCAL_R398, MS-ASDTYPE_R4, MS-ASDTYPE_R5, MS-ASDTYPE_R7',
  ],
  ['Calendar:ResponseType', TOP, numberTo(0, 5), 'MS-ASCAL_R405, MS-ASCAL_R40611, MS-ASCAL_R407'],
  ['Calendar:ResponseType', EXCEPTION, numberTo(0, 5), 'MS-ASCAL_R402, MS-ASCAL_R40511'],
  ['Calendar:Sensitivity', TOP, byteIn(0, 1, 2, 3), 'MS-ASCAL_R427, MS-ASCAL_R428, MS-ASDTYPE_R123, MS-ASDTYPE_R125'],
  ['Calendar:Sensitivity', EXCEPTION, byteIn(0, 1, 2, 3), 'MS-ASCAL_R42411'],
  ['Calendar:Subject', TOP, isText, 'MS-ASCAL_R43911, MS-ASCAL_R444'],
  ['Calendar:UID', TOP, (value) => value.length <= 300, 'MS-ASCAL_R462, MS-ASCAL_R463'],
  ['Calendar:OrganizerEmail', TOP, isText, 'MS-ASCAL_R364'],
  ['Calendar:OrganizerName', TOP, isText, 'MS-ASCAL_R369'],
  ['Calendar:OnlineMeetingConfLink', TOP, (value) => /^(?:sip|conf):/.test(value), 'MS-ASCAL_R35111'],
  [
    'Calendar:OnlineMeetingConfLink',
    EXCEPTION,
    isEmptyOr((value) => /^(?:sip|conf):/.test(value)),
    'MS-ASCAL_R34812, MS-ASCAL_R351',
  ],
  ['AirSyncBase:NativeBodyType', TOP, byteIn(1, 2), 'MS-ASCAL_R336'],
  ['Calendar:CalendarType', RECURRENCE, numberTo(0, 23), 'MS-ASCAL_R139, MS-ASCAL_R145, MS-ASCAL_R146'],
  [
    'Calendar:DayOfMonth',
    RECURRENCE,
    numberTo(1, 31),
    'MS-ASCAL_R188, MS-ASCAL_R18811, MS-ASCAL_R19111, MS-ASCAL_R192, MS-ASCAL_R193',
  ],
  [
    'Calendar:DayOfWeek',
    RECURRENCE,
    numberTo(1, 127),
    'MS-ASCAL_R196, MS-ASCAL_R19811, MS-ASCAL_R199, MS-ASCAL_R200, MS-ASCAL_R20011, MS-ASCAL_R201',
  ],
  [
    'Calendar:FirstDayOfWeek',
    RECURRENCE,
    byteIn(0, 1, 2, 3, 4, 5, 6),
    'MS-ASCAL_R269, MS-ASCAL_R272, MS-ASCAL_R276, MS-ASCAL_R277',
  ],
  [
    'Calendar:Interval',
    RECURRENCE,
    numberTo(0, 999),
    'MS-ASCAL_R28011, MS-ASCAL_R28211, MS-ASCAL_R283, MS-ASCAL_R28311',
  ],
  ['Calendar:IsLeapMonth', RECURRENCE, byteIn(0, 1), 'MS-ASCAL_R284, MS-ASCAL_R287, MS-ASCAL_R291, MS-ASCAL_R292'],
  ['Calendar:MonthOfYear', RECURRENCE, numberTo(1, 12), 'MS-ASCAL_R321, MS-ASCAL_R32411, MS-ASCAL_R325, MS-ASCAL_R326'],
  [
    'Calendar:Occurrences',
    RECURRENCE,
    numberTo(1, 999),
    'MS-ASCAL_R33811, MS-ASCAL_R34011, MS-ASCAL_R344, MS-ASCAL_R345',
  ],
  [
    'Calendar:Type',
    RECURRENCE,
    byteIn(0, 1, 2, 3, 5, 6),
    'MS-ASCAL_R374, MS-ASCAL_R448, MS-ASCAL_R45011, MS-ASCAL_R452, MS-ASCAL_R453',
  ],
  [
    'Calendar:Until',
    RECURRENCE,
    isCompact,
    'MS-ASCAL_R46411, MS-ASCAL_R46611, MS-ASCAL_R470, MS-ASDTYPE_R12211, MS-ASDTYPE_R12213, MS-ASDTYPE_R18',
  ],
  ['Calendar:WeekOfMonth', RECURRENCE, numberTo(1, 5), 'MS-ASCAL_R471, MS-ASCAL_R47411, MS-ASCAL_R475, MS-ASCAL_R476'],
  ['Calendar:ExceptionStartTime', EXCEPTION, isCompact, 'MS-ASCAL_R264, MS-ASCAL_R26711, MS-ASCAL_R268'],
  ['AirSyncBase:InstanceId', EXCEPTION, isCompact, 'one of 16.x'],
  ['Calendar:Deleted', EXCEPTION, byteIn(1), 'MS-ASCAL_R20811, MS-ASCAL_R209'],
];

describe('shapes', () => {
  it.each(SHAPES)('%s in %s: %s: %s', (tag, parent, rule) => {
    const seen = SEEN.filter((it) => it.element.tag === tag && it.parent.tag === parent);
    if (tag !== 'Calendar:OnlineMeetingConfLink' || parent === TOP) expect(seen.length).toBeGreaterThan(0);
    for (const it of seen) {
      expect(children(it.parent, tag)).toHaveLength(1);
      if (rule === isText) expect(it.element.content.length).toBeGreaterThanOrEqual(0);
      else expect(rule(textOf(it.element)), `${tag} ${textOf(it.element)} at ${it.version}`).toBe(true);
    }
  });

  it('MS-ASCAL_R98011, MS-ASCAL_R99, MS-ASCAL_R100, MS-ASCAL_R101: an Attendee is in Attendees, with an Email and a Name', () => {
    const attendees = SEEN.filter((it) => it.element.tag === ATTENDEE);
    expect(attendees.length).toBeGreaterThan(10);
    for (const { parent, element } of attendees) {
      expect(parent.tag).toBe('Calendar:Attendees');
      for (const tag of ['Calendar:Email', 'Calendar:Name'] as const)
        expect(textOf(children(element, tag)[0] as Element)).not.toBe('');
    }
  });

  it('MS-ASCAL_R182, MS-ASCAL_R185: a Category is a text in Categories', () => {
    const found = SEEN.filter((it) => it.element.tag === 'Calendar:Category');
    expect(found.length).toBeGreaterThan(0);
    for (const it of found) expect(it.parent.tag).toBe('Calendar:Categories');
  });

  it('MS-ASCAL_R242, MS-ASCAL_R246, MS-ASCAL_R2106: an Exception is in Exceptions and says which occurrence it is', () => {
    for (const { version, parent, element } of SEEN.filter((it) => it.element.tag === EXCEPTION)) {
      expect(parent.tag).toBe('Calendar:Exceptions');
      const is16 = version.startsWith('16');
      expect(children(element, 'Calendar:ExceptionStartTime')).toHaveLength(is16 ? 0 : 1);
      expect(children(element, 'AirSyncBase:InstanceId')).toHaveLength(is16 ? 1 : 0);
    }
  });

  it('MS-ASCAL_R215: DisallowNewTimeProposal once in every event since 14.0', () => {
    for (const version of VERSIONS) {
      const count = SEEN.filter(
        (it) => it.version === version && it.element.tag === 'Calendar:DisallowNewTimeProposal',
      ).length;
      expect(count).toBe(version === '12.1' ? 0 : SOURCES.length);
    }
  });

  it('MS-ASCAL_R235, MS-ASCAL_R434, MS-ASCAL_R434001: a start and an end always, whole days too', () => {
    const count = (tag: TagName) => SEEN.filter((it) => it.element.tag === tag && it.parent.tag === TOP).length;
    expect([count('Calendar:StartTime'), count('Calendar:EndTime')]).toEqual([
      SOURCES.length * VERSIONS.length,
      SOURCES.length * VERSIONS.length,
    ]);
  });

  it.each([
    ['Calendar:ResponseType', '14.0'],
    ['Calendar:AppointmentReplyTime', '14.0'],
    ['Calendar:ResponseRequested', '14.0'],
    ['Calendar:CalendarType', '14.0'],
    ['Calendar:IsLeapMonth', '14.0'],
    ['Calendar:FirstDayOfWeek', '14.1'],
    ['Calendar:OnlineMeetingConfLink', '14.1'],
    ['Calendar:OnlineMeetingExternalLink', '14.1'],
    ['AirSyncBase:Location', '16.0'],
    ['AirSyncBase:Attachments', '16.0'],
  ] as const)('%s is from %s on', (tag, first) => {
    const since = VERSIONS.slice(0, VERSIONS.indexOf(first) + 1);
    const seen = new Set(SEEN.filter((it) => it.element.tag === tag).map((it) => it.version));
    expect([...seen].toSorted()).toEqual([...since].toSorted());
  });

  it('MS-ASCAL_R2135, MS-ASCAL_R2135001: AirSyncBase:Location instead of Calendar:Location at 16.0 and 16.1', () => {
    for (const it of SEEN.filter((seen) => seen.element.tag === 'Calendar:Location'))
      expect(it.version.startsWith('16')).toBe(false);
  });

  it('MS-ASCAL_R2023: no Attendees in an Exception at 12.1', () => {
    const found = SEEN.filter((it) => it.element.tag === 'Calendar:Attendees' && it.parent.tag === EXCEPTION);
    expect(found.length).toBeGreaterThan(0);
    expect(found.some((it) => it.version === '12.1')).toBe(false);
  });

  it('MS-ASCAL_R2185: no empty Reminder before 14.1', () => {
    const empty = SEEN.filter((it) => it.element.tag === 'Calendar:Reminder' && textOf(it.element) === '');
    expect(empty.length).toBeGreaterThan(0);
    for (const it of empty) expect(['14.1', '16.0', '16.1']).toContain(it.version);
  });

  it('MS-ASCAL_R2235, MS-ASCAL_R2043, MS-ASCAL_R2044: nobody works elsewhere before 16.0', () => {
    const elsewhere = SEEN.filter((it) => it.element.tag === 'Calendar:BusyStatus' && textOf(it.element) === '4');
    expect(new Set(elsewhere.map((it) => it.version))).toEqual(new Set(['16.0', '16.1']));
  });
});
