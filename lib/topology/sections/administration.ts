import { optional, path, secret, section, text, whole, withDefault, yesOrNo } from '../setting.ts';

/** A listener apart from the devices': a sprayer in front of those must never lead strangers to it. */
export const administrationSection = section({
  host: withDefault(
    text({
      about:
        'The address to listen on for `caravan pool`, `caravan user` and for `/metrics`. It is plain HTTP: keep it on this machine or within a private network.',
    }),
    '127.0.0.1',
  ),
  port: optional(
    whole({
      about: 'Its port; 0 takes any free one.',
      least: 0,
      most: 65_535,
      otherwise: 'no administration and no metrics over HTTP',
    }),
  ),
  token: optional(
    secret({ about: 'What administrators show, at least 16 characters; without one there is `/metrics` alone.' }),
  ),
  tokenFile: optional(path({ about: 'A file that holds it.', of: 'file' })),
});

/** What the server tells of itself in figures; over HTTP it does so at `/metrics` of the administration's listener. */
export const metricsSection = section({
  emf: withDefault(
    yesOrNo({
      about:
        'Whether metrics are written to standard output too, as lines that CloudWatch reads (embedded metric format).',
    }),
    false,
  ),
  namespace: withDefault(text({ about: 'The namespace of those in CloudWatch.' }), 'Caravan'),
  name: optional(
    text({
      about: 'By what those are told from those of other servers: the value of their dimension `Pool`.',
      otherwise: "the pool's name; `standalone` for a server alone",
    }),
  ),
  periodSeconds: withDefault(
    whole({ about: 'How often those are written.', least: 1, most: 3600, unit: 'seconds' }),
    60,
  ),
});
