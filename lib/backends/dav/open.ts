import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Account, Credentials } from '../backend.ts';
import { type DavConfiguration, davEnvironment } from './configuration.ts';
import { DavResources } from './dav-resources.ts';

/** The account's collections, found by the password of its mailbox. Throws BackendError. */
export async function openDavResources(
  configuration: DavConfiguration,
  platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  account: Account,
  { password }: Credentials,
): Promise<DavResources> {
  const userName = configuration.loginName === 'address' ? (account.addresses[0] ?? account.user) : account.user;
  const log = platform.log.child({ user: account.user });
  return DavResources.open(davEnvironment(configuration, { ...platform, log }), { userName, password });
}
