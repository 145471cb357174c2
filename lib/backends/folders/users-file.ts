/** Who may sign in: `<root>/users.json`, read again whenever it changed. Passwords are kept as salted scrypt hashes. */
import { createHmac, scrypt, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type Random, reasonOf } from '../../platform/index.ts';
import type { Account, Credentials } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { diskError } from './errors.ts';
import { readText, replaceFile, signatureOf } from './files.ts';

export const USERS_FILE = 'users.json';
/** scrypt's cost: 16 MiB and about 40 ms a try. */
const COST = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const USER_NAME_LIMIT_CHARACTERS = 320;
const NO_ONE = `scrypt$${COST.N}$${COST.r}$${COST.p}$AAAAAAAAAAAAAAAAAAAAAA==$${'A'.repeat(43)}=`;

const userSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*$/, 'lower-case letters, digits, dashes and dots'),
  displayName: z.string().optional(),
  addresses: z.array(z.string().regex(/^[^\s@<>]+@[^\s@<>]+$/, 'an address')).min(1),
  password: z.string().regex(/^scrypt\$\d+\$\d+\$\d+\$[^$]+\$[^$]+$/, 'scrypt$N$r$p$<salt>$<hash>'),
});
const usersSchema = z.strictObject({ users: z.array(userSchema) });
type User = z.infer<typeof userSchema>;

export interface NewUser {
  readonly name: string;
  readonly displayName?: string;
  readonly addresses: readonly string[];
  readonly password: string;
}

export class UsersFile {
  readonly #path: string;
  /** Of passwords that were right; the key lives as long as this object. */
  readonly #verified = new Map<string, string>();
  readonly #key: Uint8Array;
  #signature = '';
  #users: readonly User[] = [];

  constructor(root: string, random: Random) {
    this.#path = join(root, USERS_FILE);
    this.#key = random.bytes(32);
  }

  async accounts(): Promise<readonly Account[]> {
    return (await this.#load()).map(accountOf);
  }

  /** `user`, `user@domain`, any of the addresses, or `DOMAIN\user`. */
  async authenticate({ userName, password }: Credentials): Promise<Account | undefined> {
    const user = signingIn(await this.#load(), userName);
    // As much work for a name that nobody has, so that time does not tell the two apart.
    if (!user) await matches(password, NO_ONE);
    if (!user || password === '') return undefined;
    const seen = createHmac('sha256', this.#key).update(`${user.password}\0${password}`).digest('base64');
    if (this.#verified.get(user.name) === seen) return accountOf(user);
    if (!(await matches(password, user.password))) return undefined;
    this.#verified.set(user.name, seen);
    return accountOf(user);
  }

  /** Whose mailbox an address is, and whether its domain is ours at all. */
  async resolve(address: string): Promise<{ readonly account: Account | undefined; readonly isLocal: boolean }> {
    const users = await this.#load();
    const wanted = address.trim().toLowerCase();
    const at = wanted.lastIndexOf('@');
    const domain = wanted.slice(at + 1);
    const local = wanted.slice(0, Math.max(at, 0));
    const isLocal = at > 0 && domainsOf(users).has(domain);
    if (!isLocal) return { account: undefined, isLocal };
    const untagged = `${local.replace(/\+.*$/, '')}@${domain}`;
    const has = (user: User, candidate: string) => user.addresses.some((each) => each.toLowerCase() === candidate);
    // RFC 5321 section 4.5.1: postmaster is always somebody.
    const postmaster = local === 'postmaster' ? users[0] : undefined;
    const user = users.find((each) => has(each, wanted)) ?? users.find((each) => has(each, untagged)) ?? postmaster;
    return { account: user && accountOf(user), isLocal };
  }

  async #load(): Promise<readonly User[]> {
    try {
      const signature = await signatureOf(this.#path);
      if (signature === this.#signature) return this.#users;
      const text = await readText(this.#path);
      this.#users = text === undefined ? [] : parseUsers(text, this.#path);
      this.#signature = signature;
      return this.#users;
    } catch (error) {
      throw diskError('the list of mail users cannot be read', error);
    }
  }
}

/** Writes a users file; there must be none yet. */
export async function writeUsersFile(root: string, users: readonly NewUser[], random: Random): Promise<void> {
  const entries: User[] = [];
  for (const { name, displayName, addresses, password } of users) {
    const hash = await hashPassword(password, random);
    entries.push({ name, ...(displayName ? { displayName } : {}), addresses: [...addresses], password: hash });
  }
  await replaceFile(join(root, USERS_FILE), `${JSON.stringify(usersSchema.parse({ users: entries }), undefined, 2)}\n`);
}

export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = Buffer.from(random.bytes(SALT_BYTES));
  const hash = await derive(password, salt, COST);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

async function matches(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = stored.split('$');
  const expected = Buffer.from(hash, 'base64');
  const found = await derive(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) });
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function derive(password: string, salt: Uint8Array, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function parseUsers(text: string, path: string): readonly User[] {
  try {
    return usersSchema.parse(JSON.parse(text)).users;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : reasonOf(error);
    throw new BackendError('unavailable', `${path} is not a list of mail users`, { why, cause: error });
  }
}

function signingIn(users: readonly User[], userName: string): User | undefined {
  if (userName.length > USER_NAME_LIMIT_CHARACTERS) return undefined;
  const name = userName.slice(userName.indexOf('\\') + 1).toLowerCase();
  const at = name.lastIndexOf('@');
  if (at < 0) return users.find((user) => user.name === name);
  const local = name.slice(0, at);
  const hasDomain = (user: User) => domainsOf([user]).has(name.slice(at + 1));
  return (
    users.find((user) => user.addresses.some((address) => address.toLowerCase() === name)) ??
    users.find((user) => user.name === local && hasDomain(user))
  );
}

function domainsOf(users: readonly User[]): ReadonlySet<string> {
  const domains = users.flatMap((user) => user.addresses.map((address) => address.slice(address.lastIndexOf('@') + 1)));
  return new Set(domains.map((domain) => domain.toLowerCase()));
}

function accountOf(user: User): Account {
  return { user: user.name, addresses: user.addresses, ...(user.displayName ? { displayName: user.displayName } : {}) };
}
