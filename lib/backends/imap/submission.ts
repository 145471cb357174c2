/** Mail that the user sends, handed to the submission server (RFC 6409). */
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { reasonOf } from '../../platform/index.ts';
import type { Credentials, Envelope, Mailbox } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { composeBounce, type Failure } from '../folders/bounce.ts';
import { loginNameOf } from './account.ts';
import type { ImapConfiguration, ImapEnvironment } from './configuration.ts';
import { SubmissionError } from './errors.ts';

/** What nodemailer adds to its errors. */
interface SmtpFailure {
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly code?: string;
  readonly recipient?: string;
}

/** Resolves when the server has taken it. What it refused only for some comes back as a notice in the inbox. */
export async function submit(
  environment: ImapEnvironment,
  mailbox: Mailbox,
  credentials: Credentials,
  envelope: Envelope,
  message: Uint8Array,
): Promise<void> {
  const failures = await send(environment, mailbox, credentials, envelope, message);
  if (failures.length === 0) return;
  const { clock, random, log } = environment;
  log.warn({ user: mailbox.account.user, failures: failures.length }, 'the submission server refused some recipients');
  const notice = composeBounce(envelope.from, failures, message, new Date(clock.now()), random);
  try {
    await mailbox.append('INBOX', notice, { flags: [] });
  } catch (error) {
    // The others have it: to fail now would make the device send it to them again.
    log.error({ user: mailbox.account.user, reason: reasonOf(error) }, 'the notice of refused recipients is lost');
  }
}

async function send(
  environment: ImapEnvironment,
  mailbox: Mailbox,
  credentials: Credentials,
  envelope: Envelope,
  message: Uint8Array,
): Promise<Failure[]> {
  const { configuration } = environment;
  const { smtp } = configuration;
  const what = 'the message cannot be sent';
  if (envelope.to.length === 0) throw new BackendError('rejected', what, { why: 'it has no recipients' });
  const connection = new SMTPConnection({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === 'implicit',
    requireTLS: smtp.tls === 'starttls',
    ignoreTLS: smtp.tls === 'none',
    tls: {
      rejectUnauthorized: configuration.checkCertificates ?? true,
      ...(configuration.certificateAuthorities === undefined ? {} : { ca: configuration.certificateAuthorities }),
    },
    connectionTimeout: environment.timeouts.connectSeconds * 1_000,
    greetingTimeout: environment.timeouts.connectSeconds * 1_000,
    socketTimeout: environment.timeouts.commandSeconds * 1_000,
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
    const info = await converse(connection, authOf(configuration, mailbox, credentials), envelope, content);
    const refused = (info as { rejectedErrors?: readonly SmtpFailure[] }).rejectedErrors ?? [];
    return refused.map(({ recipient, response }) => ({ recipient: recipient ?? '', reason: response ?? 'refused' }));
  } catch (error) {
    throw submissionError(error, what, wasSent, smtp.auth === 'same');
  } finally {
    connection.close();
  }
}

/** Connect, log in, send; ends with the first failure, also one that comes while nobody waits for an answer. */
async function converse(
  connection: SMTPConnection,
  auth: { readonly user: string; readonly pass: string } | undefined,
  envelope: Envelope,
  content: Readable,
): Promise<unknown> {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
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
  await step<void>((callback) => connection.connect(callback));
  if (auth) await step((callback) => connection.login({ credentials: auth }, callback));
  const info = await step<unknown>((callback) =>
    connection.send({ from: envelope.from, to: [...envelope.to] }, content, callback),
  );
  connection.quit();
  return info;
}

function authOf(
  { smtp, ...configuration }: ImapConfiguration,
  mailbox: Mailbox,
  { password }: Credentials,
): { user: string; pass: string } | undefined {
  if (smtp.auth === 'none') return undefined;
  if (smtp.auth !== 'same') return { user: smtp.auth.user, pass: smtp.auth.password };
  return { user: loginNameOf(mailbox.account, { smtp, ...configuration }), pass: password };
}

function submissionError(error: unknown, what: string, wasSent: boolean, isUsersPassword: boolean): BackendError {
  const { responseCode, response, command, code } = error as SmtpFailure;
  const why = response ?? reasonOf(error);
  if (code === 'EAUTH' && (responseCode ?? 0) >= 500) {
    if (isUsersPassword) return new BackendError('rejected-credentials', what, { why, cause: error });
    return new BackendError('unavailable', what, {
      why,
      remedy: 'check the user and password of the submission server in the configuration',
      cause: new SubmissionError(false, why, error),
    });
  }
  const isAboutMessage = command !== undefined && ['MAIL FROM', 'RCPT TO', 'DATA'].includes(command);
  const isAddress = code === 'EENVELOPE' && responseCode === undefined;
  if (isAddress || ((responseCode ?? 0) >= 500 && (isAboutMessage || code === 'EMESSAGE'))) {
    return new BackendError('rejected', what, { why, cause: error });
  }
  return new BackendError('unavailable', what, {
    why,
    // An answer, even 4xx, says that the server did not take it; silence after the message leaves it open.
    cause: new SubmissionError(wasSent && responseCode === undefined, why, error),
  });
}
