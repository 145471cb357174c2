/** The mail system that `--imap`, `--smtp` and `--domain` name, as settings of the servers. */
import { CliError } from '../errors.ts';

interface MailOptions {
  readonly imap?: string;
  readonly smtp?: string;
  readonly domain?: string;
}

const IMAP_PORT = 143;
const SUBMISSIONS_PORT = 465;

/** Undefined where the pool is to have the embedded one; `isNamedInFile`: the settings file has one. Throws CliError('bad-option'). */
export function realMailSettings(
  { imap, smtp, domain }: MailOptions,
  isNamedInFile: boolean,
): Record<string, string> | undefined {
  if (imap === undefined) {
    const stray = smtp !== undefined ? '--smtp' : domain !== undefined ? '--domain' : undefined;
    if (stray !== undefined && !isNamedInFile)
      throw new CliError(
        'bad-option',
        `${stray} is given without --imap`,
        'Name the IMAP server too, or leave it out.',
      );
    return isNamedInFile ? { ...named('mail-smtp', smtp), ...(domain && { 'mail-domain': domain }) } : undefined;
  }
  if (domain === undefined && !isNamedInFile)
    throw new CliError('bad-option', '--imap is given without --domain', 'Give the domain of its users: example.org.');
  const { host, port } = addressOf('--imap', imap);
  const isPlain = port === IMAP_PORT;
  return {
    'mail-kind': 'imap',
    'mail-host': host,
    ...(port !== undefined && { 'mail-port': String(port) }),
    ...(isPlain && { 'mail-tls': 'starttls' }),
    ...named('mail-smtp', smtp),
    ...(domain !== undefined && { 'mail-domain': domain }),
  };
}

function named(section: string, address: string | undefined): Record<string, string> {
  if (address === undefined) return {};
  const { host, port } = addressOf('--smtp', address);
  return {
    [`${section}-host`]: host,
    ...(port !== undefined && { [`${section}-port`]: String(port) }),
    ...(port === SUBMISSIONS_PORT && { [`${section}-tls`]: 'implicit' }),
  };
}

/** `mail.example.org`, `mail.example.org:993`, `[2001:db8::1]:993`. */
function addressOf(option: string, text: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::(\d{1,5}))?$/i.exec(text);
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  if (match?.[1] === undefined || (port !== undefined && (port < 1 || port > 65_535)))
    throw new CliError('bad-option', `${option} ${text} is no address of a server`, 'Give host or host:port.');
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}
