/** What an administrator plans with: the schema of a plan's file. */
import { z } from 'zod';
import { REGIONS } from '../deployment/regions.ts';
import { decimal, optional, sections, text, whole, withDefault } from '../setting.ts';

const MOST_MAIL_SYSTEMS = 12;
export const MOST_REGIONS = 12;
const MOST_SITES = 60;

const NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
const HOST = /^(?=.{4,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
const name = (about: string) =>
  text({ about, expected: 'a name of 2 to 32 lower-case letters, digits and dashes', matches: NAME });
const host = (about: string, example: string) =>
  text({ about, expected: `a host name in lower case such as '${example}'`, matches: HOST });
const region = (about: string) =>
  z.enum(REGIONS).meta({ kind: 'choice', expected: "a region of AWS such as 'eu-central-1'", about });
const milliseconds = (about: string) => decimal({ about, least: 0, most: 5_000, unit: 'milliseconds' });

export const needsSchema = z.strictObject({
  $schema: optional(text({ about: "Not read: for an editor's help." })),
  name: withDefault(name('What all stacks of the deployment begin with.'), 'caravan'),
  domain: host('The domain that phones are given.', 'sync.example.org'),
  devicesPerUser: withDefault(decimal({ about: 'Phones and tablets that a user has.', least: 0.1, most: 10 }), 1.5),
  growthPercentPerYear: withDefault(
    decimal({ about: 'By how much the users of every site grow in a year.', least: 0, most: 500, unit: 'percent' }),
    0,
  ),
  horizonYears: withDefault(
    decimal({ about: 'How far ahead the plan must hold.', least: 0, most: 10, unit: 'years' }),
    1,
  ),
  availabilityPercent: withDefault(
    decimal({
      about: 'How much of the time a user must be served, the mail system apart.',
      least: 0,
      most: 100,
      unit: 'percent',
    }),
    99.5,
  ),
  budgetUsdPerMonth: optional(
    decimal({ about: 'The most that a month may cost, at the horizon too.', least: 1, most: 10_000_000 }),
  ),
  deviceRoundTripMs: optional(
    milliseconds('The longest round trip that a site may have to its servers; without it a long one is only told of.'),
  ),
  regions: optional(
    z
      .array(z.enum(REGIONS))
      .min(1)
      .max(MOST_REGIONS)
      .meta({
        kind: 'list',
        expected: `a list of 1 to ${MOST_REGIONS} regions of AWS`,
        about: 'The only regions that servers may be in, where law or contract says so.',
        otherwise: 'those of the sites and mail systems',
      }),
  ),
  mailSystems: sections(
    {
      name: name('What sites call it.'),
      host: host('The IMAP server.', 'imap.example.org'),
      addresses: withDefault(
        whole({
          about:
            'Addresses that the name of the IMAP server leads to, one after the other: NAT leads only so many connections to one.',
          least: 1,
          most: 64,
        }),
        1,
      ),
      smtpHost: optional(host('The submission server.', 'smtp.example.org')),
      davUrl: optional(
        text({
          about: 'The CalDAV and CardDAV server: calendars, tasks and contacts.',
          expected: "an address such as 'https://dav.example.org/'",
          matches: /^https?:\/\/[^\s/]+(\/\S*)?$/i,
        }),
      ),
      directoryUrl: optional(
        text({
          about: 'The directory (LDAP) in which devices search for people.',
          expected: "a URL such as 'ldaps://directory.example.org'",
          matches: /^ldaps?:\/\/[^/?#\s@]+$/,
        }),
      ),
      directoryBaseDn: optional(
        text({ about: "With `directoryUrl`, under which entry people are: 'ou=people,dc=example,dc=org'." }),
      ),
      domain: host("The users' mail domain.", 'example.org'),
      region: region('The region of AWS that is nearest to it.'),
      roundTripMs: withDefault(milliseconds('The round trip from that region to it.'), 2),
      roundTripsMs: withDefault(
        z.partialRecord(z.enum(REGIONS), z.number().min(0).max(5_000)).meta({
          kind: 'sections',
          expected: 'milliseconds from 0 to 5000 by region, such as { "us-east-1": 92 }',
          about: 'Round trips from other regions, measured (`caravan plan check` there); others are estimated.',
        }),
        {},
      ),
      directoryRoundTripMs: optional(milliseconds('The round trip from its region to the directory (LDAP).')),
    },
    { about: `The mail systems, at most ${MOST_MAIL_SYSTEMS}.` },
  )
    .min(1)
    .max(MOST_MAIL_SYSTEMS),
  sites: sections(
    {
      name: name('Its name.'),
      users: whole({ about: 'Users there.', least: 1, most: 1_000_000 }),
      mailSystem: optional(text({ about: 'Where their mailboxes are.', otherwise: 'the first mail system' })),
      region: region('The region of AWS that is nearest to it.'),
      roundTripMs: withDefault(milliseconds('The round trip of its devices to that region.'), 20),
    },
    { about: `Where users are, at most ${MOST_SITES} sites.` },
  )
    .min(1)
    .max(MOST_SITES),
});

type Parsed = z.output<typeof needsSchema>;
export type MailSystemNeed = Parsed['mailSystems'][number];
export type SiteNeed = Omit<Parsed['sites'][number], 'mailSystem'> & { readonly mailSystem: string };
/** Checked and completed. */
export type Needs = Omit<Parsed, 'sites'> & { readonly sites: readonly SiteNeed[] };
export type ParsedNeeds = Parsed;
