/** Where mail is handed on, by the settings that the servers have too (`mail.smtp`), and as whom. */
import { type SmtpServer, submissionServerOf } from '../../lib/backends/index.ts';
import { imapConfiguration } from '../../lib/server/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import { type Environment, EnvironmentError, type Secrets } from '../environment.ts';

/** In place of the secret, the ARN of a secret of Secrets Manager that is it. */
const PASSWORD_SECRET = 'CARAVAN_MAIL_SMTP_PASSWORD_SECRET_ARN';
/** Who reads mailboxes is none of this function's business, and it is not given their password. */
const NOT_OURS = /^CARAVAN_MAIL_MASTER_/;
const PASSWORD = 'CARAVAN_MAIL_SMTP_PASSWORD';

/** Throws EnvironmentError and ConfigurationError. */
export async function submissionServer(environment: Environment, secrets: Secrets): Promise<SmtpServer> {
  const settings = Object.entries(environment).filter(
    ([name]) => name.startsWith('CARAVAN_MAIL_') && !NOT_OURS.test(name) && name !== PASSWORD_SECRET,
  );
  const arn = environment[PASSWORD_SECRET];
  if (arn !== undefined) settings.push([PASSWORD, await secrets.read(arn)]);
  const { mail } = loadConfiguration({ file: undefined, environment: Object.fromEntries(settings), flags: {} });
  const server = mail.kind === 'imap' ? submissionServerOf(await imapConfiguration(mail)) : undefined;
  if (server) return server;
  throw new EnvironmentError(
    'Queued mail cannot be submitted',
    'the submission server takes mail from users who sign in themselves, and nobody keeps their passwords',
    'Set mail.smtp.authentication to account, with userName and password, or to none.',
  );
}
