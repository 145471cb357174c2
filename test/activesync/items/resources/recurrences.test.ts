// Recurrences and exceptions of events (MS-ASCAL 2.2.2.18 to 2.2.2.22, 2.2.2.35, 3.1.5, 3.2.5).
import { describe, expect, it } from 'vitest';
import { resourceCodec } from '../../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  element,
  type Element,
  MalformedValue,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../../../lib/activesync/protocol/index.ts';
import { SERIES_WITH_EVERYTHING } from './calendar-samples.ts';
import {
  added,
  applicationData,
  changeContext,
  changed,
  contentLines,
  corpusFile,
  difference,
  ics,
  record,
  rendered,
} from './support.ts';

const TIMES = [element('Calendar:StartTime', '20260304T080000Z'), element('Calendar:EndTime', '20260304T090000Z')];
const rule = (line: string, more = '') =>
  ics(
    'VEVENT',
    `DTSTART;TZID=Europe/Berlin:20260304T090000\nDTEND;TZID=Europe/Berlin:20260304T100000\nSUMMARY:Series\nRRULE:${line}\n${more}`,
  );
const recurrence = (parts: Readonly<Record<string, string | number>>) =>
  element(
    'Calendar:Recurrence',
    Object.entries(parts).map(([name, value]) => element(`Calendar:${name}` as TagName, String(value))),
  );
const shown = (source: string, version: ProtocolVersion = '14.1') =>
  record(child(rendered('Calendar', source, { version }), 'Calendar:Recurrence'));
const made = (parts: Readonly<Record<string, string | number>>, version: ProtocolVersion = '14.1') =>
  added('Calendar', [...TIMES, recurrence(parts)], { version });
const ruleOf = (source: string) =>
  contentLines(source)
    .findLast((it) => it.startsWith('RRULE:'))
    ?.slice(6);

describe('patterns', () => {
  it.each([
    [
      'MS-ASCAL_R37211, MS-ASCAL_R454, MS-ASCAL_R3892311, MS-ASCAL_R389162',
      'FREQ=DAILY;INTERVAL=3',
      { Type: '0', Interval: '3' },
    ],
    [
      'MS-ASCAL_R455, MS-ASCAL_R204112, MS-ASCAL_R38929, MS-ASCAL_R52523',
      'FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU',
      { Type: '1', Interval: '1', DayOfWeek: '10', FirstDayOfWeek: '0' },
    ],
    [
      'MS-ASCAL_R456, MS-ASCAL_R143, MS-ASCAL_R19011, MS-ASCAL_R19411, MS-ASCAL_R38935',
      'FREQ=MONTHLY;BYMONTHDAY=31',
      { Type: '2', Interval: '1', DayOfMonth: '31', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R457, MS-ASCAL_R14311, MS-ASCAL_R204113, MS-ASCAL_R47311, MS-ASCAL_R478113, MS-ASCAL_R3893713, MS-ASCAL_R3893717',
      'FREQ=MONTHLY;BYDAY=2TH',
      { Type: '3', Interval: '1', WeekOfMonth: '2', DayOfWeek: '16', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R477',
      'FREQ=MONTHLY;BYDAY=-1FR',
      { Type: '3', Interval: '1', WeekOfMonth: '5', DayOfWeek: '32', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R3893714',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      { Type: '3', Interval: '1', WeekOfMonth: '5', DayOfWeek: '127', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R3893715',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2',
      { Type: '3', Interval: '1', WeekOfMonth: '2', DayOfWeek: '62', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R3893716',
      'FREQ=MONTHLY;BYDAY=SU,SA;BYSETPOS=1',
      { Type: '3', Interval: '1', WeekOfMonth: '1', DayOfWeek: '65', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R458, MS-ASCAL_R14312, MS-ASCAL_R19012, MS-ASCAL_R19412, MS-ASCAL_R32311, MS-ASCAL_R32711, MS-ASCAL_R38941, MS-ASCAL_R38943',
      'FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=6',
      { Type: '5', Interval: '1', MonthOfYear: '7', DayOfMonth: '6', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASCAL_R459, MS-ASCAL_R14313, MS-ASCAL_R204114, MS-ASCAL_R32312, MS-ASCAL_R32712, MS-ASCAL_R47312, MS-ASCAL_R478114, MS-ASCAL_R38948, MS-ASCAL_R38950',
      'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH',
      {
        Type: '6',
        Interval: '1',
        WeekOfMonth: '4',
        DayOfWeek: '16',
        MonthOfYear: '11',
        CalendarType: '1',
        IsLeapMonth: '0',
      },
    ],
    ['MS-ASCAL_R38916', 'FREQ=DAILY;COUNT=12', { Type: '0', Interval: '1', Occurrences: '12' }],
    [
      'MS-ASCAL_R389161, MS-ASCAL_R341, MS-ASCAL_R467',
      'FREQ=DAILY;UNTIL=20260401T070000Z',
      { Type: '0', Interval: '1', Until: '20260401T070000Z' },
    ],
  ])('%s: %s', (_requirements, line, expected) => {
    expect(shown(rule(line))).toEqual(expected);
    // A phone that makes the same series has the same rule, but for the order of its parts.
    const parts = (it: string | undefined) => it?.split(';').toSorted();
    const again = ruleOf(made(expected));
    expect(parts(again)?.filter((it) => it !== 'WKST=MO')).toEqual(parts(line));
  });

  it('MS-ASCAL_R19511, MS-ASCAL_R19512, MS-ASCAL_R19513, MS-ASCAL_R19514: no DayOfMonth for types 0, 1, 3 and 6', () => {
    for (const line of ['FREQ=DAILY', 'FREQ=WEEKLY', 'FREQ=MONTHLY;BYDAY=1MO', 'FREQ=YEARLY;BYMONTH=1;BYDAY=1MO'])
      expect(shown(rule(line))).not.toHaveProperty('DayOfMonth');
  });

  it('MS-ASCAL_R32811, MS-ASCAL_R32812, MS-ASCAL_R32813, MS-ASCAL_R32814: no MonthOfYear for types 0, 1, 2 and 3', () => {
    for (const line of ['FREQ=DAILY', 'FREQ=WEEKLY', 'FREQ=MONTHLY', 'FREQ=MONTHLY;BYDAY=1MO'])
      expect(shown(rule(line))).not.toHaveProperty('MonthOfYear');
  });

  it.each([
    ['every Monday of each month', 'FREQ=MONTHLY;BYDAY=MO', { Type: '1', DayOfWeek: '2' }],
    ['on workdays', 'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', { Type: '1', DayOfWeek: '62' }],
    ['of several days of the month the first', 'FREQ=MONTHLY;BYMONTHDAY=1,15', { Type: '2', DayOfMonth: '1' }],
    ['by its start', 'FREQ=WEEKLY', { Type: '1', DayOfWeek: '8' }],
    ['by its start', 'FREQ=YEARLY', { Type: '5', MonthOfYear: '3', DayOfMonth: '4' }],
  ])('%s: %s', (_name, line, expected) => {
    expect(shown(rule(line))).toMatchObject(expected);
  });

  it.each([
    'FREQ=HOURLY',
    'FREQ=SECONDLY;COUNT=100000',
    'FREQ=YEARLY;BYYEARDAY=100',
    'FREQ=YEARLY;BYWEEKNO=20',
    'FREQ=DAILY;INTERVAL=2;BYDAY=MO',
    'FREQ=MONTHLY;BYDAY=5MO',
    'FREQ=NEVER',
    'nonsense',
  ])('a rule without words in the protocol is shown as its first occurrence, and kept: %s', (line) => {
    const source = rule(line);
    expect(child(rendered('Calendar', source), 'Calendar:Recurrence')).toBeUndefined();
    expect(ruleOf(changed('Calendar', source, [element('Calendar:Subject', 'New')]))).toBe(line);
  });

  it('MS-ASCAL_R53911: Occurrences is what counts where Until is there too', () => {
    expect(ruleOf(made({ Type: 0, Until: '20260401T080000Z', Occurrences: 4 }))).toBe('FREQ=DAILY;COUNT=4');
  });

  it('MS-ASCAL_R5: an Interval of 0 is 1', () => {
    expect(shown(made({ Type: 0, Interval: 0 }))).toMatchObject({ Interval: '1' });
  });

  it('MS-ASCAL_R2239: Gregorian is 1', () => {
    expect(shown(made({ Type: 2, DayOfMonth: 4, CalendarType: 1 }))).toMatchObject({ CalendarType: '1' });
  });

  it('MS-ASCAL_R28411, MS-ASCAL_R288, MS-ASCAL_R609, MS-ASCAL_R608: leap months of a calendar that has them', () => {
    const source = made({ Type: 5, DayOfMonth: 4, MonthOfYear: 5, CalendarType: 15, IsLeapMonth: 1 });
    expect(ruleOf(source)).toBe('RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=5L;BYMONTHDAY=4');
    expect(shown(source)).toMatchObject({ CalendarType: '15', IsLeapMonth: '1' });
    expect(shown(made({ Type: 5, DayOfMonth: 4, MonthOfYear: 5, CalendarType: 15, IsLeapMonth: 0 }))).toMatchObject({
      IsLeapMonth: '0',
    });
  });

  it('MS-ASCAL_R290, MS-ASCAL_R293: none in the Gregorian one', () => {
    expect(shown(made({ Type: 5, DayOfMonth: 4, MonthOfYear: 5, CalendarType: 1, IsLeapMonth: 1 }))).toMatchObject({
      IsLeapMonth: '0',
    });
    expect(shown(made({ Type: 5, DayOfMonth: 4, MonthOfYear: 5 }))).toMatchObject({ IsLeapMonth: '0' });
  });

  it.each([
    [
      'MS-ASCAL_R53912: two CalendarType',
      element(
        'Calendar:Recurrence',
        element('Calendar:Type', 2),
        element('Calendar:DayOfMonth', 1),
        element('Calendar:CalendarType', 1),
        element('Calendar:CalendarType', 1),
      ),
    ],
    ...[13, 16, 17, 18, 19, 21, 22, 23].map(
      (type) =>
        [`MS-ASCAL_R53913: CalendarType ${type}`, recurrence({ Type: 2, DayOfMonth: 1, CalendarType: type })] as const,
    ),
    ['MS-ASCAL_R53914: FirstDayOfWeek 7', recurrence({ Type: 1, DayOfWeek: 2, FirstDayOfWeek: 7 })],
    ...[0, 1, 3, 6].map(
      (type) => [`MS-ASCAL_R53916: DayOfMonth for type ${type}`, recurrence({ Type: type, DayOfMonth: 1 })] as const,
    ),
    ...[2, 5].map(
      (type) => [`MS-ASCAL_R53917: DayOfWeek for type ${type}`, recurrence({ Type: type, DayOfWeek: 1 })] as const,
    ),
    ...[0, 1, 2, 3].map(
      (type) => [`MS-ASCAL_R53918: MonthOfYear for type ${type}`, recurrence({ Type: type, MonthOfYear: 1 })] as const,
    ),
    ...[0, 1, 2, 5].map(
      (type) => [`MS-ASCAL_R53919: WeekOfMonth for type ${type}`, recurrence({ Type: type, WeekOfMonth: 1 })] as const,
    ),
    ['no Type', recurrence({ Interval: 1 })],
    ['Type 4', recurrence({ Type: 4 })],
    ['DayOfWeek 128', recurrence({ Type: 1, DayOfWeek: 128 })],
    ['an Until that is no date', recurrence({ Type: 0, Until: 'soon' })],
  ] as const)('%s is Status 6', (_name, it) => {
    expect(() => added('Calendar', [...TIMES, it])).toThrow(MalformedValue);
  });

  it('an Until at midnight means that day, whenever on it the event is', () => {
    expect(ruleOf(made({ Type: 0, Until: '20260401T000000Z' }))).toBe('FREQ=DAILY;UNTIL=20260401T070000Z');
    const day = added(
      'Calendar',
      [
        element('Calendar:AllDayEvent', 1),
        element('Calendar:StartTime', '20260304T000000Z'),
        element('Calendar:EndTime', '20260305T000000Z'),
        recurrence({ Type: 0, Until: '20260401T000000Z' }),
      ],
      { version: '16.1' },
    );
    expect(ruleOf(day)).toBe('FREQ=DAILY;UNTIL=20260401');
    expect(shown(day, '16.1')).toMatchObject({ Until: '20260401T000000Z' });
  });

  it('a longer count than the protocol has is an end', () => {
    expect(shown(rule('FREQ=DAILY;COUNT=100000'))).toMatchObject({ Until: '22991217T080000Z' });
  });

  it('a pattern taken away takes its exceptions along', () => {
    const after = changed('Calendar', SERIES_WITH_EVERYTHING, [element('Calendar:Recurrence')]);
    expect(after).not.toMatch(/RRULE|EXDATE|RECURRENCE-ID/);
  });
});

describe('exceptions', () => {
  const exceptions = (source: string, version: ProtocolVersion = '14.1') =>
    children(child(rendered('Calendar', source, { version }), 'Calendar:Exceptions'));
  const exceptionAt = (source: string, start: string, version: ProtocolVersion = '14.1') =>
    exceptions(source, version).find((it) =>
      [text(it, 'Calendar:ExceptionStartTime'), text(it, 'AirSyncBase:InstanceId')].includes(start),
    );
  const exception = (start: string, ...parts: readonly Element[]) =>
    element('Calendar:Exception', element('Calendar:ExceptionStartTime', start), parts);
  const change = (source: string, ...list: readonly Element[]) =>
    changed('Calendar', source, [element('Calendar:Exceptions', list)]);

  it('MS-ASCAL_R26111, MS-ASCAL_R24111, MS-ASCAL_R20611, MS-ASCAL_R210: deleted and changed occurrences', () => {
    const list = exceptions(SERIES_WITH_EVERYTHING);
    expect(list).toHaveLength(3);
    expect(record(exceptionAt(SERIES_WITH_EVERYTHING, '20260316T080000Z'))).toEqual({
      Deleted: '1',
      ExceptionStartTime: '20260316T080000Z',
    });
  });

  it('MS-ASCAL_R43511, MS-ASCAL_R23611, MS-ASCAL_R44111, MS-ASCAL_R29611, MS-ASCAL_R39211, MS-ASCAL_R30511, MS-ASCAL_R12611, MS-ASCAL_R2083, MS-ASCAL_R40211, MS-ASCAL_R89011: what differs of one', () => {
    const it = exceptionAt(SERIES_WITH_EVERYTHING, '20260309T080000Z');
    expect(record(it)).toMatchObject({
      StartTime: '20260310T100000Z',
      EndTime: '20260310T113000Z',
      Subject: 'Another subject',
      Location: 'Room 2',
      Sensitivity: '2',
      BusyStatus: '0',
      Reminder: '5',
      DtStamp: '20260102T000000Z',
      ResponseType: '2',
      AppointmentReplyTime: '20260202T120000Z',
    });
    expect(text(child(it, 'AirSyncBase:Body'), 'AirSyncBase:Data')).toBe('Only this one');
    expect(
      record(exceptionAt(SERIES_WITH_EVERYTHING.replace('CLASS:PRIVATE', 'STATUS:CANCELLED'), '20260309T080000Z')),
    ).toMatchObject({ MeetingStatus: '7' });
  });

  it('MS-ASCAL_R17911, MS-ASCAL_R18312, MS-ASCAL_R10611: its categories and attendees', () => {
    const it = exceptionAt(SERIES_WITH_EVERYTHING, '20260309T080000Z');
    expect(children(child(it, 'Calendar:Categories')).map((inner) => inner.content)).toEqual(['Two']);
    expect(children(child(it, 'Calendar:Attendees'))).toHaveLength(1);
  });

  it('MS-ASCAL_R539, MS-ASCAL_R543: what it has not is an empty element', () => {
    const it = exceptionAt(SERIES_WITH_EVERYTHING, '20260323T080000Z');
    for (const tag of [
      'Calendar:Subject',
      'Calendar:Location',
      'Calendar:Categories',
      'Calendar:Reminder',
      'Calendar:Attendees',
    ] as const)
      expect(child(it, tag)?.content.length, tag).toBe(0);
  });

  it('MS-ASCAL_R525221, MS-ASCAL_R52522111: no AppointmentReplyTime for an occurrence that was not accepted', () => {
    expect(record(exceptionAt(SERIES_WITH_EVERYTHING, '20260323T080000Z'))).not.toHaveProperty('AppointmentReplyTime');
    const open = SERIES_WITH_EVERYTHING.replace('PARTSTAT=TENTATIVE;RSVP', 'PARTSTAT=NEEDS-ACTION;RSVP');
    expect(record(exceptionAt(open, '20260309T080000Z'))).not.toHaveProperty('AppointmentReplyTime');
  });

  it('MS-ASCAL_R24311: at most 256, those to come first', () => {
    const dates = Array.from({ length: 400 }, (_, index) =>
      new Date(Date.UTC(2026, 2, 5 + index, 9)).toISOString().replace(/[-:]|\.000Z/g, ''),
    );
    const list = exceptions(rule('FREQ=DAILY', `EXDATE;TZID=Europe/Berlin:${dates.join(',')}`));
    expect(list).toHaveLength(256);
    expect(text(list[0], 'Calendar:ExceptionStartTime')?.slice(0, 8)).toBe(dates.at(-1)?.slice(0, 8));
  });

  it('MS-ASCAL_R210: a phone deletes one', () => {
    const after = change(SERIES_WITH_EVERYTHING, exception('20260330T070000Z', element('Calendar:Deleted', 1)));
    expect(difference(SERIES_WITH_EVERYTHING, after)).toEqual({
      gone: [],
      come: ['EXDATE;TZID=Europe/Berlin:20260330T090000'],
    });
    expect(exceptionAt(after, '20260330T070000Z')).toBeDefined();
  });

  it('MS-ASCAL_R542: those that a Change does not name stay', () => {
    const after = change(
      SERIES_WITH_EVERYTHING,
      exception('20260330T070000Z', element('Calendar:Subject', 'Just this')),
    );
    expect(exceptions(after)).toHaveLength(4);
    expect(record(exceptionAt(after, '20260330T070000Z'))).toMatchObject({
      Subject: 'Just this',
      StartTime: '20260330T070000Z',
    });
  });

  it('a phone moves one, and changes it again', () => {
    const moved = change(
      SERIES_WITH_EVERYTHING,
      exception(
        '20260330T070000Z',
        element('Calendar:StartTime', '20260331T070000Z'),
        element('Calendar:EndTime', '20260331T080000Z'),
      ),
    );
    expect(record(exceptionAt(moved, '20260330T070000Z'))).toMatchObject({
      StartTime: '20260331T070000Z',
      EndTime: '20260331T080000Z',
    });
    expect(contentLines(moved)).toContain('RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000');
    const again = change(moved, exception('20260330T070000Z', element('Calendar:Location', 'Room 9')));
    expect(record(exceptionAt(again, '20260330T070000Z'))).toMatchObject({
      StartTime: '20260331T070000Z',
      Location: 'Room 9',
    });
    expect(again.match(/RECURRENCE-ID/g)).toHaveLength(3);
  });

  it('MS-ASCAL_R2242: an empty element takes away what it would inherit', () => {
    const after = change(
      SERIES_WITH_EVERYTHING,
      exception('20260330T070000Z', element('Calendar:Location'), element('Calendar:Reminder')),
    );
    const it = exceptionAt(after, '20260330T070000Z');
    expect([child(it, 'Calendar:Location')?.content, child(it, 'Calendar:Reminder')?.content]).toEqual([[], []]);
  });

  it('a deletion is taken back', () => {
    const source = corpusFile('outlook-series.ics');
    const after = change(source, exception('20260112T080000Z', element('Calendar:Subject', 'Back')));
    expect(contentLines(after)).toContain('EXDATE;TZID="W. Europe Standard Time":20260119T090000'.replaceAll('"', ''));
    expect(record(exceptionAt(after, '20260112T080000Z'))).toMatchObject({ Subject: 'Back' });
  });

  it('an exception of no occurrence is Status 6', () => {
    expect(() =>
      change(SERIES_WITH_EVERYTHING, element('Calendar:Exception', element('Calendar:Subject', 'x'))),
    ).toThrow(MalformedValue);
  });

  describe('from 16.0 on', () => {
    const version = '16.1';
    const instanceId = new Date('2026-03-30T07:00:00Z');

    it('an occurrence is changed by its InstanceId', () => {
      const after = changed('Calendar', SERIES_WITH_EVERYTHING, [element('Calendar:Subject', 'Just this')], {
        version,
        instanceId,
      });
      expect(record(exceptionAt(after, '20260330T070000Z', version))).toMatchObject({ Subject: 'Just this' });
      expect(exceptions(after, version)).toHaveLength(4);
    });

    it('and deleted', () => {
      const codec = resourceCodec('Calendar');
      const after = codec.deleteOccurrence?.(SERIES_WITH_EVERYTHING, instanceId, changeContext({ version })) ?? '';
      expect(difference(SERIES_WITH_EVERYTHING, after).come).toEqual(['EXDATE;TZID=Europe/Berlin:20260330T090000']);
      expect(codec.deleteOccurrence?.(after, instanceId, changeContext({ version }))).toBe(after);
    });

    it('whole days are named by their date', () => {
      const source = corpusFile('apple-all-day-series.ics');
      expect(exceptionAt(source, '20260315T000000Z', version)).toBeDefined();
      const after =
        resourceCodec('Calendar').deleteOccurrence?.(
          source,
          new Date('2026-05-15T00:00:00Z'),
          changeContext({ version }),
        ) ?? '';
      expect(contentLines(after)).toContain('EXDATE;VALUE=DATE:20260515');
    });

    it.each([
      ['MS-ASCAL_R2114: another pattern', [recurrence({ Type: 0 })]],
      ['MS-ASCAL_R2097, MS-ASCAL_R2114: another end', [element('Calendar:EndTime', '20260302T110000Z')]],
      ['MS-ASCAL_R2114: another start', [element('Calendar:StartTime', '20260302T070000Z')]],
    ])('%s forgets all exceptions', (_name, parts) => {
      const after = changed('Calendar', SERIES_WITH_EVERYTHING, parts, { version });
      expect(exceptions(after, version)).toHaveLength(0);
      expect(
        exceptions(
          changed('Calendar', SERIES_WITH_EVERYTHING, [element('Calendar:Subject', 'x')], { version }),
          version,
        ),
      ).toHaveLength(3);
      expect(applicationData(parts).content).toHaveLength(1);
    });
  });
});
