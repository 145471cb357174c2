import { describe, expect, it } from 'vitest';
import { offsetsOfName } from '../../../lib/activesync/items/zones/zone-offsets.ts';
import { timeZoneBlob } from '../../../lib/activesync/items/zones/time-zone.ts';
import {
  child,
  type Element,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../../lib/activesync/protocol/index.ts';
import { bodyOf, corpus, mail, namesOf, preference, rendered } from './support.ts';

function meeting(name: string, version: ProtocolVersion = '16.1'): Element {
  const it = child(rendered(corpus(name), { version }), 'Email:MeetingRequest');
  if (!it) throw new Error(`${name} is no invitation`);
  return it;
}

const field = (name: string, tag: TagName, version?: ProtocolVersion) => text(meeting(name, version), tag);

const recurrence = (name: string, version: ProtocolVersion = '16.1') =>
  child(child(meeting(name, version), 'Email:Recurrences'), 'Email:Recurrence');
const rule = (name: string) => {
  const it = recurrence(name);
  const tags = [
    'Type',
    'Interval',
    'Until',
    'Occurrences',
    'WeekOfMonth',
    'DayOfMonth',
    'DayOfWeek',
    'MonthOfYear',
  ] as const;
  return Object.fromEntries(
    tags.flatMap((tag) => (text(it, `Email:${tag}`) === undefined ? [] : [[tag, text(it, `Email:${tag}`)]])),
  );
};

/** Without an alternative, in the message itself. */
const invitation = (event: string, calendar = '') =>
  mail(
    `Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\n${calendar}BEGIN:VEVENT\nUID:u@example.org\nDTSTAMP:20260301T080000Z\n${event}END:VEVENT\nEND:VCALENDAR\n`,
  );
const of = (event: string, tag: TagName, calendar = '') =>
  text(child(rendered(invitation(event, calendar)), 'Email:MeetingRequest'), tag);

describe('an invitation', () => {
  it('says when, where, who, at 16.1', () => {
    const it = meeting('invitation');
    expect(
      Object.fromEntries(
        ['StartTime', 'EndTime', 'DtStamp', 'Organizer'].map((tag) => [tag, text(it, `Email:${tag}` as TagName)]),
      ),
    ).toEqual({
      StartTime: '2026-07-01T08:00:00.000Z',
      EndTime: '2026-07-01T09:30:00.000Z',
      DtStamp: '2026-03-01T08:00:00.000Z',
      Organizer: '"Ana Example" <ana@example.org>',
    });
    expect(text(child(it, 'AirSyncBase:Location'), 'AirSyncBase:DisplayName')).toBe('Room 5, second floor');
  });

  it('MS-ASEMAIL_R527: its place is a text at 14.1, cut at 32,768 characters', () => {
    expect(field('invitation', 'Email:Location', '14.1')).toBe('Room 5, second floor');
    const long = child(
      rendered(invitation(`DTSTART:20260301T080000Z\nLOCATION:${'x'.repeat(40_000)}\n`), { version: '14.1' }),
      'Email:MeetingRequest',
    );
    expect(text(long, 'Email:Location')).toHaveLength(32_768);
  });

  it('MS-ASEMAIL_R235, MS-ASEMAIL_R236: all day or not', () => {
    expect(field('invitation-all-day', 'Email:AllDayEvent')).toBe('1');
    expect(field('invitation', 'Email:AllDayEvent')).toBe('0');
  });

  it('MS-ASEMAIL_R687: Reminder is in seconds', () => {
    expect(field('invitation', 'Email:Reminder')).toBe('900');
    expect(field('invitation-weekly', 'Email:Reminder')).toBeUndefined();
  });

  it('MS-ASEMAIL_R715, MS-ASEMAIL_R716: whether an answer is wanted', () => {
    expect(field('invitation', 'Email:ResponseRequested')).toBe('1');
    expect(field('invitation-all-day', 'Email:ResponseRequested')).toBe('0');
    expect(field('cancellation', 'Email:ResponseRequested')).toBe('0');
  });

  it('MS-ASEMAIL_R389, MS-ASEMAIL_R390: whether other times may be proposed', () => {
    expect(field('invitation-all-day', 'Email:DisallowNewTimeProposal')).toBe('0');
    expect(field('invitation', 'Email:DisallowNewTimeProposal')).toBe('1');
  });

  it.each([
    ['PUBLIC', '0'],
    ['PRIVATE', '2'],
    ['CONFIDENTIAL', '3'],
    ['X-OTHER', '0'],
  ])('MS-ASEMAIL_R727: Sensitivity of %s is %s', (value, expected) => {
    expect(of(`DTSTART:20260301T080000Z\nCLASS:${value}\n`, 'Email:Sensitivity')).toBe(expected);
  });

  it.each([
    ['TRANSP:TRANSPARENT', '0'],
    ['STATUS:TENTATIVE', '1'],
    ['TRANSP:OPAQUE', '2'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:OOF', '3'],
    ['X-MICROSOFT-CDO-INTENDEDSTATUS:WORKINGELSEWHERE', '4'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:NONSENSE', '2'],
  ])('BusyStatus of %s is %s', (line, expected) => {
    expect(of(`DTSTART:20260301T080000Z\n${line}\n`, 'Email:BusyStatus')).toBe(expected);
  });

  it('MS-ASEMAIL_R535: MeetingMessageType is 1 at first, 2 for an update', () => {
    expect(field('invitation', 'Email2:MeetingMessageType')).toBe('1');
    expect(field('invitation-weekly', 'Email2:MeetingMessageType')).toBe('2');
  });

  it('comes with a message in the inbox, of its class', () => {
    const data = rendered(corpus('invitation'));
    expect(namesOf(data)).toContain('MeetingRequest');
    expect(text(data, 'Email:MessageClass')).toBe('IPM.Schedule.Meeting.Request');
  });

  it('answers to one, and calendars that are only published, are none', () => {
    expect(child(rendered(corpus('reply-accepted')), 'Email:MeetingRequest')).toBeUndefined();
    const published = Buffer.from(
      Buffer.from(invitation('DTSTART:20260301T080000Z\n')).toString().replaceAll('REQUEST', 'PUBLISH'),
    );
    expect(child(rendered(published), 'Email:MeetingRequest')).toBeUndefined();
    expect(text(rendered(published), 'Email:MessageClass')).toBe('IPM.Note');
  });

  it.each(['BEGIN:VCALENDAR', 'nonsense', '', 'BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR'])(
    'what is no calendar (%j) is a message like others',
    (content) => {
      const data = rendered(mail(`Content-Type: text/calendar; method=REQUEST\n\n${content}\n`));
      expect(text(data, 'Email:MessageClass')).toBe('IPM.Note');
    },
  );
});

describe('imperfect invitations', () => {
  it('without a text show their own', () => {
    const raw = invitation('DTSTART:20260301T080000Z\nDESCRIPTION:Line one\\nLine two\\, with ünïcode\n');
    expect(bodyOf(rendered(raw, { options: { bodies: [preference(1)] } }))).toMatchObject({
      type: '1',
      data: 'Line one\r\nLine two, with ünïcode',
    });
    expect(bodyOf(rendered(raw, { options: { bodies: [preference(2)] } })).data).toContain('Line one<br>');
  });

  it('with lines that are none are read without them', () => {
    expect(of('DTSTART:20260301T080000Z\nthis is no line\n\nLOCATION:Here\n', 'Email:StartTime')).toBe(
      '2026-03-01T08:00:00.000Z',
    );
  });

  it.each([
    'RRULE:FREQ=SOMETIMES',
    'RRULE:COUNT=x',
    'SEQUENCE:many',
    'DTEND:soon',
    'DURATION:long',
    'RECURRENCE-ID:once',
    'DTSTAMP:x',
  ])('with %s are still invitations', (line) => {
    expect(of(`DTSTART:20260301T080000Z\n${line}\n`, 'Email:StartTime')).toBe('2026-03-01T08:00:00.000Z');
  });
});

describe('recurrences', () => {
  it.each([
    [
      'MS-ASEMAIL_R650, MS-ASEMAIL_R1067, MS-ASEMAIL_R625',
      'invitation-daily',
      { Type: '0', Interval: '1', Occurrences: '10' },
    ],
    [
      'MS-ASEMAIL_R375, MS-ASEMAIL_R377',
      'invitation-weekly',
      { Type: '1', Interval: '2', Until: '20261231T080000Z', DayOfWeek: '10' },
    ],
    ['MS-ASEMAIL_R365, MS-ASEMAIL_R369', 'invitation-monthly-day', { Type: '2', Interval: '1', DayOfMonth: '6' }],
    ['MS-ASEMAIL_R870', 'invitation-monthly-nth', { Type: '3', Interval: '1', WeekOfMonth: '5', DayOfWeek: '32' }],
    ['MS-ASEMAIL_R370', 'invitation-yearly-day', { Type: '5', Interval: '1', DayOfMonth: '6', MonthOfYear: '7' }],
    [
      'MS-ASEMAIL_R376, MS-ASEMAIL_R620, MS-ASEMAIL_R873',
      'invitation-yearly-nth',
      { Type: '6', Interval: '1', WeekOfMonth: '1', DayOfWeek: '2', MonthOfYear: '7' },
    ],
  ])('%s: %s', (_ids, name, expected) => {
    expect(rule(name)).toEqual(expected);
    expect(field(name, 'Email:InstanceType')).toBe('1');
  });

  it('MS-ASEMAIL_R291: CalendarType for monthly and yearly ones, since 14.0', () => {
    for (const name of [
      'invitation-monthly-day',
      'invitation-monthly-nth',
      'invitation-yearly-day',
      'invitation-yearly-nth',
    ]) {
      expect(text(recurrence(name), 'Email2:CalendarType')).toBe('1');
      expect(text(recurrence(name, '14.0'), 'Email2:CalendarType')).toBe('1');
      expect(child(recurrence(name, '12.1'), 'Email2:CalendarType')).toBeUndefined();
    }
  });

  it('no month is a leap month', () => {
    expect(text(recurrence('invitation-monthly-day'), 'Email2:IsLeapMonth')).toBe('0');
  });

  it.each([
    ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', '1', '62'],
    ['FREQ=WEEKLY', '1', '8'],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '3', '62'],
  ])('%s is of type %s on days %s', (line, type, days) => {
    const it = child(
      child(
        child(rendered(invitation(`DTSTART:20260304T080000Z\nRRULE:${line}\n`)), 'Email:MeetingRequest'),
        'Email:Recurrences',
      ),
      'Email:Recurrence',
    );
    expect([text(it, 'Email:Type'), text(it, 'Email:DayOfWeek')]).toEqual([type, days]);
  });

  it('a rule that the protocol has no words for is left out', () => {
    expect(of('DTSTART:20260304T080000Z\nRRULE:FREQ=SECONDLY\n', 'Email:InstanceType')).toBe('0');
  });

  it('MS-ASEMAIL_R935, MS-ASEMAIL_R679, MS-ASEMAIL_R1493: an exception names the instance by its original start', () => {
    expect(field('invitation-exception', 'Email:RecurrenceId')).toBe('2026-07-08T08:00:00.000Z');
    expect(field('invitation-exception', 'Email:InstanceType')).toBe('3');
  });

  it('MS-ASEMAIL_R936: others have no RecurrenceId', () => {
    for (const name of ['invitation', 'invitation-weekly', 'cancellation'])
      expect(field(name, 'Email:RecurrenceId')).toBeUndefined();
  });
});

describe('GlobalObjId', () => {
  const idOf = (name: string) => Buffer.from(field(name, 'Email:GlobalObjId', '14.1') ?? '', 'base64');

  it('MS-ASEMAIL_R121, MS-ASEMAIL_R20000, MS-ASEMAIL_R20001, MS-ASEMAIL_R20011, MS-ASEMAIL_R10000, MS-ASEMAIL_R1001: class, instance date, creation, reserved, count, data', () => {
    for (const name of ['invitation', 'invitation-weekly', 'invitation-exception']) {
      const id = idOf(name);
      expect(id.subarray(0, 16).toString('hex')).toBe('040000008200e00074c5b7101a82e008');
      expect(id.length).toBe(16 + 4 + 8 + 8 + 4 + id.readUInt32LE(36));
    }
  });

  it('MS-ASEMAIL_R20013, MS-ASEMAIL_R20015, MS-ASEMAIL_R20022: an id of Outlook’s is its bytes', () => {
    expect(idOf('invitation').toString('hex')).toBe(
      '040000008200e00074c5b7101a82e00800000000a0b1c2d3e4f5da0100000000000000001000000000112233445566778899aabbccddeeff',
    );
  });

  it('MS-ASEMAIL_R20016, MS-ASEMAIL_R20018, MS-ASEMAIL_R20019, MS-ASEMAIL_R20021, MS-ASEMAIL_R1000, MS-ASEMAIL_R1002: any other UID is wrapped', () => {
    const id = idOf('invitation-weekly');
    expect(id.subarray(16, 36).every((byte) => byte === 0)).toBe(true);
    expect(id.subarray(40).toString('latin1')).toBe('vCal-Uid\x01\0\0\0weekly-uid@example.org\0');
  });

  it('MS-ASEMAIL_R20003, MS-ASEMAIL_R20005, MS-ASEMAIL_R20007, MS-ASEMAIL_R20009: the date of an exception: year, month, day', () => {
    expect([...idOf('invitation-exception').subarray(16, 20)]).toEqual([0x07, 0xea, 7, 8]);
  });

  it('since 16.0 the UID itself', () => {
    expect(field('invitation-weekly', 'Calendar:UID', '16.0')).toBe('weekly-uid@example.org');
    expect(child(meeting('invitation-weekly', '16.1'), 'Email:GlobalObjId')).toBeUndefined();
  });
});

describe('time zones', () => {
  const rules = (base64: string) => {
    const blob = Buffer.from(base64, 'base64');
    const date = (at: number) => Array.from({ length: 8 }, (_, i) => blob.readUInt16LE(at + 2 * i));
    return {
      size: blob.length,
      bias: blob.readInt32LE(0),
      name: blob.toString('utf16le', 4, 68).replace(/\0+$/, ''),
      standard: date(68),
      standardBias: blob.readInt32LE(84),
      daylight: date(152),
      daylightBias: blob.readInt32LE(168),
    };
  };
  const berlin = {
    size: 172,
    bias: -60,
    standard: [0, 10, 0, 5, 3, 0, 0, 0],
    standardBias: 0,
    daylight: [0, 3, 0, 5, 2, 0, 0, 0],
    daylightBias: -60,
  };

  it('MS-ASDTYPE_R104, MS-ASDTYPE_R110, MS-ASDTYPE_R111, MS-ASDTYPE_R112, MS-ASDTYPE_R117, MS-ASDTYPE_R118, MS-ASDTYPE_R119, MS-ASDTYPE_R121: from the rules in the invitation', () => {
    expect(rules(field('invitation', 'Email:TimeZone') ?? '')).toEqual({ ...berlin, name: 'W. Europe Standard Time' });
  });

  it('from the name of the zone, where there are no rules', () => {
    expect(rules(field('invitation-weekly', 'Email:TimeZone') ?? '')).toEqual({ ...berlin, name: 'Europe/Berlin' });
    expect(field('invitation-weekly', 'Email:StartTime')).toBe('2026-07-06T07:00:00.000Z');
  });

  it.each([
    [
      'Pacific Standard Time',
      { bias: 480, standard: [0, 11, 0, 1, 2, 0, 0, 0], daylight: [0, 3, 0, 2, 2, 0, 0, 0], daylightBias: -60 },
    ],
    [
      'Australia/Sydney',
      { bias: -600, standard: [0, 4, 0, 1, 3, 0, 0, 0], daylight: [0, 10, 0, 1, 2, 0, 0, 0], daylightBias: -60 },
    ],
    ['India Standard Time', { bias: -330, standard: [0, 0, 0, 0, 0, 0, 0, 0], daylightBias: 0 }],
    ['/example.org/20260101/America/New_York', { bias: 300, daylight: [0, 3, 0, 2, 2, 0, 0, 0] }],
  ])('%s', (name, expected) => {
    const offsets = offsetsOfName(name);
    if (!offsets) throw new Error(`${name} is not known`);
    expect(rules(timeZoneBlob(offsets, 2026, name))).toMatchObject(expected);
  });

  it('a zone that nobody knows is UTC', () => {
    const event = 'DTSTART;TZID=Nowhere/At All:20260301T080000\n';
    expect(of(event, 'Email:StartTime')).toBe('2026-03-01T08:00:00.000Z');
    expect(rules(of(event, 'Email:TimeZone') ?? '').bias).toBe(0);
  });

  it('a time that stands alone is in the zone of the start', () => {
    expect(of('DTSTART;TZID=Europe/Berlin:20260701T100000\nDTEND:20260701T110000\n', 'Email:EndTime')).toBe(
      '2026-07-01T09:00:00.000Z',
    );
  });

  it('rules that would take for ever take no time', () => {
    const zone =
      'BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n';
    const started = performance.now();
    expect(of('DTSTART;TZID=X:20260701T100000\nRRULE:FREQ=SECONDLY;COUNT=2000000000\n', 'Email:StartTime', zone)).toBe(
      '2026-07-01T09:00:00.000Z',
    );
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
