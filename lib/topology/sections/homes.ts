import { z } from 'zod';
import { choice, list, optional, text, whole, withDefault } from '../setting.ts';

const endpoint = (about: string) =>
  optional(
    text({
      about,
      expected: "a URL such as 'http://127.0.0.1:8000'",
      matches: /^https?:\/\/[^/?#\s@]+\/?$/,
      otherwise: "the service's own",
    }),
  );

/** Where there are several pools: which of them each user is at home in (docs/homes.md). */
export const homesSection = z.strictObject({
  table: text({
    about:
      'The name of the table that holds the homes: a DynamoDB global table with a replica in each region, and the same for every pool.',
    expected: 'a name of 3 to 255 letters, digits, dots, dashes and underscores',
    matches: /^[A-Za-z0-9_.-]{3,255}$/,
  }),
  region: optional(
    text({ about: 'The region of the replica that is read first.', otherwise: "the environment's or the profile's" }),
  ),
  endpoint: endpoint('The address of a DynamoDB of your own for that replica.'),
  authorityRegion: optional(
    text({
      about:
        'The region of the one replica that every pool writes to, and reads before it takes a user: the same for every pool.',
      otherwise: '`homes.region`',
    }),
  ),
  authorityEndpoint: endpoint('The address of a DynamoDB of your own for that one.'),
  site: optional(text({ about: 'The site that this pool is for, where new users are placed by site.' })),
  room: optional(
    whole({ about: 'Users that this pool has room for.', least: 1, most: 10_000_000, otherwise: 'no bound' }),
  ),
  placement: withDefault(
    list({
      about:
        'What gives a new user a home, the first that can tell first: `rules`; `mail-server`, pools that use the same one as the ' +
        'pool that the device came to; `site`, pools of the same site as that one; `nearest`, that one itself; `load`, the pool that is least full.',
      of: 'rules, mail-server, site, nearest, load',
    }),
    ['rules', 'mail-server', 'nearest', 'load'],
  ),
  rules: withDefault(
    list({
      about:
        'Homes by mail address: `*@berlin.example.org=acme-berlin`. The first that fits; `*` stands for any characters.',
      of: 'address patterns, each with = and the name of a pool',
    }),
    [],
  ),
  away: withDefault(
    choice(['redirect', 'proxy'], {
      about:
        'What becomes of a device that came to another pool than its home: `redirect` sends it there (451 with X-MS-Location), `proxy` passes its requests on.',
    }),
    'redirect',
  ),
  redirectFrom: withDefault(
    choice(['12.1', '14.0', '14.1', '16.0', '16.1'], {
      about: 'The protocol version from which devices are sent; older ones are passed on.',
    }),
    '14.0',
  ),
  cacheSeconds: withDefault(
    whole({
      about: 'How long a home that was read is taken without reading again.',
      least: 1,
      most: 3600,
      unit: 'seconds',
    }),
    60,
  ),
  tenureSeconds: optional(
    whole({
      about:
        'So long this pool goes on without hearing from the authority. A fail-over waits for it, and then no user can have two owners.',
      least: 10,
      most: 86_400,
      unit: 'seconds',
      otherwise: 'it goes on, and a fail-over needs the word of an administrator that the pool is gone',
    }),
  ),
});
