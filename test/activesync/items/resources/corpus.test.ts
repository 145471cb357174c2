// Sixty files in the manner of the programs that export them: what nobody changed stays to the letter, what a phone changes is all
// that changes.
import { describe, expect, it } from 'vitest';
import { resourceCodec } from '../../../../lib/activesync/items/index.ts';
import { children, type Element, element, type TagName } from '../../../../lib/activesync/protocol/index.ts';
import { applicationData, changed, CORPUS_FILES, difference, rendered, VERSIONS } from './support.ts';

describe('the corpus', () => {
  it('has sixty files of all four classes', () => {
    expect(CORPUS_FILES.length).toBe(60);
    const counts = Object.groupBy(CORPUS_FILES, (it) => it.itemClass);
    expect(Object.keys(counts).toSorted()).toEqual(['Calendar', 'Contacts', 'Notes', 'Tasks']);
  });

  it.each(CORPUS_FILES)('$name is rendered for every version, and summed up', ({ itemClass, source }) => {
    for (const version of VERSIONS) {
      const data = rendered(itemClass, source, { version });
      expect(children(data).length).toBeGreaterThan(1);
      const tags = children(data).map((it) => it.tag);
      expect(new Set(tags).size, 'no element twice').toBe(tags.length);
    }
    const summary = resourceCodec(itemClass).summary(source);
    expect(typeof summary.words).toBe('string');
  });

  it.each(CORPUS_FILES)('$name given back as it was shown is the same file', ({ itemClass, source }) => {
    for (const version of VERSIONS) {
      const data = children(rendered(itemClass, source, { version }));
      expect(changed(itemClass, source, data, { version })).toBe(source);
      const supported = new Set(data.map((it) => it.tag));
      expect(changed(itemClass, source, data, { version, supported })).toBe(source);
    }
  });

  it.each(CORPUS_FILES)('$name is unchanged by an empty Change', ({ itemClass, source }) => {
    // A note loses the categories that a Change does not name.
    if (itemClass !== 'Notes') expect(changed(itemClass, source, [])).toBe(source);
  });

  it.each(CORPUS_FILES)('$name made anew of what is shown shows the same', ({ itemClass, source }) => {
    for (const version of ['14.1', '16.1'] as const) {
      const shown = children(rendered(itemClass, source, { version }));
      const again = resourceCodec(itemClass).change(undefined, applicationData(shown), {
        version,
        account: { user: 'ann', addresses: ['ann@example.org'], displayName: 'Ann Example' },
        zone: 'Europe/Berlin',
        now: new Date('2026-02-10T10:10:10.000Z'),
        uid: 'made-by-server',
      });
      const compared = (data: Element) => children(data).filter((it) => !SERVERS_OWN.has(it.tag));
      expect(compared(rendered(itemClass, again, { version }))).toEqual(compared(applicationData(shown)));
    }
  });
});

/** What a phone cannot say, or the server makes: stamps, ids, whose meeting it is, how a name is stored. */
const SERVERS_OWN: ReadonlySet<TagName> = new Set([
  'Calendar:DtStamp',
  'Calendar:UID',
  'Calendar:Exceptions',
  'Calendar:Attendees',
  'Calendar:OrganizerName',
  'Calendar:OrganizerEmail',
  'Calendar:MeetingStatus',
  'Calendar:ResponseType',
  'Calendar:Timezone',
  'Calendar:OnlineMeetingConfLink',
  'Calendar:OnlineMeetingExternalLink',
  'AirSyncBase:Attachments',
  'AirSyncBase:NativeBodyType',
  'Calendar:ResponseRequested',
  'Notes:LastModifiedDate',
  'Tasks:DateCompleted',
]);

interface OneChange {
  readonly itemClass: 'Calendar' | 'Contacts' | 'Tasks' | 'Notes';
  readonly tag: TagName;
  readonly value: string;
  /** Content lines that this may touch. */
  readonly touches: RegExp;
}

const NAME_LINES = /^(?:item\d+\.)?(?:N|FN|ORG)[;:]/;
const ONE_CHANGES: readonly OneChange[] = [
  { itemClass: 'Calendar', tag: 'Calendar:Subject', value: 'Quite, another; subject', touches: /^SUMMARY[;:]/ },
  { itemClass: 'Calendar', tag: 'Calendar:Location', value: 'Elsewhere', touches: /^LOCATION[;:]/ },
  {
    itemClass: 'Calendar',
    tag: 'Calendar:BusyStatus',
    value: '1',
    touches: /^(?:TRANSP|X-MICROSOFT-CDO-BUSYSTATUS)[;:]/,
  },
  { itemClass: 'Calendar', tag: 'Calendar:Sensitivity', value: '1', touches: /^CLASS[;:]/ },
  {
    itemClass: 'Calendar',
    tag: 'Calendar:Reminder',
    value: '7',
    touches: /^(?:TRIGGER|(?:BEGIN|END):VALARM|ACTION:DISPLAY$|DESCRIPTION:Reminder$)/,
  },
  {
    itemClass: 'Calendar',
    tag: 'Calendar:DisallowNewTimeProposal',
    value: '1',
    touches: /^X-MICROSOFT-DISALLOW-COUNTER[;:]/,
  },
  { itemClass: 'Contacts', tag: 'Contacts:LastName', value: 'Newname', touches: NAME_LINES },
  { itemClass: 'Contacts', tag: 'Contacts:FirstName', value: 'New', touches: NAME_LINES },
  { itemClass: 'Contacts', tag: 'Contacts:CompanyName', value: 'New & Co; Ltd, Inc', touches: NAME_LINES },
  { itemClass: 'Contacts', tag: 'Contacts:MobilePhoneNumber', value: '+1 999', touches: /^(?:item\d+\.)?TEL[;:]/ },
  { itemClass: 'Contacts', tag: 'Contacts:Home2PhoneNumber', value: '+1 998', touches: /^(?:item\d+\.)?TEL[;:]/ },
  {
    itemClass: 'Contacts',
    tag: 'Contacts:Email1Address',
    value: 'new@example.org',
    touches: /^(?:item\d+\.)?EMAIL[;:]/,
  },
  { itemClass: 'Contacts', tag: 'Contacts:HomeAddressCity', value: 'Newtown', touches: /^(?:item\d+\.)?ADR[;:]/ },
  { itemClass: 'Contacts', tag: 'Contacts:Birthday', value: '1977-07-07T00:00:00.000Z', touches: /^BDAY[;:]/ },
  { itemClass: 'Contacts', tag: 'Contacts:JobTitle', value: 'Boss', touches: /^TITLE[;:]/ },
  {
    itemClass: 'Contacts',
    tag: 'Contacts:Spouse',
    value: 'Kim',
    touches: /^(?:item\d+\.)?(?:RELATED|X-ABRELATEDNAMES|X-\S*SPOUSE\S*?)[;:]/i,
  },
  { itemClass: 'Contacts', tag: 'Contacts2:NickName', value: 'Nick', touches: /^NICKNAME[;:]/ },
  { itemClass: 'Tasks', tag: 'Tasks:Subject', value: 'Another task', touches: /^SUMMARY[;:]/ },
  { itemClass: 'Tasks', tag: 'Tasks:Importance', value: '0', touches: /^PRIORITY[;:]/ },
  { itemClass: 'Tasks', tag: 'Tasks:Sensitivity', value: '3', touches: /^CLASS[;:]/ },
  { itemClass: 'Notes', tag: 'Notes:Subject', value: 'Another note', touches: /^(?:SUMMARY|CATEGORIES)[;:]/ },
];

describe('one change', () => {
  const cases = ONE_CHANGES.flatMap((change) =>
    CORPUS_FILES.filter((it) => it.itemClass === change.itemClass).map((file) => ({ ...change, ...file })),
  );
  it.each(cases)('of $tag touches nothing else of $name', ({ itemClass, source, tag, value, touches }) => {
    const after = changed(itemClass, source, [element(tag, value)]);
    const { gone, come } = difference(source, after);
    for (const line of [...gone, ...come]) expect(line).toMatch(touches);
    expect(children(rendered(itemClass, after)).find((it) => it.tag === tag)?.content).toBe(value);
    expect(changed(itemClass, after, [element(tag, value)]), 'said again it is no change').toBe(after);
  });

  const bodies = CORPUS_FILES.filter((it) => it.itemClass !== 'Notes');
  it.each(bodies)('of the body touches nothing else of $name', ({ itemClass, source }) => {
    const body = element(
      'AirSyncBase:Body',
      element('AirSyncBase:Type', 1),
      element('AirSyncBase:Data', 'Line 1\r\nLine, 2'),
    );
    const after = changed(itemClass, source, [body]);
    const { gone, come } = difference(source, after);
    for (const line of [...gone, ...come]) expect(line).toMatch(/^(?:DESCRIPTION|X-ALT-DESC|NOTE)[;:]/);
    expect(come.some((line) => line.endsWith('Line 1\\nLine\\, 2'))).toBe(true);
  });
});
