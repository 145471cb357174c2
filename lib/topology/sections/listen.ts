import { z } from 'zod';
import { choice, list, path, section, text, whole, withDefault } from '../setting.ts';

/** Where devices reach the server. */
export const listenSection = section({
  host: withDefault(
    text({ about: 'The address to listen on; `0.0.0.0` is every IPv4 one, `::` every one.' }),
    '0.0.0.0',
  ),
  port: withDefault(whole({ about: 'The TCP port to listen on; 0 takes any free one.', least: 0, most: 65_535 }), 8443),
  tls: z
    .union([
      choice(['self-signed', 'off'], {
        about:
          'Who encrypts: `self-signed` makes a certificate once and keeps it in `data` (phones ask before they trust it); ' +
          '`off` is for a proxy in front that does it. In place of the word give a section with `certFile` and `keyFile`.',
        otherwise: '`self-signed`',
      }),
      z.strictObject({
        certFile: path({ about: 'The certificate with its chain, in PEM.', of: 'file', otherwise: '' }),
        keyFile: path({ about: 'Its private key, in PEM.', of: 'file', otherwise: '' }),
      }),
    ])
    .default('self-signed'),
  trustedProxies: withDefault(
    list({
      about:
        'Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; a load balancer is known by its network alone: `10.20.0.0/16`.',
      of: 'IP addresses and networks',
    }),
    [],
  ),
  keepAliveSeconds: withDefault(
    whole({
      about: 'How long an idle connection is kept; longer than a proxy in front keeps it.',
      least: 1,
      most: 7200,
      unit: 'seconds',
    }),
    75,
  ),
});
