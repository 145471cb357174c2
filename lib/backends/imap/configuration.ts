/** Where an organisation's IMAP and submission servers are, and how to behave towards them. */
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { FolderKind } from '../backend.ts';

/** `implicit`: TLS from the first byte; `starttls`: never without it; `none`: in clear, for loopback and trusted networks. */
export type TlsMode = 'implicit' | 'starttls' | 'none';

export interface ImapConfiguration {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** PEM of the authorities that are trusted, default the system's. */
  readonly certificateAuthorities?: string;
  /** Default true. */
  readonly checkCertificates?: boolean;
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    readonly tls: TlsMode;
    /** `same`: as the user, with the password of the mailbox. */
    readonly auth: 'same' | 'none' | { readonly user: string; readonly password: string };
  };
  /** `ada`, `ada@<domain>` and `ANYTHING\ada` are one account, whose address is `ada@<domain>`. */
  readonly domain: string;
  /** The name that the servers know a user by: the bare name (default) or the address. */
  readonly loginName?: 'user' | 'address';
  /** Where the users' Sieve scripts are kept (RFC 5804), for out-of-office replies. */
  readonly sieve?: { readonly host: string; readonly port: number; readonly tls: 'starttls' | 'none' };
  /** Logs in for the users (SASL authorization identity). Passwords are still checked with the user's own. */
  readonly master?: { readonly user: string; readonly password: string };
  /** IMAP connections that one user's mailbox holds at the most, the monitor's included. Default 3, at least 2. */
  readonly maxConnectionsPerUser?: number;
  readonly timeouts?: Partial<ImapTimeouts>;
  /** Folder paths that win over SPECIAL-USE and common names: `{ sent: 'Sent Items' }`. */
  readonly folderNames?: Readonly<Partial<Record<FolderKind, string>>>;
  /**
   * Where the servers' Maildirs are, if they are on this machine's disk: `/var/mail/%u`, `%u` the bare user name, `%d` the domain.
   * Deliveries then wake the monitor at once, without the half second that Dovecot waits before it tells of them.
   */
  readonly maildirWatch?: string;
}

export interface ImapTimeouts {
  /** To connect and log in. Default 20 s. */
  readonly connectSeconds: number;
  /** Silence while a command is in flight. Default 60 s. */
  readonly commandSeconds: number;
  /** A work connection without work is closed. Default 30 s. */
  readonly idleSeconds: number;
  /** Between looks at watched folders other than the inbox: from (default 10 s, after a change) … */
  readonly pollMinSeconds: number;
  /** … to (default 60 s, when nothing changes for long). */
  readonly pollMaxSeconds: number;
  /** Between looks at the folder tree. Default 300 s. */
  readonly hierarchySeconds: number;
  /** An IDLE is begun anew after so long, which shows whether the connection lives; RFC 2177 wants it under 29 minutes. Default 540 s. */
  readonly idleRenewSeconds: number;
  /** The first wait before a lost monitor connection is opened again; doubles up to 60 s. Default 1 s. */
  readonly reconnectSeconds: number;
}

const DEFAULT_TIMEOUTS: ImapTimeouts = {
  connectSeconds: 20,
  commandSeconds: 60,
  idleSeconds: 30,
  pollMinSeconds: 10,
  pollMaxSeconds: 60,
  hierarchySeconds: 300,
  idleRenewSeconds: 540,
  reconnectSeconds: 1,
};

const DEFAULT_MAX_CONNECTIONS = 3;

/** Everything that the parts of this folder need, with defaults filled in. */
export interface ImapEnvironment {
  readonly configuration: ImapConfiguration;
  readonly timeouts: ImapTimeouts;
  /** Besides the monitor's. */
  readonly maxWorkConnections: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function environmentOf(
  configuration: ImapConfiguration,
  platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): ImapEnvironment {
  return {
    configuration,
    timeouts: { ...DEFAULT_TIMEOUTS, ...configuration.timeouts },
    maxWorkConnections: Math.max(1, (configuration.maxConnectionsPerUser ?? DEFAULT_MAX_CONNECTIONS) - 1),
    ...platform,
  };
}
