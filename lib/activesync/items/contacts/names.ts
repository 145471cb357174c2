/** N, FN and ORG: names, and how a contact is filed. */
import { element, type Element, type TagName, textOf } from '../../protocol/index.ts';
import { escapeText } from '../content-lines/text-values.ts';
import type { Field } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import type { Card } from './card.ts';

const N_PIECES = 5;
const [LAST, FIRST, MIDDLE, PREFIX, SUFFIX] = [0, 1, 2, 3, 4] as const;

const pieceField = (tag: TagName, property: 'N' | 'ORG', index: number, count: number): Field<Card> => ({
  tag,
  read: (card) => {
    const text = oneLine(card.piece(card.component.line(property), index) || fallback(card, property, index));
    return text === '' ? undefined : element(tag, text);
  },
  write: (card, it) => {
    const before = composed(card);
    const line = card.component.line(property);
    // The full name that a device was shown as the last one is that from now on, or is taken away with it.
    const shown = property === 'N' ? fallback(card, property, LAST) : '';
    const changes = new Map([[index, it ? oneLine(textOf(it)) : '']]);
    if (shown !== '' && index !== LAST) changes.set(LAST, shown);
    if (shown !== '' && index === LAST) card.component.set('FN', '');
    const value = card.withPieces(line, count, changes);
    // vCard 3 wants an N, even an empty one.
    card.component.set(property, value ?? (property === 'N' ? ';;;;' : undefined));
    nameAgain(card, before);
  },
});

/** Who has nothing but a full name would be shown without any. */
function fallback(card: Card, property: 'N' | 'ORG', index: number): string {
  if (property !== 'N' || index !== LAST) return '';
  const { component } = card;
  const hasName = [LAST, FIRST, MIDDLE, PREFIX, SUFFIX].some((it) => card.piece(component.line('N'), it) !== '');
  return hasName || card.piece(component.line('ORG'), 0) !== '' ? '' : (component.text('FN') ?? '');
}

/** The full name that follows from the others. */
function composed(card: Card): string {
  const { component } = card;
  const name = [PREFIX, FIRST, MIDDLE, LAST, SUFFIX]
    .map((it) => card.piece(component.line('N'), it))
    .filter((it) => it !== '');
  if (name.length > 0) return name.join(' ');
  return card.piece(component.line('ORG'), 0) || (component.text('EMAIL') ?? '');
}

/** FN follows the names when they change; every vCard has one. */
function nameAgain(card: Card, before: string): void {
  const now = composed(card);
  if (now !== before || !card.component.text('FN')) card.component.set('FN', escapeText(now));
}

/** A name that was taken away leaves something to be called by. */
export function keepFullName(card: Card): void {
  const { component } = card;
  if (!component.text('FN')) component.set('FN', escapeText(composed(card) || component.text('TEL') || 'Unnamed'));
}

/** Where it is not the full name, and nothing that a program of old left. */
const FILE_AS = ['X-FILE-AS', 'X-EVOLUTION-FILE-AS', 'X-MS-FILE-AS'] as const;

const fileAs: Field<Card> = {
  tag: 'Contacts:FileAs',
  read: ({ component }): Element | undefined => {
    const text = oneLine(FILE_AS.map((it) => component.text(it)).find((it) => it) ?? component.text('FN') ?? '');
    return text === '' ? undefined : element('Contacts:FileAs', text);
  },
  write: ({ component }, it) => {
    const text = it ? oneLine(textOf(it)) : '';
    if (!component.text('FN') && text !== '') component.set('FN', escapeText(text));
    const name = FILE_AS.find((known) => component.line(known)) ?? FILE_AS[0];
    component.setText(name, text === component.text('FN') ? undefined : text);
  },
};

export const nameFields: readonly Field<Card>[] = [
  pieceField('Contacts:LastName', 'N', LAST, N_PIECES),
  pieceField('Contacts:FirstName', 'N', FIRST, N_PIECES),
  pieceField('Contacts:MiddleName', 'N', MIDDLE, N_PIECES),
  pieceField('Contacts:Title', 'N', PREFIX, N_PIECES),
  pieceField('Contacts:Suffix', 'N', SUFFIX, N_PIECES),
  pieceField('Contacts:CompanyName', 'ORG', 0, 1),
  pieceField('Contacts:Department', 'ORG', 1, 2),
  fileAs,
];

/** Called last: a contact with nothing but a number has a full name all the same. */
export const completeName = (card: Card): void => {
  const { component } = card;
  if (!component.line('N') && !card.isVersion4) component.set('N', ';;;;');
  keepFullName(card);
};
