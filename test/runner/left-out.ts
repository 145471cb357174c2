/** What a quick run leaves out: whatever needs a server, or tools that npm does not bring. */

export interface LeftOut {
  readonly what: string;
  readonly why: string;
  /** A glob of vitest's, from the repository's root. */
  readonly glob: string;
  readonly matches: (file: string) => boolean;
}

const byName = (ending: string, what: string, why: string): LeftOut => ({
  what,
  why,
  glob: `test/**/*.${ending}.test.ts`,
  matches: (file) => file.endsWith(`.${ending}.test.ts`),
});

const byFolder = (folder: string, what: string, why: string): LeftOut => ({
  what,
  why,
  glob: `test/${folder}/**`,
  matches: (file) => file.startsWith(`test/${folder}/`),
});

export const LEFT_OUT: readonly LeftOut[] = [
  byName('dovecot', 'IMAP against a real Dovecot', 'they need dovecot-imapd and dovecot-lmtpd'),
  byName('pigeonhole', 'out-of-office replies against Dovecot with Pigeonhole', 'they need dovecot-managesieved'),
  byName('balancer', 'a pool behind haproxy and nginx', 'they need haproxy and nginx'),
  byName('openldap', 'the directory against OpenLDAP', 'they need slapd'),
  byName('dav', 'calendars and contacts against real DAV servers', 'they need radicale and cyrus-imapd'),
  byName('dynamodb', 'the store against DynamoDB Local', 'they need Java and Maven'),
  byName('linted', "the examples' templates against cfn-lint", 'they need Python, and take half a minute'),
  byName(
    'emulator',
    'the example deployed into an emulated AWS',
    'they need Python and Dovecot, and take a minute or two',
  ),
  byName('tools', "our WBXML against libwbxml's tools", 'they need libwbxml2-utils and libxml2-utils'),
  byName('long', 'broken rules that the simulation of a pool must find', 'they take minutes'),
  byFolder(
    'end-to-end',
    'whole paths from a device to a mailbox',
    'they need Dovecot, libwbxml2-utils and libxml2-utils',
  ),
  byFolder('fault', 'faults: kill -9, lost answers, servers that stop', 'they need Dovecot and take minutes'),
];
