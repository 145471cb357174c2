/** ADR: the addresses at home, at work, and any other. */
import { element, type TagName, textOf } from '../../protocol/index.ts';
import type { ContentLine } from '../content-lines/content-line.ts';
import type { Field } from '../resource-fields.ts';
import { xmlText } from '../xml-text.ts';
import { type Card, typesOf } from './card.ts';

const PIECES = 7;
const [BOX, EXTENDED, STREET, CITY, STATE, POSTAL_CODE, COUNTRY] = [0, 1, 2, 3, 4, 5, 6] as const;

type Place = 'Business' | 'Home' | 'Other';

function placeOf(line: ContentLine): Place {
  const types = typesOf(line);
  return types.has('WORK') ? 'Business' : types.has('HOME') ? 'Home' : 'Other';
}

const lineOf = (card: Card, place: Place): ContentLine | undefined =>
  card.component.lines('ADR').find((it) => placeOf(it) === place);

const TYPES: Readonly<Record<Place, string>> = { Business: 'WORK', Home: 'HOME', Other: 'OTHER' };

/** Post office box and extension are lines of the street to a device. */
const streetOf = (card: Card, line: ContentLine | undefined): string =>
  [BOX, EXTENDED, STREET]
    .map((it) => card.piece(line, it))
    .filter((it) => it !== '')
    .join('\n');

const fieldOf = (place: Place, name: string, index: number): Field<Card> => {
  const tag = `Contacts:${place}Address${name}` as TagName;
  const textOfPiece = (card: Card, line: ContentLine | undefined) =>
    index === STREET ? streetOf(card, line) : card.piece(line, index);
  return {
    tag,
    read: (card) => {
      const text = xmlText(textOfPiece(card, lineOf(card, place))).trim();
      return text === '' ? undefined : element(tag, text.replace(/\r?\n/g, '\r\n'));
    },
    write: (card, it) => {
      const line = lineOf(card, place);
      const text = it ? xmlText(textOf(it)).replace(/\r\n?/g, '\n').trim() : '';
      const changes = new Map([[index, text]]);
      if (index === STREET) changes.set(BOX, '').set(EXTENDED, '');
      card.replace(line, card.withPieces(line, PIECES, changes), 'ADR', { TYPE: TYPES[place] });
    },
  };
};

export const postalFields: readonly Field<Card>[] = (['Business', 'Home', 'Other'] as const).flatMap((place) => [
  fieldOf(place, 'Street', STREET),
  fieldOf(place, 'City', CITY),
  fieldOf(place, 'State', STATE),
  fieldOf(place, 'PostalCode', POSTAL_CODE),
  fieldOf(place, 'Country', COUNTRY),
]);
