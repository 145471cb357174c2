// Time zones: an event made on either side starts at the same moment on the other, around every change of every zone in twenty
// years. The platform's own offsets, asked moment by moment, are the judge.
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { resourceCodec } from '../../../../lib/activesync/items/index.ts';
import {
  changesOf,
  type Offsets,
  readTimeZoneBlob,
  timeZoneBlob,
} from '../../../../lib/activesync/items/zones/time-zone.ts';
import { WINDOWS_ZONES } from '../../../../lib/activesync/items/zones/windows-zones.ts';
import { offsetsOfName } from '../../../../lib/activesync/items/zones/zone-offsets.ts';
import { Zones } from '../../../../lib/activesync/items/zones/zones.ts';
import { element, formatCompact, parseTimestamp, text } from '../../../../lib/activesync/protocol/index.ts';
import { applicationData, at, changeContext, contentLines, ics, renderContext, rendered } from './support.ts';

const FIRST_YEAR = 2016;
const YEARS = 20;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The whole of it takes minutes; every twelfth zone does as long as nobody asks for more. */
const IS_FULL = process.env['CARAVAN_TEST_SIZE'] === 'full';
const ALL_ZONES = Intl.supportedValuesOf('timeZone');
const ZONES = IS_FULL ? ALL_ZONES : ALL_ZONES.filter((_, index) => index % 12 === 0);

type WallClock = (epochMs: number) => string;
const wallClocks = new Map<string, WallClock>();

/** Local date and time of a moment, by the platform alone. */
function wallClock(name: string): WallClock {
  const clock = wallClocks.get(name) ?? newWallClock(name);
  wallClocks.set(name, clock);
  return clock;
}

function newWallClock(name: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (epochMs: number): string => {
    const parts = Object.fromEntries(format.formatToParts(epochMs).map((it) => [it.type, it.value]));
    return `${parts['year']}${parts['month']}${parts['day']}T${parts['hour']}${parts['minute']}${parts['second']}`;
  };
}

/** A zone of the phone's own says its offset in its name: `"UTC-4:30"`. */
function clockOf(tzid: string): (epochMs: number) => string {
  const own = /^"UTC([+-])(\d+):(\d\d)"$/.exec(tzid);
  if (!own) return wallClock(tzid);
  const offsetMs = (own[1] === '-' ? -1 : 1) * (Number(own[2]) * 60 + Number(own[3])) * MINUTE_MS;
  return (epochMs) => formatCompact(epochMs + offsetMs).replace('Z', '');
}

interface Sample {
  readonly zone: string;
  readonly offsets: Offsets;
  readonly epochMs: number;
}

/** Before and after every change; for zones without any, once a year. */
function samplesOf(zone: string, zones: Zones): readonly Sample[] {
  const { offsets } = zones.named(zone) as { offsets: Offsets };
  return Array.from({ length: YEARS }, (_, index) => FIRST_YEAR + index).flatMap((year) => {
    const changes = changesOf(offsets, year);
    const moments = changes.flatMap(({ atMs }) => [
      atMs - 90 * MINUTE_MS,
      atMs - 30 * MINUTE_MS,
      atMs,
      atMs + 30 * MINUTE_MS,
      atMs + 90 * MINUTE_MS,
    ]);
    return [...moments, Date.UTC(year, 6, 1, 12)].map((epochMs) => ({ zone, offsets, epochMs }));
  });
}

describe('all zones', () => {
  it(`MS-ASCAL_R447, MS-ASDTYPE_R103, MS-ASDTYPE_R121: an event made by a phone starts at the same moment in the file (${ZONES.length} zones, ${YEARS} years)`, {
    timeout: 600_000,
  }, () => {
    const zones = new Zones();
    const codec = resourceCodec('Calendar');
    let compared = 0;
    for (const name of ZONES) {
      const clock = wallClock(name);
      for (const { offsets, epochMs } of samplesOf(name, zones)) {
        const blob = timeZoneBlob(offsets, new Date(epochMs).getUTCFullYear(), '');
        const source = codec.change(
          undefined,
          applicationData(
            element('Calendar:Timezone', blob),
            element('Calendar:StartTime', formatCompact(epochMs)),
            element('Calendar:EndTime', formatCompact(epochMs + HOUR_MS)),
          ),
          changeContext({ zone: name }),
        );
        const line = contentLines(source).findLast((it) => it.startsWith('DTSTART')) ?? '';
        const match = /^DTSTART(?:;TZID=("[^"]+"|[^:"]+))?:(\d{8}T\d{6})(Z)?$/.exec(line);
        const judge = match?.[3] ? wallClock('UTC') : match?.[1] === name ? clock : clockOf(match?.[1] ?? '');
        expect(match?.[2], `${name} ${line} ${new Date(epochMs).toISOString()}`).toBe(judge(epochMs));
        const shown = codec.render(source, renderContext({ zone: 'UTC' }));
        expect(parseTimestamp(text(applicationData(shown), 'Calendar:StartTime') ?? ''), `${name} ${line}`).toBe(
          epochMs,
        );
        compared++;
      }
    }
    process.stdout.write(`${compared} events of phones compared in ${ZONES.length} zones\n`);
    expect(compared).toBeGreaterThan(ZONES.length * YEARS);
  });

  it(`an event in a file starts at the same moment on the phone (${ZONES.length} zones, ${YEARS} years)`, {
    timeout: 600_000,
  }, () => {
    const zones = new Zones();
    const codec = resourceCodec('Calendar');
    let compared = 0;
    for (const name of ZONES) {
      const clock = wallClock(name);
      for (const { epochMs } of samplesOf(name, zones)) {
        const local = clock(epochMs);
        // A time that comes twice means the first (RFC 5545 section 3.3.5).
        const earlier = [30, 60, 120, 180, 240, 1_440]
          .map((it) => epochMs - it * MINUTE_MS)
          .find((it) => clock(it) === local);
        const shown = applicationData(
          codec.render(ics('VEVENT', `DTSTART;TZID=${name}:${local}`), renderContext({ zone: 'UTC' })),
        );
        expect(parseTimestamp(at(shown, 'Calendar:StartTime') ?? ''), `${name} ${local}`).toBe(earlier ?? epochMs);
        compared++;
      }
    }
    process.stdout.write(`${compared} events of files compared in ${ZONES.length} zones\n`);
    expect(compared).toBeGreaterThan(ZONES.length * YEARS);
  });

  it(`the VTIMEZONE that is written says what the platform says, to whoever reads it (${ZONES.length} zones)`, {
    timeout: 600_000,
  }, () => {
    const zones = new Zones();
    let compared = 0;
    for (const name of ZONES) {
      const zone = zones.named(name);
      if (!zone || name === 'UTC') continue;
      const component = new ICAL.Component(
        ICAL.parse(zones.component(zone, Date.UTC(2026, 0, 1)).write('\r\n')) as unknown[],
      );
      const read = new ICAL.Timezone({ component, tzid: name });
      for (const year of [2026, 2030, 2035]) {
        for (const { atMs } of [...changesOf(zone.offsets, year), { atMs: Date.UTC(year, 5, 15) }]) {
          for (const epochMs of [atMs - 25 * HOUR_MS, atMs + 25 * HOUR_MS]) {
            const local = new Date(epochMs + zone.offsets(epochMs) * MINUTE_MS);
            const time = new ICAL.Time(
              {
                year: local.getUTCFullYear(),
                month: local.getUTCMonth() + 1,
                day: local.getUTCDate(),
                hour: local.getUTCHours(),
                minute: local.getUTCMinutes(),
                second: 0,
                isDate: false,
              },
              read,
            );
            expect(time.toUnixTime() * 1_000, `${name} ${new Date(epochMs).toISOString()}`).toBe(epochMs);
            compared++;
          }
        }
      }
    }
    process.stdout.write(`${compared} moments of written zones compared in ${ZONES.length} zones\n`);
    expect(compared).toBeGreaterThan(ZONES.length);
  });
});

describe('names', () => {
  it('every Windows name is a zone of the platform', () => {
    for (const [name, iana] of Object.entries(WINDOWS_ZONES))
      expect(offsetsOfName(iana), `${name}: ${iana}`).toBeDefined();
  });

  it('a phone’s zone is the one that it names, that the user has, or one that is like it', () => {
    const zones = new Zones();
    const when = Date.UTC(2026, 6, 1);
    const of = (name: string) => zones.named(name) as { name: string; offsets: Offsets };
    const guess = (zone: string, label: string, preferred?: string) =>
      zones.ofBlob(
        timeZoneBlob(of(zone).offsets, 2026, label),
        when,
        preferred === undefined ? undefined : of(preferred),
      )?.name;
    expect(guess('Europe/Berlin', '')).toBe('Europe/Berlin');
    expect(guess('Europe/Berlin', '', 'Europe/Paris')).toBe('Europe/Paris');
    expect(guess('Europe/Berlin', 'Romance Standard Time')).toBe('Europe/Paris');
    expect(guess('Europe/Berlin', 'Europe/Vienna')).toBe('Europe/Vienna');
    expect(guess('Europe/Berlin', 'Eastern Standard Time'), 'a name that is not so').toBe('Europe/Berlin');
    expect(guess('America/New_York', '')).toBe('America/New_York');
    expect(guess('Asia/Kathmandu', '')).toBe('Asia/Katmandu');
    expect(guess('UTC', '')).toBe('UTC');
  });

  it('rules of no known zone are written as they are', () => {
    const rules = Buffer.from(timeZoneBlob(offsetsOfName('Europe/Berlin') as Offsets, 2026, ''), 'base64');
    rules.writeUInt16LE(2, 152 + 2);
    const source = resourceCodec('Calendar').change(
      undefined,
      applicationData(
        element('Calendar:Timezone', rules.toString('base64')),
        element('Calendar:StartTime', '20260301T080000Z'),
        element('Calendar:EndTime', '20260301T090000Z'),
      ),
      changeContext(),
    );
    expect(contentLines(source)).toContain('DTSTART;TZID="UTC+1:00":20260301T100000');
    expect(contentLines(source)).toContain('RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=-1SU');
    expect(at(rendered('Calendar', source), 'Calendar:StartTime')).toBe('20260301T080000Z');
    const back = readTimeZoneBlob(at(rendered('Calendar', source), 'Calendar:Timezone') ?? '');
    expect(back?.daylight?.begins).toMatchObject({ month: 2, weekday: 0, week: 5 });
  });

  it.each(['', 'nonsense', Buffer.alloc(172, 0xff).toString('base64'), Buffer.alloc(20).toString('base64')])(
    'nonsense for a zone is the zone of the user: %#',
    (blob) => {
      const source = resourceCodec('Calendar').change(
        undefined,
        applicationData(
          element('Calendar:Timezone', blob),
          element('Calendar:StartTime', '20260301T080000Z'),
          element('Calendar:EndTime', '20260301T090000Z'),
        ),
        changeContext(),
      );
      expect(at(rendered('Calendar', source), 'Calendar:StartTime')).toBe('20260301T080000Z');
    },
  );

  it('a TZID that nobody knows is in the user’s zone', () => {
    expect(
      at(rendered('Calendar', ics('VEVENT', 'DTSTART;TZID=Mars/Olympus:20260301T080000')), 'Calendar:StartTime'),
    ).toBe('20260301T070000Z');
  });
});

describe('the structure', () => {
  const blob = Buffer.from(timeZoneBlob(offsetsOfName('America/New_York') as Offsets, 2026, 'Eastern'), 'base64');

  it('MS-ASDTYPE_R107, MS-ASDTYPE_R108, MS-ASDTYPE_R109, MS-ASDTYPE_R114, MS-ASDTYPE_R115, MS-ASDTYPE_R116: names of 32 characters, zeros behind', () => {
    for (const start of [4, 88]) {
      const name = blob.subarray(start, start + 64);
      expect(name.toString('utf16le').replace(/\0+$/, '')).toBe('Eastern');
      expect(name.subarray(14).every((it) => it === 0)).toBe(true);
    }
    expect(blob).toHaveLength(172);
  });

  it('MS-ASDTYPE_R113, MS-ASDTYPE_R120: biases add to the Bias', () => {
    expect([blob.readInt32LE(0), blob.readInt32LE(84), blob.readInt32LE(168)]).toEqual([300, 0, -60]);
    expect(readTimeZoneBlob(blob.toString('base64'))).toMatchObject({
      name: 'Eastern',
      standardOffset: -300,
      daylight: { offset: -240, begins: { month: 3, week: 2 }, ends: { month: 11, week: 1 } },
    });
  });
});
