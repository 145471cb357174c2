import { section, whole, withDefault } from '../setting.ts';

const MEBIBYTE = 1024 * 1024;

/** What one device, and all of them, may ask of the server. */
export const limitsSection = section({
  bodyLimitBytes: withDefault(
    whole({
      about: 'The largest request, and so the largest message that a device can send. Larger ones are answered 413.',
      least: 64 * 1024,
      most: 1024 * MEBIBYTE,
      unit: 'bytes',
    }),
    50 * MEBIBYTE,
  ),
  minHeartbeatSeconds: withDefault(
    whole({ about: 'The shortest wait of a Ping or Sync.', least: 60, most: 3540, unit: 'seconds' }),
    60,
  ),
  maxHeartbeatSeconds: withDefault(
    whole({
      about: 'The longest wait; lower it under what proxies and firewalls on the way allow.',
      least: 60,
      most: 3540,
      unit: 'seconds',
    }),
    3540,
  ),
  maxWindowSize: withDefault(
    whole({ about: 'The most changes in one answer to Sync, whatever a device asks for.', least: 1, most: 512 }),
    512,
  ),
  maxPingFolders: withDefault(whole({ about: 'The most folders in one Ping.', least: 1, most: 1000 }), 300),
  maxSearchResults: withDefault(
    whole({ about: 'The most items in one answer to Search or Find.', least: 1, most: 1000 }),
    100,
  ),
  requestsPerMinute: withDefault(
    whole({
      about: 'Requests of one device, beyond which it is answered 503 for a while; 0 is unbounded.',
      least: 0,
      most: 1_000_000,
      unit: 'requests a minute',
    }),
    600,
  ),
  maxConcurrentRequests: withDefault(
    whole({
      about:
        'Requests that are worked on at once, beyond which all are answered 503; waiting devices do not count. Of one user at most a twentieth of so many, and from one address, or one /64 network of IPv6, a quarter, may have bodies that are still coming; 8 and 16 may in any case.',
      least: 1,
      most: 100_000,
    }),
    500,
  ),
  idleUserSeconds: withDefault(
    whole({
      about: 'After so long without a request and without a waiting device the connections to a mailbox are closed.',
      least: 60,
      most: 86_400,
      unit: 'seconds',
    }),
    1800,
  ),
});

/** How passwords are checked, and how guessing is slowed down. */
export const authenticationSection = section({
  rememberSeconds: withDefault(
    whole({
      about:
        'How long a password that the mail system accepted is taken without asking again (as a salted hash, in memory).',
      least: 0,
      most: 86_400,
      unit: 'seconds',
    }),
    300,
  ),
  failuresPerUser: withDefault(
    whole({
      about:
        'Different wrong passwords for one user before further ones are refused; one that was right before is always asked about.',
      least: 1,
      most: 10_000,
    }),
    10,
  ),
  failuresPerAddress: withDefault(
    whole({
      about:
        'Different wrong passwords from one address, or one /64 network of IPv6, before further ones are refused; offices share one.',
      least: 1,
      most: 100_000,
    }),
    50,
  ),
  windowSeconds: withDefault(
    whole({ about: 'Wrong passwords are forgotten after so long.', least: 1, most: 86_400, unit: 'seconds' }),
    300,
  ),
});
