/** The home map that the configuration names, and what a server of one of several pools has of it. */
import type { Clock, Log, Random } from '../../platform/index.ts';
import { HomeMap, type Placement, type PoolReport, type StorePlace } from '../../pool/homes/index.ts';
import { type DynamoStore, openDynamoStore, type Store } from '../../store/index.ts';
import type { Configuration, HomesConfiguration } from '../../topology/index.ts';
import { HomeDoor } from './home-door.ts';

export interface OpenHomes {
  readonly map: HomeMap;
  readonly door: HomeDoor;
  /** The store of a pool, in whatever region. */
  readonly openStore: (place: StorePlace) => Promise<Store>;
  readonly tenureMs: number | undefined;
  /** What this pool says of itself, apart from its users. */
  readonly report: Omit<PoolReport, 'users'>;
  /** Makes the table of a stand-in; in the cloud a stack makes it. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Undefined for the only pool. */
export async function openHomes(
  configuration: Configuration,
  ownStore: Store,
  parts: Parts,
): Promise<OpenHomes | undefined> {
  const { homes, pool, store, publicUrl, mail } = configuration;
  if (homes === undefined || pool === undefined || store.kind !== 'dynamodb' || publicUrl === undefined)
    return undefined;
  const { map, stores, isOwn } = await openHomeMap(homes, parts);
  const { table } = store;
  const openStore = (place: StorePlace) => open(place.table, place.region, place.endpoint, parts);
  return {
    map,
    openStore,
    door: new HomeDoor({
      map,
      pool: pool.name,
      store: ownStore,
      openStore,
      policy: { placement: homes.placement as readonly Placement[], rules: homes.rules },
      away: homes.away,
      redirectFrom: homes.redirectFrom,
      cacheMs: homes.cacheSeconds * 1_000,
      ...parts,
    }),
    tenureMs: tenureOf(homes),
    report: {
      url: publicUrl.replace(/\/$/, ''),
      mailServer: mail.kind === 'imap' ? mail.host : `folders ${mail.root}`,
      site: homes.site,
      room: homes.room,
      tenureMs: tenureOf(homes),
      store: { table, region: store.region, endpoint: store.endpoint },
    },
    async ready() {
      if (isOwn) for (const each of stores) await each.createTable();
    },
    async close() {
      for (const each of stores) await each.close();
    },
  };
}

/** `isOwn`: its tables are of a stand-in. */
export async function openHomeMap(
  { table, region, endpoint, authorityRegion, authorityEndpoint }: HomesConfiguration,
  parts: Parts,
): Promise<{ readonly map: HomeMap; readonly stores: readonly DynamoStore[]; readonly isOwn: boolean }> {
  const near = await open(table, region, endpoint, parts);
  const there = { region: authorityRegion ?? region, endpoint: authorityEndpoint ?? endpoint };
  const isOne = there.region === region && there.endpoint === endpoint;
  const authority = isOne ? near : await open(table, there.region, there.endpoint, parts);
  return {
    map: new HomeMap({ near, authority, clock: parts.clock }),
    stores: isOne ? [near] : [near, authority],
    isOwn: there.endpoint?.startsWith('http:') === true,
  };
}

const tenureOf = ({ tenureSeconds }: HomesConfiguration): number | undefined =>
  tenureSeconds === undefined ? undefined : tenureSeconds * 1_000;

const open = (
  table: string,
  region: string | undefined,
  endpoint: string | undefined,
  parts: Parts,
): Promise<DynamoStore> =>
  openDynamoStore({ table, ...parts, ...(region && { region }), ...(endpoint && { endpoint }) });
