/** One message, handed to a submission server (RFC 6409) in one connection. */
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { reasonOf } from '../../platform/index.ts';
import type { Envelope } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { Failure } from '../folders/bounce.ts';
import type { TlsMode } from './configuration.ts';
import { SubmissionError } from './errors.ts';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** PEM of the authorities that are trusted, default the system's. */
  readonly certificateAuthorities?: string;
  /** Default true. */
  readonly checkCertificates?: boolean;
  /** Undefined: nobody signs in. */
  readonly login: { readonly user: string; readonly password: string; readonly isUsersOwn: boolean } | undefined;
  /** To connect and be greeted. Default 20 s. */
  readonly connectSeconds?: number;
  /** Silence in the middle of it. Default 60 s. */
  readonly commandSeconds?: number;
}

/** What nodemailer adds to its errors. */
interface SmtpFailure {
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly code?: string;
}

/** What nodemailer tells of each recipient that was refused. */
interface RecipientFailure {
  readonly recipient?: string;
  readonly response?: string;
}

const CONNECT_SECONDS = 20;
const COMMAND_SECONDS = 60;
const WHAT = 'the message cannot be sent';

/**
 * Resolves when the server has taken it, with the recipients that it refused. Throws BackendError; `signal` ends it as a
 * broken connection would.
 */
export async function submitBySmtp(
  server: SmtpServer,
  envelope: Envelope,
  message: Uint8Array,
  signal?: AbortSignal,
): Promise<readonly Failure[]> {
  if (envelope.to.length === 0) throw new BackendError('rejected', WHAT, { why: 'it has no recipients' });
  const { host, port, tls, certificateAuthorities, checkCertificates = true, login } = server;
  const connectMs = (server.connectSeconds ?? CONNECT_SECONDS) * 1_000;
  const connection = new SMTPConnection({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      rejectUnauthorized: checkCertificates,
      ...(certificateAuthorities !== undefined && { ca: certificateAuthorities }),
    },
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: (server.commandSeconds ?? COMMAND_SECONDS) * 1_000,
    logger: false,
  });
  let wasSent = false;
  // It is read only once the server has taken the envelope and asked for the message.
  const content = new Readable({
    read() {
      wasSent = true;
      this.push(message);
      this.push(null);
    },
  });
  try {
    const info = await converse(connection, login, envelope, content, signal);
    const refused = (info as { rejectedErrors?: readonly RecipientFailure[] }).rejectedErrors ?? [];
    return refused.map(({ recipient, response }) => ({ recipient: recipient ?? '', reason: response ?? 'refused' }));
  } catch (error) {
    throw submissionError(error, wasSent, login?.isUsersOwn === true);
  } finally {
    connection.close();
  }
}

/** Whether the server may have taken the message in spite of this error: it had it when the connection broke. */
export const mayBeAccepted = (thrown: unknown): boolean =>
  thrown instanceof BackendError && thrown.cause instanceof SubmissionError && thrown.cause.mayBeAccepted;

/** Connect, log in, send; ends with the first failure, also one that comes while nobody waits for an answer. */
async function converse(
  connection: SMTPConnection,
  login: SmtpServer['login'],
  envelope: Envelope,
  content: Readable,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const abort = () => fail(new Error('it took too long'));
  signal?.addEventListener('abort', abort, { once: true });
  connection.on('error', (error: Error) => fail(error));
  connection.on('end', () => fail(new Error('the server closed the connection')));
  const step = <T>(run: (callback: (error: Error | null | undefined, result?: T) => void) => void) =>
    Promise.race([
      failure,
      new Promise<T | undefined>((resolve, reject) =>
        run((error, result) => (error ? reject(error) : resolve(result))),
      ),
    ]);
  // When a step fails, the event that follows it finds nobody waiting.
  failure.catch(() => {});
  if (signal?.aborted) abort();
  try {
    await step<void>((callback) => connection.connect(callback));
    if (login) {
      const credentials = { user: login.user, pass: login.password };
      await step((callback) => connection.login({ credentials }, callback));
    }
    const info = await step<unknown>((callback) =>
      connection.send({ from: envelope.from, to: [...envelope.to] }, content, callback),
    );
    connection.quit();
    return info;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function submissionError(error: unknown, wasSent: boolean, isUsersPassword: boolean): BackendError {
  const { responseCode, response, command, code } = error as SmtpFailure;
  const why = response ?? reasonOf(error);
  if (code === 'EAUTH' && (responseCode ?? 0) >= 500) {
    if (isUsersPassword) return new BackendError('rejected-credentials', WHAT, { why, cause: error });
    return new BackendError('unavailable', WHAT, {
      why,
      remedy: 'check the user and password of the submission server in the configuration',
      cause: new SubmissionError(false, why, error),
    });
  }
  const isAboutMessage = command !== undefined && ['MAIL FROM', 'RCPT TO', 'DATA'].includes(command);
  const isAddress = code === 'EENVELOPE' && responseCode === undefined;
  if (isAddress || ((responseCode ?? 0) >= 500 && (isAboutMessage || code === 'EMESSAGE'))) {
    return new BackendError('rejected', WHAT, { why, cause: error });
  }
  return new BackendError('unavailable', WHAT, {
    why,
    // An answer, even 4xx, says that the server did not take it; silence after the message leaves it open.
    cause: new SubmissionError(wasSent && responseCode === undefined, why, error),
  });
}
