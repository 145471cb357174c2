// MS-ASTASK: tasks that phones make and change, as VTODO.
import { describe, expect, it } from 'vitest';
import { resourceCodec } from '../../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  element,
  type Element,
  MalformedValue,
  type ProtocolVersion,
  readWbxml,
  type TagName,
  text,
  textOf,
  writeWbxml,
} from '../../../../lib/activesync/protocol/index.ts';
import {
  added,
  applicationData,
  at,
  changeContext,
  changed,
  type Changing,
  contentLines,
  CORPUS_FILES,
  corpusFile,
  difference,
  ics,
  record,
  rendered,
  VERSIONS,
} from './support.ts';

const SUBJECT = element('Tasks:Subject', 'Task');
const made = (parts: readonly Element[], version: ProtocolVersion = '14.1') =>
  added('Tasks', [SUBJECT, ...parts], { version });
const shown = (source: string, tag: TagName, version: ProtocolVersion = '14.1') =>
  at(rendered('Tasks', source, { version }), tag);
const task = (inner = '') => ics('VTODO', `SUMMARY:Task\n${inner}`);
const recurrence = (parts: Readonly<Record<string, string | number>>) =>
  element(
    'Tasks:Recurrence',
    Object.entries({ Start: '2026-03-04T00:00:00.000Z', ...parts }).map(([name, value]) =>
      element(`Tasks:${name}` as TagName, value),
    ),
  );
const rule = (line: string) => task(`DTSTART;VALUE=DATE:20260304\nRRULE:${line}`);
const pattern = (source: string, version: ProtocolVersion = '14.1') =>
  record(child(rendered('Tasks', source, { version }), 'Tasks:Recurrence'));

const RULES = [
  'FREQ=DAILY;COUNT=5',
  'FREQ=WEEKLY;BYDAY=MO',
  'FREQ=MONTHLY',
  'FREQ=MONTHLY;BYDAY=1MO',
  'FREQ=YEARLY;UNTIL=20300101',
  'FREQ=YEARLY;BYMONTH=3;BYDAY=-1MO',
];
const SOURCES = [
  ...CORPUS_FILES.filter((it) => it.itemClass === 'Tasks').map((it) => it.source),
  ...RULES.map(rule),
  task(
    'STATUS:COMPLETED\nCOMPLETED:20260102T030405Z\nDTSTART;TZID=Europe/Berlin:20260101T090000\nCLASS:PRIVATE\nX-CARAVAN-REGENERATE:TRUE',
  ),
];
const SEEN = VERSIONS.flatMap((version) =>
  SOURCES.flatMap((source) => walk(readWbxml(writeWbxml(rendered('Tasks', source, { version }))))),
);

function walk(parent: Element): readonly { parent: Element; element: Element }[] {
  return children(parent).flatMap((it) => [{ parent, element: it }, ...walk(it)]);
}

const isDate = (value: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
const numberTo = (least: number, most: number) => (value: string) =>
  /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;

const SHAPES: readonly (readonly [tag: TagName, rule: (value: string) => boolean, requirements: string])[] = [
  ['Tasks:Complete', numberTo(0, 1), 'MS-ASTASK_R116, MS-ASTASK_R118, MS-ASTASK_R119'],
  ['Tasks:DateCompleted', isDate, 'MS-ASTASK_R122, MS-ASTASK_R125'],
  ['Tasks:DueDate', isDate, 'MS-ASTASK_R161'],
  ['Tasks:UtcDueDate', isDate, 'MS-ASTASK_R308'],
  ['Tasks:StartDate', isDate, 'MS-ASTASK_R274'],
  ['Tasks:UtcStartDate', isDate, 'MS-ASTASK_R311'],
  ['Tasks:Importance', numberTo(0, 2), 'MS-ASTASK_R182, MS-ASTASK_R636'],
  ['Tasks:Sensitivity', numberTo(0, 3), 'MS-ASTASK_R258, MS-ASTASK_R259'],
  ['Tasks:ReminderSet', numberTo(0, 1), 'MS-ASTASK_R248, MS-ASTASK_R249'],
  ['Tasks:ReminderTime', isDate, 'MS-ASTASK_R255'],
  ['Tasks:Categories', () => true, 'MS-ASTASK_R106, MS-ASTASK_R108'],
  ['Tasks:Recurrence', () => true, 'MS-ASTASK_R221, MS-ASTASK_R223'],
  ['Tasks:Subject', (value) => value !== '', 'MS-ASTASK_R277'],
  ['AirSyncBase:Body', () => true, 'MS-ASTASK_R74'],
  [
    'Tasks:Type',
    (value) => ['0', '1', '2', '3', '5', '6'].includes(value),
    'MS-ASTASK_R225, MS-ASTASK_R285, MS-ASTASK_R287, MS-ASTASK_R288, MS-ASTASK_R291, MS-ASTASK_R292',
  ],
  ['Tasks:Start', isDate, 'MS-ASTASK_R226, MS-ASTASK_R267, MS-ASTASK_R268, MS-ASTASK_R271'],
  ['Tasks:Until', isDate, 'MS-ASTASK_R301, MS-ASTASK_R305'],
  ['Tasks:Occurrences', numberTo(1, 255), 'MS-ASTASK_R213, MS-ASTASK_R214'],
  ['Tasks:Interval', numberTo(1, 999), 'MS-ASTASK_R190, MS-ASTASK_R191, MS-ASTASK_R192'],
  ['Tasks:DayOfMonth', numberTo(1, 31), 'MS-ASTASK_R128, MS-ASTASK_R130, MS-ASTASK_R525'],
  ['Tasks:DayOfWeek', numberTo(1, 127), 'MS-ASTASK_R139, MS-ASTASK_R140, MS-ASTASK_R141'],
  ['Tasks:WeekOfMonth', numberTo(1, 5), 'MS-ASTASK_R314, MS-ASTASK_R316, MS-ASTASK_R317'],
  ['Tasks:MonthOfYear', numberTo(1, 12), 'MS-ASTASK_R207, MS-ASTASK_R209, MS-ASTASK_R210'],
  ['Tasks:Regenerate', numberTo(0, 1), 'MS-ASTASK_R241, MS-ASTASK_R242, MS-ASTASK_R4221'],
  ['Tasks:DeadOccur', numberTo(0, 1), 'MS-ASTASK_R154, MS-ASTASK_R155'],
  [
    'Tasks:CalendarType',
    (value) => numberTo(0, 20)(value) && !['13', '16', '17', '18', '19'].includes(value),
    'MS-ASTASK_R77, MS-ASTASK_R79, MS-ASTASK_R84',
  ],
  ['Tasks:IsLeapMonth', numberTo(0, 1), 'MS-ASTASK_R195, MS-ASTASK_R197, MS-ASTASK_R201'],
  ['Tasks:FirstDayOfWeek', numberTo(0, 6), 'MS-ASTASK_R162, MS-ASTASK_R164, MS-ASTASK_R166, MS-ASTASK_R170'],
];

describe('shapes', () => {
  it.each(SHAPES)('%s: %s: %s', (tag, isRight) => {
    const seen = SEEN.filter((it) => it.element.tag === tag);
    expect(seen.length).toBeGreaterThan(0);
    for (const { parent, element: it } of seen) {
      expect(children(parent, tag)).toHaveLength(1);
      expect(isRight(textOf(it)), `${tag} ${textOf(it)}`).toBe(true);
    }
  });

  it('MS-ASTASK_R114, MS-ASTASK_R402: at most 300 categories, each a text', () => {
    const names = Array.from({ length: 400 }, (_, index) => `C${index}`);
    const list = children(child(rendered('Tasks', task(`CATEGORIES:${names.join(',')}`)), 'Tasks:Categories'));
    expect(list.map(textOf)).toEqual(names.slice(0, 300));
  });
});

describe('what a task says', () => {
  it.each([
    ['Tasks:Importance', '2', 'PRIORITY:1'],
    ['Tasks:Importance', '0', 'PRIORITY:9'],
    ['Tasks:Sensitivity', '3', 'CLASS:CONFIDENTIAL'],
    ['Tasks:Sensitivity', '2', 'CLASS:PRIVATE'],
  ] as const)('%s %s is %s', (tag, value, line) => {
    const source = made([element(tag, value)]);
    expect(contentLines(source)).toContain(line);
    expect(shown(source, tag)).toBe(value);
  });

  it('MS-ASTASK_R264: normal is what nobody said', () => {
    expect([shown(task(), 'Tasks:Sensitivity'), shown(task(), 'Tasks:Importance')]).toEqual(['0', '1']);
  });

  it('MS-ASTASK_R187, MS-ASTASK_R550: another importance is taken, and given back', () => {
    expect(shown(made([element('Tasks:Importance', '7')]), 'Tasks:Importance')).toBe('7');
    expect(
      shown(
        changed('Tasks', made([element('Tasks:Importance', '7')]), [element('Tasks:Importance', '0')]),
        'Tasks:Importance',
      ),
    ).toBe('0');
  });

  it('MS-ASTASK_R124: what is complete has a date of it', () => {
    expect(shown(task('STATUS:COMPLETED'), 'Tasks:DateCompleted')).toBe('2026-01-01T00:00:00.000Z');
    const source = changed('Tasks', task(), [
      element('Tasks:Complete', 1),
      element('Tasks:DateCompleted', '2026-02-03T04:05:06.000Z'),
    ]);
    expect(difference(task(), source).come).toEqual([
      'COMPLETED:20260203T040506Z',
      'STATUS:COMPLETED',
      'PERCENT-COMPLETE:100',
    ]);
    expect(shown(source, 'Tasks:DateCompleted')).toBe('2026-02-03T04:05:06.000Z');
    expect(resourceCodec('Tasks').summary(source).isDone).toBe(true);
    const again = changed('Tasks', source, [element('Tasks:Complete', 0)]);
    expect([shown(again, 'Tasks:Complete'), shown(again, 'Tasks:DateCompleted')]).toEqual(['0', undefined]);
    expect(shown(changed('Tasks', task(), [element('Tasks:Complete', 1)]), 'Tasks:DateCompleted')).toBe(
      '2026-02-10T10:10:10.000Z',
    );
  });

  it('dates are days, or moments in the user’s time', () => {
    const days = made([
      element('Tasks:UtcStartDate', '2026-03-03T23:00:00.000Z'),
      element('Tasks:StartDate', '2026-03-04T00:00:00.000Z'),
      element('Tasks:UtcDueDate', '2026-03-05T23:00:00.000Z'),
      element('Tasks:DueDate', '2026-03-06T00:00:00.000Z'),
    ]);
    expect(contentLines(days)).toContain('DTSTART;VALUE=DATE:20260304');
    expect(contentLines(days)).toContain('DUE;VALUE=DATE:20260306');
    const moment = made([
      element('Tasks:UtcDueDate', '2026-03-06T08:30:00.000Z'),
      element('Tasks:DueDate', '2026-03-06T09:30:00.000Z'),
    ]);
    expect(contentLines(moment)).toContain('DUE;TZID=Europe/Berlin:20260306T093000');
    expect([shown(moment, 'Tasks:UtcDueDate'), shown(moment, 'Tasks:DueDate')]).toEqual([
      '2026-03-06T08:30:00.000Z',
      '2026-03-06T09:30:00.000Z',
    ]);
    expect(
      shown(changed('Tasks', moment, [element('Tasks:DueDate'), element('Tasks:UtcDueDate')]), 'Tasks:DueDate'),
    ).toBeUndefined();
    expect(() => made([element('Tasks:DueDate', 'soon')])).toThrow(MalformedValue);
  });

  it('MS-ASTASK_R252, MS-ASTASK_R370: a reminder', () => {
    const source = made([element('Tasks:ReminderSet', 1), element('Tasks:ReminderTime', '2026-03-06T08:30:00.000Z')]);
    expect(contentLines(source)).toContain('TRIGGER;VALUE=DATE-TIME:20260306T083000Z');
    expect([shown(source, 'Tasks:ReminderSet'), shown(source, 'Tasks:ReminderTime')]).toEqual([
      '1',
      '2026-03-06T08:30:00.000Z',
    ]);
    const kept = changed('Tasks', source, [element('Tasks:Subject', 'New')], {
      supported: new Set(['Tasks:ReminderSet']),
    });
    expect(shown(kept, 'Tasks:ReminderSet')).toBe('1');
    expect(shown(changed('Tasks', source, [element('Tasks:ReminderSet', 0)]), 'Tasks:ReminderSet')).toBe('0');
    expect(() => made([element('Tasks:ReminderSet', 2)])).toThrow(MalformedValue);
  });

  it('MS-ASTASK_R369: Importance stays where a Change has none', () => {
    const source = made([element('Tasks:Importance', '2')]);
    expect(
      shown(
        changed('Tasks', source, [element('Tasks:Subject', 'New')], { supported: new Set(['Tasks:Importance']) }),
        'Tasks:Importance',
      ),
    ).toBe('2');
  });

  it('MS-ASTASK_R436: empty Categories take them away', () => {
    const source = corpusFile('task-nextcloud-done.ics');
    expect(children(child(rendered('Tasks', source), 'Tasks:Categories'))).toHaveLength(2);
    expect(
      child(rendered('Tasks', changed('Tasks', source, [element('Tasks:Categories')])), 'Tasks:Categories'),
    ).toBeUndefined();
  });

  it('MS-ASDTYPE_R15: a task that Apple made is understood', () => {
    const data = rendered('Tasks', corpusFile('task-apple.ics'));
    expect(record(data)).toMatchObject({
      Subject: 'Steuererklärung',
      Importance: '2',
      UtcDueDate: '2026-05-31T15:00:00.000Z',
      DueDate: '2026-05-31T17:00:00.000Z',
      ReminderSet: '1',
      ReminderTime: '2026-05-30T15:00:00.000Z',
      Complete: '0',
    });
  });
});

describe('recurrence', () => {
  const base = { Start: '2026-03-04T00:00:00.000Z', Regenerate: '0', DeadOccur: '0', Interval: '1' };

  it.each([
    ['days', 'FREQ=DAILY', { Type: '0' }],
    [
      'MS-ASTASK_R135, MS-ASTASK_R167, MS-ASTASK_R238',
      'FREQ=WEEKLY;BYDAY=MO',
      { Type: '1', DayOfWeek: '2', FirstDayOfWeek: '1' },
    ],
    [
      'MS-ASTASK_R82, MS-ASTASK_R404, MS-ASTASK_R409',
      'FREQ=MONTHLY;BYMONTHDAY=4',
      { Type: '2', DayOfMonth: '4', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASTASK_R8211, MS-ASTASK_R430, MS-ASTASK_R319, MS-ASTASK_R530',
      'FREQ=MONTHLY;BYDAY=2MO',
      { Type: '3', WeekOfMonth: '2', DayOfWeek: '2', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASTASK_R8212, MS-ASTASK_R406, MS-ASTASK_R410, MS-ASTASK_R417',
      'FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4',
      { Type: '5', DayOfMonth: '4', MonthOfYear: '3', CalendarType: '1', IsLeapMonth: '0' },
    ],
    [
      'MS-ASTASK_R8213, MS-ASTASK_R431, MS-ASTASK_R433, MS-ASTASK_R531, MS-ASTASK_R418',
      'FREQ=YEARLY;BYMONTH=3;BYDAY=-1MO',
      { Type: '6', WeekOfMonth: '5', DayOfWeek: '2', MonthOfYear: '3', CalendarType: '1', IsLeapMonth: '0' },
    ],
  ])('%s: %s', (_requirements, line, expected) => {
    expect(pattern(rule(line))).toEqual({ ...base, ...expected });
    const again = made([recurrence(expected)]);
    expect(pattern(again)).toEqual({ ...base, ...expected });
    expect(contentLines(again)).toContain('DTSTART;VALUE=DATE:20260304');
  });

  it.each([
    ['MS-ASTASK_R37011: no Start', element('Tasks:Recurrence', element('Tasks:Type', 0))],
    ['MS-ASTASK_R289: no Type', recurrence({ Interval: 1 })],
    ['MS-ASTASK_R171: FirstDayOfWeek 7', recurrence({ Type: 1, DayOfWeek: 1, FirstDayOfWeek: 7 })],
    ...[0, 1].map(
      (type) => [`MS-ASTASK_R81: CalendarType for type ${type}`, recurrence({ Type: type, CalendarType: 1 })] as const,
    ),
    ...[0, 1, 3, 6].map(
      (type) => [`MS-ASTASK_R132: DayOfMonth for type ${type}`, recurrence({ Type: type, DayOfMonth: 1 })] as const,
    ),
    ['MS-ASTASK_R532: DayOfWeek for type 2', recurrence({ Type: 2, DayOfWeek: 1 })],
    ['MS-ASTASK_R533: DayOfWeek for type 5', recurrence({ Type: 5, DayOfWeek: 1 })],
    ...[0, 1, 2, 5].map(
      (type) => [`MS-ASTASK_R320: WeekOfMonth for type ${type}`, recurrence({ Type: type, WeekOfMonth: 1 })] as const,
    ),
  ] as const)('%s is Status 6', (_name, it) => {
    expect(() => made([it])).toThrow(MalformedValue);
  });

  it('MS-ASTASK_R631: days need no DayOfWeek', () => {
    expect(pattern(made([recurrence({ Type: 0 })]))).toMatchObject({ Type: '0' });
  });

  it('MS-ASTASK_R37013: Occurrences is what counts where Until is there too', () => {
    const source = made([recurrence({ Type: 0, Until: '2026-04-01T00:00:00.000Z', Occurrences: 4 })]);
    expect(contentLines(source)).toContain('RRULE:FREQ=DAILY;COUNT=4');
    expect(pattern(source)).toMatchObject({ Occurrences: '4' });
  });

  it('an end is the day that it is', () => {
    const source = made([recurrence({ Type: 0, Until: '2026-04-01T00:00:00.000Z' })]);
    expect(contentLines(source)).toContain('RRULE:FREQ=DAILY;UNTIL=20260401');
    expect(pattern(source)).toMatchObject({ Until: '2026-04-01T00:00:00.000Z' });
  });

  it('MS-ASTASK_R158, MS-ASTASK_R204: DeadOccur and IsLeapMonth are 0 by default, and kept with Regenerate', () => {
    expect(pattern(made([recurrence({ Type: 2, DayOfMonth: 4 })]))).toMatchObject({
      DeadOccur: '0',
      IsLeapMonth: '0',
      Regenerate: '0',
    });
    expect(pattern(made([recurrence({ Type: 0, DeadOccur: 1, Regenerate: 1 })]))).toMatchObject({
      DeadOccur: '1',
      Regenerate: '1',
    });
  });

  it('a start of its own is kept beside the start of the task', () => {
    const source = changed('Tasks', task('DTSTART;VALUE=DATE:20260301'), [recurrence({ Type: 0 })]);
    expect(pattern(source)).toMatchObject({ Start: '2026-03-04T00:00:00.000Z' });
    expect(contentLines(source)).toContain('DTSTART;VALUE=DATE:20260301');
    const none = changed('Tasks', source, [element('Tasks:Recurrence')]);
    expect(none).not.toMatch(/RRULE|X-CARAVAN/);
  });

  it('since 14.0 there is a calendar, since 14.1 a first day of the week', () => {
    expect(pattern(rule('FREQ=MONTHLY'), '12.1')).not.toHaveProperty('CalendarType');
    expect(pattern(rule('FREQ=WEEKLY'), '14.0')).not.toHaveProperty('FirstDayOfWeek');
  });

  it('a task that recurs is never too old, one without dates is on no day', () => {
    const codec = resourceCodec('Tasks');
    expect(codec.summary(rule('FREQ=DAILY')).span?.endMs).toBe(Number.POSITIVE_INFINITY);
    expect(codec.summary(task()).span).toBeUndefined();
    expect(text(rendered('Tasks', task()), 'Tasks:Subject')).toBe('Task');
  });
});

describe('a task that recurs is completed', () => {
  const done = [element('Tasks:Complete', 1), element('Tasks:DateCompleted', '2026-03-05T18:00:00.000Z')];
  const split = (source: string, parts: readonly Element[] = done, more: Changing = {}) =>
    resourceCodec('Tasks').split?.(source, applicationData(parts), changeContext({ uid: 'done', ...more }));
  const dates = (source: string) =>
    contentLines(source).filter((it) =>
      /^(?:DTSTART|DUE|RRULE|TRIGGER|STATUS|X-CARAVAN-RECURRENCE-START)[;:]/.test(it),
    );

  it.each([
    ['the next of its rule', 'RRULE:FREQ=WEEKLY;BYDAY=WE,FR', ['20260306'], 'RRULE:FREQ=WEEKLY;BYDAY=WE,FR'],
    ['one fewer, where they are counted', 'RRULE:FREQ=DAILY;COUNT=5', ['20260305'], 'RRULE:FREQ=DAILY;COUNT=4'],
    [
      'none that is left out',
      'RRULE:FREQ=DAILY;COUNT=5\nEXDATE;VALUE=DATE:20260305,20260306',
      ['20260307'],
      'RRULE:FREQ=DAILY;COUNT=2',
    ],
    ['the last day too', 'RRULE:FREQ=MONTHLY;UNTIL=20260404', ['20260404'], 'RRULE:FREQ=MONTHLY;UNTIL=20260404'],
    [
      'MS-ASTASK_R239: days after it was done, where it regenerates',
      'RRULE:FREQ=DAILY;INTERVAL=3\nX-CARAVAN-REGENERATE:TRUE',
      ['20260308'],
      'RRULE:FREQ=DAILY;INTERVAL=3',
    ],
    [
      'weeks after it was done, whatever their days',
      'RRULE:FREQ=WEEKLY;BYDAY=WE\nX-CARAVAN-REGENERATE:TRUE',
      ['20260312'],
      'RRULE:FREQ=WEEKLY;BYDAY=WE',
    ],
  ])('and the series goes on with %s', (_what, lines, [next = ''], rule) => {
    const source = task(`DTSTART;VALUE=DATE:20260304\nDUE;VALUE=DATE:20260306\n${lines}`);
    const { rest = '', done: copy = '' } = split(source) ?? {};
    const due = new Date(Date.UTC(2026, Number(next.slice(4, 6)) - 1, Number(next.slice(6)) + 2)).toISOString();
    expect(shown(rest, 'Tasks:StartDate')).toBe(
      `${next.slice(0, 4)}-${next.slice(4, 6)}-${next.slice(6)}T00:00:00.000Z`,
    );
    expect(shown(rest, 'Tasks:DueDate')).toBe(due);
    expect(contentLines(rest)).toContain(rule);
    expect(shown(rest, 'Tasks:Complete')).toBe('0');
    expect(shown(copy, 'Tasks:Complete')).toBe('1');
    expect(shown(copy, 'Tasks:StartDate')).toBe('2026-03-04T00:00:00.000Z');
    expect(shown(copy, 'Tasks:DateCompleted')).toBe('2026-03-05T18:00:00.000Z');
    expect(contentLines(copy)).toContain('UID:done');
    expect(copy).not.toMatch(/RRULE|EXDATE|X-CARAVAN/);
  });

  it('in the zone that it is in, with its reminder, and what a phone says of an occurrence (MS-ASTASK_R157)', () => {
    const source = task(
      'DUE;TZID=Europe/Berlin:20260327T090000\nRRULE:FREQ=WEEKLY;COUNT=9\nSTATUS:IN-PROCESS\nPERCENT-COMPLETE:40\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:20260327T073000Z\nEND:VALARM',
    );
    const sent = [
      ...done,
      element('Tasks:ReminderSet', 0),
      recurrence({ Type: 1, DayOfWeek: 32, Occurrences: 9, DeadOccur: 1, Start: '2026-03-27T09:00:00.000Z' }),
    ];
    const { rest = '', done: copy = '' } = split(source, sent) ?? {};
    expect(dates(rest)).toEqual([
      'DUE;TZID=Europe/Berlin:20260403T090000',
      'RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=8',
      'STATUS:NEEDS-ACTION',
      'TRIGGER;VALUE=DATE-TIME:20260403T063000Z',
    ]);
    expect(pattern(rest)).toMatchObject({ DeadOccur: '0', Start: '2026-04-03T09:00:00.000Z' });
    expect(dates(copy)).toEqual(['DUE;TZID=Europe/Berlin:20260327T090000', 'STATUS:COMPLETED']);
  });

  it('by the pattern’s own start, where it has one', () => {
    const source = task(
      'DTSTART;VALUE=DATE:20260301\nDUE;VALUE=DATE:20260304\nRRULE:FREQ=MONTHLY;BYMONTHDAY=4\nX-CARAVAN-RECURRENCE-START:20260304T000000Z',
    );
    expect(dates(split(source)?.rest ?? '')).toEqual([
      'DTSTART;VALUE=DATE:20260401',
      'DUE;VALUE=DATE:20260404',
      'RRULE:FREQ=MONTHLY;BYMONTHDAY=4',
      'X-CARAVAN-RECURRENCE-START:20260404T000000Z',
      'STATUS:NEEDS-ACTION',
    ]);
  });

  it('whole, with its last occurrence', () => {
    for (const end of ['COUNT=1', 'UNTIL=20260304', 'UNTIL=20260304T220000Z']) {
      const source = task(`DTSTART;VALUE=DATE:20260304\nRRULE:FREQ=DAILY;${end}`);
      expect(split(source)).toBeUndefined();
      expect(shown(changed('Tasks', source, done), 'Tasks:Complete')).toBe('1');
    }
  });

  it('once, however often the same completion comes', () => {
    const source = rule('FREQ=DAILY');
    const { rest = '' } = split(source) ?? {};
    expect(split(rest)).toEqual({ rest, done: undefined });
    expect(split(rest, done, { uid: 'another' })?.done).toBeDefined();
    expect(split(task())).toBeUndefined();
    expect(split(source, [element('Tasks:Complete', 0)])).toBeUndefined();
  });
});
