/** What the servers of a deployment are told, as environment variables: the settings of docs/configuration.md. */
import { allSettings } from '../all-settings.ts';
import { closestName } from '../closest-name.ts';
import { expectedOf } from '../configuration-draft.ts';
import type { PlaceTopology, PoolTopology, Topology } from './topology.ts';

export interface ServerEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** By variable, the ARN of the secret that is its value. The pool's own key is not among them: the stack makes it. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Of the file's `settings`, what cannot be given that way. */
  readonly unknown: readonly { readonly name: string; readonly expected: string }[];
}

export const SERVER_PORT = 8443;
export const PEER_PORT = 8444;
export const ADMINISTRATION_PORT = 8445;
/** The only place where a server may write. */
export const DATA_DIRECTORY = '/data';
/** Of the load balancer: longer than the longest heartbeat, 3,540 s. */
export const IDLE_TIMEOUT_SECONDS = 4_000;
/** A connection that the load balancer keeps must never be closed under it. */
const KEEP_ALIVE_SECONDS = 4_100;
/**
 * Together, with the beat after which a server knows of its drain and those that it lingers for, under the 120 s that the load balancer
 * waits before it cuts, and under the 120 s that Fargate gives a task to stop.
 */
const POOL_DRAIN_SECONDS = 85;
const DRAIN_SECONDS = 20;

type Value = string | number | boolean | undefined;

/** `table` may be a token. */
export function serverEnvironment(
  topology: Topology,
  place: PlaceTopology,
  { table }: { readonly table: string },
): ServerEnvironment {
  const isPool = topology.pools.some(({ id }) => id === place.id);
  const own: Readonly<Record<string, Value>> = {
    'listen.port': SERVER_PORT,
    'listen.trustedProxies': place.network.cidr,
    'listen.keepAliveSeconds': KEEP_ALIVE_SECONDS,
    publicUrl: `https://${place.host}`,
    data: DATA_DIRECTORY,
    'metrics.emf': true,
    'metrics.name': place.id,
    ...(place.administration && { 'administration.host': '0.0.0.0', 'administration.port': ADMINISTRATION_PORT }),
    ...(place.traces !== undefined && { 'trace.awsRegion': place.region, 'trace.ratio': place.traces }),
    ...mailSettings(place),
    ...(isPool && homesSettings(topology, place)),
    ...(isPool && {
      'store.kind': 'dynamodb',
      'store.table': table,
      'store.region': place.region,
      'pool.name': place.id,
      'pool.peer.port': PEER_PORT,
      'pool.balance': 'function',
      'pool.drainSeconds': POOL_DRAIN_SECONDS,
      drainSeconds: DRAIN_SECONDS,
    }),
  };
  const { settings, unknown } = furtherSettings(place, own);
  return { variables: variablesOf({ ...own, ...settings }), secrets: secretsOf(place), unknown };
}

/** The table of a pool, by its name: the same where it has a replica. */
export const stateTable = ({ table, id }: PoolTopology): string => table ?? `${id}-state`;

/** The table of the homes, by its name: the same in every region. */
export const homesTable = ({ name }: Topology): string => `${name}-homes`;

/** The pool whose region has the replica that all write to. Undefined where pools have nothing to do with each other. */
export const authorityOf = ({ geography, pools }: Topology): PlaceTopology | undefined =>
  geography && pools.find(({ name }) => name === geography.authority);

function homesSettings(topology: Topology, place: PlaceTopology): Record<string, Value> {
  const authority = authorityOf(topology);
  if (!authority) return {};
  return {
    'homes.table': homesTable(topology),
    'homes.region': place.region,
    'homes.authorityRegion': authority.region,
  };
}

function mailSettings({ mail }: PlaceTopology): Record<string, Value> {
  return {
    'mail.kind': 'imap',
    'mail.host': mail.host,
    'mail.port': mail.port,
    'mail.tls': mail.tls,
    'mail.domain': mail.domain,
    'mail.loginName': mail.loginName,
    'mail.maxConnectionsPerUser': mail.maxConnectionsPerUser,
    'mail.master.userName': mail.master?.userName,
    'mail.smtp.host': mail.smtp.host,
    'mail.smtp.port': mail.smtp.port,
    'mail.smtp.tls': mail.smtp.tls,
    'mail.smtp.authentication': mail.smtp.authentication,
    'mail.smtp.userName': mail.smtp.userName,
  };
}

function secretsOf(place: PlaceTopology): Record<string, string> {
  const { mail } = place;
  const secondKey = 'secondKeySecret' in place ? place.secondKeySecret : undefined;
  return {
    ...(mail.master && { CARAVAN_MAIL_MASTER_PASSWORD: mail.master.passwordSecret }),
    ...(mail.smtp.passwordSecret !== undefined && { CARAVAN_MAIL_SMTP_PASSWORD: mail.smtp.passwordSecret }),
    ...(secondKey !== undefined && { CARAVAN_POOL_PREVIOUS_KEY: secondKey }),
  };
}

/** Those that the file adds by their keys. */
function furtherSettings(place: PlaceTopology, own: Readonly<Record<string, Value>>) {
  const known = allSettings().filter(({ kind, isSecret }) => kind !== 'sections' && kind !== 'path' && !isSecret);
  const taken = new Set(Object.keys(own));
  const settings: Record<string, Value> = {};
  const unknown: { name: string; expected: string }[] = [];
  for (const [name, value] of Object.entries(place.settings)) {
    if (taken.has(name)) unknown.push({ name, expected: 'a setting that the deployment does not make itself' });
    else if (known.some(({ key }) => key === name)) settings[name] = value;
    else {
      const closest = closestName(
        name,
        known.map(({ key }) => key),
      );
      unknown.push({ name, expected: expectedOf('a setting that takes a plain value', closest) });
    }
  }
  return { settings, unknown };
}

function variablesOf(settings: Readonly<Record<string, Value>>): Record<string, string> {
  const names = new Map(allSettings().map(({ key, variable }) => [key, variable]));
  const variables: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    const name = names.get(key);
    if (name === undefined) throw new Error(`no setting ${key}`);
    if (value !== undefined) variables[name] = String(value);
  }
  return variables;
}
