/** The directory in a file of vCards (RFC 6350, RFC 2426): one of a small site's, kept by hand or written out of another system. */
import { readFile, stat } from 'node:fs/promises';
import ICAL from 'ical.js';
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import { byDisplayName, type Directory, type DirectoryQuery, type Person, wordsOf } from './directory.ts';

/** A file that is larger is no directory of people. */
const MAX_BYTES = 64 * 1024 * 1024;

interface Known {
  readonly person: Person;
  /** In lower case: what words are held against. */
  readonly searched: readonly string[];
}

export class FileDirectory implements Directory {
  readonly name: string;
  readonly #file: string;
  #read: { readonly version: string; readonly people: readonly Known[] } | undefined;

  constructor(file: string) {
    this.name = `file ${file}`;
    this.#file = file;
  }

  async find({ words, limit, withPhotos, withCertificates }: DirectoryQuery): Promise<readonly Person[]> {
    const wanted = wordsOf(words);
    if (wanted.length === 0) return [];
    const people = await this.#people();
    return people
      .filter(({ searched }) => wanted.every((word) => searched.some((it) => it.startsWith(word))))
      .slice(0, limit + 1)
      .map(({ person: { photo, certificates, ...shown } }) => ({
        ...shown,
        ...(withPhotos && photo && { photo }),
        ...(withCertificates && certificates && { certificates }),
      }));
  }

  async close(): Promise<void> {
    this.#read = undefined;
  }

  /** Read again when the file changed. */
  async #people(): Promise<readonly Known[]> {
    try {
      const { size, mtimeMs, ino } = await stat(this.#file);
      const version = `${ino} ${size} ${mtimeMs}`;
      if (this.#read?.version === version) return this.#read.people;
      if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
      const people = parsePeople(await readFile(this.#file, 'utf8'));
      this.#read = { version, people };
      return people;
    } catch (cause) {
      throw new BackendError('unavailable', `The directory ${this.#file} cannot be read`, {
        why: reasonOf(cause),
        remedy: 'It is a file of vCards, one after the other, that the server may read.',
        cause,
      });
    }
  }
}

function parsePeople(text: string): readonly Known[] {
  const parsed: unknown = ICAL.parse(text);
  const cards = (Array.isArray((parsed as unknown[])[0]) ? parsed : [parsed]) as unknown[];
  return cards
    .map((it) => personOf(new ICAL.Component(it as ConstructorParameters<typeof ICAL.Component>[0])))
    .filter((it) => it !== undefined)
    .sort(byDisplayName)
    .map((person) => ({ person, searched: searchedOf(person) }));
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
