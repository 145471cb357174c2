import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Account, Credentials } from '../backend.ts';
import { type DavConfiguration, davEnvironment } from './configuration.ts';
import { DavResources } from './dav-resources.ts';

/** The account's collections, by the password with which its mailbox is opened now. Asks for nothing yet. */
export function openDavResources(
  configuration: DavConfiguration,
  platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  account: Account,
  credentials: Credentials,
): DavResources {
  const userName = configuration.loginName === 'address' ? (account.addresses[0] ?? account.user) : account.user;
  const log = platform.log.child({ user: account.user });
  return new DavResources(
    davEnvironment(configuration, { ...platform, log }),
    {
      userName,
      get password() {
        return credentials.password;
      },
    },
    account.addresses,
  );
}
