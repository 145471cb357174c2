// Three hundred generated resources: with properties, parameters and components that nobody knows, folded anywhere. Given back
// as they were shown they stay to the letter; one change changes the lines that are its own, and is shown.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { children, element, type TagName, text } from '../../../../lib/activesync/protocol/index.ts';
import type { ResourceClass } from '../../../../lib/activesync/items/index.ts';
import { changed, difference, rendered, VERSIONS } from './support.ts';

// oxlint-disable no-control-regex -- what no file may have
const text75 = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((it) => it.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, ' '));
const escaped = text75.map((it) => it.replace(/[\\;,]/g, '\\$&'));
const token = fc.stringMatching(/^[A-Z][A-Z0-9-]{1,10}$/).filter((it) => it !== 'BEGIN' && it !== 'END');
const parameter = fc
  .tuple(token, fc.stringMatching(/^[A-Za-z0-9 :;,=]{1,12}$/))
  .map(([name, value]) => `;X-${name}="${value}"`);
const unknownLine = fc
  .tuple(token, fc.array(parameter, { maxLength: 3 }), escaped)
  .map(([name, parameters, value]) => `X-Q${name}${parameters.join('')}:${value}`);
const unknownComponent = fc
  .tuple(token, fc.array(unknownLine, { maxLength: 3 }))
  .map(([name, lines]) => [`BEGIN:X-${name}`, ...lines, `END:X-${name}`]);

/** Folded at any width, as RFC 5545 allows. */
function folded(line: string, width: number): string {
  const characters = Array.from(line);
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += width) pieces.push(characters.slice(at, at + width).join(''));
  return pieces.join('\r\n ');
}

interface Kind {
  readonly itemClass: ResourceClass;
  readonly runs: number;
  readonly around: (lines: readonly string[]) => readonly string[];
  readonly lines: fc.Arbitrary<readonly string[]>;
  readonly tag: TagName;
  readonly touches: RegExp;
}

const optional = (it: fc.Arbitrary<string>) => fc.option(it, { nil: undefined });
const known = (...list: readonly fc.Arbitrary<string>[]): fc.Arbitrary<readonly string[]> =>
  fc.tuple(...list.map(optional)).map((them) => them.filter((it) => it !== undefined));
const line = (name: string) => escaped.map((it) => `${name}:${it}`);
const calendar = (component: string) => (lines: readonly string[]) => [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:x',
  `BEGIN:${component}`,
  'UID:g@x',
  'DTSTAMP:20260101T000000Z',
  ...lines,
  `END:${component}`,
  'END:VCALENDAR',
];
const day = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-12-31'), noInvalidDate: true });
const compact = (date: Date) => date.toISOString().replace(/[-:]|\.\d{3}Z/g, '');

const start = fc
  .tuple(
    day,
    fc.constantFrom(
      'DTSTART:{}Z',
      'DTSTART;TZID=Europe/Berlin:{}',
      'DTSTART;TZID=America/New_York:{}',
      'DTSTART:{}',
      'DTSTART;VALUE=DATE:{d}',
    ),
  )
  .map(([date, form]) => form.replace('{}', compact(date)).replace('{d}', compact(date).slice(0, 8)));
const rule = fc.constantFrom(
  'RRULE:FREQ=DAILY',
  'RRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=7',
  'RRULE:FREQ=MONTHLY;BYDAY=-1FR',
  'RRULE:FREQ=YEARLY',
  'RRULE:FREQ=HOURLY;COUNT=3',
  'RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15;UNTIL=20300101T000000Z',
);
const people = fc.constantFrom(
  'ORGANIZER;CN="B, ob":mailto:bob@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED;X-Q=1:mailto:ann@example.org',
  'ORGANIZER:mailto:ann@example.org\r\nATTENDEE;ROLE=CHAIR:mailto:ann@example.org\r\nATTENDEE:mailto:x@y.z',
);

const KINDS: readonly Kind[] = [
  {
    itemClass: 'Calendar',
    runs: 120,
    around: calendar('VEVENT'),
    lines: fc
      .tuple(
        start,
        known(
          line('SUMMARY'),
          line('LOCATION'),
          line('DESCRIPTION'),
          line('CATEGORIES'),
          rule,
          people,
          fc.constantFrom('CLASS:PRIVATE', 'CLASS:X-ODD'),
          fc.constantFrom('TRANSP:TRANSPARENT', 'STATUS:TENTATIVE', 'X-MICROSOFT-CDO-BUSYSTATUS:OOF'),
          fc.constant('DURATION:PT45M'),
          fc.constant('GEO:1.5;2.5'),
        ),
      )
      .map(([first, others]) => [first, ...others]),
    tag: 'Calendar:Subject',
    touches: /^SUMMARY[;:]/,
  },
  {
    itemClass: 'Contacts',
    runs: 100,
    around: (lines) => ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'],
    lines: known(
      fc.tuple(escaped, escaped).map(([a, b]) => `N:${a};${b};;;`),
      line('FN'),
      line('ORG'),
      line('NOTE'),
      line('NICKNAME'),
      fc.constantFrom('TEL;TYPE=HOME:1', 'item1.TEL;type=CELL:2', 'TEL:3'),
      line('EMAIL'),
      line('EMAIL;TYPE=WORK'),
      fc.tuple(escaped, escaped).map(([a, b]) => `ADR;TYPE=HOME:;;${a};${b};;;`),
      fc.constantFrom('BDAY:1990-01-01', 'BDAY:--0101', 'BDAY;VALUE=text:in May'),
      line('CATEGORIES'),
      line('URL'),
      line('X-SPOUSE'),
    ),
    tag: 'Contacts:JobTitle',
    touches: /^TITLE[;:]/,
  },
  {
    itemClass: 'Tasks',
    runs: 50,
    around: calendar('VTODO'),
    lines: known(
      line('SUMMARY'),
      line('DESCRIPTION'),
      start.map((it) => it.replace('DTSTART', 'DUE')),
      start,
      fc.constantFrom('STATUS:COMPLETED', 'PERCENT-COMPLETE:50'),
      fc.constantFrom('PRIORITY:1', 'PRIORITY:7'),
      rule,
      line('CATEGORIES'),
    ),
    tag: 'Tasks:Subject',
    touches: /^SUMMARY[;:]/,
  },
  {
    itemClass: 'Notes',
    runs: 30,
    around: calendar('VJOURNAL'),
    lines: known(line('SUMMARY'), line('DESCRIPTION'), line('COLOR')),
    tag: 'Notes:Subject',
    touches: /^SUMMARY[;:]/,
  },
];

describe('generated', () => {
  it('are three hundred', () => expect(KINDS.reduce((sum, it) => sum + it.runs, 0)).toBe(300));

  it.each(KINDS)(
    '$itemClass: $runs of them',
    { timeout: 120_000 },
    ({ itemClass, runs, around, lines, tag, touches }) => {
      const resource = fc
        .tuple(
          lines,
          fc.array(unknownLine, { maxLength: 5 }),
          fc.array(unknownComponent, { maxLength: 2 }),
          fc.integer({ min: 10, max: 80 }),
        )
        .map(
          ([some, unknown, components, width]) =>
            `${around([...some.flatMap((it) => it.split('\r\n')), ...unknown, ...components.flat()])
              .map((it) => folded(it, width))
              .join('\r\n')}\r\n`,
        );
      fc.assert(
        fc.property(
          resource,
          fc.constantFrom(...VERSIONS),
          fc.stringMatching(/^[A-Za-z0-9,;\\"äöü]{1,30}$/),
          (source, version, value) => {
            const shown = children(rendered(itemClass, source, { version }));
            expect(changed(itemClass, source, shown, { version, supported: new Set(shown.map((it) => it.tag)) })).toBe(
              source,
            );
            const after = changed(itemClass, source, [element(tag, value)], { version });
            const { gone, come } = difference(source, after);
            for (const it of [...gone, ...come]) expect(it).toMatch(touches);
            const again = rendered(itemClass, after, { version });
            expect(text(again, tag)).toBe(value);
            for (const it of shown)
              if (it.tag !== tag && !/DtStamp|LastModified|DateCompleted/.test(it.tag))
                expect(children(again, it.tag)).toEqual([it]);
          },
        ),
        { numRuns: runs, seed: 7 },
      );
    },
  );
});
