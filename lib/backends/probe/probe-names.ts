/** A look at names: whether the mail domain takes mail, and whether phones find the servers by it. */
import { reasonOf } from '../../platform/index.ts';
import type { Finding, Probe, ProbeLimits } from './finding.ts';

/** Of `node:dns/promises`. */
export interface Resolver {
  resolveMx(name: string): Promise<readonly { readonly exchange: string }[]>;
  resolve4(name: string): Promise<readonly string[]>;
}

/** `host`: the name that phones are given, where it is known. */
export async function probeNames(
  domain: string,
  host: string | undefined,
  resolver: Resolver,
  { timeoutMs }: ProbeLimits,
): Promise<Probe> {
  const timely = <T>(asked: Promise<T>): Promise<T> => {
    const over = AbortSignal.timeout(timeoutMs);
    return Promise.race([
      asked,
      new Promise<never>((_, reject) => {
        over.addEventListener('abort', () => reject(new Error(`no answer in ${timeoutMs} ms`)), { once: true });
      }),
    ]);
  };
  const check = async (asked: Promise<string>, what: string, why: string): Promise<Finding> => {
    try {
      return { level: 'works', what: await timely(asked) };
    } catch (cause) {
      return { level: 'mind', what: `${what} (${reasonOf(cause)})`, why };
    }
  };
  const mail = resolver
    .resolveMx(domain)
    .then((hosts) => `mail for ${domain} goes to ${hosts.map(({ exchange }) => exchange).join(', ')}`);
  const autodiscover = `autodiscover.${domain}`;
  const findings = await Promise.all([
    check(mail, `${domain} has no MX`, 'others cannot write to its users'),
    check(
      resolver
        .resolve4(autodiscover)
        .then(() => `${autodiscover} is known: phones find their server by an address alone`),
      `${autodiscover} is not known`,
      'people type the name of the server into their phones',
    ),
    ...(host === undefined
      ? []
      : [
          check(
            resolver.resolve4(host).then((addresses) => `${host} is ${addresses.join(', ')}`),
            `${host} is not known`,
            'phones do not find it until its record is made',
          ),
        ]),
  ]);
  return { part: 'names', address: domain, findings };
}
