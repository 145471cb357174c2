import { choice, optional, path, secret, section, text, whole, withDefault, yesOrNo } from '../setting.ts';

/** Whom one can write to. */
export const directorySection = section({
  kind: withDefault(
    choice(['none', 'ldap', 'carddav', 'file'], {
      about:
        "The organisation's directory, in which devices search for people and certificates: `ldap`, an address book on a `carddav` server, or a `file` of vCards.",
    }),
    'none',
  ),
  file: optional(path({ about: 'The vCards, with `file`; read again when it changes.', of: 'file' })),
  url: optional(
    text({
      about: 'The LDAP server, with `ldap`; the address book itself, with `carddav`.',
      expected: "a URL such as 'ldaps://directory.example.org' or 'https://dav.example.org/books/people/'",
      matches: /^(?:ldaps?:\/\/[^/?#\s@]+|https?:\/\/[^\s@?#]+)$/,
    }),
  ),
  startTls: withDefault(
    yesOrNo({ about: 'Whether a connection by `ldap://` is encrypted before anything is said on it.' }),
    false,
  ),
  verifyCertificate: withDefault(
    yesOrNo({ about: 'Whether the certificate of the server must be right. Switch it off only to try things.' }),
    true,
  ),
  caFile: optional(
    path({
      about: "The authorities to trust, in PEM, where the server's certificate is not signed by a public one.",
      of: 'file',
    }),
  ),
  bindDn: optional(text({ about: 'Whom Caravan signs in as, with `ldap`.', otherwise: 'nobody signs in' })),
  userName: optional(
    text({
      about: 'Whom Caravan signs in as, with `carddav`: somebody who may read the address book.',
      otherwise: 'nobody signs in',
    }),
  ),
  bindPassword: optional(secret({ about: 'The password of `bindDn` or `userName`.' })),
  bindPasswordFile: optional(path({ about: 'A file that holds its password.', of: 'file' })),
  baseDn: optional(text({ about: "Under which entry people are: 'ou=people,dc=example,dc=org'." })),
  filter: withDefault(
    text({ about: 'Which entries are shown (RFC 4515); only those with a mail address are.' }),
    '(objectClass=person)',
  ),
  timeoutSeconds: withDefault(whole({ about: 'How long an answer may take.', least: 1, most: 60, unit: 'seconds' }), 5),
});

/** Signed mail. */
export const smimeSection = section({
  fetchRevocationLists: withDefault(
    yesOrNo({
      about:
        'Whether lists of revoked certificates are fetched from the addresses on the internet that certificates name, when a device asks (CheckCRL). Without, it is told that nothing is known.',
    }),
    false,
  ),
  authoritiesFile: optional(
    path({
      about: 'Authorities, in PEM, whose certificates for signed mail are trusted beside the public ones.',
      of: 'file',
    }),
  ),
});
