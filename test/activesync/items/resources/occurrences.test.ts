// Series and the occurrences that differ from them: what becomes of these when the others, or the people invited, do something.
import { describe, expect, it } from 'vitest';
import {
  answerMeeting,
  applyReply,
  applyRequest,
  hadInstance,
  organizerMessages,
  resourceCodec,
  startOfInstance,
} from '../../../../lib/activesync/items/index.ts';
import { child, children, element, text } from '../../../../lib/activesync/protocol/index.ts';
import {
  ACCOUNT,
  applicationData,
  at,
  changeContext,
  changed,
  contentLines,
  difference,
  ics,
  NOW,
  rendered,
} from './support.ts';

const BOB = { user: 'bob', addresses: ['bob@example.org'], displayName: 'Bob' };
const SECOND = new Date('2026-03-09T08:00:00.000Z');
const bobs = { account: BOB, now: NOW, zone: 'Europe/Berlin' };

/** Ann's weekly meeting with Bob and Cleo, which was at another time before. */
const series = (more = '') =>
  ics(
    'VEVENT',
    `DTSTART;TZID=Europe/Berlin:20260302T090000
DTEND;TZID=Europe/Berlin:20260302T100000
RRULE:FREQ=WEEKLY;COUNT=10
SUMMARY:Plans
SEQUENCE:3
ORGANIZER;CN=Ann:mailto:ann@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:cleo@example.org
${more}`,
  );

describe('an answer to one occurrence', () => {
  const declined = (instance: Date | undefined, source = series()) =>
    answerMeeting(source, { answer: 'declined', instance }, bobs).message?.calendar ?? '';

  it('leaves the answer to the others as it was', () => {
    const after = applyReply(series(), declined(SECOND)) ?? '';
    const { gone, come } = difference(series(), after);
    expect(gone).toEqual([]);
    expect(come).toContain('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000');
    expect(come.filter((it) => it.startsWith('ATTENDEE'))).toContain(
      'ATTENDEE;PARTSTAT=DECLINED;X-CARAVAN-ANSWERED=20260210T101010Z:mailto:bob@example.org',
    );
    expect(applyReply(after, declined(SECOND)), 'once').toBeUndefined();
    expect(applyReply(series(), declined(undefined)), 'to all of them').not.toContain('RECURRENCE-ID');
  });

  it('brings none back that is off, and makes none that never was', () => {
    const off = series('EXDATE;TZID=Europe/Berlin:20260309T090000');
    expect(applyReply(off, declined(SECOND))).toBeUndefined();
    const never = declined(SECOND).replaceAll('20260309T090000', '20260310T090000');
    expect(applyReply(series(), never)).toBeUndefined();
  });
});

describe('one occurrence at another time', () => {
  it('is newer than the series to those who are invited, each time', () => {
    const move = (source: string, hour: number) =>
      changed('Calendar', source, [element('Calendar:StartTime', `20260309T${hour}0000Z`)], {
        version: '16.1',
        instanceId: SECOND,
      });
    const sequences = (source: string) =>
      contentLines(organizerMessages(series(), source, { account: ACCOUNT, now: NOW })[0]?.calendar ?? '').filter(
        (it) => it.startsWith('SEQUENCE'),
      );
    const once = move(series(), 10);
    expect(sequences(once)).toEqual(['SEQUENCE:3', 'SEQUENCE:4']);
    expect(sequences(move(once, 11))).toEqual(['SEQUENCE:3', 'SEQUENCE:5']);
    // One that differed before the series was moved.
    const behind = once.replace('SEQUENCE:4', 'SEQUENCE:1');
    expect(sequences(move(behind, 11))).toEqual(['SEQUENCE:3', 'SEQUENCE:4']);
  });
});

describe('a series that changes', () => {
  const moved = series().replace(
    'END:VCALENDAR',
    series('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000\nLOCATION:Attic')
      .replace(/^[\s\S]*(?=BEGIN:VEVENT)/, '')
      .replace(/RRULE.*\r\n/, '')
      .replaceAll('20260302T', '20260310T'),
  );

  it('changes with it what an occurrence has of it, and not what it has of its own', () => {
    for (const version of ['14.1', '16.1'] as const) {
      const after = changed(
        'Calendar',
        moved,
        [
          element('Calendar:Subject', 'Other plans'),
          element(
            version === '14.1' ? 'Calendar:Location' : 'AirSyncBase:Location',
            version === '14.1' ? 'Cellar' : element('AirSyncBase:DisplayName', 'Cellar'),
          ),
        ],
        { version },
      );
      const lines = contentLines(after);
      expect(lines.filter((it) => it.startsWith('SUMMARY'))).toEqual(['SUMMARY:Other plans', 'SUMMARY:Other plans']);
      expect(lines.filter((it) => it.startsWith('LOCATION'))).toEqual(['LOCATION:Cellar', 'LOCATION:Attic']);
      expect(after.match(/DTSTAMP:\w+/g), 'of both').toEqual(Array(2).fill('DTSTAMP:20260210T101010Z'));
      const exception = child(child(rendered('Calendar', after), 'Calendar:Exceptions'), 'Calendar:Exception');
      expect(text(exception, 'Calendar:Subject'), 'as a device has it').toBeUndefined();
    }
  });
});

describe('a series at another time of the day', () => {
  const daily = ics(
    'VEVENT',
    `DTSTART;TZID=Europe/Berlin:20260326T090000
DTEND;TZID=Europe/Berlin:20260326T100000
RRULE:FREQ=DAILY;UNTIL=20260401T070000Z
EXDATE;TZID=Europe/Berlin:20260327T090000,20260330T090000`,
  ).replace(
    'END:VCALENDAR',
    `BEGIN:VEVENT
UID:1@example.org
RECURRENCE-ID;TZID=Europe/Berlin:20260331T090000
DTSTART;TZID=Europe/Berlin:20260331T090000
DTEND;TZID=Europe/Berlin:20260331T100000
SUMMARY:Other
END:VEVENT
END:VCALENDAR`.replaceAll('\n', '\r\n'),
  );
  const times = [element('Calendar:StartTime', '20260326T100000Z'), element('Calendar:EndTime', '20260326T113000Z')];

  it('before 16.0 has the same occurrences off and other than the rest, and the same last one', () => {
    const moved = changed('Calendar', daily, times);
    const lines = contentLines(moved);
    const off = (start: string) =>
      element(
        'Calendar:Exceptions',
        element('Calendar:Exception', element('Calendar:Deleted', 1), element('Calendar:ExceptionStartTime', start)),
      );
    // A device that knows them by the time before.
    expect(changed('Calendar', moved, [off('20260330T070000Z')])).toBe(moved);
    for (const it of [
      'RRULE:FREQ=DAILY;UNTIL=20260401T090000Z',
      'EXDATE;TZID=Europe/Berlin:20260327T110000,20260330T110000',
      'RECURRENCE-ID;TZID=Europe/Berlin:20260331T110000',
      'DTSTART;TZID=Europe/Berlin:20260331T110000',
      'DTEND;TZID=Europe/Berlin:20260331T123000',
    ])
      expect(lines).toContain(it);
  });

  it('ends when it ended where that was no time of an occurrence, and leaves one that was at a time of its own there', () => {
    const until = daily.replace('UNTIL=20260401T070000Z', 'UNTIL=20260401T215959Z');
    const own = until
      .replace('DTSTART;TZID=Europe/Berlin:20260331T090000', 'DTSTART;TZID=Europe/Berlin:20260331T140000')
      .replace('DTEND;TZID=Europe/Berlin:20260331T100000', 'DTEND;TZID=Europe/Berlin:20260331T150000');
    const lines = contentLines(changed('Calendar', own, times));
    for (const it of [
      'RRULE:FREQ=DAILY;UNTIL=20260401T215959Z',
      'RECURRENCE-ID;TZID=Europe/Berlin:20260331T110000',
      'DTSTART;TZID=Europe/Berlin:20260331T140000',
      'DTEND;TZID=Europe/Berlin:20260331T150000',
    ])
      expect(lines).toContain(it);
  });

  it('from 16.0 on has none of them, and the same last one', () => {
    const lines = contentLines(changed('Calendar', daily, times, { version: '16.1' }));
    expect(lines).toContain('RRULE:FREQ=DAILY;UNTIL=20260401T090000Z');
    expect(lines.join()).not.toMatch(/EXDATE|RECURRENCE-ID/);
  });

  it('as whole days ends on the same day', () => {
    const days = [element('Calendar:AllDayEvent', '1'), ...times];
    expect(contentLines(changed('Calendar', daily, days))).toContain('RRULE:FREQ=DAILY;UNTIL=20260401');
  });

  it('of its organizer’s leaves no occurrence where none is any more', () => {
    const theirs = (more: string) => series(more).replace('ORGANIZER;CN=Ann:mailto:ann@', 'ORGANIZER:mailto:dora@');
    const stored = applyRequest(
      theirs(''),
      theirs('RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000').replace(/RRULE.*\r\n/, ''),
      BOB,
    );
    expect(contentLines(stored ?? '').join()).toContain('RECURRENCE-ID');
    const later = theirs('').replaceAll('T090000', 'T110000').replaceAll('T100000', 'T120000');
    const after = applyRequest(stored, later.replace('SEQUENCE:3', 'SEQUENCE:4'), BOB) ?? '';
    expect(contentLines(after).join()).not.toContain('RECURRENCE-ID');
    const renamed = applyRequest(stored, theirs('').replace('Plans', 'X').replace('SEQUENCE:3', 'SEQUENCE:4'), BOB);
    expect(contentLines(renamed ?? '').join()).toContain('RECURRENCE-ID');
  });
});

describe('a whole day of a series', () => {
  it('is named by its date from 16.0 on, and by its midnight before', () => {
    const days = series()
      .replace(/DTSTART.*/, 'DTSTART;VALUE=DATE:20260302')
      .replace(/DTEND.*\r\n/, '');
    for (const [version, named] of [
      ['14.1', '2026-03-08T23:00:00.000Z'],
      ['16.1', '2026-03-09T00:00:00.000Z'],
    ] as const) {
      const start = startOfInstance(days, new Date(named), { version, account: BOB, zone: bobs.zone });
      expect(hadInstance(days, start, bobs.zone)).toBe(true);
      const { source, message } = answerMeeting(days, { answer: 'tentative', instance: start }, bobs);
      for (const it of [source, message?.calendar ?? ''])
        expect(contentLines(it)).toContain('RECURRENCE-ID;VALUE=DATE:20260309');
    }
  });
});

describe('an occurrence that a device names before 16.0', () => {
  const off = (start: string) =>
    element(
      'Calendar:Exceptions',
      element('Calendar:Exception', element('Calendar:Deleted', 1), element('Calendar:ExceptionStartTime', start)),
    );

  it.each([
    ['Tokyo', '20260308T150000Z'],
    ['New York', '20260309T040000Z'],
  ])('of whole days is that of its date, by midnight in %s too', (_, midnight) => {
    const days = series()
      .replace(/DTSTART.*/, 'DTSTART;VALUE=DATE:20260302')
      .replace(/DTEND.*\r\n/, '');
    const after = changed('Calendar', days, [off(midnight)], { zone: 'Europe/Berlin' });
    expect(difference(days, after).come).toContain('EXDATE;VALUE=DATE:20260309');
  });

  it('is the one that it was shown, at whatever time another program has left it', () => {
    const left = series().replace(
      'END:VCALENDAR',
      series('RECURRENCE-ID;TZID=Europe/Berlin:20260309T110000')
        .replace(/^[\s\S]*(?=BEGIN:VEVENT)/, '')
        .replace(/RRULE.*\r\n/, '')
        .replaceAll('20260302T', '20260310T'),
    );
    expect(contentLines(changed('Calendar', left, [off('20260309T100000Z')])).join()).not.toContain('RECURRENCE-ID');
  });
});

describe('what there are no words for', () => {
  it('is one event to a device, without exceptions, and stays a series', () => {
    const odd = series('EXDATE;TZID=Europe/Berlin:20260309T090000').replace(
      'FREQ=WEEKLY;COUNT=10',
      'FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1',
    );
    expect(children(rendered('Calendar', odd)).map((it) => it.tag)).not.toContain('Calendar:Exceptions');
    const after = resourceCodec('Calendar').change(
      odd,
      applicationData(element('Calendar:Subject', 'Odd')),
      changeContext(),
    );
    expect(difference(odd, after)).toEqual({ gone: ['SUMMARY:Plans'], come: ['SUMMARY:Odd'] });
  });

  it('an alarm of Apple’s that says that there is none is none', () => {
    const alarm = 'BEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nEND:VALARM';
    expect(at(rendered('Calendar', series(alarm)), 'Calendar:Reminder')).toBeUndefined();
  });
});
