/** The organisation's directory behind one interface: whom one can write to, with what a device shows of them. */

/** Somebody in the directory. What is not known is left out. */
export interface Person {
  /** The address by which others write to them. */
  readonly email: string;
  readonly displayName: string;
  readonly alias?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly title?: string;
  readonly company?: string;
  readonly office?: string;
  readonly phone?: string;
  readonly homePhone?: string;
  readonly mobilePhone?: string;
  /** JPEG or PNG; only where it was asked for. */
  readonly photo?: Uint8Array;
  /** For S/MIME, X.509 in DER; only where they were asked for. */
  readonly certificates?: readonly Uint8Array[];
}

export interface DirectoryQuery {
  /** Each of its words begins a word of a person's names, address, alias, office, title, company or telephone numbers. */
  readonly words: string;
  /** The most people that are wanted. */
  readonly limit: number;
  readonly withPhotos?: boolean;
  readonly withCertificates?: boolean;
}

export interface Directory {
  /** For logs and for people: `ldap ldaps://directory.example.org`. */
  readonly name: string;
  /** By display name; one more than `limit` if there are more. Throws BackendError('unavailable'). */
  find(query: DirectoryQuery): Promise<readonly Person[]>;
  close(): Promise<void>;
}

/** The order of a directory (MS-ASCMD 2.2.1.16): by display name, equal ones by address. */
export const byDisplayName = (one: Person, other: Person): number =>
  one.displayName.localeCompare(other.displayName) || one.email.localeCompare(other.email);

/** The words of a query, in lower case. */
export const wordsOf = (query: string): readonly string[] =>
  query
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((it) => it !== '');
