// MS-ASCNTC: contacts that phones make and change, as vCards.
import { describe, expect, it } from 'vitest';
import {
  MalformedValue,
  readWbxml,
  writeWbxml,
  child,
  children,
  element,
  type Element,
  text,
  type TagName,
} from '../../../../lib/activesync/protocol/index.ts';
import { CONTACT_ELEMENTS } from './contact-elements.ts';
import {
  added,
  applicationData,
  at,
  changed,
  contentLines,
  corpusFile,
  difference,
  rendered,
  vcf,
  VERSIONS,
} from './support.ts';

const list = (tag: TagName, inner: TagName, names: readonly string[]): Element =>
  element(
    tag,
    names.map((it) => element(inner, it)),
  );

const categories = (...names: readonly string[]) => list('Contacts:Categories', 'Contacts:Category', names);
const kids = (...names: readonly string[]) => list('Contacts:Children', 'Contacts:Child', names);
const note = (data: string, type = 1) =>
  element('AirSyncBase:Body', element('AirSyncBase:Type', type), element('AirSyncBase:Data', data));
const namesIn = (data: Element, tag: TagName): readonly string[] =>
  children(child(data, tag)).map((it) => (typeof it.content === 'string' ? it.content : ''));

const ALL = CONTACT_ELEMENTS.map(([tag, value]) => element(tag, value));

describe('every text', () => {
  it.each(CONTACT_ELEMENTS)('%s (%s) is kept as %s: %s', (tag, value, line) => {
    for (const version of VERSIONS) {
      const card = added('Contacts', [element(tag, value)], { version });
      expect(contentLines(card)).toContain(line);
      const sent = readWbxml(writeWbxml(rendered('Contacts', card, { version })));
      expect(text(sent, tag)).toBe(value);
      expect(children(sent).filter((it) => it.tag === tag)).toHaveLength(1);
    }
  });

  it.each(CONTACT_ELEMENTS)('%s (%s, %s, %s) can be ghosted: %s', (tag, value) => {
    const card = added('Contacts', ALL);
    const others = ALL.filter((it) => it.tag !== tag);
    const ghosted = new Set(others.map((it) => it.tag));
    expect(text(rendered('Contacts', changed('Contacts', card, others, { supported: ghosted })), tag)).toBe(value);
    const managed = new Set(ALL.map((it) => it.tag));
    const without = rendered('Contacts', changed('Contacts', card, others, { supported: managed }));
    // Who is filed under nothing is filed by name.
    if (tag !== 'Contacts:FileAs') expect(text(without, tag)).toBeUndefined();
    for (const it of others) expect(text(without, it.tag), it.tag).toBe(it.content);
  });

  it('MS-ASCNTC_R499: what is left out of a Change stays', () => {
    const card = added('Contacts', ALL);
    const after = changed('Contacts', card, [element('Contacts:JobTitle', 'Chief')], {
      supported: new Set(['Contacts:JobTitle']),
    });
    for (const it of ALL) {
      expect(text(rendered('Contacts', after), it.tag)).toBe(it.tag === 'Contacts:JobTitle' ? 'Chief' : it.content);
    }
  });

  it('all of them together are shown as they were sent', () => {
    const data = rendered('Contacts', added('Contacts', ALL));
    for (const it of ALL) expect(text(data, it.tag), it.tag).toBe(it.content);
  });

  it('MS-ASDTYPE_R88, MS-ASDTYPE_R91: a text is any Unicode', () => {
    const value = 'Ünï©ødé 山田 🙂 <&>;,\\ "quoted"';
    const card = added('Contacts', [element('Contacts:CompanyName', value)]);
    expect(text(readWbxml(writeWbxml(rendered('Contacts', card))), 'Contacts:CompanyName')).toBe(value);
  });

  it('MS-ASDTYPE_R99, MS-ASDTYPE_R100: an address is local-part@domain, and whatever else a phone writes stays', () => {
    for (const value of ['ann@example.org', 'not an address']) {
      expect(
        text(
          rendered('Contacts', added('Contacts', [element('Contacts:Email1Address', value)])),
          'Contacts:Email1Address',
        ),
      ).toBe(value);
    }
    const named = added('Contacts', [element('Contacts:Email1Address', '"Ann" <ann@example.org>')]);
    expect(contentLines(named)).toContain('EMAIL;TYPE=INTERNET:ann@example.org');
  });
});

describe('dates', () => {
  it('MS-ASDTYPE_R12, MS-ASDTYPE_R15, MS-ASDTYPE_R16, MS-ASDTYPE_R20: are YYYY-MM-DDTHH:MM:SS.MSSZ', () => {
    const data = readWbxml(writeWbxml(rendered('Contacts', corpusFile('nextcloud-4.vcf'))));
    expect(at(data, 'Contacts:Birthday')).toBe('1985-04-12T00:00:00.000Z');
    expect(at(data, 'Contacts:Anniversary')).toBe('2010-09-04T00:00:00.000Z');
  });

  it.each([
    ['1990-05-06T00:00:00.000Z', 'midnight of UTC'],
    ['1990-05-06T11:59:00.000Z', 'a minute before noon'],
    ['1990-05-06T12:00:00.000Z', 'noon'],
    ['1990-05-05T22:00:00.000Z', 'midnight of the user'],
    ['1990-05-05T23:00:00.000Z', 'midnight in winter'],
    ['1990-05-06T05:00:00.000Z', 'midnight somewhere in America'],
  ])('%s, %s, is the sixth of May', (value) => {
    expect(contentLines(added('Contacts', [element('Contacts:Birthday', value)]))).toContain('BDAY:1990-05-06');
  });

  it('no date at all is Status 6', () => {
    expect(() => added('Contacts', [element('Contacts:Birthday', 'in May')])).toThrow(MalformedValue);
  });

  describe.each([
    ['4.0', 'BDAY:--0506'],
    ['4.0', 'BDAY:--05-06'],
    ['3.0', 'BDAY:--05-06'],
    ['3.0', 'BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-06'],
    ['3.0', 'BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-05-06'],
  ])('a birthday without a year, in a vCard %s: %s', (version, line) => {
    const source = vcf(`FN:Ann\nN:;Ann;;;\n${line}`, version);

    it.each([
      '1604-05-06T00:00:00.000Z',
      '1604-05-06T12:00:00.000Z',
      '1604-05-05T23:06:32.000Z',
      '1604-05-05T23:00:00.000Z',
    ])('is not touched by who sends it as %s with another change', (value) => {
      expect(at(rendered('Contacts', source), 'Contacts:Birthday')).toBe('1604-05-06T00:00:00.000Z');
      const sent = [element('Contacts:Birthday', value), element('Contacts:JobTitle', 'Cox')];
      expect(difference(source, changed('Contacts', source, sent))).toEqual({ gone: [], come: ['TITLE:Cox'] });
    });

    it('has none on another day either', () => {
      const moved = changed('Contacts', source, [element('Contacts:Birthday', '1604-05-07T00:00:00.000Z')]);
      expect(difference(source, moved).come).toEqual([
        version === '4.0' ? 'BDAY:--0507' : 'BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-07',
      ]);
      const dated = changed('Contacts', source, [element('Contacts:Birthday', '1990-05-06T00:00:00.000Z')]);
      expect(difference(source, dated).come).toEqual([version === '4.0' ? 'BDAY:19900506' : 'BDAY:1990-05-06']);
    });
  });

  it('a birthday without a year is one on the phone that made it, and there', () => {
    const source = added('Contacts', [element('Contacts:Birthday', '1604-02-29T12:00:00.000Z')]);
    expect(contentLines(source)).toContain('BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29');
    expect(at(rendered('Contacts', source), 'Contacts:Birthday')).toBe('1604-02-29T00:00:00.000Z');
    expect(at(rendered('Contacts', corpusFile('thunderbird-4.vcf')), 'Contacts:Birthday')).toBe(
      '1604-02-29T00:00:00.000Z',
    );
  });
});

describe('more lines of a kind than there are places', () => {
  const source = vcf(
    [
      'FN:Ann\nN:;Ann;;;',
      ...[1, 2, 3, 4, 5].map((it) => `EMAIL;TYPE=INTERNET:${it}@example.org`),
      ...[1, 2, 3].map((it) => `TEL;TYPE=HOME,VOICE:+49 ${it}`),
      ...[1, 2].map((it) => `TEL;TYPE=CELL:+49 17${it}`),
    ].join('\n'),
  );
  const values = (of: string) => contentLines(of).flatMap((it) => /^(?:EMAIL|TEL)[^:]*:(.*)/.exec(it)?.[1] ?? []);

  it('stay through changes of what the phone knows', () => {
    const after = changed('Contacts', source, [
      element('Contacts:Email2Address', 'new@example.org'),
      element('Contacts:HomePhoneNumber', '+49 99'),
      element('Contacts:JobTitle', 'Cox'),
    ]);
    expect(values(after)).toEqual(
      values(source).map((it) => ({ '2@example.org': 'new@example.org', '+49 1': '+49 99' })[it] ?? it),
    );
  });

  it.each([
    undefined,
    new Set<TagName>(['Contacts:Email1Address', 'Contacts:HomePhoneNumber', 'Contacts:MobilePhoneNumber']),
  ])('stay where the phone empties a place, and says so again with its next change (Supported: %s)', (supported) => {
    const tags: readonly TagName[] = [
      'Contacts:Email1Address',
      'Contacts:HomePhoneNumber',
      'Contacts:MobilePhoneNumber',
    ];
    const emptied = supported ? [] : tags.map((it) => element(it));
    const once = changed('Contacts', source, [...emptied, element('Contacts:JobTitle', 'Cox')], { supported });
    const twice = changed('Contacts', once, [...emptied, element('Contacts:JobTitle', 'Stroke')], { supported });
    const kept = values(source).filter((it) => !['1@example.org', '+49 1', '+49 171'].includes(it));
    expect(values(once).toSorted()).toEqual(kept.toSorted());
    expect(values(twice).toSorted()).toEqual(kept.toSorted());
    expect(at(rendered('Contacts', twice), 'Contacts:Email2Address')).toBe('2@example.org');
    const filled = changed('Contacts', twice, [element('Contacts:Email1Address', 'back@example.org')], { supported });
    expect(at(rendered('Contacts', filled), 'Contacts:Email1Address')).toBe('back@example.org');
  });
});

describe('categories and children', () => {
  it('MS-ASCNTC_R173, MS-ASCNTC_R1030, MS-ASCNTC_R517, MS-ASCNTC_R179, MS-ASCNTC_R181, MS-ASDTYPE_R8, MS-ASDTYPE_R9: labels in a container of their own', () => {
    const data = rendered('Contacts', added('Contacts', [categories('One', 'Two, three')]));
    expect(namesIn(data, 'Contacts:Categories')).toEqual(['One', 'Two, three']);
  });

  it('MS-ASCNTC_R507: there is no Categories without a Category', () => {
    expect(child(rendered('Contacts', added('Contacts', [categories()])), 'Contacts:Categories')).toBeUndefined();
    expect(child(rendered('Contacts', vcf('FN:A\nN:A;;;;\nCATEGORIES:')), 'Contacts:Categories')).toBeUndefined();
  });

  it('MS-ASCNTC_R183: up to 300 of them', () => {
    const names = Array.from({ length: 320 }, (_, index) => `C${index}`);
    const data = rendered('Contacts', vcf(`FN:A\nN:A;;;;\nCATEGORIES:${names.join(',')}`));
    expect(namesIn(data, 'Contacts:Categories')).toEqual(names.slice(0, 300));
    expect(
      namesIn(rendered('Contacts', added('Contacts', [categories(...names.slice(0, 300))])), 'Contacts:Categories'),
    ).toHaveLength(300);
  });

  it('MS-ASCNTC_R177: Categories can be ghosted', () => {
    const card = added('Contacts', [categories('One'), element('Contacts:LastName', 'A')]);
    const rest = [element('Contacts:LastName', 'B')];
    const kept = changed('Contacts', card, rest, { supported: new Set(['Contacts:LastName']) });
    expect(namesIn(rendered('Contacts', kept), 'Contacts:Categories')).toEqual(['One']);
    const gone = changed('Contacts', card, rest, { supported: new Set(['Contacts:LastName', 'Contacts:Categories']) });
    expect(child(rendered('Contacts', gone), 'Contacts:Categories')).toBeUndefined();
  });

  it('MS-ASCNTC_R184, MS-ASCNTC_R10040, MS-ASCNTC_R190, MS-ASCNTC_R192, MS-ASCNTC_R509: children in a container', () => {
    const data = rendered('Contacts', added('Contacts', [kids('Mia', 'Noé')]));
    expect(namesIn(data, 'Contacts:Children')).toEqual(['Mia', 'Noé']);
    expect(child(rendered('Contacts', added('Contacts', [kids()])), 'Contacts:Children')).toBeUndefined();
    for (const name of ['nextcloud-4.vcf', 'apple-contact.vcf'])
      expect(namesIn(rendered('Contacts', corpusFile(name)), 'Contacts:Children')).toHaveLength(2);
  });

  it('MS-ASCNTC_R194: up to 300 of them', () => {
    const names = Array.from({ length: 310 }, (_, index) => `Kid ${index}`);
    const data = rendered('Contacts', vcf(`FN:A\nN:A;;;;\n${names.map((it) => `X-CHILD:${it}`).join('\n')}`));
    expect(namesIn(data, 'Contacts:Children')).toHaveLength(300);
  });

  it('MS-ASCNTC_R188: Children can be ghosted', () => {
    const card = added('Contacts', [kids('Mia'), element('Contacts:LastName', 'A')]);
    const rest = [element('Contacts:LastName', 'B')];
    const kept = changed('Contacts', card, rest, { supported: new Set(['Contacts:LastName']) });
    expect(namesIn(rendered('Contacts', kept), 'Contacts:Children')).toEqual(['Mia']);
    const gone = changed('Contacts', card, rest, { supported: new Set(['Contacts:Children']) });
    expect(child(rendered('Contacts', gone), 'Contacts:Children')).toBeUndefined();
  });
});

describe('the picture', () => {
  const JPEG = '/9j/4AAQSkZJRgABAQ==';

  it('MS-ASCNTC_R373, MS-ASCNTC_R379, MS-ASCNTC_R506: is base64', () => {
    const card = added('Contacts', [element('Contacts:Picture', JPEG)]);
    expect(contentLines(card)).toContain(`PHOTO;ENCODING=b;TYPE=JPEG:${JPEG}`);
    expect(at(rendered('Contacts', card), 'Contacts:Picture')).toBe(JPEG);
    const version4 = changed('Contacts', vcf('FN:A', '4.0'), [element('Contacts:Picture', JPEG)]);
    expect(contentLines(version4)).toContain(`PHOTO:data:image/jpeg;base64,${JPEG}`);
    expect(at(rendered('Contacts', version4), 'Contacts:Picture')).toBe(JPEG);
  });

  it('MS-ASCNTC_R381, MS-ASCNTC_R1021, MS-ASCNTC_R384: of 48 KB of base64, 36 KB of picture; more is Status 6', () => {
    const fits = Buffer.alloc(36 * 1024, 1).toString('base64');
    expect(at(rendered('Contacts', added('Contacts', [element('Contacts:Picture', fits)])), 'Contacts:Picture')).toBe(
      fits,
    );
    expect(() => added('Contacts', [element('Contacts:Picture', `${fits}AAAA`)])).toThrow(MalformedValue);
  });

  it('one that is larger, or elsewhere, is left out and left alone', () => {
    const large = vcf(`FN:A\nN:A;;;;\nPHOTO;ENCODING=b;TYPE=JPEG:${Buffer.alloc(40_000).toString('base64')}`);
    for (const source of [large, corpusFile('google-contact.vcf')]) {
      expect(at(rendered('Contacts', source), 'Contacts:Picture')).toBeUndefined();
      const after = changed('Contacts', source, [element('Contacts:JobTitle', 'X')], {
        supported: new Set(['Contacts:Picture']),
      });
      expect(after).toContain('PHOTO');
    }
  });

  it('what is no base64 is Status 6', () => {
    expect(() => added('Contacts', [element('Contacts:Picture', 'not base64!')])).toThrow(MalformedValue);
  });
});

describe('notes', () => {
  it('MS-ASCNTC_R127, MS-ASCNTC_R1120: are the body', () => {
    const card = added('Contacts', [note('Line one\r\nLine two')]);
    expect(contentLines(card)).toContain('NOTE:Line one\\nLine two');
    const body = child(rendered('Contacts', card), 'AirSyncBase:Body');
    expect(text(body, 'AirSyncBase:Data')).toBe('Line one\r\nLine two');
  });

  it('MS-ASCNTC_R512: are cut to what the phone wants', () => {
    const preference = { type: 1, truncationSize: 4, allOrNone: false, preview: undefined } as const;
    const body = child(
      rendered('Contacts', added('Contacts', [note('0123456789')]), { bodies: [preference] }),
      'AirSyncBase:Body',
    );
    expect([text(body, 'AirSyncBase:Truncated'), text(body, 'AirSyncBase:Data')]).toEqual(['1', '0123']);
  });

  it('MS-ASCNTC_R460: are whole for a preference without TruncationSize', () => {
    const preference = { type: 1, truncationSize: undefined, allOrNone: false, preview: undefined } as const;
    const body = child(
      rendered('Contacts', added('Contacts', [note('0123456789')]), { bodies: [preference] }),
      'AirSyncBase:Body',
    );
    expect([text(body, 'AirSyncBase:Truncated'), text(body, 'AirSyncBase:Data')]).toEqual([undefined, '0123456789']);
  });

  it('MS-ASCNTC_R461: stay where a Change has no body, whatever Supported says', () => {
    const card = added('Contacts', [note('Keep me')]);
    const after = changed('Contacts', card, [element('Contacts:LastName', 'B')], {
      supported: new Set(['AirSyncBase:Body', 'Contacts:LastName']),
    });
    expect(contentLines(after)).toContain('NOTE:Keep me');
    expect(contentLines(changed('Contacts', card, [note('')]))).not.toContain('NOTE:Keep me');
  });
});

describe('the recipient information cache', () => {
  it('MS-ASCNTC_R415: Alias and WeightedRank are of the cache alone', () => {
    const tags = children(rendered('Contacts', corpusFile('all-fields.vcf'))).map((it) => it.tag);
    expect(tags).not.toContain('Contacts:Alias');
    expect(tags).not.toContain('Contacts:WeightedRank');
  });
});

describe('places of phones and addresses', () => {
  it('a second without a first stays the second', () => {
    const card = added('Contacts', [
      element('Contacts:Home2PhoneNumber', '2'),
      element('Contacts:Email3Address', 'c@x'),
    ]);
    const data = rendered('Contacts', card);
    expect(at(data, 'Contacts:HomePhoneNumber')).toBeUndefined();
    expect(at(data, 'Contacts:Home2PhoneNumber')).toBe('2');
    expect(at(data, 'Contacts:Email3Address')).toBe('c@x');
  });

  it('the others stay in theirs when one is taken away', () => {
    const source = vcf('FN:A\nN:A;;;;\nEMAIL:a@x\nEMAIL;X-P=1:b@x\nEMAIL:c@x');
    const after = changed('Contacts', source, [element('Contacts:Email1Address')]);
    const data = rendered('Contacts', after);
    expect([
      at(data, 'Contacts:Email1Address'),
      at(data, 'Contacts:Email2Address'),
      at(data, 'Contacts:Email3Address'),
    ]).toEqual([undefined, 'b@x', 'c@x']);
    expect(after).toContain('X-P=1');
  });

  it('the label of a number goes with it', () => {
    const source = vcf('FN:A\nN:A;;;;\nitem1.TEL:1\nitem1.X-ABLabel:_$!<HomeFAX>!$_\nitem2.URL:u\nitem2.X-ABLabel:x');
    expect(at(rendered('Contacts', source), 'Contacts:HomeFaxNumber')).toBe('1');
    const after = changed('Contacts', source, [element('Contacts:HomeFaxNumber')]);
    expect(after).not.toContain('item1');
    expect(after).toContain('item2.X-ABLabel:x');
  });

  it.each([
    [
      'outlook-contact.vcf',
      {
        'Contacts:BusinessPhoneNumber': '+49 (30) 123456',
        'Contacts:Spouse': 'Erika',
        'Contacts2:ManagerName': 'Die Chefin',
        'Contacts:Anniversary': '2000-05-01T00:00:00.000Z',
      },
    ],
    [
      'google-contact.vcf',
      {
        'Contacts:Email3Address': 'zoe3@example.com',
        'Contacts:Spouse': 'Sam',
        'Contacts:Anniversary': '2015-06-20T00:00:00.000Z',
        'Contacts:OtherAddressCity': 'Springfield',
      },
    ],
    [
      'evolution-contact.vcf',
      {
        'Contacts:RadioPhoneNumber': '111',
        'Contacts:AssistantPhoneNumber': '222',
        'Contacts2:CompanyMainPhone': '333',
        'Contacts:CarPhoneNumber': '444',
        'Contacts:Business2PhoneNumber': '556',
        'Contacts:FileAs': 'Petrova, Olga',
        'Contacts2:IMAddress2': 'olgask',
      },
    ],
    [
      'kaddressbook.vcf',
      {
        'Contacts:HomeFaxNumber': '1',
        'Contacts:PagerNumber': '2',
        'Contacts:HomeAddressStreet': 'Postfach 12\r\nHinterhaus\r\nWeg 3',
        'Contacts:Spouse': 'Inge',
      },
    ],
    [
      'nextcloud-4.vcf',
      {
        'Contacts:HomePhoneNumber': '+33-1-23-45-67-89',
        'Contacts:MobilePhoneNumber': '+33 6 12 34 56 78',
        'Contacts:Spouse': 'Luc Dupont',
      },
    ],
    ['minimal.vcf', { 'Contacts:LastName': 'Just A Name', 'Contacts:MobilePhoneNumber': '+44 20 7946 0000' }],
  ] as const)('%s is understood', (name, expected) => {
    const data = rendered('Contacts', corpusFile(name));
    for (const [tag, value] of Object.entries(expected)) expect(text(data, tag as TagName), tag).toBe(value);
  });

  it('the full name follows the names, and is there for whoever has none', () => {
    const card = added('Contacts', [element('Contacts:FirstName', 'Ann'), element('Contacts:LastName', 'Example')]);
    expect(contentLines(card)).toContain('FN:Ann Example');
    expect(contentLines(changed('Contacts', card, [element('Contacts:LastName', 'Other')]))).toContain('FN:Ann Other');
    expect(contentLines(added('Contacts', [element('Contacts:Email1Address', 'a@x')]))).toContain('FN:a@x');
    expect(contentLines(added('Contacts', [element('Contacts:MobilePhoneNumber', '123')]))).toContain('FN:123');
  });

  it('a full name without parts is lost to nobody who adds one to it', () => {
    const full = vcf('FN:Ann Example');
    const [last, title] = [element('Contacts:LastName', 'Ann Example'), element('Contacts:Title', 'Dr.')];
    const after = changed('Contacts', full, [last, title]);
    expect(contentLines(after)).toContain('N:Ann Example;;;Dr.;');
    expect(contentLines(after)).toContain('FN:Dr. Ann Example');
    const parts = [element('Contacts:LastName'), element('Contacts:FirstName', 'Ann')];
    expect(contentLines(changed('Contacts', full, parts))).toContain('FN:Ann');
  });

  it('of vCard 2.1 are read in their characters, and written in them when they change', () => {
    const old = vcf(
      'N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg;;;\nFN;CHARSET=UTF-8;QUOTED-PRINTABLE:J=C3=B6rg=\n M=C3=BCller\nNOTE;ENCODING=QUOTED-PRINTABLE:One=0D=0Atwo=\nand three\nTEL;CELL:1',
      '2.1',
    );
    const data = rendered('Contacts', old);
    expect(
      ['LastName', 'FirstName', 'FileAs', 'MobilePhoneNumber'].map((it) => at(data, `Contacts:${it}` as TagName)),
    ).toEqual(['Müller', 'Jörg', 'Jörg Müller', '1']);
    expect(at(data, 'AirSyncBase:Body', 'AirSyncBase:Data')).toBe('One\r\ntwoand three');
    expect(changed('Contacts', old, [element('Contacts:LastName', 'Müller')])).toBe(old);
    const after = changed('Contacts', old, [element('Contacts:FirstName', 'Xaver')]);
    expect(contentLines(after)).toContain('N;CHARSET=UTF-8:Müller;Xaver;;;');
    expect(after, 'to the letter').toContain('NOTE;ENCODING=QUOTED-PRINTABLE:One=0D=0Atwo=\r\nand three\r\n');
  });

  it('the same Add makes the same vCard', () => {
    expect(added('Contacts', ALL)).toBe(added('Contacts', ALL));
    expect(added('Contacts', ALL)).toContain('UID:made-by-server');
  });

  it('an element twice is Status 6', () => {
    expect(() => added('Contacts', [element('Contacts:LastName', 'A'), element('Contacts:LastName', 'B')])).toThrow(
      MalformedValue,
    );
    expect(applicationData(ALL).content).toHaveLength(ALL.length);
  });
});
