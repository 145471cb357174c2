/** What a server of a pool on one machine is told, by flag, beside what all servers are told. */
import { join } from 'node:path';
import type { Random } from '../../platform/index.ts';
import { keepSecret } from './secret-file.ts';

/** Where one server is. */
export interface ServerPlace {
  /** `server-1`. */
  readonly name: string;
  /** Of its door, for devices; of its peers; of those in charge. */
  readonly port: number;
  readonly peerPort: number;
  readonly administrationPort: number;
}

/** Servers are reached by this machine alone, the sprayer by whom it listens to. */
export const SERVER_HOST = '127.0.0.1';
const TABLE = 'caravan';
const POOL = 'local';
const DRAIN_SECONDS = 10;
const FINISH_SECONDS = 5;

const keyFileOf = (directory: string): string => join(directory, 'pool.key');
export const tokenFileOf = (directory: string): string => join(directory, 'administration.token');

/** The pool's key and the administrator's token, where they are not there yet. Throws PoolError('cannot-keep'). */
export function keepSecrets(directory: string, random: Random): void {
  for (const file of [keyFileOf(directory), tokenFileOf(directory)]) keepSecret(file, random);
}

export function serverSettings(
  directory: string,
  { name, port, peerPort, administrationPort }: ServerPlace,
  storeEndpoint: string,
): Readonly<Record<string, string>> {
  return {
    'listen-host': SERVER_HOST,
    'listen-port': String(port),
    'listen-tls': 'off',
    'listen-trusted-proxies': SERVER_HOST,
    data: join(directory, name),
    'drain-seconds': String(FINISH_SECONDS),
    'store-kind': 'dynamodb',
    'store-table': TABLE,
    'store-endpoint': storeEndpoint,
    'pool-name': POOL,
    'pool-key-file': keyFileOf(directory),
    'pool-peer-host': SERVER_HOST,
    'pool-peer-port': String(peerPort),
    'pool-drain-seconds': String(DRAIN_SECONDS),
    'administration-host': SERVER_HOST,
    'administration-port': String(administrationPort),
    'administration-token-file': tokenFileOf(directory),
  };
}
