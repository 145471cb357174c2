/** A look at the CalDAV and CardDAV servers: whether they are found, and take the mailbox's password; what is in them; how far they are. */
import { reasonOf } from '../../platform/index.ts';
import type { Credentials } from '../backend.ts';
import { findHomes, listCollections } from '../dav/collections.ts';
import { type DavConfiguration, davEnvironment, placesOf } from '../dav/configuration.ts';
import { DavConnection } from '../dav/connection.ts';
import { BackendError } from '../errors.ts';
import { type Finding, latencyFinding, medianOf, type Probe, type ProbeLimits } from './finding.ts';
import type { ProbePlatform } from './probe-imap.ts';

const FOLLOWS = 'each look for changes in a calendar takes one, each change of an item two';

/** `userName` of the credentials: as users are named to this server. */
export async function probeDav(
  configuration: DavConfiguration,
  platform: ProbePlatform,
  limits: ProbeLimits,
  credentials?: Credentials,
): Promise<Probe> {
  const head = { part: 'calendars', address: configuration.url ?? 'DNS' } as const;
  const timeouts = { ...configuration.timeouts, requestSeconds: Math.ceil(limits.timeoutMs / 1_000) };
  const environment = davEnvironment({ ...configuration, timeouts }, platform);
  const connection = new DavConnection(environment, credentials ?? { userName: 'caravan', password: '' });
  try {
    const { url, contactsUrl } = await placesOf(configuration);
    const findings = [...foundByDns(configuration, url, contactsUrl), encryptionOf({ ...configuration, url })];
    const roundTripMs = await medianOf(platform.clock, () => answer(connection, url));
    findings.push(latencyFinding(roundTripMs, limits, FOLLOWS));
    if (credentials === undefined) {
      const what = 'nobody signed in: calendars are found only as a user';
      findings.push({ level: 'mind', what, remedy: 'Name a mailbox with --user, its password in CARAVAN_PASSWORD.' });
    } else findings.push(...(await found(connection, url, contactsUrl, credentials.userName)));
    return { ...head, findings, roundTripMs };
  } catch (cause) {
    const { why = reasonOf(cause), remedy = 'Check mail.dav.url.' } = cause instanceof BackendError ? cause : {};
    return { ...head, findings: [{ level: 'fails', what: 'it cannot be spoken to', why, remedy }] };
  } finally {
    await connection.close();
  }
}

/** RFC 6764. */
function foundByDns({ url: configured }: DavConfiguration, url: string, contactsUrl: string): readonly Finding[] {
  if (configured !== undefined) return [];
  const places = url === contactsUrl ? url : `${url} and ${contactsUrl}`;
  return [{ level: 'works', what: `SRV records lead to ${places}` }];
}

function encryptionOf({ url, checkCertificates = true }: DavConfiguration & { readonly url: string }): Finding {
  if (!url.startsWith('https:'))
    return { level: 'mind', what: 'nothing is encrypted', why: 'passwords pass in clear: for trusted networks alone' };
  return checkCertificates
    ? { level: 'works', what: 'HTTPS, with a certificate that is trusted' }
    : { level: 'mind', what: 'HTTPS', why: 'verifyCertificate is off: anybody could pass for the server' };
}

/** Any answer is one: a refused password too, which is told of later. */
async function answer(connection: DavConnection, url: string): Promise<void> {
  await connection.fetch(url, { method: 'OPTIONS' }).catch((thrown: unknown) => {
    if (!(thrown instanceof BackendError) || !/refused the password/.test(thrown.message)) throw thrown;
  });
}

async function found(
  connection: DavConnection,
  url: string,
  contactsUrl: string,
  userName: string,
): Promise<readonly Finding[]> {
  try {
    const homes = await findHomes(connection, url, contactsUrl);
    const collections = await listCollections(connection, homes);
    const count = (itemClass: string) => collections.filter((it) => it.itemClass === itemClass).length;
    const slow = collections.filter((it) => !it.hasSyncCollection).map(({ name }) => name);
    return [
      home('calendars', homes.calendars, url),
      home('contacts', homes.contacts, contactsUrl),
      {
        level: collections.length > 0 ? 'works' : 'mind',
        what: `${userName} has ${count('Calendar')} calendars, ${count('Contacts')} address books, ${count('Tasks')} task lists, ${count('Notes')} journals`,
        ...(collections.length === 0 && { why: 'devices show none until there is one' }),
      },
      ...(slow.length === 0
        ? []
        : [
            {
              level: 'mind' as const,
              what: `no sync-collection (RFC 6578) in ${slow.join(', ')}`,
              why: 'each look for changes there lists every item',
            },
          ]),
    ];
  } catch (cause) {
    const { why = reasonOf(cause), remedy } = cause instanceof BackendError ? cause : {};
    return [
      {
        level: 'fails',
        what: `the collections of ${userName} are not found`,
        why,
        ...(remedy !== undefined && { remedy }),
      },
    ];
  }
}

function home(what: string, address: string | undefined, url: string): Finding {
  if (address !== undefined) return { level: 'works', what: `${what} are found at ${new URL(address).pathname}` };
  return {
    level: 'mind',
    what: `${url} has no home of ${what}`,
    why: `devices get no ${what} (RFC 6764, RFC 4791 6.2.1)`,
  };
}
