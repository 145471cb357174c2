/** A look at the address book that is the directory: whether it lets Caravan in, whether people are in it, how far it is. */
import { reasonOf } from '../../platform/index.ts';
import { CardDavDirectory, type CardDavDirectoryOptions } from '../directory/carddav-directory.ts';
import { BackendError } from '../errors.ts';
import { type Finding, type Probe, type ProbeLimits } from './finding.ts';
import type { ProbePlatform } from './probe-imap.ts';

export async function probeAddressBook(
  options: CardDavDirectoryOptions,
  platform: ProbePlatform,
  limits: ProbeLimits,
): Promise<Probe> {
  const head = { part: 'directory', address: options.url } as const;
  const directory = new CardDavDirectory({ ...options, timeoutSeconds: limits.timeoutMs / 1_000 }, platform);
  try {
    const count = await directory.count();
    const people: Finding =
      count > 0
        ? { level: 'works', what: `${count} people with an address are in it` }
        : { level: 'fails', what: 'nobody is in it', why: 'only cards with a mail address are shown' };
    return { ...head, findings: [encryptionOf(options), signedIn(options), people] };
  } catch (cause) {
    const { why = reasonOf(cause), remedy = 'Check directory.url.' } = cause instanceof BackendError ? cause : {};
    return { ...head, findings: [{ level: 'fails', what: 'it does not answer as it should', why, remedy }] };
  } finally {
    await directory.close();
  }
}

function encryptionOf({ url, checkCertificates }: CardDavDirectoryOptions): Finding {
  if (!url.startsWith('https:'))
    return {
      level: 'mind',
      what: 'nothing is encrypted',
      why: 'its password passes in clear: for trusted networks alone',
    };
  return checkCertificates
    ? { level: 'works', what: 'HTTPS, with a certificate that is trusted' }
    : { level: 'mind', what: 'HTTPS', why: 'directory.verifyCertificate is off: anybody could pass for the server' };
}

const signedIn = ({ account }: CardDavDirectoryOptions): Finding =>
  account === undefined
    ? { level: 'mind', what: 'nobody signs in', why: 'most servers show nothing to strangers: see directory.userName' }
    : { level: 'works', what: `${account.userName} signs in` };
