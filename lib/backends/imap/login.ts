/**
 * Opens and authenticates a connection with imapflow (TLS, STARTTLS, SASL), then takes over its socket: see
 * wire/values.ts for why.
 */
import type { Duplex, Readable } from 'node:stream';
import { ImapFlow } from 'imapflow';
import { reasonOf } from '../../platform/index.ts';
import type { Credentials } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ImapEnvironment } from './configuration.ts';
import { ImapSession } from './wire/session.ts';

/** RFC 5530 codes with which a server says that it is not the password's fault. */
const NOT_THE_PASSWORD = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'PRIVACYREQUIRED', 'CONTACTADMIN']);

/** A session of the user whose name on the IMAP server is `userName`; undefined if the password is wrong. */
export async function login(
  environment: ImapEnvironment,
  credentials: Credentials,
  authorizeAs?: string,
): Promise<ImapSession | undefined> {
  const { configuration, timeouts, clock } = environment;
  const client = new ImapFlow({
    host: configuration.host,
    port: configuration.port,
    secure: configuration.tls === 'implicit',
    doSTARTTLS: configuration.tls === 'implicit' ? undefined : configuration.tls === 'starttls',
    tls: {
      rejectUnauthorized: configuration.checkCertificates ?? true,
      ...(configuration.certificateAuthorities === undefined ? {} : { ca: configuration.certificateAuthorities }),
    },
    auth: { user: credentials.userName, pass: credentials.password, authzid: authorizeAs },
    // imapflow logs user names and, on errors, what the server said of them.
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableCompression: true,
    connectionTimeout: timeouts.connectSeconds * 1_000,
    greetingTimeout: timeouts.connectSeconds * 1_000,
    socketTimeout: timeouts.connectSeconds * 1_000,
  });
  // Without a listener an error event after the failed connect() would end the process.
  client.on('error', () => {});
  const deadline = clock.after(timeouts.connectSeconds * 1_000, () => client.close());
  try {
    await client.connect();
  } catch (error) {
    client.close();
    if (isWrongPassword(error)) return undefined;
    throw new BackendError('unavailable', `cannot log in at ${configuration.host}:${configuration.port}`, {
      why: whyOf(error),
      remedy: 'check that the IMAP server is up and that host, port and TLS are configured as it has them',
      cause: error,
    });
  } finally {
    deadline.cancel();
  }
  const capabilities = new Set([...client.capabilities.keys()].map((name) => name.toUpperCase()));
  const { readSocket, writeSocket, socket } = client.unbind() as unknown as Sockets;
  socket.setTimeout?.(0);
  socket.setKeepAlive?.(true, 60_000);
  socket.setNoDelay?.(true);
  const timeoutMs = timeouts.commandSeconds * 1_000;
  const session = new ImapSession({
    readable: readSocket,
    writable: writeSocket,
    socket,
    capabilities,
    clock,
    timeoutMs,
  });
  await enable(session);
  return session;
}

interface Sockets {
  readonly readSocket: Readable;
  readonly writeSocket: Duplex;
  readonly socket: Duplex & {
    setTimeout?(ms: number): void;
    setKeepAlive?(on: boolean, delayMs: number): void;
    setNoDelay?(on: boolean): void;
  };
}

/** Dovecot reports no HIGHESTMODSEQ before some client has enabled CONDSTORE (RFC 7162 section 3.1). */
async function enable(session: ImapSession): Promise<void> {
  const wanted = ['CONDSTORE', 'QRESYNC'].filter((name) => session.has(name));
  if (wanted.length === 0 || !session.has('ENABLE')) return;
  await session.command(`ENABLE ${wanted.join(' ')}`, {
    onUntagged: (response) => {
      if (response.name !== 'ENABLED') return false;
      for (const name of response.values()) session.enabled.add(String(name).toUpperCase());
      return true;
    },
  });
  // QRESYNC contains CONDSTORE (RFC 7162 section 3.2.3), and servers may tell of it alone.
  if (session.enabled.has('QRESYNC')) session.enabled.add('CONDSTORE');
}

function isWrongPassword(error: unknown): boolean {
  const { authenticationFailed, serverResponseCode } = error as {
    authenticationFailed?: boolean;
    serverResponseCode?: string;
  };
  return authenticationFailed === true && !NOT_THE_PASSWORD.has((serverResponseCode ?? '').toUpperCase());
}

function whyOf(error: unknown): string {
  const { response, reason } = error as { response?: unknown; reason?: unknown };
  const words = [reasonOf(error), response, reason].filter((word) => typeof word === 'string' && word !== '');
  return words.join(': ');
}
