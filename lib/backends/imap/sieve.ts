/** How the Sieve server beside the IMAP server is reached for a user. */
import type { Account, Credentials } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ManageSieveOptions } from '../sieve/index.ts';
import { loginNameOf } from './account.ts';
import type { ImapEnvironment } from './configuration.ts';

/** Throws BackendError('unsupported') where there is none. */
export function sieveOptions(
  { configuration, timeouts }: ImapEnvironment,
  account: Account,
  { password }: Credentials,
): ManageSieveOptions {
  const { sieve, master, checkCertificates = true, certificateAuthorities } = configuration;
  if (sieve === undefined) {
    throw new BackendError('unsupported', 'This mail system keeps no out-of-office replies', {
      remedy: 'Name its Sieve server in mail.sieve.',
    });
  }
  const userName = loginNameOf(account, configuration);
  return {
    ...sieve,
    checkCertificates,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    credentials: master
      ? { userName: master.user, password: master.password, authorizeAs: userName }
      : { userName, password },
    timeoutMs: timeouts.connectSeconds * 1_000,
  };
}
