/** A look at the directory: encryption, whether it lets Caravan in, whether people with addresses are there, how far it is. */
import { AndFilter, type Client, FilterParser, PresenceFilter } from 'ldapts';
import { type Clock, reasonOf } from '../../platform/index.ts';
import { connectLdap, type LdapOptions } from '../directory/ldap-directory.ts';
import { type Finding, latencyFinding, medianOf, type Probe, type ProbeLimits } from './finding.ts';

const FOLLOWS = 'each search for people takes one';
/** So many are looked for: that there are some is the question. */
const SAMPLE = 5;

export async function probeLdap(options: LdapOptions, clock: Clock, limits: ProbeLimits): Promise<Probe> {
  const head = { part: 'directory', address: options.url } as const;
  let client: Client | undefined;
  try {
    client = await connectLdap({ ...options, timeoutMs: limits.timeoutMs });
    const open = client;
    const findings = [encryptionOf(options), signedIn(options)];
    const roundTripMs = await medianOf(clock, () =>
      open.search(options.baseDn, { scope: 'base', attributes: ['objectClass'] }),
    );
    findings.push(latencyFinding(roundTripMs, limits, FOLLOWS), await people(client, options));
    return { ...head, findings, roundTripMs };
  } catch (cause) {
    const remedy =
      'Check the settings under directory: url, startTls, bindDn and its password, baseDn, and the certificate.';
    return {
      ...head,
      findings: [{ level: 'fails', what: 'it does not answer as it should', why: reasonOf(cause), remedy }],
    };
  } finally {
    await client?.unbind().catch(() => undefined);
  }
}

function encryptionOf({ url, startTls, checkCertificates }: LdapOptions): Finding {
  if (!url.startsWith('ldaps:') && !startTls)
    return {
      level: 'mind',
      what: 'nothing is encrypted',
      why: 'its password passes in clear: for trusted networks alone',
    };
  return checkCertificates
    ? { level: 'works', what: 'TLS, with a certificate that is trusted' }
    : { level: 'mind', what: 'TLS', why: 'directory.verifyCertificate is off: anybody could pass for the server' };
}

const signedIn = ({ bind }: LdapOptions): Finding =>
  bind === undefined
    ? { level: 'mind', what: 'nobody signs in', why: 'many directories show little to strangers: see directory.bindDn' }
    : { level: 'works', what: `${bind.dn} signs in` };

/** As searches of devices ask. */
async function people(client: Client, { baseDn, filter }: LdapOptions): Promise<Finding> {
  const withAddress = new AndFilter({
    filters: [FilterParser.parseString(filter), new PresenceFilter({ attribute: 'mail' })],
  });
  const pages = client.searchPaginated(baseDn, {
    scope: 'sub',
    filter: withAddress,
    attributes: ['mail'],
    paged: { pageSize: SAMPLE },
  });
  for await (const { searchEntries } of pages) {
    if (searchEntries.length > 0)
      return { level: 'works', what: `${searchEntries.length} people or more are found by ${filter}` };
  }
  return {
    level: 'fails',
    what: `nobody is found under ${baseDn} by ${filter}`,
    why: 'only entries with a mail address are shown',
    remedy: 'Check directory.baseDn and directory.filter, and what the account of directory.bindDn may read.',
  };
}
