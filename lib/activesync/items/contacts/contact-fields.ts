/** The Contacts class as a table (MS-ASCNTC 2.2.2). */
import { children, element, type Element, type TagName, textOf } from '../../protocol/index.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { escapeText, splitValue, textList, unescapeText } from '../content-lines/text-values.ts';
import { readResourceBody, isSameBody, resourceBody, type ResourceText } from '../resource-body.ts';
import type { Field } from '../resource-fields.ts';
import { oneLine, xmlText } from '../xml-text.ts';
import type { Zones } from '../zones/zones.ts';
import type { Card } from './card.ts';
import { dateField } from './dates.ts';
import { nameFields } from './names.ts';
import { pictureField } from './picture.ts';
import { placeFields } from './phones.ts';
import { postalFields } from './postal.ts';

/** MS-ASCNTC 2.2.2.14, 2.2.2.15 */
const LIST_LIMIT = 300;

/** The first of the names that is there; a new one is written by the first name. */
const textField = (tag: TagName, ...names: readonly string[]): Field<Card> => {
  const lineOf = ({ component }: Card) =>
    names.map((it) => component.line(it)).find((it) => it && it.text.trim() !== '');
  return {
    tag,
    read: (card) => {
      const text = oneLine(lineOf(card)?.text ?? '');
      return text === '' ? undefined : element(tag, text);
    },
    write: (card, it) => {
      const text = it ? oneLine(textOf(it)) : '';
      card.replace(lineOf(card), text === '' ? undefined : escapeText(text), names[0] as string);
    },
  };
};

/** People by their relation, in the ways of vCard 4, of Apple and of those that have properties of their own. */
function relatives(card: Card, relation: string, names: readonly string[]): readonly ContentLine[] {
  const { component } = card;
  const own = names.flatMap((it) => component.lines(it));
  if (own.length > 0) return own;
  const related = component
    .lines('RELATED')
    .filter(
      (it) =>
        it.parameterValues('TYPE').some((type) => type.toLowerCase() === relation) &&
        it.parameter('VALUE')?.toLowerCase() === 'text',
    );
  if (related.length > 0) return related;
  return component.lines('X-ABRELATEDNAMES').filter((it) => card.label(it)?.toLowerCase() === relation);
}

const spouse: Field<Card> = {
  tag: 'Contacts:Spouse',
  read: (card) => {
    const text = oneLine(relatives(card, 'spouse', SPOUSES)[0]?.text ?? '');
    return text === '' ? undefined : element('Contacts:Spouse', text);
  },
  write: (card, it) => {
    const text = it ? oneLine(textOf(it)) : '';
    card.replace(
      relatives(card, 'spouse', SPOUSES)[0],
      text === '' ? undefined : escapeText(text),
      SPOUSES[0] as string,
    );
  },
};
const SPOUSES = ['X-SPOUSE', 'X-EVOLUTION-SPOUSE', 'X-MS-SPOUSE', 'X-KADDRESSBOOK-X-SPOUSESNAME'];

const CHILDREN = ['X-CHILD', 'X-MS-CHILD'];
const childNames = (card: Card) => relatives(card, 'child', CHILDREN);

const childrenField: Field<Card> = {
  tag: 'Contacts:Children',
  read: (card) => {
    const names = childNames(card)
      .map((it) => oneLine(it.text))
      .filter((it) => it !== '');
    const some = names.slice(0, LIST_LIMIT).map((it) => element('Contacts:Child', it));
    return some.length === 0 ? undefined : element('Contacts:Children', some);
  },
  write: (card, it) => {
    const wanted = children(it, 'Contacts:Child')
      .map((child) => oneLine(textOf(child)))
      .filter((name) => name !== '');
    const lines = childNames(card);
    for (const line of lines) if (!wanted.includes(oneLine(line.text))) card.remove(line);
    for (const name of wanted) {
      if (!lines.some((line) => oneLine(line.text) === name))
        card.component.put(ContentLine.of(CHILDREN[0] as string, escapeText(name)));
    }
  },
};

const categories: Field<Card> = {
  tag: 'Contacts:Categories',
  read: ({ component }) => {
    const names = component
      .lines('CATEGORIES')
      .flatMap((it) => textList(it.value))
      .map(oneLine);
    const some = [...new Set(names)].slice(0, LIST_LIMIT).map((it) => element('Contacts:Category', it));
    return some.length === 0 ? undefined : element('Contacts:Categories', some);
  },
  write: ({ component }, it) => component.set('CATEGORIES', listValue(it, 'Contacts:Category')),
};

const listValue = (it: Element | undefined, tag: TagName): string | undefined =>
  children(it, tag)
    .map((child) => oneLine(textOf(child)))
    .filter((name) => name !== '')
    .map(escapeText)
    .join(',') || undefined;

const noteOf = ({ component }: Card): ResourceText => ({
  text: xmlText(component.line('NOTE')?.text ?? ''),
  html: undefined,
});

const body: Field<Card> = {
  tag: 'AirSyncBase:Body',
  // MS-ASCNTC_R461
  neverGhosted: true,
  read: (card, context) => (noteOf(card).text === '' ? undefined : resourceBody(noteOf(card), context)),
  isSame: (card, _before, it) => isSameBody(noteOf(card), it),
  write: (card, it) => card.component.setText('NOTE', readResourceBody(it)?.text),
};

/** The first of a list; the others stay. */
const nickName: Field<Card> = {
  tag: 'Contacts2:NickName',
  read: ({ component }) => {
    const text = oneLine(unescapeText(splitValue(component.line('NICKNAME')?.value ?? '', ',')[0] ?? ''));
    return text === '' ? undefined : element('Contacts2:NickName', text);
  },
  write: ({ component }, it) => {
    const [, ...others] = splitValue(component.line('NICKNAME')?.value ?? '', ',');
    const names = [...(it ? [escapeText(oneLine(textOf(it)))] : []), ...others];
    component.set('NICKNAME', names.length > 0 ? names.join(',') : undefined);
  },
};

export const contactFields = (zones: Zones): readonly Field<Card>[] => [
  dateField(
    'Contacts:Anniversary',
    ['ANNIVERSARY', 'X-EVOLUTION-ANNIVERSARY', 'X-MS-ANNIVERSARY', 'X-ANNIVERSARY'],
    'anniversary',
    zones,
  ),
  textField(
    'Contacts:AssistantName',
    'X-ASSISTANT',
    'X-EVOLUTION-ASSISTANT',
    'X-MS-ASSISTANT',
    'X-KADDRESSBOOK-X-ASSISTANTSNAME',
  ),
  dateField('Contacts:Birthday', ['BDAY'], 'birthday', zones),
  ...placeFields,
  ...postalFields,
  ...nameFields,
  spouse,
  textField('Contacts:JobTitle', 'TITLE'),
  textField('Contacts:YomiFirstName', 'X-PHONETIC-FIRST-NAME'),
  textField('Contacts:YomiLastName', 'X-PHONETIC-LAST-NAME'),
  textField('Contacts:YomiCompanyName', 'X-PHONETIC-ORG', 'X-PHONETIC-COMPANY-NAME'),
  textField('Contacts:OfficeLocation', 'X-OFFICE-LOCATION', 'X-MS-OFFICE-LOCATION', 'X-EVOLUTION-OFFICE'),
  textField('Contacts:WebPage', 'URL'),
  pictureField,
  categories,
  childrenField,
  textField('Contacts2:CustomerId', 'X-CUSTOMER-ID'),
  textField('Contacts2:GovernmentId', 'X-GOVERNMENT-ID'),
  textField(
    'Contacts2:ManagerName',
    'X-MANAGER',
    'X-EVOLUTION-MANAGER',
    'X-MS-MANAGER',
    'X-KADDRESSBOOK-X-MANAGERSNAME',
  ),
  textField('Contacts2:AccountName', 'X-ACCOUNT-NAME'),
  nickName,
  textField('Contacts2:MMS', 'X-MMS'),
  body,
];
