/** What the server is told when it starts: every setting, its unit, its bounds and its default. Parsed once, then frozen. */
import { z } from 'zod';
import { administrationSection, metricsSection } from './sections/administration.ts';
import { directorySection, smimeSection } from './sections/directory.ts';
import { homesSection } from './sections/homes.ts';
import { listenSection } from './sections/listen.ts';
import { authenticationSection, limitsSection } from './sections/limits.ts';
import { mailSection } from './sections/mail.ts';
import { outboxSection } from './sections/outbox.ts';
import { devicesSection, policySection } from './sections/policy.ts';
import { poolSection } from './sections/pool.ts';
import { storeSection } from './sections/store.ts';
import { traceSection } from './sections/trace.ts';
import { choice, optional, path, section, text, whole, withDefault } from './setting.ts';

export const configurationSchema = z.strictObject({
  listen: listenSection,
  publicUrl: optional(
    text({
      about: 'The URL by which devices reach the server, told to them by autodiscover.',
      expected: "a URL such as 'https://sync.example.org', without a path",
      matches: /^https?:\/\/[^/?#\s@]+\/?$/,
      otherwise: 'from the request',
    }),
  ),
  data: withDefault(
    path({
      about:
        "The directory of the server's own database and certificate. One server at a time; keep it on a local disk.",
      of: 'directory',
    }),
    'caravan-data',
  ),
  store: storeSection,
  pool: poolSection.optional(),
  homes: homesSection.optional(),
  mail: mailSection,
  directory: directorySection,
  smime: smimeSection,
  outbox: outboxSection,
  policy: policySection,
  devices: devicesSection,
  limits: limitsSection,
  authentication: authenticationSection,
  administration: administrationSection,
  metrics: metricsSection,
  trace: traceSection,
  log: section({
    level: withDefault(
      choice(['debug', 'info', 'warn', 'error', 'silent'], {
        about: 'What is logged, as JSON lines on standard output.',
      }),
      'info',
    ),
  }),
  drainSeconds: withDefault(
    whole({
      about: 'How long a stopping server lets requests finish and answers waiting devices before it closes.',
      least: 0,
      most: 600,
      unit: 'seconds',
    }),
    30,
  ),
});

type Frozen<Value> = Value extends readonly (infer Element)[]
  ? readonly Frozen<Element>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Frozen<Value[Name]> }
    : Value;

type Parsed = Frozen<z.output<typeof configurationSchema>>;
type ParsedImap = Extract<Parsed['mail'], { kind: 'imap' }>;

/** The ports, and the submission server's host, are always there: left out, they follow from the others. */
export interface ImapMailConfiguration extends Omit<ParsedImap, 'port' | 'smtp'> {
  readonly port: number;
  readonly smtp: SubmissionConfiguration;
}
export interface SubmissionConfiguration extends Omit<ParsedImap['smtp'], 'host' | 'port'> {
  readonly host: string;
  readonly port: number;
}
export type FoldersMailConfiguration = Extract<Parsed['mail'], { kind: 'folders' }>;
export type RelayConfiguration = NonNullable<FoldersMailConfiguration['relay']>;
export type MailConfiguration = ImapMailConfiguration | FoldersMailConfiguration;

/** SQLite is a file in `data`; of DynamoDB, what is left out is found as the SDK finds it. */
export type StoreConfiguration =
  | { readonly kind: 'sqlite' }
  | {
      readonly kind: 'dynamodb';
      readonly table: string;
      readonly region?: string | undefined;
      readonly endpoint?: string | undefined;
    };

/** The key is always there, whichever way it was given. Only with a store that servers can share. */
export interface PoolConfiguration extends Omit<NonNullable<Parsed['pool']>, 'key'> {
  readonly key: string;
}

/** The whole configuration. Paths are absolute; a secret given by a `…File` setting stands in the setting itself too. */
export interface Configuration extends Omit<Parsed, 'mail' | 'store' | 'pool'> {
  readonly mail: MailConfiguration;
  readonly store: StoreConfiguration;
  /** Undefined for a server alone. */
  readonly pool?: PoolConfiguration | undefined;
}

export type HomesConfiguration = NonNullable<Configuration['homes']>;
export type AdministrationConfiguration = Configuration['administration'];
export type DirectoryConfiguration = Configuration['directory'];
export type SmimeConfiguration = Configuration['smime'];
export type MetricsConfiguration = Configuration['metrics'];
export type TraceConfiguration = Configuration['trace'];
export type ListenConfiguration = Configuration['listen'];
export type PolicyConfiguration = Configuration['policy'];
export type DevicesConfiguration = Configuration['devices'];
export type LimitsConfiguration = Configuration['limits'];
