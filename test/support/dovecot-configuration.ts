// The configuration file of a test's own Dovecot 2.3: everything in one directory, loopback only, no service manager.
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';

export interface DovecotOptions {
  /** User name → password. Default: ada and bob. */
  readonly users?: Readonly<Record<string, string>>;
  /** A user who may log in as anybody by SASL authzid. */
  readonly master?: { readonly user: string; readonly password: string };
  /** Default `none`; `starttls` refuses plain text logins. The certificate is self-signed. */
  readonly tls?: 'none' | 'implicit' | 'starttls';
  /** Connections of one user from one address. Default 50. */
  readonly maxUserConnections?: number;
  /** Capabilities that the server does not tell of. */
  readonly withoutCapabilities?: readonly string[];
  /** `maildir++` (Dovecot's default: children are siblings on disk) or `fs`. */
  readonly layout?: 'maildir++' | 'fs';
  /** The hierarchy separator. Default `/`. */
  readonly separator?: string;
  /** Puts every folder but the inbox below this prefix (`INBOX/`). */
  readonly prefix?: string;
  /** Special folders made at first login. Default: Drafts, Sent, Trash, Junk, Archive with SPECIAL-USE. */
  readonly folders?: Readonly<Record<string, string | undefined>>;
  /** Lines to add at the end. */
  readonly extra?: string;
}

export interface DovecotPlaces {
  readonly root: string;
  readonly imapPort: number;
  readonly lmtpPort: number;
  readonly uid: number;
  readonly gid: number;
}

export const DEFAULT_FOLDERS: Readonly<Record<string, string | undefined>> = {
  Drafts: '\\Drafts',
  Sent: '\\Sent',
  Trash: '\\Trash',
  Junk: '\\Junk',
  Archive: '\\Archive',
};

/** What Dovecot 2.3.19 tells after login, less COMPRESS and the exotic. */
const CAPABILITIES = [
  'IMAP4rev1',
  'SASL-IR',
  'LOGIN-REFERRALS',
  'ID',
  'ENABLE',
  'IDLE',
  'SORT',
  'THREAD=REFERENCES',
  'MULTIAPPEND',
  'UNSELECT',
  'CHILDREN',
  'NAMESPACE',
  'UIDPLUS',
  'LIST-EXTENDED',
  'CONDSTORE',
  'QRESYNC',
  'ESEARCH',
  'ESORT',
  'SEARCHRES',
  'WITHIN',
  'LIST-STATUS',
  'BINARY',
  'MOVE',
  'SPECIAL-USE',
  'LITERAL+',
  'NOTIFY',
];

export function dovecotConfiguration(options: DovecotOptions, places: DovecotPlaces): string {
  const { root, uid, gid } = places;
  const isRoot = userInfo().uid === 0;
  const tls = options.tls ?? 'none';
  const missing = new Set(options.withoutCapabilities ?? []);
  const folders = Object.entries(options.folders ?? DEFAULT_FOLDERS);
  const lines = [
    'protocols = imap lmtp',
    'listen = 127.0.0.1',
    `base_dir = ${root}/run`,
    `state_dir = ${root}/state`,
    `log_path = ${root}/dovecot.log`,
    'instance_name = caravan-test',
    'login_trusted_networks =',
    'auth_mechanisms = plain login',
    'auth_username_format = %Ln',
    'auth_failure_delay = 0',
    // Tests lose nothing that matters when the machine fails.
    'mail_fsync = never',
    // Without it the penalty for wrong passwords, up to 15 s, would be shared by all tests of an address.
    'service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}',
    ...(isRoot ? [] : unprivileged(userInfo().username)),
    `first_valid_uid = ${uid}`,
    `first_valid_gid = ${gid}`,
    `mail_max_userip_connections = ${options.maxUserConnections ?? 50}`,
    `mail_location = maildir:~/Maildir${options.layout === 'fs' ? ':LAYOUT=fs' : ''}`,
    ...(options.master ? masterUser(root) : []),
    `passdb {\n  driver = passwd-file\n  args = scheme=PLAIN ${root}/passwd\n}`,
    `userdb {\n  driver = static\n  args = uid=${uid} gid=${gid} home=${root}/mail/%Ln allow_all_users=yes\n}`,
    'namespace inbox {',
    '  inbox = yes',
    `  separator = ${options.separator ?? '/'}`,
    ...(options.prefix ? [`  prefix = ${options.prefix}`] : []),
    ...folders.map(
      ([name, use]) => `  mailbox "${name}" {\n    auto = subscribe\n${use ? `    special_use = ${use}\n` : ''}  }`,
    ),
    '}',
    ...(tls === 'none'
      ? ['ssl = no', 'disable_plaintext_auth = no']
      : [
          `ssl = ${tls === 'starttls' ? 'required' : 'yes'}`,
          `disable_plaintext_auth = ${tls === 'starttls' ? 'yes' : 'no'}`,
          `ssl_cert = <${root}/certificate.pem`,
          `ssl_key = <${root}/key.pem`,
        ]),
    'service imap-login {',
    '  service_count = 0',
    '  process_min_avail = 1',
    `  inet_listener imap {\n    port = ${tls === 'implicit' ? 0 : places.imapPort}\n  }`,
    `  inet_listener imaps {\n    port = ${tls === 'implicit' ? places.imapPort : 0}\n    ssl = yes\n  }`,
    '}',
    `service lmtp {\n  inet_listener lmtp {\n    address = 127.0.0.1\n    port = ${places.lmtpPort}\n  }\n}`,
    'protocol imap {',
    ...(missing.size > 0
      ? [`  imap_capability = ${CAPABILITIES.filter((capability) => !missing.has(capability)).join(' ')}`]
      : []),
    '}',
    options.extra ?? '',
    '',
  ];
  return lines.join('\n');
}

function masterUser(root: string): string[] {
  const passdb = `passdb {\n  driver = passwd-file\n  args = scheme=PLAIN ${root}/master\n  master = yes\n  result_success = continue\n}`;
  return ['auth_master_user_separator = *', passdb];
}

function unprivileged(name: string): string[] {
  const services = ['imap-login', 'anvil', 'stats', 'auth', 'imap', 'lmtp', 'config', 'log', 'dict', 'indexer'];
  return [
    `default_login_user = ${name}`,
    `default_internal_user = ${name}`,
    `default_internal_group = ${execFileSync('id', ['-gn']).toString().trim()}`,
    ...services.map((service) => `service ${service} {\n  chroot =\n}`),
  ];
}
