/** Where the pool is that a command is about: the one that `caravan up` runs, or the one that is named. */
import { resolve } from 'node:path';
import { type PoolNote, readPoolNote } from '../../pool/note/index.ts';
import { CliError } from '../errors.ts';
import type { AdministrationPlace } from './administration-client.ts';
import { givenToken, readToken } from './administrator-token.ts';

export interface PoolOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly directory: string;
  readonly json?: boolean;
}

export interface FoundPool extends AdministrationPlace {
  /** Of a pool that runs on this machine. */
  readonly note: PoolNote | undefined;
}

/** Of an administration. Throws CliError('bad-option'). */
export function checkUrl(url: string): void {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return;
  throw new CliError(
    'bad-option',
    `--url ${url} is no URL`,
    'Give the administration address of a server: http://host:port.',
  );
}

/** Throws CliError: 'bad-option', 'no-pool', 'missing-token'. */
export function findPool(options: PoolOptions, environment: NodeJS.ProcessEnv): FoundPool {
  const { url, directory } = options;
  if (url !== undefined) checkUrl(url);
  const note = readPoolNote(resolve(directory));
  const own = url === undefined ? note : undefined;
  if (url === undefined && own === undefined) {
    throw new CliError(
      'no-pool',
      `No pool of \`caravan up\` runs with ${resolve(directory)}`,
      'Start one, name the directory of one with --directory, or an address of administration with --url.',
    );
  }
  const token = givenToken(options.tokenFile, environment) ?? readToken(own?.tokenFile);
  return { urls: url === undefined ? (own?.servers ?? []).map((it) => it.administration) : [url], token, note: own };
}
