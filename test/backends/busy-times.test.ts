// Free and busy times out of calendars.
import { describe, expect, it } from 'vitest';
import { busyTimes } from '../../lib/backends/busy-times.ts';

const ZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:Berlin',
  'BEGIN:STANDARD',
  'DTSTART:19701025T030000',
  'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:19700329T020000',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
];
const event = (...lines: readonly string[]) => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'];
const calendar = (...parts: readonly (readonly string[])[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...ZONE, ...parts.flat(), 'END:VCALENDAR', ''].join('\r\n');
const DAY = ['20261123T000000Z', '20261124T000000Z'] as const;
const instant = (compact: string) =>
  Date.parse(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
const busy = (text: string, [from, to]: readonly [string, string] = DAY) =>
  busyTimes([text], 'ada@example.org', instant(from), instant(to)).map(({ fromMs, toMs, kind }) => [
    new Date(fromMs).toISOString().slice(5, 16),
    new Date(toMs).toISOString().slice(5, 16),
    kind,
  ]);
const at = (...lines: readonly string[]) =>
  calendar(event('DTSTART;TZID=Berlin:20261123T100000', 'DTEND;TZID=Berlin:20261123T110000', ...lines));

describe('busy times', () => {
  it('are in UTC, whatever the zone', () => {
    expect(busy(at())).toEqual([['11-23T09:00', '11-23T10:00', 'busy']]);
  });

  it.each([
    ['STATUS:CANCELLED', undefined],
    ['TRANSP:TRANSPARENT', undefined],
    ['STATUS:TENTATIVE', 'tentative'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:OOF', 'away'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:FREE', undefined],
    ['X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE', 'tentative'],
    ['ATTENDEE;PARTSTAT=DECLINED:mailto:Ada@example.org', undefined],
    ['ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ada@example.org', 'tentative'],
    ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org', 'busy'],
    ['ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org', 'busy'],
  ])('%s: %s', (line, kind) => {
    expect(busy(at(line)).map(([, , it]) => it)).toEqual(kind === undefined ? [] : [kind]);
  });

  it('what ends as the span begins, or begins as it ends, does not touch it', () => {
    expect(busy(at(), ['20261123T100000Z', '20261123T120000Z'])).toEqual([]);
    expect(busy(at(), ['20261123T080000Z', '20261123T090000Z'])).toEqual([]);
    expect(busy(at(), ['20261123T095959Z', '20261123T120000Z'])).toHaveLength(1);
  });

  it('a recurrence without end, with a moved, a cancelled and a left-out one', () => {
    const text = calendar(
      event(
        'DTSTART;TZID=Berlin:20200106T100000',
        'DTEND;TZID=Berlin:20200106T103000',
        'RRULE:FREQ=DAILY',
        'EXDATE;TZID=Berlin:20261125T100000',
      ),
      event(
        'RECURRENCE-ID;TZID=Berlin:20261124T100000',
        'DTSTART;TZID=Berlin:20261124T150000',
        'DTEND;TZID=Berlin:20261124T160000',
      ),
      event(
        'RECURRENCE-ID;TZID=Berlin:20261126T100000',
        'DTSTART;TZID=Berlin:20261126T100000',
        'DTEND;TZID=Berlin:20261126T103000',
        'STATUS:CANCELLED',
      ),
    );
    expect(busy(text, ['20261123T000000Z', '20261128T000000Z'])).toEqual([
      ['11-23T09:00', '11-23T09:30', 'busy'],
      ['11-24T14:00', '11-24T15:00', 'busy'],
      ['11-27T09:00', '11-27T09:30', 'busy'],
    ]);
  });

  it('what cannot be read keeps nobody busy, and hinders nothing', () => {
    const times = busyTimes(['BEGIN:NOTHING', '', at()], 'ada@example.org', instant(DAY[0]), instant(DAY[1]));
    expect(times).toHaveLength(1);
  });

  it('a recurrence of every second since long ago ends', () => {
    const text = calendar(event('DTSTART:19900101T000000Z', 'DTEND:19900101T000001Z', 'RRULE:FREQ=SECONDLY'));
    expect(busy(text)).toEqual([]);
  });
});
