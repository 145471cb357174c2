/** What `caravan init` asks: no more than a deployment cannot do without. All else has a default, told in docs/caravan-json.md. */
import { zonesOf } from '../../topology/index.ts';

export type Answers = Readonly<Record<string, string>>;

export interface Question {
  /** `--mail-host`, and the answer's name: `mailHost`. */
  readonly flag: string;
  readonly asks: string;
  /** Where the answer goes, to find what is wrong with it: `pools[0].mail.host`, or its end. */
  readonly key: string;
  /** Offered; taken where nothing is answered. */
  readonly offered?: (answers: Answers) => string | undefined;
}

export const QUESTIONS: readonly Question[] = [
  { flag: 'domain', asks: 'The name that phones are given', key: 'domain', offered: () => 'sync.example.org' },
  { flag: 'region', asks: 'The region of AWS', key: '.region', offered: () => 'eu-central-1' },
  {
    flag: 'zones',
    asks: 'Its availability zones, parted by commas',
    key: '.zones',
    offered: ({ region = '' }) => zonesOf(region).join(','),
  },
  { flag: 'certificate', asks: 'The ARN of the certificate of that name, in that region', key: '.certificate' },
  {
    flag: 'cidr',
    asks: 'The addresses of its network, which no network of yours has',
    key: '.network.cidr',
    offered: () => '10.20.0.0/16',
  },
  { flag: 'mail-domain', asks: "The users' mail domain", key: '.mail.domain' },
  {
    flag: 'mail-host',
    asks: 'The IMAP server',
    key: '.mail.host',
    offered: ({ mailDomain }) => mailDomain && `imap.${mailDomain}`,
  },
  {
    flag: 'smtp-host',
    asks: 'The submission server',
    key: '.mail.smtp.host',
    offered: ({ mailDomain }) => mailDomain && `smtp.${mailDomain}`,
  },
  {
    flag: 'email',
    asks: 'Who is told of alarms',
    key: 'alarms.email',
    offered: ({ mailDomain }) => mailDomain && `postmaster@${mailDomain}`,
  },
];

export const nameOf = (flag: string): string =>
  flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What is not answered yet is as in an example. */
export function fileOf(kind: 'pools' | 'standalone', answers: Answers): object {
  const region = answers['region'] ?? 'eu-central-1';
  const zones = (answers['zones'] ?? `${region}a,${region}b`).split(',').map((zone) => zone.trim());
  const anyCertificate = `arn:aws:acm:${region}:123456789012:certificate/0`;
  return {
    name: 'caravan',
    domain: answers['domain'] ?? 'sync.example.org',
    [kind]: [
      {
        name: kind === 'pools' ? 'main' : 'alone',
        region,
        zones,
        certificate: answers['certificate'] ?? anyCertificate,
        network: { cidr: answers['cidr'] ?? '10.20.0.0/16' },
        mail: {
          host: answers['mailHost'] ?? 'imap.example.org',
          domain: answers['mailDomain'] ?? 'example.org',
          smtp: { host: answers['smtpHost'] ?? 'smtp.example.org' },
        },
      },
    ],
    alarms: { email: answers['email'] ?? 'postmaster@example.org' },
  };
}
