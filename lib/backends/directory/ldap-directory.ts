/** The directory by LDAP (RFC 4511): OpenLDAP, Active Directory and their kin, by the attributes of inetOrgPerson (RFC 2798). */
import {
  AndFilter,
  Client,
  type Entry,
  EqualityFilter,
  type Filter,
  FilterParser,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts';
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import { byDisplayName, type Directory, type DirectoryQuery, type Person, wordsOf } from './directory.ts';

export interface LdapOptions {
  /** `ldap://host[:port]` or `ldaps://…`. */
  readonly url: string;
  /** Whether a plain connection is encrypted before anything is said on it. */
  readonly startTls: boolean;
  readonly checkCertificates: boolean;
  /** PEM, in place of the public authorities. */
  readonly certificateAuthorities?: string;
  /** Without one nobody signs in. */
  readonly bind?: { readonly dn: string; readonly password: string };
  readonly baseDn: string;
  /** RFC 4515; who counts as a person. */
  readonly filter: string;
  readonly timeoutMs: number;
}

/** What a page of answers may hold; servers commonly refuse more than 1,000. */
const PAGE_SIZE = 100;
/** Words that begin one of these values find a person. */
const SEARCHED = ['displayName', 'cn', 'givenName', 'sn', 'mail', 'uid', 'sAMAccountName', 'title', 'o', 'company'];
const ALSO_SEARCHED = ['physicalDeliveryOfficeName', 'roomNumber', 'telephoneNumber', 'mobile'];
/** In these a word may begin within, too: `Ada Byron Lovelace`. */
const NAMES: ReadonlySet<string> = new Set(['displayName', 'cn']);
const SHOWN = [...SEARCHED, ...ALSO_SEARCHED, 'homePhone'];
const PHOTOS = ['jpegPhoto', 'thumbnailPhoto'];
const CERTIFICATES = ['userCertificate;binary', 'userCertificate'];

export class LdapDirectory implements Directory {
  readonly name: string;
  readonly #options: LdapOptions;
  readonly #filter: Filter;
  #client: Promise<Client> | undefined;

  /** Throws BackendError('unsupported') for a filter that is none. */
  constructor(options: LdapOptions) {
    this.name = `ldap ${options.url}`;
    this.#options = options;
    try {
      this.#filter = FilterParser.parseString(options.filter);
    } catch (cause) {
      throw new BackendError('unsupported', `The filter '${options.filter}' of the directory is none`, {
        why: reasonOf(cause),
        remedy: "Write it as RFC 4515 does: '(objectClass=person)'.",
        cause,
      });
    }
  }

  async find(query: DirectoryQuery): Promise<readonly Person[]> {
    const words = wordsOf(query.words);
    if (words.length === 0) return [];
    const found: Person[] = [];
    const client = await this.#connected();
    try {
      const { baseDn, timeoutMs } = this.#options;
      const attributes = [
        ...SHOWN,
        ...(query.withPhotos ? PHOTOS : []),
        ...(query.withCertificates ? CERTIFICATES : []),
      ];
      const pages = client.searchPaginated(baseDn, {
        scope: 'sub',
        filter: new AndFilter({
          filters: [this.#filter, new PresenceFilter({ attribute: 'mail' }), ...words.map(wordFilter)],
        }),
        attributes,
        explicitBufferAttributes: [...PHOTOS, ...CERTIFICATES],
        paged: { pageSize: PAGE_SIZE },
        timeLimit: Math.ceil(timeoutMs / 1000),
      });
      // Servers do not sort by themselves, so that the first page is not the beginning: the bound is for more than a person reads.
      for await (const { searchEntries } of pages) {
        found.push(...searchEntries.map(personOf).filter((it) => it !== undefined));
        if (found.length > Math.max(query.limit, PAGE_SIZE * 10)) break;
      }
    } catch (cause) {
      this.#drop(client);
      throw this.#unavailable(cause);
    }
    return found.sort(byDisplayName).slice(0, query.limit + 1);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then((it) => it.unbind()).catch(() => undefined);
  }

  /** One connection for all, opened when it is needed and again after it broke. */
  async #connected(): Promise<Client> {
    const before = this.#client;
    const known = await before?.catch(() => undefined);
    if (known?.isConnected === true) return known;
    // Who waited for the same broken one has begun anew by now, perhaps.
    if (this.#client === before) this.#client = connectLdap(this.#options);
    try {
      return await (this.#client ?? connectLdap(this.#options));
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  #drop(client: Client): void {
    this.#client = undefined;
    void client.unbind().catch(() => undefined);
  }

  #unavailable(cause: unknown): BackendError {
    if (cause instanceof BackendError) return cause;
    return new BackendError('unavailable', `The directory ${this.#options.url} does not answer as it should`, {
      why: reasonOf(cause),
      remedy: 'Check the settings under directory: url, bindDn and its password, baseDn, and the certificate.',
      cause,
    });
  }
}

/** A connection that has signed in. Throws what the server says. */
export async function connectLdap(options: LdapOptions): Promise<Client> {
  const { url, startTls, checkCertificates, certificateAuthorities, bind, timeoutMs } = options;
  const tlsOptions = {
    rejectUnauthorized: checkCertificates,
    ...(certificateAuthorities !== undefined && { ca: certificateAuthorities }),
  };
  const isTls = url.startsWith('ldaps:');
  const client = new Client({
    url,
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    ...(isTls && { tlsOptions }),
  });
  try {
    if (startTls && !isTls) await client.startTLS(tlsOptions);
    // An anonymous bind opens the connection, and tells at once that nobody is welcome.
    await client.bind(bind?.dn ?? '', bind?.password ?? '');
    return client;
  } catch (thrown) {
    await client.unbind().catch(() => undefined);
    throw thrown;
  }
}

const wordFilter = (word: string): Filter =>
  new OrFilter({
    filters: [...SEARCHED, ...ALSO_SEARCHED].flatMap((attribute) => [
      new SubstringFilter({ attribute, initial: word }),
      ...(NAMES.has(attribute) ? [new SubstringFilter({ attribute, any: [` ${word}`] })] : []),
      // Some schemas have no substring rule for an attribute, and match it as a whole alone.
      ...(attribute === 'mail' ? [new EqualityFilter({ attribute, value: word })] : []),
    ]),
  });

function personOf(entry: Entry): Person | undefined {
  const text = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = valuesOf(entry, name).find((it) => typeof it === 'string' && it.trim() !== '');
      if (typeof value === 'string') return value.trim();
    }
    return undefined;
  };
  const bytes = (...names: string[]) =>
    names.flatMap((name) => valuesOf(entry, name)).filter((it) => typeof it !== 'string' && it.length > 0) as Buffer[];
  const email = text('mail');
  if (email === undefined) return undefined;
  const shown = {
    alias: text('uid', 'sAMAccountName'),
    firstName: text('givenName'),
    lastName: text('sn'),
    title: text('title'),
    company: text('company', 'o'),
    office: text('physicalDeliveryOfficeName', 'roomNumber'),
    phone: text('telephoneNumber'),
    homePhone: text('homePhone'),
    mobilePhone: text('mobile'),
  };
  const [photo] = bytes(...PHOTOS);
  const certificates = bytes(...CERTIFICATES);
  return {
    email,
    displayName: text('displayName', 'cn') ?? email,
    ...Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined)),
    ...(photo && { photo }),
    ...(certificates.length > 0 && { certificates }),
  };
}

/** An attribute's values, whatever the case in which the server writes its name. */
function valuesOf(entry: Entry, name: string): readonly (string | Buffer)[] {
  const key = Object.keys(entry).find((it) => it.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : entry[key];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
