// The organisation's directory: whom one can write to, and whose certificates are trusted.
export type { Directory, DirectoryQuery, Person } from './directory.ts';
export { CardDavDirectory, type CardDavDirectoryOptions } from './carddav-directory.ts';
export { FileDirectory } from './file-directory.ts';
export { LdapDirectory, type LdapOptions } from './ldap-directory.ts';
export { isOutside, listFetcher } from './fetch-list.ts';
export { type FetchList, RevocationLists } from './revocation.ts';
export { type CertificateCheck, certificateCheck, type CertificateVerdict } from './certificate-check.ts';
