/** Mail from outside: an SMTP listener that takes messages for our own users, and nothing else. */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { type Log, reasonOf, silentLog } from '../../platform/index.ts';
import type { Account } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { FoldersMailSystem } from './folders-mail-system.ts';

const MESSAGE_LIMIT_BYTES = 50 * 1024 * 1024;
const RECIPIENTS_LIMIT = 100;
/** RFC 5321 section 6.3: so many Received fields are a loop. */
const RECEIVED_LIMIT = 100;
const CLIENTS_LIMIT = 100;
const IDLE_TIMEOUT_MS = 60_000;

export interface SmtpInOptions {
  readonly system: FoldersMailSystem;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Default 50 MiB. */
  readonly messageLimitBytes?: number;
  readonly log?: Log;
}

export interface SmtpIn {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens; resolves when mail can come. */
export async function startSmtpIn(options: SmtpInOptions): Promise<SmtpIn> {
  const { system, host = '127.0.0.1', messageLimitBytes = MESSAGE_LIMIT_BYTES, log = silentLog } = options;
  const server = new SMTPServer({
    name: 'localhost',
    banner: 'Caravan',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: messageLimitBytes,
    maxClients: CLIENTS_LIMIT,
    socketTimeout: IDLE_TIMEOUT_MS,
    logger: false,
    onRcptTo({ address }, session, callback) {
      accept(system, address, session).then(
        () => callback(),
        (error: unknown) => callback(replyOf(error)),
      );
    },
    onData(stream, session, callback) {
      collect(stream, messageLimitBytes)
        .then((message) => deliverAll(system, message, session))
        .then(
          () => callback(null, 'delivered'),
          (error: unknown) => {
            log.warn({ reason: reasonOf(error), peer: session.remoteAddress }, 'mail was not taken');
            callback(replyOf(error));
          },
        );
    },
  });
  server.on('error', (error) => log.warn({ reason: reasonOf(error) }, 'the SMTP listener has an error'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw new BackendError('unavailable', `the SMTP listener cannot start on ${host}:${options.port}`, {
      why: reasonOf(error),
      remedy: 'Choose another port, or stop what listens there.',
      cause: error,
    });
  });
  const { port } = server.server.address() as AddressInfo;
  return { host, port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** What SMTP answers: a code and words. */
class Refusal extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

async function accept(system: FoldersMailSystem, address: string, session: SMTPServerSession): Promise<void> {
  if (session.envelope.rcptTo.length >= RECIPIENTS_LIMIT) throw new Refusal(452, '4.5.3 Too many recipients');
  const { account, isLocal } = await system.resolve(address);
  if (account) return;
  throw isLocal ? new Refusal(550, '5.1.1 No such user here') : new Refusal(550, '5.7.1 Relaying denied');
}

async function collect(
  stream: AsyncIterable<Buffer> & { readonly sizeExceeded: boolean },
  limitBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    // The rest is read all the same, or the answer would not be.
    if (sizeBytes <= limitBytes) chunks.push(chunk);
  }
  if (stream.sizeExceeded || sizeBytes > limitBytes) throw new Refusal(552, '5.3.4 Message too big');
  return Buffer.concat(chunks);
}

async function deliverAll(system: FoldersMailSystem, message: Buffer, session: SMTPServerSession): Promise<void> {
  const header = message.toString('latin1', 0, Math.min(message.length, 262_144)).split(/\r?\n\r?\n/, 1)[0] ?? '';
  if ((header.match(/^received:/gim) ?? []).length > RECEIVED_LIMIT) throw new Refusal(554, '5.4.6 Mail loop');
  const { mailFrom, rcptTo } = session.envelope;
  const from = mailFrom ? mailFrom.address : '';
  const peer = `${session.hostNameAppearsAs || 'unknown'} ([${session.remoteAddress}])`;
  const copies = new Map<string, { account: Account; to: string }>();
  for (const { address } of rcptTo) {
    const { account } = await system.resolve(address);
    if (account && !copies.has(account.user)) copies.set(account.user, { account, to: address });
  }
  for (const { account, to } of copies.values()) {
    await system.deliver(account, message, { from, to, peer, protocol: 'ESMTP' });
  }
}

function replyOf(error: unknown): Error {
  if (error instanceof Refusal) return error;
  const isFull = error instanceof BackendError && error.code === 'over-quota';
  return new Refusal(isFull ? 452 : 451, isFull ? '4.3.1 No room' : '4.3.0 Cannot be delivered now');
}
