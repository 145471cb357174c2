/** A look at a submission server: encryption, whether it lets users in, how large a message may be, how far it is. */
import { type Clock, reasonOf } from '../../platform/index.ts';
import type { Credentials } from '../backend.ts';
import type { ImapConfiguration } from '../imap/configuration.ts';
import { type Finding, latencyFinding, medianOf, type Probe, type ProbeLimits } from './finding.ts';
import { LineConnection } from './line-connection.ts';

const FOLLOWS = 'a sent message takes about ten of them';
const MEGABYTE = 1_048_576;
const ISSUES_REMEDY =
  'Check mail.smtp.host, mail.smtp.port, mail.smtp.tls and mail.smtp.caFile, and the firewalls between.';

export async function probeSmtp(
  { smtp, checkCertificates = true, certificateAuthorities }: ImapConfiguration,
  clock: Clock,
  limits: ProbeLimits,
  credentials?: Credentials,
): Promise<Probe> {
  const { host, port, tls, auth } = smtp;
  const head = { part: 'submission', address: `${host}:${port}` } as const;
  let connection: LineConnection | undefined;
  try {
    connection = await LineConnection.open(
      { host, port, tls, checkCertificates, certificateAuthorities },
      limits.timeoutMs,
    );
    const ask = asker(connection);
    expectCode(await ask(), '220');
    let extensions = extensionsIn(await ask('EHLO caravan.invalid'));
    if (tls === 'starttls') {
      if (!extensions.has('STARTTLS')) throw new Error('it has no STARTTLS');
      expectCode(await ask('STARTTLS'), '220');
      await connection.startTls();
      extensions = extensionsIn(await ask('EHLO caravan.invalid'));
    }
    const findings: Finding[] = [connection.encryption(clock.now())];
    const roundTripMs = await medianOf(clock, () => ask('NOOP'));
    findings.push(latencyFinding(roundTripMs, limits, FOLLOWS), sizeFinding(extensions));
    const account =
      auth === 'same' ? credentials && { user: credentials.userName, password: credentials.password } : auth;
    if (account === 'none')
      findings.push({ level: 'mind', what: 'nobody signs in', why: 'mail.smtp.authentication is none' });
    else findings.push(await signInFinding(ask, extensions, account, auth === 'same'));
    return { ...head, findings, roundTripMs };
  } catch (cause) {
    const what = 'it cannot be spoken to';
    return { ...head, findings: [{ level: 'fails', what, why: reasonOf(cause), remedy: ISSUES_REMEDY }] };
  } finally {
    connection?.close();
  }
}

type Ask = (command?: string) => Promise<readonly string[]>;

/** A reply ends with the line that has no dash after its code. */
const asker =
  (connection: LineConnection): Ask =>
  (command) => {
    if (command !== undefined) connection.write(command);
    return connection.linesUntil((line) => !/^\d{3}-/.test(line));
  };

function expectCode(lines: readonly string[], code: string): void {
  const last = lines.at(-1) ?? '';
  if (!last.startsWith(code)) throw new Error(`it answers '${last.slice(0, 120)}'`);
}

/** `SIZE` → `35882577`, `AUTH` → `PLAIN LOGIN`. */
function extensionsIn(lines: readonly string[]): ReadonlyMap<string, string> {
  expectCode(lines, '250');
  return new Map(
    lines.slice(1).map((line) => {
      const [name = '', ...values] = line.slice(4).split(' ');
      return [name.toUpperCase(), values.join(' ')];
    }),
  );
}

function sizeFinding(extensions: ReadonlyMap<string, string>): Finding {
  const bytes = Number(extensions.get('SIZE') ?? 0);
  const what =
    bytes > 0 ? `messages may have ${Math.floor(bytes / MEGABYTE)} MB` : 'it tells no largest size of messages';
  return { level: 'works', what };
}

async function signInFinding(
  ask: Ask,
  extensions: ReadonlyMap<string, string>,
  account: { readonly user: string; readonly password: string } | undefined,
  isUsers: boolean,
): Promise<Finding> {
  const methods = (extensions.get('AUTH') ?? '').toUpperCase().split(' ');
  if (!methods.includes('PLAIN') && !methods.includes('LOGIN'))
    return {
      level: 'fails',
      what: 'nobody can sign in',
      why: `it offers ${extensions.has('AUTH') ? methods.join(', ') : 'no AUTH'}, and PLAIN or LOGIN is needed`,
      remedy:
        "Let it offer PLAIN, or set mail.smtp.authentication to 'none' if it takes mail from the servers' addresses.",
    };
  if (account === undefined)
    return { level: 'mind', what: 'whether users can sign in was not tried', remedy: 'Name a mailbox with --user.' };
  if (!methods.includes('PLAIN')) return { level: 'works', what: 'users can sign in by LOGIN (not tried)' };
  const secret = Buffer.from(`\0${account.user}\0${account.password}`).toString('base64');
  const last = (await ask(`AUTH PLAIN ${secret}`)).at(-1) ?? '';
  if (last.startsWith('235')) return { level: 'works', what: `${account.user} signs in` };
  const whose = isUsers
    ? "users' names and passwords must be those of the mailbox"
    : 'check mail.smtp.userName and its password';
  return {
    level: 'fails',
    what: `${account.user} cannot sign in`,
    why: last.slice(0, 120),
    remedy: `See that it takes them: ${whose}.`,
  };
}
