/** PHOTO, up to what a device takes (MS-ASCNTC 2.2.2.56). */
import { bytes, element, type Element, MalformedValue, textOf } from '../../protocol/index.ts';
import type { ContentLine } from '../content-lines/content-line.ts';
import type { Field } from '../resource-fields.ts';
import type { Card } from './card.ts';

/** Of base64. */
const PICTURE_LIMIT_CHARACTERS = 48 * 1024;

/** Base64; undefined for pictures that are elsewhere, or larger than a device takes. */
function pictureOf(line: ContentLine | undefined): string | undefined {
  if (!line) return undefined;
  const { value } = line;
  const data = /^data:[^,]{0,200};base64,/i.exec(value);
  if (value.length > PICTURE_LIMIT_CHARACTERS * 1.2) return undefined;
  if (!data && !/^(?:B|BASE64)$/i.test(line.parameter('ENCODING') ?? '')) return undefined;
  const base64 = value
    .slice(data?.[0].length ?? 0)
    .replace(/\s/g, '')
    .replaceAll('\\', '');
  return base64 === '' || base64.length > PICTURE_LIMIT_CHARACTERS || !/^[A-Za-z0-9+/]+=*$/.test(base64)
    ? undefined
    : base64;
}

const TYPES: readonly (readonly [string, string])[] = [
  ['/9j/', 'JPEG'],
  ['iVBORw0', 'PNG'],
  ['R0lGOD', 'GIF'],
  ['Qk', 'BMP'],
];

/** As text it is base64; opaque, the picture itself. */
function sentPicture(it: Element): string {
  const base64 =
    typeof it.content === 'string' ? textOf(it).replace(/\s/g, '') : Buffer.from(bytesOf(it)).toString('base64');
  if (base64.length > PICTURE_LIMIT_CHARACTERS) {
    throw new MalformedValue('Contacts:Picture', `${base64.length} characters`, `${PICTURE_LIMIT_CHARACTERS} at most`);
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new MalformedValue('Contacts:Picture', base64, 'base64');
  return base64;
}

const bytesOf = (it: Element): Uint8Array =>
  bytes({ tag: 'AirSync:ApplicationData', content: [it] }, it.tag) ?? new Uint8Array();

export const pictureField: Field<Card> = {
  tag: 'Contacts:Picture',
  read: ({ component }) => {
    const base64 = pictureOf(component.line('PHOTO'));
    return base64 === undefined ? undefined : element('Contacts:Picture', base64);
  },
  isSame: (_card, before, it) => before !== undefined && it.content.length > 0 && sentPicture(it) === textOf(before),
  write: (card, it) => {
    const { component } = card;
    const line = component.line('PHOTO');
    if (!it) {
      // A picture that no device was shown is not its to delete.
      if (line && pictureOf(line) !== undefined) card.remove(line);
      return;
    }
    const base64 = sentPicture(it);
    const type = TYPES.find(([start]) => base64.startsWith(start))?.[1] ?? 'JPEG';
    if (card.isVersion4) {
      const none = { ENCODING: undefined, TYPE: undefined, VALUE: undefined, MEDIATYPE: undefined };
      component.set('PHOTO', `data:image/${type.toLowerCase()};base64,${base64}`, none);
    } else component.set('PHOTO', base64, { ENCODING: 'b', TYPE: type, VALUE: undefined });
  },
};
