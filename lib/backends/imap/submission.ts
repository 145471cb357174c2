/** Mail that the user sends, handed to the submission server as the configuration says. */
import { reasonOf } from '../../platform/index.ts';
import type { Credentials, Envelope, Mailbox } from '../backend.ts';
import { composeBounce } from '../folders/bounce.ts';
import { loginNameOf } from './account.ts';
import type { ImapConfiguration, ImapEnvironment } from './configuration.ts';
import { type SmtpServer, submitBySmtp } from './smtp.ts';

/** Resolves when the server has taken it. What it refused only for some comes back as a notice in the inbox. */
export async function submit(
  environment: ImapEnvironment,
  mailbox: Mailbox,
  credentials: Credentials,
  envelope: Envelope,
  message: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const { configuration, timeouts, clock, random, log } = environment;
  const { connectSeconds, commandSeconds } = timeouts;
  const login = loginOf(configuration, mailbox, credentials);
  const server = { ...smtpServer(configuration, login), connectSeconds, commandSeconds };
  const failures = await submitBySmtp(server, envelope, message, signal);
  if (failures.length === 0) return;
  log.warn({ user: mailbox.account.user, failures: failures.length }, 'the submission server refused some recipients');
  const notice = composeBounce(envelope.from, failures, message, new Date(clock.now()), random);
  try {
    await mailbox.append('INBOX', notice, { flags: [] });
  } catch (error) {
    // The others have it: to fail now would make the device send it to them again.
    log.error({ user: mailbox.account.user, reason: reasonOf(error) }, 'the notice of refused recipients is lost');
  }
}

/** The submission server of an organisation. */
function smtpServer(configuration: ImapConfiguration, login: SmtpServer['login']): SmtpServer {
  const { smtp, checkCertificates, certificateAuthorities } = configuration;
  return {
    host: smtp.host,
    port: smtp.port,
    tls: smtp.tls,
    ...(checkCertificates !== undefined && { checkCertificates }),
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    login,
  };
}

/** For whoever hands on mail without the user being there; undefined where only users sign in. */
export function submissionServerOf(configuration: ImapConfiguration): SmtpServer | undefined {
  const { auth } = configuration.smtp;
  if (auth === 'same') return undefined;
  return smtpServer(configuration, auth === 'none' ? undefined : { ...auth, isUsersOwn: false });
}

function loginOf(configuration: ImapConfiguration, { account }: Mailbox, { password }: Credentials) {
  const { auth } = configuration.smtp;
  if (auth === 'none') return undefined;
  if (auth !== 'same') return { ...auth, isUsersOwn: false };
  return { user: loginNameOf(account, configuration), password, isUsersOwn: true };
}
