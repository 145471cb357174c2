/** What no single setting can tell: settings that must fit each other, secrets in files, paths that were left to their defaults. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { reasonOf } from '../platform/index.ts';
import type { configurationSchema } from './configuration.ts';
import type { ConfigurationDraft } from './configuration-draft.ts';
import type { ConfigurationProblem } from './errors.ts';

const IMAP_PORT = 143;
const IMAPS_PORT = 993;
const SUBMISSION_PORT = 587;
const SUBMISSIONS_PORT = 465;

type Parsed = z.output<typeof configurationSchema>;

interface SecretHolder {
  userName?: string | undefined;
  password?: string | undefined;
  passwordFile?: string | undefined;
}

/** Completes the configuration in place; what is wrong with it is the result. */
export function checkTogether(parsed: Parsed, draft: ConfigurationDraft, directory: string): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (key: string, expected: string, isSecret = false) => {
    const value = draft.get(key);
    problems.push({
      key: value === undefined ? `${key} is not set` : key,
      origin: value === undefined ? 'nowhere' : draft.originOf(key),
      value: value === undefined || isSecret ? undefined : JSON.stringify(value),
      expected,
    });
  };
  const complete = (key: string, holder: SecretHolder, isNeeded: boolean) => {
    if (holder.password !== undefined && holder.passwordFile !== undefined) {
      problem(`${key}.passwordFile`, `either it or ${key}.password, not both`);
    } else if (holder.passwordFile !== undefined) {
      const read = readSecret(holder.passwordFile);
      if (read.secret === undefined) problem(`${key}.passwordFile`, `a file that holds a password: ${read.why}`);
      else holder.password = read.secret;
    } else if (isNeeded && holder.password === undefined) {
      problem(`${key}.password`, `a password for ${key}.userName, or ${key}.passwordFile`, true);
    }
    if (holder.userName === undefined && holder.password !== undefined) {
      problem(`${key}.userName`, `the account that ${key}.password belongs to`);
    }
  };

  parsed.data = resolve(directory, parsed.data);
  const { limits, mail } = parsed;
  if (limits.minHeartbeatSeconds > limits.maxHeartbeatSeconds) {
    problem(
      draft.get('limits.minHeartbeatSeconds') === undefined
        ? 'limits.maxHeartbeatSeconds'
        : 'limits.minHeartbeatSeconds',
      `limits.minHeartbeatSeconds (${limits.minHeartbeatSeconds}) not above limits.maxHeartbeatSeconds (${limits.maxHeartbeatSeconds})`,
    );
  }
  if (!parsed.listen.trustedProxies.every(isProxy))
    problem('listen.trustedProxies', 'a list of IP addresses and networks');
  checkPool(parsed, problem);
  checkHomes(parsed, problem);
  checkDirectory(parsed, problem);
  const { outbox } = parsed;
  if (outbox.bucket !== undefined && outbox.queueUrl === undefined)
    problem('outbox.queueUrl', 'the queue whose large messages outbox.bucket is for');
  if (mail.kind === 'folders') {
    mail.root = resolve(directory, mail.root);
    if (mail.relay) complete('mail.relay', mail.relay, mail.relay.userName !== undefined);
  } else {
    if (mail.master) complete('mail.master', mail.master, true);
    const hasAccount = mail.smtp.authentication === 'account';
    if (hasAccount && mail.smtp.userName === undefined) {
      problem('mail.smtp.userName', "the account that mail.smtp.authentication 'account' asks for");
    }
    complete('mail.smtp', mail.smtp, hasAccount);
    mail.port ??= mail.tls === 'implicit' ? IMAPS_PORT : IMAP_PORT;
    mail.smtp.host ??= mail.host;
    mail.smtp.port ??= mail.smtp.tls === 'implicit' ? SUBMISSIONS_PORT : SUBMISSION_PORT;
  }
  return problems;
}

const PREFIX_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** `10.0.0.7`, `10.20.0.0/16`. */
function isProxy(written: string): boolean {
  const [address = '', prefix = '0', ...rest] = written.split('/');
  return rest.length === 0 && /^\d+$/.test(prefix) && Number(prefix) <= (PREFIX_BITS[isIP(address)] ?? -1);
}

const POOL_KEY_CHARACTERS = 16;
const TOKEN_CHARACTERS = 16;
/** A server that misses so few beats is not dead yet (ownership.md, Time). */
const BEATS_A_LEASE = 4;

const PLACEMENTS: readonly string[] = ['rules', 'mail-server', 'site', 'nearest', 'load'];
const HOME_RULE = /^[^=\s]+=[A-Za-z0-9_.-]{1,64}$/;

type Problem = (key: string, expected: string, isSecret?: boolean) => void;

/** The store, the pool that needs one which can be shared, and the secrets of those in charge. */
function checkPool({ store, pool, administration }: Parsed, problem: Problem): void {
  if (store.kind === 'dynamodb' && store.table === undefined) {
    problem('store.table', "the name of the table that store.kind 'dynamodb' asks for");
  }
  for (const name of ['table', 'region', 'endpoint'] as const) {
    if (store.kind !== 'dynamodb' && store[name] !== undefined)
      problem(`store.${name}`, `store.kind 'dynamodb' for it, not '${store.kind}'`);
  }
  completeSecret('administration', 'token', administration, TOKEN_CHARACTERS, problem);
  if (pool === undefined) return;
  if (store.kind === 'sqlite')
    problem('store.kind', "'dynamodb', since the servers of a pool share a store, and SQLite is one server's own");
  if (pool.leaseMs < BEATS_A_LEASE * pool.beatMs)
    problem('pool.leaseMs', `at least ${BEATS_A_LEASE} times pool.beatMs, which is ${pool.beatMs}`);
  completeSecret('pool', 'key', pool, POOL_KEY_CHARACTERS, problem);
  completeSecret('pool', 'previousKey', pool, POOL_KEY_CHARACTERS, problem);
  if (pool.key === undefined && pool.keyFile === undefined)
    problem('pool.key', 'the secret of the pool, or pool.keyFile (`openssl rand -base64 32` makes one)', true);
}

/** Homes are for pools, which others must be able to send devices to. */
function checkHomes({ homes, pool, publicUrl }: Parsed, problem: Problem): void {
  if (homes === undefined) return;
  if (pool === undefined) problem('pool.name', 'the pool that homes is about');
  if (publicUrl === undefined) problem('publicUrl', 'the URL to which the other pools send devices, with homes');
  if (homes.placement.length === 0 || homes.placement.some((it) => !PLACEMENTS.includes(it)))
    problem('homes.placement', `one or more of ${PLACEMENTS.join(', ')}`);
  if (homes.rules.some((it) => !HOME_RULE.test(it)))
    problem('homes.rules', "an address pattern, = and the name of a pool each: '*@berlin.example.org=acme-berlin'");
}

/** What each kind of directory needs. */
function checkDirectory({ directory }: Parsed, problem: Problem): void {
  const needed = { none: [], file: ['file'], ldap: ['url', 'baseDn'], carddav: ['url'] } as const;
  for (const name of needed[directory.kind]) {
    if (directory[name] === undefined) problem(`directory.${name}`, `what directory.kind '${directory.kind}' asks for`);
  }
  completeSecret('directory', 'bindPassword', directory, 1, problem);
  const { kind, url, bindDn, userName } = directory;
  if (url !== undefined && (kind === 'ldap' || kind === 'carddav') && url.startsWith('ldap') !== (kind === 'ldap'))
    problem(
      'directory.url',
      kind === 'ldap' ? 'a URL that begins with ldaps:// or ldap://' : 'a URL that begins with https:// or http://',
    );
  for (const [name, account] of [
    ['bindDn', bindDn],
    ['userName', userName],
  ]) {
    if (account !== undefined && directory.bindPassword === undefined)
      problem('directory.bindPassword', `a password for directory.${name}, or directory.bindPasswordFile`, true);
  }
}

/** A secret that may stand in a file. */
function completeSecret<Name extends string>(
  section: string,
  name: Name,
  holder: { [Key in Name | `${Name}File`]?: string | undefined },
  leastCharacters: number,
  problem: Problem,
): void {
  const file: string | undefined = holder[`${name}File`];
  if (file !== undefined) {
    if (holder[name] !== undefined)
      return problem(`${section}.${name}File`, `either it or ${section}.${name}, not both`);
    const read = readSecret(file);
    if (read.secret === undefined) return problem(`${section}.${name}File`, `a file that holds a secret: ${read.why}`);
    (holder as Record<string, string>)[name] = read.secret;
  }
  const secret: string | undefined = holder[name];
  if (secret !== undefined && secret.length < leastCharacters)
    problem(
      file === undefined ? `${section}.${name}` : `${section}.${name}File`,
      `a secret of at least ${leastCharacters} characters (\`openssl rand -base64 32\` makes one)`,
      file === undefined,
    );
}

/** One line end at the end is not part of it. */
function readSecret(file: string): { readonly secret?: string; readonly why?: string } {
  try {
    const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return secret === '' ? { why: 'it is empty' } : { secret };
  } catch (thrown) {
    return { why: reasonOf(thrown) };
  }
}
