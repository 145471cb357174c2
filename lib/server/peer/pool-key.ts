/**
 * The secret that servers of one pool share. It opens the connections between them: TLS 1.3 with the key as an external
 * pre-shared key (RFC 8446 section 2.2), so that both sides prove that they have it, nothing can be replayed, and all is encrypted.
 * Two keys are valid at once while one is replaced by the other.
 */
import { createHash, createHmac } from 'node:crypto';
import type { PSKCallbackNegotation, TlsOptions } from 'node:tls';
import { ServerError } from '../errors.ts';

/** External pre-shared keys go with the SHA-256 suites only. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256';
const LEAST_CHARACTERS = 16;

export interface PoolKeys {
  /** What this server connects with. */
  readonly current: PoolKey;
  /** What it takes from others. */
  readonly accepted: readonly PoolKey[];
}

export interface PoolKey {
  /** Tells which key and which pool, and nothing of the key. */
  readonly identity: string;
  readonly secret: Uint8Array;
}

/** `secrets`: the current one first, then the one that it replaces. Throws ServerError('bad-pool-key'). */
export function poolKeys(pool: string, secrets: readonly string[]): PoolKeys {
  const keys = secrets.map((secret) => poolKey(pool, secret));
  const [current] = keys;
  if (current === undefined) {
    throw new ServerError('bad-pool-key', 'The pool has no key', {
      remedy: 'Set pool.key (or pool.keyFile): the same secret on every server of the pool.',
    });
  }
  return { current, accepted: keys };
}

function poolKey(pool: string, secret: string): PoolKey {
  if (secret.length < LEAST_CHARACTERS) {
    throw new ServerError('bad-pool-key', 'The pool key is too short', {
      why: `it has fewer than ${LEAST_CHARACTERS} characters`,
      remedy: 'Make one with `openssl rand -base64 32`.',
    });
  }
  const fingerprint = createHash('sha256').update(`caravan pool key id\0${pool}\0${secret}`).digest('hex').slice(0, 12);
  return {
    identity: `${pool}/${fingerprint}`,
    secret: createHmac('sha256', secret).update(`caravan pool key\0${pool}`).digest(),
  };
}

/** For the listener. An unknown identity, or a wrong key under a known one, ends the handshake. */
export function listenerTls(keys: PoolKeys): TlsOptions {
  return {
    minVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    ALPNProtocols: ['h2'],
    pskCallback: (_socket: unknown, identity: string) =>
      keys.accepted.find((it) => it.identity === identity)?.secret ?? null,
  };
}

/** For who connects. A server that shows a certificate instead of the key is none of the pool's. */
export function connectorTls(keys: PoolKeys) {
  return {
    minVersion: 'TLSv1.3' as const,
    ciphers: CIPHERS,
    pskCallback: (): PSKCallbackNegotation => ({ psk: keys.current.secret, identity: keys.current.identity }),
    checkServerIdentity: (_host: string, certificate: object) =>
      Object.keys(certificate).length === 0 ? undefined : new Error('a certificate came instead of the pool key'),
  };
}
