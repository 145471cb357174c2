/** The organisation's mail system as a deployment names it: secrets by reference alone. */
import { z } from 'zod';
import { choice, optional, section, text, whole, withDefault } from '../setting.ts';

const port = (about: string, otherwise: string) => whole({ about, least: 1, most: 65_535, otherwise });
const encryption = (about: string) => choice(['implicit', 'starttls', 'off'], { about });
export const secretArn = (about: string) =>
  text({
    about,
    expected:
      "the whole ARN of a secret of Secrets Manager, with the dash and six characters that AWS adds to its name, such as 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:imap-AbCdEf'",
    matches: /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+-[A-Za-z0-9]{6}$/,
  });

export const mailSystem = z.strictObject({
  host: text({ about: 'The IMAP server.', expected: 'the name of the IMAP server', matches: /^[^\s/@]+$/ }),
  port: optional(port('Its port.', '993, 143 with `starttls` or `off`')),
  tls: withDefault(encryption('Encryption to it.'), 'implicit'),
  domain: text({
    about: "The users' mail domain.",
    expected: "a domain name such as 'example.org'",
    matches: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i,
  }),
  loginName: withDefault(choice(['user', 'address'], { about: 'How a user is named to it.' }), 'user'),
  maxConnectionsPerUser: withDefault(
    whole({ about: 'The most IMAP connections that one user has at once.', least: 2, most: 20 }),
    4,
  ),
  master: z
    .strictObject({
      userName: text({ about: 'A master user of the IMAP server.' }),
      passwordSecret: secretArn('The secret that is its password.'),
    })
    .optional(),
  smtp: section({
    host: optional(text({ about: 'The submission server.', otherwise: 'as `host`' })),
    port: optional(port('Its port.', '587, 465 with `implicit`')),
    tls: withDefault(encryption('Encryption to it.'), 'starttls'),
    authentication: withDefault(choice(['user', 'account', 'none'], { about: 'Who signs in there.' }), 'user'),
    userName: optional(text({ about: 'The account, with `account`.' })),
    passwordSecret: optional(secretArn('The secret that is its password, with `account`.')),
  }),
});

export type MailSystemTopology = z.output<typeof mailSystem>;
