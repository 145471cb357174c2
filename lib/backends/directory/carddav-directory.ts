/**
 * The directory in a shared address book on a CardDAV server. People are kept in memory without photos and certificates, and what
 * changed is asked for by the sync token at the most once a minute; photos are read when somebody is shown.
 */
import { type Clock, type Log, type Random, reasonOf } from '../../platform/index.ts';
import { addressBookAt } from '../dav/collections.ts';
import { davEnvironment } from '../dav/configuration.ts';
import { DavConnection } from '../dav/connection.ts';
import { readChanges, readResources } from '../dav/resource-requests.ts';
import { BackendError } from '../errors.ts';
import { byDisplayName, type Directory, type DirectoryQuery, type Person, wordsOf } from './directory.ts';
import { isMeant, type Known, knownOf, peopleIn } from './person-card.ts';

export interface CardDavDirectoryOptions {
  /** Of the address book itself. */
  readonly url: string;
  /** Nobody signs in without. */
  readonly account?: { readonly userName: string; readonly password: string };
  readonly checkCertificates: boolean;
  readonly certificateAuthorities?: string;
  readonly timeoutSeconds: number;
}

const YOUNG_MS = 60_000;
/** Cards in memory at once. */
const READ_AT_ONCE = 50;

interface Listed extends Known {
  /** Of the card in the address book. */
  readonly name: string;
}

interface Book {
  readonly token: string | undefined;
  /** By card; undefined: nobody is in it that one could write to. */
  readonly cards: ReadonlyMap<string, { readonly etag: string; readonly listed: Listed | undefined }>;
  /** By display name. */
  readonly people: readonly Listed[];
  /** On the monotonic clock. */
  readonly readAtMs: number;
}

export class CardDavDirectory implements Directory {
  readonly name: string;
  readonly #connection: DavConnection;
  readonly #options: CardDavDirectoryOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  #book: Book | undefined;
  #look: Promise<Book> | undefined;

  constructor(
    options: CardDavDirectoryOptions,
    platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  ) {
    const { url, account, timeoutSeconds, checkCertificates, certificateAuthorities } = options;
    this.name = `carddav ${url}`;
    this.#options = options;
    this.#clock = platform.clock;
    this.#log = platform.log;
    const configuration = {
      url,
      checkCertificates,
      ...(certificateAuthorities !== undefined && { certificateAuthorities }),
      timeouts: { requestSeconds: timeoutSeconds },
    };
    this.#connection = new DavConnection(davEnvironment(configuration, platform), account);
  }

  async find({ words, limit, withPhotos, withCertificates }: DirectoryQuery): Promise<readonly Person[]> {
    const wanted = wordsOf(words);
    if (wanted.length === 0) return [];
    const { people } = await this.#fresh();
    const found = people.filter((it) => isMeant(it, wanted)).slice(0, limit + 1);
    if (!withPhotos && !withCertificates) return found.map(({ person }) => person);
    const whole = await this.#whole(found.map(({ name }) => name));
    return found.map(({ name, person }) => {
      const { photo, certificates } = whole.get(name) ?? {};
      return {
        ...person,
        ...(withPhotos && photo && { photo }),
        ...(withCertificates && certificates && { certificates }),
      };
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** How many people there are. Throws BackendError. */
  async count(): Promise<number> {
    return (await this.#fresh()).people.length;
  }

  async #fresh(): Promise<Book> {
    const known = this.#book;
    if (known && this.#clock.monotonic() - known.readAtMs < YOUNG_MS) return known;
    this.#look ??= this.#refresh().finally(() => {
      this.#look = undefined;
    });
    try {
      return await this.#look;
    } catch (cause) {
      const error = this.#unavailable(cause);
      if (!known) throw error;
      // Whom one knew a minute ago is better than nobody.
      this.#log.warn({ error }, 'The directory cannot be read: as it was known before, it still serves');
      return known;
    }
  }

  async #refresh(): Promise<Book> {
    const readAtMs = this.#clock.monotonic();
    const collection = await addressBookAt(this.#connection, this.#options.url);
    const before = this.#book;
    const changes = await readChanges(this.#connection, collection, before?.token);
    const cards = new Map(before?.cards);
    const there = new Set(changes.resources.map(({ name }) => name));
    for (const name of changes.complete ? cards.keys() : changes.removed) {
      if (!there.has(name)) cards.delete(name);
    }
    const changed = changes.resources.filter(({ name, etag }) => cards.get(name)?.etag !== etag);
    for (let at = 0; at < changed.length; at += READ_AT_ONCE) {
      const names = changed.slice(at, at + READ_AT_ONCE).map(({ name }) => name);
      for (const { name, etag, text } of await readResources(this.#connection, collection, names)) {
        const person = this.#personIn(name, text);
        if (person === undefined) {
          cards.set(name, { etag, listed: undefined });
          continue;
        }
        const { photo: _photo, certificates: _certificates, ...shown } = person;
        cards.set(name, { etag, listed: { name, ...knownOf(shown) } });
      }
    }
    const people = [...cards.values()]
      .flatMap(({ listed }) => listed ?? [])
      .toSorted((one, other) => byDisplayName(one.person, other.person));
    return (this.#book = { token: changes.token, cards, people, readAtMs });
  }

  async #whole(names: readonly string[]): Promise<ReadonlyMap<string, Person>> {
    try {
      const collection = await addressBookAt(this.#connection, this.#options.url);
      const found = new Map<string, Person>();
      for (const { name, text } of await readResources(this.#connection, collection, names)) {
        const person = this.#personIn(name, text);
        if (person) found.set(name, person);
      }
      return found;
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  /** A card that nobody can read is nobody. */
  #personIn(name: string, text: string): Person | undefined {
    try {
      return peopleIn(text)[0];
    } catch (error) {
      this.#log.warn({ error, card: name }, 'A card of the directory cannot be read');
      return undefined;
    }
  }

  #unavailable(cause: unknown): BackendError {
    const why = cause instanceof BackendError ? `${cause.message}: ${cause.why ?? ''}` : reasonOf(cause);
    return new BackendError('unavailable', `The directory ${this.#options.url} does not answer as it should`, {
      why,
      remedy: 'Check the settings under directory: url is of the address book itself, userName may read it.',
      cause,
    });
  }
}
