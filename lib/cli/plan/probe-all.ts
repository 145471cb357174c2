/** Looks at everything that the servers of a configuration would connect to, all at once. */
import { promises as dns } from 'node:dns';
import {
  type Probe,
  probeAddressBook,
  probeDav,
  probeImap,
  type ProbeLimits,
  probeLdap,
  probeNames,
  type ProbePlatform,
  probeSmtp,
} from '../../backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../platform/index.ts';
import { cardDavOptions, davConfiguration, imapConfiguration, ldapOptions } from '../../server/index.ts';
import { type Configuration, MAIL_LIMIT_MS, MAIL_WARNING_MS } from '../../topology/index.ts';

const LIMITS: ProbeLimits = { timeoutMs: 10_000, warnMs: MAIL_WARNING_MS, mostMs: MAIL_LIMIT_MS };
const NAME_LIMITS: ProbeLimits = { ...LIMITS, timeoutMs: 3_000 };

export interface ToProbe {
  readonly configuration: Configuration;
  readonly areSecretsKnown: boolean;
  readonly host: string | undefined;
  readonly credentials: { readonly userName: string; readonly password: string } | undefined;
}

export async function probeAll({
  configuration,
  areSecretsKnown,
  host,
  credentials,
}: ToProbe): Promise<readonly Probe[]> {
  const { mail, directory } = configuration;
  const platform: ProbePlatform = { clock: systemClock, random: systemRandom, log: silentLog };
  const probes: Promise<Probe>[] = [];
  if (mail.kind === 'imap') {
    const imap = await imapConfiguration(mail);
    const as = (loginName: 'user' | 'address' | undefined) =>
      credentials && { ...credentials, userName: named(credentials.userName, mail.domain, loginName) };
    probes.push(probeImap(imap, platform, LIMITS, as(mail.loginName)));
    // The password of an account is in the cloud: what stands for it must not be tried.
    const smtp = areSecretsKnown || imap.smtp.auth === 'none' ? imap.smtp : { ...imap.smtp, auth: 'same' as const };
    const isUsersOwn = mail.smtp.authentication === 'user';
    probes.push(probeSmtp({ ...imap, smtp }, systemClock, LIMITS, isUsersOwn ? as(mail.loginName) : undefined));
    if (mail.dav !== undefined) {
      const dav = await davConfiguration(mail, mail.dav);
      probes.push(probeDav(dav, platform, LIMITS, as(dav.loginName)));
    }
    probes.push(probeNames(mail.domain, host, dns, NAME_LIMITS));
  }
  if (directory.kind === 'carddav') probes.push(probeAddressBook(await cardDavOptions(directory), platform, LIMITS));
  if (directory.kind === 'ldap') probes.push(probeLdap(await ldapOptions(directory), systemClock, LIMITS));
  return Promise.all(probes);
}

/** `ada` or `ada@example.org`, as the server knows users. */
function named(written: string, domain: string, loginName: 'user' | 'address' = 'user'): string {
  const user = written.split('@')[0] ?? written;
  return loginName === 'address' ? `${user}@${domain}` : user;
}
