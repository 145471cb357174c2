/** docs/configuration.md, from the schema alone. */
import { allSettings, type Setting } from './all-settings.ts';

const HEAD = `# Configuration

<!-- Made by \`npm run docs\` from lib/topology. Edit the schema there, not this page. -->

\`caravan serve\` takes its settings from four places; the first that says something wins:

1. flags: \`--listen-port 443\`
2. the environment: \`CARAVAN_LISTEN_PORT=443\`
3. the configuration file: \`caravan-server.json\` in the working directory, or what \`--config\` or \`CARAVAN_CONFIG\` names
4. the defaults below

Flags and variables are made of a setting's path: \`limits.bodyLimitBytes\` is \`--limits-body-limit-bytes\` and
\`CARAVAN_LIMITS_BODY_LIMIT_BYTES\`. In them lists are parted by commas, and yes and no are \`true\` and \`false\`. Relative paths begin at the
configuration file where they are written there, else at the working directory. Passwords, keys and tokens are never taken from flags; give them by
a \`…File\` setting, in the file or in the environment. A setting that does not exist, or a value that a setting cannot have, keeps the server from starting,
and the error names the setting, where it came from, its value and what was expected.

\`\`\`json
{
  "listen": { "port": 443, "tls": { "certFile": "tls/fullchain.pem", "keyFile": "tls/key.pem" } },
  "publicUrl": "https://sync.example.org",
  "data": "/var/lib/caravan",
  "mail": { "kind": "imap", "host": "imap.example.org", "domain": "example.org", "smtp": { "host": "smtp.example.org" } },
  "policy": { "requirement": "required", "settings": { "devicePasswordEnabled": true, "minDevicePasswordLength": 6 } }
}
\`\`\`
`;

const SECTION_TITLES: Readonly<Record<string, string>> = {
  '': 'General',
  listen: 'listen: where devices reach the server',
  store: 'store: what must survive a server',
  pool: 'pool: several servers as one; without this section a server is alone',
  homes: 'homes: several pools, and which of them a user is at home in',
  mail: 'mail: where mail is',
  directory: 'directory: whom one can write to',
  smime: 'smime: signed mail',
  outbox: 'outbox: sent mail that cannot be handed on at once',
  policy: 'policy: what devices are asked to obey',
  devices: 'devices: who may come',
  limits: 'limits: what devices may ask of the server',
  authentication: 'authentication: passwords and guessing',
  administration: 'administration: for those in charge',
  metrics: 'metrics',
  trace: 'trace: what requests cost, and where',
  log: 'log',
};

export function documentSettings(): string {
  const sections = new Map<string, Setting[]>([['', []]]);
  for (const setting of allSettings()) {
    const name = setting.key.includes('.') ? (setting.key.split('.')[0] ?? '') : '';
    sections.set(name, [...(sections.get(name) ?? []), setting]);
  }
  const parts = [...sections].map(([name, settings]) => {
    const rows = settings.map((setting) => `| ${rowOf(setting).map(cell).join(' | ')} |`);
    return `\n## ${SECTION_TITLES[name] ?? name}\n\n| setting | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return HEAD + parts.join('');
}

function rowOf(setting: Setting): string[] {
  const { key, expected, about, mailKind, isSecret } = setting;
  const scope = mailKind === undefined ? '' : ` (\`${mailKind}\` only)`;
  return [`\`${key}\``, expected, defaultOf(setting), `${about}${scope}${isSecret ? ' Secret.' : ''}`];
}

function defaultOf({ defaultValue, otherwise, isOptional, isInOptionalSection }: Setting): string {
  if (otherwise !== undefined) return otherwise;
  if (defaultValue !== undefined) return `\`${JSON.stringify(defaultValue)}\``;
  if (isOptional) return 'none';
  return isInOptionalSection ? 'to be given with its section' : '**to be given**';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
