export type { Finding, Probe, ProbeLimits } from './finding.ts';
export { probeAddressBook } from './probe-address-book.ts';
export { probeDav } from './probe-dav.ts';
export { probeImap, type ProbePlatform } from './probe-imap.ts';
export { probeLdap } from './probe-ldap.ts';
export { probeNames, type Resolver } from './probe-names.ts';
export { probeSmtp } from './probe-smtp.ts';
