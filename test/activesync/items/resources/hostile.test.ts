// What a mail system may hold that nobody meant to: malformed files, recurrences without end, enormous ones. A typed error or a
// bounded answer, in bounded time; never anything else.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemError, resourceCodec, resourceKind, type ResourceClass } from '../../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  element,
  MalformedValue,
  text,
  type TagName,
} from '../../../../lib/activesync/protocol/index.ts';
import { CODE_PAGES } from '../../../../lib/activesync/protocol/index.ts';
import { CORPUS_FILES, changed, ics, rendered, vcf } from './support.ts';

const CLASSES: readonly ResourceClass[] = ['Calendar', 'Contacts', 'Tasks', 'Notes'];
/** Generous: another's work may run beside it. What it must not be is minutes. */
const BOUND_MS = 60_000;

function withinBounds<T>(work: () => T): T {
  const started = performance.now();
  const result = work();
  expect(performance.now() - started).toBeLessThan(BOUND_MS);
  return result;
}

/** Whatever is thrown is one of ours. */
function survives(work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof ItemError) && !(thrown instanceof MalformedValue)) throw thrown;
  }
}

describe('malformed', () => {
  it.each([
    '',
    '\0',
    'nonsense',
    'BEGIN:VCALENDAR',
    'BEGIN:VCALENDAR\r\nEND:VCALENDAR',
    'BEGIN:VCARD\r\nFN:x',
    'END:VCARD',
    'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT',
    'BEGIN:VEVENT\r\nEND:VEVENT',
  ])('%j is an ItemError for every class', (source) => {
    for (const itemClass of CLASSES) {
      expect(() => rendered(itemClass, source)).toThrow(ItemError);
      expect(() => resourceCodec(itemClass).summary(source)).toThrow(ItemError);
      expect(() => changed(itemClass, source, [])).toThrow(ItemError);
    }
  });

  it.each(['DTSTART:', 'DTSTART:yesterday', 'DTSTART:20261399T000000Z', 'DTSTART;VALUE=DATE:20260230'])(
    'an event with %s is one',
    (line) => {
      expect(() => rendered('Calendar', ics('VEVENT', line))).toThrow(ItemError);
    },
  );

  it('a line that is none, and values of the wrong kind, spoil nothing else', () => {
    const source = ics(
      'VEVENT',
      'this is no line\nDTSTART:20260301T080000Z\nDTEND:soon\nDURATION:long\nSEQUENCE:x\nRRULE:FREQ\nEXDATE:never\nGEO:here\nTRIGGER:5\nPRIORITY:high\nBEGIN:VALARM\nTRIGGER:whenever\nEND:VALARM',
    );
    const data = rendered('Calendar', source, { version: '16.1' });
    expect([text(data, 'Calendar:StartTime'), text(data, 'Calendar:EndTime')]).toEqual([
      '20260301T080000Z',
      '20260301T080000Z',
    ]);
    expect(changed('Calendar', source, [element('Calendar:Subject', 'x')])).toContain('this is no line');
  });

  it('a kind is known without reading it', () => {
    expect(['VEVENT', 'VTODO', 'VJOURNAL'].map((it) => resourceKind(ics(it, 'SUMMARY:x')))).toEqual([
      'event',
      'task',
      'note',
    ]);
    expect(resourceKind(vcf('FN:x'))).toBe('contact');
    expect(resourceKind('nothing')).toBeUndefined();
  });

  it('components in each other without end are an ItemError', () => {
    expect(() => rendered('Calendar', 'BEGIN:VCALENDAR\r\n'.repeat(100_000))).toThrow(ItemError);
  });
});

describe('enormous', { timeout: 120_000 }, () => {
  const event = (inner: string) =>
    ics(
      'VEVENT',
      `DTSTART;TZID=Europe/Berlin:20260301T080000\nDTEND;TZID=Europe/Berlin:20260301T090000\nSUMMARY:x\n${inner}`,
    );

  it.each([
    'RRULE:FREQ=DAILY',
    'RRULE:FREQ=DAILY;COUNT=100000',
    'RRULE:FREQ=SECONDLY;COUNT=999999999',
    'RRULE:FREQ=YEARLY;INTERVAL=999999999;COUNT=999999999',
    'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=10',
    'RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2;COUNT=5',
    'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=1000',
    'RRULE:FREQ=YEARLY;BYDAY=366MO;COUNT=5',
    `RRULE:FREQ=DAILY;BYMONTHDAY=${Array.from({ length: 10_000 }, () => 1).join(',')}`,
    'RRULE:FREQ=DAILY;UNTIL=99991231T235959Z',
  ])('%.60s has an end, or is known to have none', (line) => {
    withinBounds(() => {
      const { span } = resourceCodec('Calendar').summary(event(line));
      expect(span?.endMs).toBeGreaterThanOrEqual(Date.UTC(2026, 2, 1));
      expect(children(rendered('Calendar', event(line))).length).toBeGreaterThan(5);
    });
  });

  it('a hundred thousand exceptions are 256 to a phone, and all of them in the file', () => {
    const dates = Array.from({ length: 100_000 }, (_, index) =>
      new Date(Date.UTC(2026, 2, 2 + index, 8)).toISOString().replace(/[-:]|\.000Z/g, ''),
    );
    const source = event(`RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:${dates.join(',')}`);
    withinBounds(() => {
      expect(children(child(rendered('Calendar', source), 'Calendar:Exceptions'))).toHaveLength(256);
      expect(changed('Calendar', source, [element('Calendar:Subject', 'y')]).length).toBeGreaterThan(
        source.length - 10,
      );
    });
  });

  it('ten thousand occurrences that differ are 256 to a phone', () => {
    const overrides = Array.from({ length: 10_000 }, (_, index) => {
      const at = new Date(Date.UTC(2026, 2, 2 + index, 8)).toISOString().replace(/[-:]|\.000Z/g, '');
      return `END:VEVENT\nBEGIN:VEVENT\nUID:1@example.org\nRECURRENCE-ID;TZID=Europe/Berlin:${at}\nDTSTART;TZID=Europe/Berlin:${at}\nSUMMARY:${index}`;
    });
    withinBounds(() =>
      expect(
        children(
          child(rendered('Calendar', event(`RRULE:FREQ=DAILY\n${overrides.join('\n')}`)), 'Calendar:Exceptions'),
        ),
      ).toHaveLength(256),
    );
  });

  it('a picture of 50 MB is an ItemError, one of 10 MB is left out', () => {
    const card = (bytes: number) => vcf(`FN:A\nN:A;;;;\nPHOTO;ENCODING=b;TYPE=JPEG:${'A'.repeat(bytes)}`);
    withinBounds(() => {
      expect(() => rendered('Contacts', card(50 * 1024 * 1024))).toThrow(
        expect.objectContaining({ code: 'item-too-large' }),
      );
      const data = rendered('Contacts', card(10 * 1024 * 1024));
      expect([text(data, 'Contacts:LastName'), text(data, 'Contacts:Picture')]).toEqual(['A', undefined]);
    });
  });

  it('a million lines are an ItemError, a text of 10 MB is cut', () => {
    withinBounds(() => {
      expect(() => rendered('Contacts', vcf('X-A:1\n'.repeat(1_000_000)))).toThrow(ItemError);
      const data = rendered('Notes', ics('VJOURNAL', `DESCRIPTION:${'word '.repeat(2_000_000)}`));
      expect(text(child(data, 'AirSyncBase:Body'), 'AirSyncBase:Data')?.length).toBeLessThanOrEqual(4 * 1024 * 1024);
    });
  });

  it('a VTIMEZONE of ten thousand observances has an end', () => {
    const zone = `BEGIN:VTIMEZONE\nTZID:Odd\n${'BEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=1SU\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD\n'.repeat(10_000)}END:VTIMEZONE\n`;
    withinBounds(() =>
      expect(
        text(rendered('Calendar', ics('VEVENT', 'DTSTART;TZID=Odd:20260301T080000', zone)), 'Calendar:StartTime'),
      ).toBe('20260301T060000Z'),
    );
  });
});

describe('fuzzed', () => {
  const runs = process.env['CARAVAN_TEST_SIZE'] === 'full' ? 2_000 : 80;
  const mutated = fc
    .tuple(
      fc.constantFrom(...CORPUS_FILES),
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.constantFrom(
            '',
            '\r\n',
            ';',
            ':',
            '"',
            '\\',
            '=',
            '\u0000',
            'BEGIN:VEVENT\r\n',
            'END:VEVENT\r\n',
            '99999999',
            '\ud800',
            ',',
          ),
        ),
        { minLength: 1, maxLength: 8 },
      ),
      fc.boolean(),
    )
    .map(([file, edits, cuts]) => {
      let source = file.source;
      for (const [at, insert] of edits) {
        const index = at % (source.length + 1);
        source = source.slice(0, index) + insert + source.slice(cuts ? index + (at % 7) : index);
      }
      return { itemClass: file.itemClass, source };
    });

  it('files of the corpus, damaged, are read or refused', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(mutated, ({ itemClass, source }) => {
        survives(() => {
          const data = rendered(itemClass, source, { version: '16.1' });
          const after = changed(itemClass, source, children(data), { version: '16.1' });
          rendered(itemClass, after);
        });
        survives(() => resourceCodec(itemClass).summary(source));
        survives(() => resourceCodec(itemClass).attachment(source, '1.1'));
      }),
      { numRuns: runs, seed: 11 },
    );
  });

  it('whatever a phone sends is taken or refused, and the result can be read', { timeout: 120_000 }, () => {
    const tags = CODE_PAGES.flatMap((page) =>
      Object.values(page.tags).map((name) => `${page.namespace}:${name}`),
    ).filter((it) => /^(?:Calendar|Contacts|Contacts2|Tasks|Notes|AirSyncBase):/.test(it)) as TagName[];
    expect(tags.length).toBeGreaterThan(150);
    const content = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom('0', '1', '5', '20260301T080000Z', '2026-03-01T08:00:00.000Z', '', '-1', '999999'),
    );
    const leaf = fc.tuple(fc.constantFrom(...tags), content).map(([tag, value]) => element(tag, value));
    const tree = fc.oneof(
      { weight: 3, arbitrary: leaf },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...tags), fc.array(leaf, { maxLength: 6 }))
          .map(([tag, inner]) => element(tag, inner)),
      },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...CORPUS_FILES),
        fc.uniqueArray(tree, { maxLength: 12, selector: (it) => it.tag }),
        fc.constantFrom('12.1', '14.1', '16.1'),
        ({ itemClass, source }, parts, version) => {
          survives(() =>
            rendered(itemClass, changed(itemClass, source, parts, { version, supported: new Set(tags) }), { version }),
          );
        },
      ),
      { numRuns: runs, seed: 13 },
    );
  });
});
