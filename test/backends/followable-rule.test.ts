import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { hasOccurrence } from '../../lib/activesync/items/recurrence/has-occurrence.ts';
import { busyTimes } from '../../lib/backends/busy-times.ts';
import { canBeFollowed } from '../../lib/backends/followable-rule.ts';
import { matchesFilter } from '../../lib/backends/folders/resource-times.ts';
import { rendered } from '../activesync/items/resources/support.ts';

const THURSDAY = Date.UTC(2026, 0, 1, 9);
const YEAR_MS = 365 * 86_400_000;

const event = (rule: string) =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T090000Z\r\nDTEND:20260101T100000Z\r\nSUMMARY:x\r\nRRULE:${rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;

/** For each of these ical.js looks for the next occurrence for ever, or for longer than anybody waits. */
const ENDLESS = [
  'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31',
  'FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31',
  'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31',
  'FREQ=SECONDLY;BYMONTH=12',
  'FREQ=DAILY;INTERVAL=7;BYDAY=MO',
  'FREQ=DAILY;INTERVAL=999999999999',
  'FREQ=WEEKLY;INTERVAL=99999999',
  'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO',
];

describe('a recurrence rule', () => {
  it.each(ENDLESS)('%s is not followed: the first occurrence is all that is sure', (rule) => {
    expect(canBeFollowed(ICAL.Recur.fromString(rule))).toBe(false);
    const counted = `${rule};COUNT=2`;
    expect(hasOccurrence(counted, THURSDAY, THURSDAY + YEAR_MS)).toBe(true);
    const busy = busyTimes([event(counted)], 'a@example.org', THURSDAY, THURSDAY + YEAR_MS);
    expect(busy).toEqual([{ fromMs: THURSDAY, toMs: THURSDAY + 3_600_000, kind: 'busy' }]);
    expect(matchesFilter(event(counted), { endsAfter: new Date(THURSDAY + YEAR_MS) })).toBe(true);
    expect(rendered('Calendar', event(counted)).tag).toBe('AirSync:ApplicationData');
  });

  it.each([
    ['FREQ=DAILY', 365],
    ['FREQ=DAILY;INTERVAL=2', 183],
    ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', 261],
    ['FREQ=DAILY;BYMONTH=1;BYHOUR=9', 31],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TH;WKST=MO', 27],
    ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', 3],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', 12],
    ['FREQ=MONTHLY;BYMONTHDAY=31', 7],
    ['FREQ=YEARLY;BYMONTH=11;BYDAY=4TH', 1],
    ['FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=30', 1],
  ])('%s is followed as before', (rule, occurrences) => {
    expect(canBeFollowed(ICAL.Recur.fromString(rule))).toBe(true);
    const busy = busyTimes([event(rule)], 'a@example.org', THURSDAY, THURSDAY + YEAR_MS);
    expect(busy.filter(({ fromMs }) => fromMs % 86_400_000 === 9 * 3_600_000).length).toBeGreaterThanOrEqual(
      occurrences - 1,
    );
    expect(busy.length).toBeLessThanOrEqual(occurrences + 1);
  });

  it('of a far date is believed', () => {
    expect(hasOccurrence('FREQ=WEEKLY;INTERVAL=999', THURSDAY, THURSDAY + 5_000 * YEAR_MS)).toBe(true);
    expect(hasOccurrence('FREQ=WEEKLY', THURSDAY, THURSDAY + 86_400_000)).toBe(false);
  });
});
