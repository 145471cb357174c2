/** Somebody of the directory in a vCard (RFC 6350, RFC 2426), and what words of a search are held against. */
import ICAL from 'ical.js';
import { type Person, wordsOf } from './directory.ts';

export interface Known {
  readonly person: Person;
  /** In lower case. */
  readonly searched: readonly string[];
}

export const knownOf = (person: Person): Known => ({ person, searched: searchedOf(person) });

export const isMeant = ({ searched }: Pick<Known, 'searched'>, words: readonly string[]): boolean =>
  words.every((word) => searched.some((it) => it.startsWith(word)));

/** Everybody in the vCards of the text. Throws for what is none. */
export function peopleIn(text: string): readonly Person[] {
  const parsed: unknown = ICAL.parse(text);
  const cards = (Array.isArray((parsed as unknown[])[0]) ? parsed : [parsed]) as unknown[];
  return cards
    .map((it) => personOf(new ICAL.Component(it as ConstructorParameters<typeof ICAL.Component>[0])))
    .filter((it) => it !== undefined);
}

const searchedOf = ({ photo: _photo, certificates: _certificates, ...shown }: Person): readonly string[] =>
  Object.values(shown).flatMap((it) => [it.toLowerCase(), ...wordsOf(it)]);

/** Undefined for a card without an address: nobody could write to it. */
function personOf(card: ICAL.Component): Person | undefined {
  const values = (name: string) => card.getAllProperties(name);
  const text = (property: ICAL.Property | undefined): string | undefined => {
    const value = property?.getFirstValue();
    const shown = Array.isArray(value) ? value.flat().join(' ') : String(value ?? '');
    return shown.trim() === '' ? undefined : shown.trim();
  };
  const ofType = (wanted: string) => values('tel').find((it) => typesOf(it).includes(wanted));
  const email = text(values('email')[0]);
  if (email === undefined) return undefined;
  const name = values('n')[0]?.getFirstValue();
  const [lastName, firstName] = (Array.isArray(name) ? name : []).map((it) => String(it).trim());
  const organisation = values('org')[0]?.getFirstValue();
  const office = values('x-office')[0] ?? values('room')[0];
  const mobile = ofType('cell');
  const home = ofType('home');
  const work = values('tel').find((it) => it !== mobile && it !== home);
  const [photo] = values('photo')
    .map(bytesOf)
    .filter((it) => it !== undefined);
  const certificates = values('key')
    .map(bytesOf)
    .filter((it) => it !== undefined);
  const shown = {
    alias: text(values('nickname')[0]) ?? email.split('@')[0],
    firstName,
    lastName,
    title: text(values('title')[0]),
    company: String((Array.isArray(organisation) ? organisation[0] : organisation) ?? '').trim(),
    office: text(office),
    phone: text(work)?.replace(/^tel:/, ''),
    homePhone: text(home)?.replace(/^tel:/, ''),
    mobilePhone: text(mobile)?.replace(/^tel:/, ''),
  };
  return {
    email,
    displayName: text(values('fn')[0]) ?? email,
    ...Object.fromEntries(Object.entries(shown).filter(([, value]) => value)),
    ...(photo && { photo }),
    ...(certificates.length > 0 && { certificates }),
  };
}

const typesOf = (property: ICAL.Property): readonly string[] =>
  [property.getParameter('type') ?? []].flat().map((it) => String(it).toLowerCase());

/** `data:…;base64,` (vCard 4) or ENCODING=b (vCard 3). */
function bytesOf(property: ICAL.Property): Uint8Array | undefined {
  const value = String(property.getFirstValue() ?? '');
  const encoded = /^data:[^,]*;base64,(.*)$/s.exec(value)?.[1] ?? (/^[a-z]+:/i.test(value) ? undefined : value);
  const bytes = Buffer.from(encoded ?? '', 'base64');
  return bytes.length > 0 ? bytes : undefined;
}
