/** Phone numbers, addresses for mail and for messages: lines in places. */
import type { ContentLine } from '../content-lines/content-line.ts';
import { escapeText } from '../content-lines/text-values.ts';
import { element } from '../../protocol/index.ts';
import type { Field } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { type Card, typesOf } from './card.ts';
import { plainSlots, placesOf, type SlotGroup, writePlace } from './slots.ts';

/** Types that say nothing of whose phone it is. */
const NOT_KINDS = new Set([
  'VOICE',
  'PREF',
  'TEXT',
  'MSG',
  'INTERNET',
  'X-INTERNET',
  'OTHER',
  'X-OTHER',
  'TEXTPHONE',
  'VIDEO',
]);

/** Apple writes some kinds as labels of its own. */
const LABELS: Readonly<Record<string, string>> = {
  homefax: 'HOME FAX',
  workfax: 'WORK FAX',
  mobile: 'CELL',
  iphone: 'CELL',
  home: 'HOME',
  work: 'WORK',
  main: 'MAIN',
  pager: 'PAGER',
  car: 'CAR',
  radio: 'RADIO',
  assistant: 'ASSISTANT',
};

/** `FAX HOME`: what is left of the types, sorted. */
function kindOf(line: ContentLine, card: Card): string {
  const label = LABELS[card.label(line)?.toLowerCase().replace(/\s/g, '') ?? ''];
  const types = [...typesOf(line), ...(label?.split(' ') ?? [])]
    .map((it) => it.replace(/^X-(?:EVOLUTION-)?(?=CAR|RADIO|ASSISTANT|COMPANY|MAIN)/, '').replace('COMPANY', 'MAIN'))
    .map((it) => (it === 'MOBILE' || it === 'IPHONE' ? 'CELL' : it === 'BUSINESS' ? 'WORK' : it))
    .filter((it) => it !== '' && !NOT_KINDS.has(it) && !it.startsWith('X-PLACE-'));
  return [...new Set(types)].toSorted().join(' ');
}

const phones = (tags: SlotGroup['tags'], types: readonly string[], kinds: readonly string[]): SlotGroup => ({
  ...plainSlots,
  toText: (line) => line.text.trim().replace(/^tel:/i, ''),
  toValue: (text, line) => (/^tel:/i.test(line?.value ?? '') ? `tel:${text.replace(/\s/g, '-')}` : escapeText(text)),
  tags,
  names: ['TEL'],
  types,
  matches: (line, card) => kinds.includes(kindOf(line, card)),
});

const emails: SlotGroup = {
  ...plainSlots,
  toText: (line) => line.text.trim().replace(/^mailto:/i, ''),
  tags: ['Contacts:Email1Address', 'Contacts:Email2Address', 'Contacts:Email3Address'],
  names: ['EMAIL'],
  types: ['INTERNET'],
  matches: () => true,
};

const messengers: SlotGroup = {
  toText: (line) => line.text.trim().replace(/^im:/i, ''),
  toValue: (text, line) =>
    line?.name === 'IMPP' || !line
      ? escapeText(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `im:${text}`)
      : escapeText(text),
  tags: ['Contacts2:IMAddress', 'Contacts2:IMAddress2', 'Contacts2:IMAddress3'],
  names: [
    'IMPP',
    'X-JABBER',
    'X-AIM',
    'X-SKYPE',
    'X-SKYPE-USERNAME',
    'X-MSN',
    'X-ICQ',
    'X-YAHOO',
    'X-GTALK',
    'X-GOOGLE-TALK',
    'X-QQ',
    'X-MS-IMADDRESS',
  ],
  types: [],
  matches: () => true,
};

const GROUPS: readonly SlotGroup[] = [
  emails,
  phones(['Contacts:MobilePhoneNumber'], ['CELL', 'VOICE'], ['CELL', 'CELL HOME', '']),
  phones(['Contacts:HomePhoneNumber', 'Contacts:Home2PhoneNumber'], ['HOME', 'VOICE'], ['HOME']),
  phones(['Contacts:BusinessPhoneNumber', 'Contacts:Business2PhoneNumber'], ['WORK', 'VOICE'], ['WORK', 'CELL WORK']),
  phones(['Contacts:HomeFaxNumber'], ['HOME', 'FAX'], ['FAX HOME']),
  phones(['Contacts:BusinessFaxNumber'], ['WORK', 'FAX'], ['FAX WORK', 'FAX']),
  phones(['Contacts:CarPhoneNumber'], ['CAR'], ['CAR', 'CAR CELL', 'CAR HOME']),
  phones(['Contacts:PagerNumber'], ['PAGER'], ['PAGER', 'PAGER WORK', 'HOME PAGER']),
  phones(['Contacts:RadioPhoneNumber'], ['X-RADIO'], ['RADIO']),
  phones(['Contacts:AssistantPhoneNumber'], ['X-ASSISTANT'], ['ASSISTANT']),
  phones(['Contacts2:CompanyMainPhone'], ['X-COMPANY'], ['MAIN', 'MAIN WORK']),
  messengers,
];

const ADDRESS_IN_NAME_LIMIT = 1_000;
const ADDRESS_IN_NAME = /^[^<>]*<([^<>\s]+@[^<>\s]+)>\s*$/;

/** Some devices put the name around the address. */
const bare = (text: string): string =>
  (text.length > ADDRESS_IN_NAME_LIMIT ? undefined : ADDRESS_IN_NAME.exec(text)?.[1]) ?? text;

export const placeFields: readonly Field<Card>[] = GROUPS.flatMap((group) =>
  group.tags.map((tag, place) => ({
    tag,
    read: (card: Card) => {
      const line = placesOf(group, card)[place];
      const text = line && oneLine(group.toText(line));
      return text ? element(tag, text) : undefined;
    },
    write: (card: Card, it) => {
      const text = it && oneLine(typeof it.content === 'string' ? it.content : '');
      writePlace(group, card, place, text ? (group === emails ? bare(text) : text) : undefined);
    },
  })),
) as readonly Field<Card>[];
