import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categoryKeyword, categoryName, replaceCategories } from '../../../lib/activesync/items/categories.ts';
import { type FlagDetails, flagKeywords, readFlagKeywords } from '../../../lib/activesync/items/flag-keywords.ts';
import { readEmailChange } from '../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  type Element,
  MalformedValue,
  type ProtocolVersion,
  text,
  textOf,
} from '../../../lib/activesync/protocol/index.ts';
import type { MessageFlags } from '../../../lib/backends/index.ts';
import { parse, print } from '../../support/transcript.ts';
import { corpus, mail, namesOf, rendered, type Rendering, VERSIONS } from './support.ts';

const author = { account: { user: 'robin', addresses: ['robin@example.net'] }, now: new Date('2026-03-04T10:00:00Z') };
/** The children of a Change's ApplicationData, as `email:Read` … */
const change = (inside: string, version: ProtocolVersion = '16.1') =>
  readEmailChange(
    child(
      parse(`<Sync><Change><ServerId>5:7</ServerId><ApplicationData>${inside}</ApplicationData></Change></Sync>`),
      'AirSync:Change',
    ) as Element,
    version,
    author,
  );

/** The flags that a message has after a device's change, as the sync room makes them. */
function applied(inside: string, flags: MessageFlags = [], version: ProtocolVersion = '16.1'): MessageFlags {
  const { change: it } = change(inside, version);
  const adjusted = it.adjust?.(flags) ?? { add: [], remove: [] };
  const removed = new Set([...(it.remove ?? []), ...adjusted.remove, ...(it.read === false ? ['\\Seen'] : [])]);
  const added = [...(it.add ?? []), ...adjusted.add, ...(it.read ? ['\\Seen'] : [])];
  return [...new Set([...flags.filter((flag) => !removed.has(flag)), ...added])].toSorted();
}

const DATES =
  '<tasks:StartDate>2026-03-04T00:00:00.000Z</tasks:StartDate><tasks:UtcStartDate>2026-03-03T23:00:00.000Z</tasks:UtcStartDate>' +
  '<tasks:DueDate>2026-03-06T00:00:00.000Z</tasks:DueDate><tasks:UtcDueDate>2026-03-05T23:00:00.000Z</tasks:UtcDueDate>';
const COMPLETED =
  '<email:CompleteTime>2026-03-05T08:00:00.000Z</email:CompleteTime><tasks:DateCompleted>2026-03-05T00:00:00.000Z</tasks:DateCompleted>';
const FLAGGED = `<email:Flag><email:Status>2</email:Status><email:FlagType>Flag for follow up</email:FlagType>${DATES}</email:Flag>`;

const flagOf = (flags: MessageFlags): Element => {
  const it = child(rendered(corpus('plain'), { flags }), 'Email:Flag');
  if (!it) throw new Error('no Flag');
  return it;
};

describe('flagging', () => {
  it('MS-ASEMAIL_R940, MS-ASEMAIL_R1021: with dates, which come back as they were', () => {
    const it = flagOf(applied(FLAGGED));
    expect(print(it).replaceAll('tasks:', '')).toBe(
      '<Flag><Subject>Minutes of Tuesday</Subject><Status>2</Status><FlagType>Flag for follow up</FlagType>' +
        '<StartDate>2026-03-04T00:00:00.000Z</StartDate><DueDate>2026-03-06T00:00:00.000Z</DueDate>' +
        '<UtcStartDate>2026-03-03T23:00:00.000Z</UtcStartDate><UtcDueDate>2026-03-05T23:00:00.000Z</UtcDueDate></Flag>',
    );
  });

  it('without dates, as a plain IMAP flag that every program shows', () => {
    expect(
      applied(
        '<email:Flag><email:Status>2</email:Status><email:FlagType>Flag for follow up</email:FlagType></email:Flag>',
      ),
    ).toEqual(['\\Flagged']);
    expect(print(flagOf(['\\Flagged']))).toBe('<Flag><Status>2</Status><FlagType>Flag for follow up</FlagType></Flag>');
  });

  it('MS-ASEMAIL_R942, MS-ASEMAIL_R692, MS-ASEMAIL_R701: as a task, with its reminder', () => {
    const it = flagOf(
      applied(
        FLAGGED.replace(
          '</email:Flag>',
          '<tasks:ReminderSet>1</tasks:ReminderSet><tasks:ReminderTime>2026-03-06T07:00:00.000Z</tasks:ReminderTime></email:Flag>',
        ),
      ),
    );
    expect([text(it, 'Tasks:ReminderSet'), text(it, 'Tasks:ReminderTime')]).toEqual(['1', '2026-03-06T07:00:00.000Z']);
  });

  it('MS-ASEMAIL_R1072: a reminder that is not set is 0', () => {
    expect(
      text(
        flagOf(applied(FLAGGED.replace('</email:Flag>', '<tasks:ReminderSet>0</tasks:ReminderSet></email:Flag>'))),
        'Tasks:ReminderSet',
      ),
    ).toBe('0');
  });

  it('MS-ASEMAIL_R1007: OrdinalDate and SubOrdinalDate are kept for sorting', () => {
    const it = flagOf(
      applied(
        FLAGGED.replace(
          '</email:Flag>',
          '<tasks:OrdinalDate>2026-03-04T09:00:00.123Z</tasks:OrdinalDate><tasks:SubOrdinalDate>5é🙂 any text</tasks:SubOrdinalDate></email:Flag>',
        ),
      ),
    );
    expect([text(it, 'Tasks:OrdinalDate'), text(it, 'Tasks:SubOrdinalDate')]).toEqual([
      '2026-03-04T09:00:00.123Z',
      '5é🙂 any text',
    ]);
  });

  it.each([
    ['MS-ASEMAIL_R86', ''],
    ['MS-ASEMAIL_R87', DATES],
  ])(
    '%s, MS-ASEMAIL_R334, MS-ASEMAIL_R358, MS-ASEMAIL_R359, MS-ASEMAIL_R336: completing, with both dates of completion',
    (_id, more) => {
      const flags = applied(
        `<email:Flag><email:Status>1</email:Status>${COMPLETED}${more}</email:Flag>`,
        applied(FLAGGED),
      );
      expect(flags).not.toContain('\\Flagged');
      const it = flagOf(flags);
      expect(text(it, 'Email:Status')).toBe('1');
      expect(text(it, 'Email:CompleteTime')).toBe('2026-03-05T08:00:00.000Z');
      expect(text(it, 'Tasks:DateCompleted')).toBe('2026-03-05T00:00:00.000Z');
    },
  );

  it.each([
    ['MS-ASEMAIL_R88', '<email:Flag><email:Status>0</email:Status></email:Flag>'],
    ['MS-ASEMAIL_R8800', '<email:Flag/>'],
    ['MS-ASEMAIL_R89', '<email:Flag><email:Status>0</email:Status><tasks:Subject>x</tasks:Subject></email:Flag>'],
    ['MS-ASEMAIL_R8900', '<email:Flag></email:Flag>'],
  ])('%s: clearing takes everything of the flag away, and nothing else', (_id, inside) => {
    expect(applied(inside, [...applied(FLAGGED), 'Work'])).toEqual(['Work']);
  });

  it('MS-ASEMAIL_R90, MS-ASEMAIL_R91: an update of the details leaves the others and the status', () => {
    const flags = applied(
      '<email:Flag><tasks:ReminderSet>1</tasks:ReminderSet><tasks:ReminderTime>2026-03-06T07:00:00.000Z</tasks:ReminderTime></email:Flag>',
      applied(FLAGGED),
    );
    const it = flagOf(flags);
    expect(text(it, 'Email:Status')).toBe('2');
    expect(text(it, 'Tasks:DueDate')).toBe('2026-03-06T00:00:00.000Z');
    expect(text(it, 'Tasks:ReminderTime')).toBe('2026-03-06T07:00:00.000Z');
  });

  it('MS-ASEMAIL_R439: no flag is an empty element', () => {
    expect(print(flagOf([]))).toBe('<Flag/>');
  });

  it('a flag that is taken away elsewhere is gone, details or not; one that is set anew is active', () => {
    const flags = applied(FLAGGED);
    expect(namesOf(flagOf(flags.filter((flag) => flag !== '\\Flagged')))).toEqual([]);
    const complete = applied(`<email:Flag><email:Status>1</email:Status>${COMPLETED}</email:Flag>`);
    expect(text(flagOf([...complete, '\\Flagged']), 'Email:Status')).toBe('2');
  });

  it('a type of one’s own comes back', () => {
    expect(
      text(
        flagOf(
          applied(
            '<email:Flag><email:Status>2</email:Status><email:FlagType>Zur Nachverfolgung (ölig)</email:FlagType></email:Flag>',
          ),
        ),
        'Email:FlagType',
      ),
    ).toBe('Zur Nachverfolgung (ölig)');
  });

  it('MS-ASEMAIL_R470, MS-ASEMAIL_R1058: FlagType may be left out', () => {
    expect(applied('<email:Flag><email:Status>2</email:Status></email:Flag>')).toEqual(['\\Flagged']);
  });

  it.each([
    ['MS-ASEMAIL_R581', 'tasks:DueDate', '2026-03-06T00:00:00.000Z'],
    ['MS-ASEMAIL_R746', 'tasks:StartDate', '2026-03-04T00:00:00.000Z'],
    ['MS-ASEMAIL_R858', 'tasks:UtcDueDate', '2026-03-05T23:00:00.000Z'],
    ['MS-ASEMAIL_R869', 'tasks:UtcStartDate', '2026-03-03T23:00:00.000Z'],
    ['MS-ASEMAIL_R634', 'tasks:OrdinalDate', '2026-03-03T23:00:00.000Z'],
    ['MS-ASEMAIL_R777', 'tasks:SubOrdinalDate', '5'],
    ['MS-ASEMAIL_R697', 'tasks:ReminderSet', '0'],
    ['MS-ASEMAIL_R706', 'tasks:ReminderTime', '2026-03-03T23:00:00.000Z'],
    ['MS-ASEMAIL_R761', 'email:Status', '2'],
  ])('%s: %s twice is no error', (_id, tag, value) => {
    const once = `<${tag}>${value}</${tag}>`;
    const inside = FLAGGED.includes(once)
      ? FLAGGED.replace(once, once + once)
      : FLAGGED.replace('</email:Flag>', `${once}${once}</email:Flag>`);
    expect(inside.split(`<${tag}>`)).toHaveLength(3);
    expect(applied(inside)).toContain('\\Flagged');
  });
});

describe('flags that are refused', () => {
  const refused = (inside: string) =>
    expect(() => change(`<email:Flag>${inside}</email:Flag>`)).toThrow(MalformedValue);
  const swapped = (tag: string, other: string) =>
    `<email:Status>2</email:Status>${DATES}`.replace(new RegExp(`(<tasks:${tag}>)[^<]*`), `$1${other}`);

  it('MS-ASEMAIL_R406, MS-ASEMAIL_R738: a due date before the start date', () => {
    refused(swapped('DueDate', '2026-03-03T00:00:00.000Z'));
    refused(swapped('StartDate', '2026-03-07T00:00:00.000Z'));
  });

  it('MS-ASEMAIL_R850, MS-ASEMAIL_R861: the same in UTC', () => {
    refused(swapped('UtcDueDate', '2026-03-02T00:00:00.000Z'));
    refused(swapped('UtcStartDate', '2026-03-07T00:00:00.000Z'));
  });

  it.each(['StartDate', 'DueDate', 'UtcStartDate', 'UtcDueDate'])('three of the four dates, without %s', (tag) => {
    refused(`<email:Status>2</email:Status>${DATES}`.replace(new RegExp(`<tasks:${tag}>.*</tasks:${tag}>`), ''));
  });

  it.each([
    '<email:Status>3</email:Status>',
    '<email:Status>x</email:Status>',
    '<email:Status>1</email:Status>',
    '<email:Status>1</email:Status><email:CompleteTime>2026-03-05T08:00:00.000Z</email:CompleteTime>',
    '<email:Status>1</email:Status><tasks:DateCompleted>2026-03-05T08:00:00.000Z</tasks:DateCompleted>',
    '<email:Status>2</email:Status><tasks:ReminderSet>1</tasks:ReminderSet>',
    '<email:Status>2</email:Status><tasks:OrdinalDate>yesterday</tasks:OrdinalDate>',
  ])('%s', refused);
});

describe('other changes', () => {
  it.each([
    ['1', { read: true }],
    ['0', { read: false }],
    ['', { read: true }],
  ])('Read %j', (value, expected) => {
    expect(change(`<email:Read>${value}</email:Read>`).change).toEqual(expected);
  });

  it.each([
    '<email:Read>yes</email:Read>',
    '<email2:ConversationId>00</email2:ConversationId>',
    '<email2:ReceivedAsBcc>1</email2:ReceivedAsBcc>',
    '<email2:Sender>x@example.org</email2:Sender>',
    '<email2:UmCallerID>1</email2:UmCallerID>',
    '<email2:UmUserNotes>x</email2:UmUserNotes>',
  ])('%s is refused', (inside) => {
    expect(() => change(inside)).toThrow(MalformedValue);
  });

  it('strangers are passed over, and so is a draft’s content before 16.0', () => {
    expect(change('<email:Subject>new</email:Subject><contacts:Title>x</contacts:Title>', '14.1')).toEqual({
      change: {},
      send: false,
    });
    expect(change('<email2:Send/>', '14.1').send).toBe(false);
  });
});

describe('categories', () => {
  it('MS-ASEMAIL_R318: an empty element where there are none', () => {
    for (const version of VERSIONS.filter((it) => it !== '12.1')) {
      expect(
        namesOf(
          child(rendered(corpus('plain'), { version, flags: ['\\Seen', '$Forwarded', 'NonJunk'] }), 'Email:Categories'),
        ),
      ).toEqual([]);
    }
  });

  it('keywords of other programs are shown, those of mail systems are not', () => {
    const categories = child(
      rendered(corpus('plain'), {
        flags: ['\\Flagged', 'Work', '$label1', 'Junk', '$CvFlag-O.mm2sqtc0', 'R&AOk-union'],
      }),
      'Email:Categories',
    );
    expect(children(categories).map(textOf)).toEqual(['Réunion', 'Work']);
  });

  it('MS-ASEMAIL_R319: an empty element takes all of them away, and nothing else', () => {
    expect(applied('<email:Categories/>', ['\\Seen', '$label1', 'Home', 'Work'])).toEqual(['$label1', '\\Seen']);
  });

  it('MS-ASEMAIL_R320: without the element they stay', () => {
    expect(applied('<email:Read>1</email:Read>', ['Work'])).toEqual(['Work', '\\Seen'].toSorted());
    expect(change('<email:Read>1</email:Read>').change.adjust).toBeUndefined();
  });

  it('a new list replaces the old one', () => {
    expect(
      applied(
        '<email:Categories><email:Category>Work</email:Category><email:Category>Red Category</email:Category></email:Categories>',
        ['Home', 'work'],
      ),
    ).toEqual(['Red&ACA-Category', 'work']);
  });

  it('12.1 has none', () => {
    expect(change('<email:Categories/>', '12.1').change.adjust).toBeUndefined();
  });

  it.each([
    'Red Category',
    'Größe',
    'a&b',
    '$secret',
    'NonJunk',
    '(x)',
    '"q"',
    'a\\b',
    '100%',
    '*',
    ']',
    '日本',
    '🙂',
    'a=b',
    '{',
    '&ACA-',
  ])('%j comes back', (name) => {
    const keyword = categoryKeyword(name) ?? '';
    // RFC 3501 section 9: an atom.
    expect(keyword).toMatch(/^[!#$&'+-Z^-z|}~[,]{1,50}$/);
    expect(categoryName(keyword)).toBe(name);
  });

  it('every name comes back, or, where it is too long for a keyword, its beginning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (name) => {
        const keyword = categoryKeyword(name);
        if (keyword === undefined) return;
        expect(keyword.length).toBeLessThanOrEqual(50);
        expect(keyword).toMatch(/^[!-~]+$/);
        expect(keyword).not.toMatch(/[(){%*"\\\]\s]/);
        const back = categoryName(keyword) ?? '';
        expect(categoryKeyword(back)).toBe(keyword);
      }),
    );
  });

  it('keywords differ in more than case', () => {
    expect(replaceCategories(['WORK'], ['work'])).toEqual({ add: [], remove: [] });
  });
});

it('flag details come back from their keywords, whatever becomes of the case', () => {
  const dates = fc.date({ min: new Date('1970-01-01'), max: new Date('5000-01-01'), noInvalidDate: true });
  const details: fc.Arbitrary<FlagDetails> = fc.record(
    {
      startDate: dates,
      dueDate: dates,
      utcStartDate: dates,
      utcDueDate: dates,
      dateCompleted: dates,
      completeTime: dates,
      ordinalDate: dates,
      type: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 96 }),
      subOrdinalDate: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 96 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(details, fc.boolean(), (it, upper) => {
      const keywords = flagKeywords(it);
      for (const keyword of keywords) expect(keyword).toMatch(/^[$a-z0-9.-]{1,50}$/i);
      expect(readFlagKeywords(upper ? keywords.map((keyword) => keyword.toUpperCase()) : keywords)).toEqual(it);
    }),
  );
});

describe('what a device is told of a change', () => {
  const told = (previous: MessageFlags, flags: MessageFlags, rest: Rendering = {}) =>
    namesOf(rendered(corpus('plain'), { ...rest, purpose: 'change', previous, flags }));

  it.each([
    ['MS-ASEMAIL_R75, MS-ASEMAIL_R10604', [], ['\\Seen'], ['Read']],
    ['MS-ASEMAIL_R76, MS-ASEMAIL_R100', [], ['\\Flagged'], ['Flag']],
    ['MS-ASEMAIL_R96', [], ['Work'], ['Categories']],
    ['MS-ASEMAIL_R104', [], ['\\Seen', '\\Flagged', 'Work'], ['Read', 'Flag', 'Categories']],
    ['MS-ASEMAIL_R10600', [], ['\\Flagged', 'Work'], ['Flag', 'Categories']],
    ['MS-ASEMAIL_R10608', ['\\Seen', 'Work'], [], ['Read', 'Categories']],
    ['MS-ASEMAIL_R10612', ['\\Flagged'], ['\\Seen'], ['Read', 'Flag']],
    ['MS-ASEMAIL_R77', [], ['\\Answered'], ['LastVerbExecuted']],
    ['flags have no order', ['Work', 'Home'], ['\\Seen', 'Home', 'Work'], ['Read']],
  ] as const)('%s: from %j to %j it is %j', (_id, previous, flags, expected) => {
    expect(told(previous, flags)).toEqual(expected);
  });

  it('a change that no device sees still gives an item that is not empty', () => {
    expect(told(['\\Seen', 'Work'], ['Work', '$label1', '\\Seen'])).toEqual(['Read']);
  });

  it('MS-ASEMAIL_R1017: without knowledge of the flags before, all of what changes in place', () => {
    expect(namesOf(rendered(corpus('plain'), { purpose: 'change', flags: ['\\Answered'] }))).toEqual([
      'Read',
      'Flag',
      'Categories',
      'LastVerbExecuted',
    ]);
    expect(namesOf(rendered(corpus('plain'), { purpose: 'change', version: '12.1' }))).toEqual(['Read', 'Flag']);
  });

  it('MS-ASEMAIL_R531: not what an invitation is', () => {
    expect(namesOf(rendered(corpus('invitation'), { purpose: 'change', flags: ['\\Seen'] }))).not.toContain(
      'MeetingRequest',
    );
  });

  it('no part need be fetched for it', () => {
    expect(namesOf(rendered(mail('Subject: x\n\n'), { purpose: 'change' }))).toContain('Read');
  });
});
