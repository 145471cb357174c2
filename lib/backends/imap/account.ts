/** The ways a person writes a user name, and the account they mean. */
import type { Account } from '../backend.ts';
import type { ImapConfiguration } from './configuration.ts';

const MAX_LENGTH = 254;
/** The local part of an address as mail servers have it, without what could be a path or break a protocol line. */
const USER = /^[\p{L}\p{N}_][\p{L}\p{N}._+=~&'#!$-]*$/u;

/** `ada`, `ada@example.org`, `EXAMPLE\ada` → ada of example.org; undefined for what can't be a user here. */
export function accountOf(userName: string, configuration: Pick<ImapConfiguration, 'domain'>): Account | undefined {
  if (userName.length > MAX_LENGTH) return undefined;
  const domain = configuration.domain.toLowerCase();
  // Windows domains can't be checked, and devices put whatever the person typed there, often the mail domain.
  const bare = userName
    .slice(userName.lastIndexOf('\\') + 1)
    .trim()
    .toLowerCase();
  const at = bare.lastIndexOf('@');
  if (at >= 0 && bare.slice(at + 1) !== domain) return undefined;
  const user = at >= 0 ? bare.slice(0, at) : bare;
  if (!USER.test(user)) return undefined;
  return { user, addresses: [`${user}@${domain}`] };
}

/** What the mail servers call the account. */
export function loginNameOf(account: Account, configuration: ImapConfiguration): string {
  return configuration.loginName === 'address' ? (account.addresses[0] ?? account.user) : account.user;
}
