import { z } from 'zod';
import { choice, optional, path, secret, section, text, whole, withDefault } from '../setting.ts';

/** The pool that the server is of: servers of one name and one key that share a store. */
export const poolSection = z.strictObject({
  name: text({
    about: 'The name of the pool; servers of one name in one table are one pool.',
    expected: 'a name of letters, digits, dots, dashes and underscores',
    matches: /^[A-Za-z0-9_.-]{1,64}$/,
  }),
  key: optional(secret({ about: 'What proves to the others that a server is of the pool: the same on each of them.' })),
  keyFile: optional(path({ about: 'A file that holds it.', of: 'file' })),
  previousKey: optional(
    secret({ about: 'The key before, taken from others as well while all of them are moved on to the new one.' }),
  ),
  previousKeyFile: optional(path({ about: 'A file that holds it.', of: 'file' })),
  peer: section({
    host: withDefault(
      text({ about: 'The address to listen on for the other servers; keep it within their network.' }),
      '0.0.0.0',
    ),
    port: withDefault(whole({ about: 'Its port; 0 takes any free one.', least: 0, most: 65_535 }), 8444),
    advertise: optional(
      text({
        about: 'Where the other servers reach it, if that is another address or port.',
        expected: "an address with its port, such as '10.0.3.17:8444'",
        matches: /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+):\d{1,5}$/i,
        otherwise: "`pool.peer.host`, or the machine's own address where that is every one, and the port",
      }),
    ),
  }),
  zone: optional(
    text({
      about: 'The zone that the server is in: told to people, and where servers are spread.',
      otherwise: 'of its task in ECS, elsewhere `local`',
    }),
  ),
  balance: withDefault(
    choice(['servers', 'function'], {
      about:
        'Who decides once a minute which servers should give users to which: one of the `servers`, or a `function` that is ' +
        'scheduled beside them.',
    }),
    'servers',
  ),
  beatMs: withDefault(
    whole({ about: 'How often a server says that it lives.', least: 100, most: 60_000, unit: 'milliseconds' }),
    2_000,
  ),
  leaseMs: withDefault(
    whole({
      about: 'After so long without a beat the others take its users over; at least four beats.',
      least: 400,
      most: 600_000,
      unit: 'milliseconds',
    }),
    10_000,
  ),
  drainSeconds: withDefault(
    whole({
      about: 'How long a stopping server has to give its users away, before `drainSeconds` begin.',
      least: 1,
      most: 3600,
      unit: 'seconds',
    }),
    100,
  ),
});
