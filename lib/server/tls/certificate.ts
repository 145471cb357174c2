/** The server's certificate: from files, or one of its own that is made once and kept in the data directory. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import { type Clock, reasonOf } from '../../platform/index.ts';
import { ServerError } from '../errors.ts';

export type TlsSource =
  | { readonly kind: 'off' }
  | { readonly kind: 'files'; readonly certFile: string; readonly keyFile: string }
  | { readonly kind: 'self-signed'; readonly directory: string; readonly hostNames: readonly string[] };

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const VALID_DAYS = 825;
const DAY_MS = 86_400_000;

/** Undefined where TLS is off (a sprayer in front does it). Throws ServerError('bad-certificate'). */
export async function loadCertificate(source: TlsSource, clock: Clock): Promise<Certificate | undefined> {
  if (source.kind === 'off') return undefined;
  if (source.kind === 'files') return readPair(source.certFile, source.keyFile);
  const certFile = join(source.directory, 'self-signed.crt');
  const keyFile = join(source.directory, 'self-signed.key');
  const kept = await readPair(certFile, keyFile).catch(() => undefined);
  if (kept) return kept;
  const made = await generate([{ name: 'commonName', value: source.hostNames[0] ?? 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(clock.now()),
    notAfterDate: new Date(clock.now() + VALID_DAYS * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: source.hostNames.map(altName) }],
  });
  try {
    await mkdir(source.directory, { recursive: true, mode: 0o700 });
    await writeFile(keyFile, made.private, { mode: 0o600 });
    await writeFile(certFile, made.cert);
  } catch (cause) {
    throw new ServerError('bad-certificate', 'The certificate that the server made for itself cannot be kept', {
      why: reasonOf(cause),
      remedy: `Let the server write to ${source.directory}, or choose another data directory.`,
      cause,
    });
  }
  return { cert: made.cert, key: made.private };
}

const altName = (host: string) =>
  /^[\d.]+$|:/.test(host) ? ({ type: 7, ip: host } as const) : ({ type: 2, value: host } as const);

async function readPair(certFile: string, keyFile: string): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    throw new ServerError('bad-certificate', 'The certificate cannot be used', {
      why: reasonOf(cause),
      remedy:
        'Check listen.tls.certFile and listen.tls.keyFile: both are PEM files that the server may read, and the key belongs to the certificate.',
      cause,
    });
  }
}
