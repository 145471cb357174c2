import { z } from 'zod';
import { choice, optional, path, secret, section, text, whole, withDefault, yesOrNo } from '../setting.ts';

const port = (about: string, otherwise?: string) =>
  whole({ about, least: 1, most: 65_535, ...(otherwise !== undefined && { otherwise }) });

const domain = text({
  about: 'The domain of the users: `ada` is `ada@` it, and may sign in either way.',
  expected: "a domain name such as 'example.org'",
  matches: /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i,
});

const zoneName = text({
  about:
    'The time zone of the users: when whole days begin for devices before ActiveSync 16.0, and what times without a zone in calendar files mean.',
  expected: "the name of a time zone such as 'Europe/Berlin'",
  otherwise: 'UTC',
});
const timeZone = optional(zoneName.refine(isTimeZone).meta({ ...zoneName.meta() }));

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const encryption = (about: string) =>
  choice(['implicit', 'starttls', 'off'], {
    about: `${about} \`implicit\` is TLS from the first byte, \`starttls\` begins it on the plain port and refuses to go on without.`,
  });

const caFile = optional(
  path({
    about: "The authorities to trust, in PEM, where the server's certificate is not signed by a public one.",
    of: 'file',
  }),
);

const verifyCertificate = (of: string) =>
  withDefault(
    yesOrNo({ about: `Whether the certificate of the ${of} server must be right. Switch it off only to try things.` }),
    true,
  );

/** A server to which mail is handed, signed in with an account of Caravan's own or not at all. */
const relay = z.strictObject({
  host: text({ about: 'The SMTP server for mail to other domains; without it such mail is refused.' }),
  port: withDefault(port('Its port.'), 25),
  tls: withDefault(encryption('Encryption to it.'), 'starttls'),
  verifyCertificate: verifyCertificate('relay'),
  caFile,
  userName: optional(text({ about: 'The account to sign in with; without it nobody signs in.' })),
  password: optional(secret({ about: 'Its password.' })),
  passwordFile: optional(path({ about: 'A file that holds its password.', of: 'file' })),
});

/** Maildirs on this machine: for trials, tests and small sites. */
const foldersMail = z.strictObject({
  kind: z.literal('folders'),
  root: withDefault(
    path({ about: "The directory of the users' mail, a directory each.", of: 'directory' }),
    'caravan-mail',
  ),
  domain: withDefault(domain, 'caravan.example'),
  timeZone,
  smtpIn: optional(
    z.strictObject({
      host: withDefault(text({ about: 'The address on which mail for the users is taken in by SMTP.' }), '127.0.0.1'),
      port: whole({
        about: 'Its port; 0 takes any free one.',
        least: 0,
        most: 65_535,
        otherwise: 'no mail is taken in',
      }),
    }),
  ),
  relay: optional(relay),
});

/** Submission as the users themselves, unless an account is named. */
const submission = section({
  host: optional(text({ about: 'The SMTP submission server.', otherwise: 'as `mail.host`' })),
  port: optional(port('Its port.', '587, 465 with `implicit`')),
  tls: withDefault(encryption('Encryption to it.'), 'starttls'),
  verifyCertificate: verifyCertificate('submission'),
  caFile,
  authentication: withDefault(
    choice(['user', 'account', 'none'], {
      about:
        "Who signs in: the `user` with the mailbox's password, an `account` of Caravan's own (`userName`, `password`), or `none`.",
    }),
    'user',
  ),
  userName: optional(text({ about: 'The account, with `account`.' })),
  password: optional(secret({ about: 'Its password.' })),
  passwordFile: optional(path({ about: 'A file that holds its password.', of: 'file' })),
});

const FOUND = 'found by SPECIAL-USE or by its name';

const imapMail = z.strictObject({
  kind: z.literal('imap'),
  host: text({ about: 'The IMAP server.' }),
  port: optional(port('Its port.', '993, 143 with `starttls` or `off`')),
  tls: withDefault(encryption('Encryption to it.'), 'implicit'),
  verifyCertificate: verifyCertificate('IMAP'),
  caFile,
  domain,
  timeZone,
  loginName: withDefault(
    choice(['user', 'address'], {
      about: 'How a user is named to the mail system: `user` is `ada`, `address` is `ada@example.org`.',
    }),
    'user',
  ),
  maxConnectionsPerUser: withDefault(
    whole({
      about: 'The most IMAP connections that one user has at once; keep it under what the IMAP server allows.',
      least: 2,
      most: 20,
    }),
    4,
  ),
  master: optional(
    z.strictObject({
      userName: text({
        about:
          "A master user of the IMAP server (SASL authorization identity), by which mailboxes stay open when a user's password changes.",
      }),
      password: optional(secret({ about: 'Its password.' })),
      passwordFile: optional(path({ about: 'A file that holds its password.', of: 'file' })),
    }),
  ),
  folderNames: section({
    drafts: optional(text({ about: 'The path of the folder for drafts.', otherwise: FOUND })),
    sent: optional(text({ about: 'The path of the folder for copies of sent mail.', otherwise: FOUND })),
    trash: optional(text({ about: 'The path of the folder for deleted mail.', otherwise: FOUND })),
    junk: optional(text({ about: 'The path of the folder for junk.', otherwise: FOUND })),
    archive: optional(text({ about: 'The path of the folder for archived mail.', otherwise: FOUND })),
  }),
  sentCopy: withDefault(
    choice(['append', 'by-mail-system'], {
      about:
        'Who keeps the copy of sent mail: `append` puts it into the sent folder; `by-mail-system` where submission does that by itself (as Gmail does), or there would be two.',
    }),
    'append',
  ),
  sieve: optional(
    z.strictObject({
      host: optional(
        text({
          about: "The server of the users' Sieve scripts (ManageSieve), which sends their out-of-office replies.",
          otherwise: 'as `mail.host`',
        }),
      ),
      port: withDefault(port('Its port.'), 4190),
      tls: choice(['starttls', 'off'], { about: 'Encryption to it. `starttls` refuses to go on without.' }),
    }),
  ),
  maildirWatch: optional(
    text({
      about:
        "Where the users' Maildirs are, if they are on this machine's disk: `/var/mail/%u` (`%u` the user, `%d` the domain). " +
        'Deliveries then wake devices at once, without the half second that Dovecot waits before it tells of them.',
      otherwise: 'the mail system tells by itself',
    }),
  ),
  notesFolder: optional(
    text({
      about:
        "The path of the folder in which notes are, as messages in the way of Apple's programs (`Notes`), where the CalDAV server has no journals (VJOURNAL); " +
        'phones then see notes in it, and no mail.',
      otherwise: 'notes are where the CalDAV server has journals',
    }),
  ),
  smtp: submission,
  dav: optional(
    z.strictObject({
      url: optional(
        text({
          about:
            'The CalDAV and CardDAV server, with the same user names and passwords as the IMAP server. Where the calendars of a user are is found from there (RFC 6764).',
          expected: "an address such as 'https://dav.example.org/'",
          matches: /^https?:\/\/[^\s/]+(\/\S*)?$/i,
          otherwise: 'found by DNS from `mail.domain`: `_caldavs._tcp`, `_carddavs._tcp`',
        }),
      ),
      contactsUrl: optional(
        text({
          about: 'The CardDAV server, where it is another.',
          expected: "an address such as 'https://dav.example.org/'",
          matches: /^https?:\/\/[^\s/]+(\/\S*)?$/i,
          otherwise: 'as `mail.dav.url`',
        }),
      ),
      loginName: optional(
        choice(['user', 'address'], { about: 'How a user is named to it.', otherwise: 'as `mail.loginName`' }),
      ),
      verifyCertificate: verifyCertificate('CalDAV'),
      caFile,
      pollMinSeconds: withDefault(
        whole({ about: 'The shortest time between looks for changes.', least: 1, most: 3_600, unit: 'seconds' }),
        15,
      ),
      pollMaxSeconds: withDefault(
        whole({ about: 'The longest, when nothing changes for long.', least: 1, most: 3_600, unit: 'seconds' }),
        60,
      ),
    }),
  ),
});

const KIND_ABOUT =
  "The organisation's mail system: `imap` is IMAP with SMTP submission, `folders` are Maildirs on this machine.";

/** Where mail is. */
export const mailSection = z.discriminatedUnion('kind', [foldersMail, imapMail]);

/** Told of once for both: `kind` itself. */
export const mailKind = choice(['imap', 'folders'], { about: KIND_ABOUT });
