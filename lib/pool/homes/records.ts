// The home map's items: keys, and attributes to and from what is worked with.
import type { Attributes, Item, Key, Store } from '../../store/index.ts';
import type { Home, PoolPlace, PoolReport } from './home.ts';

const HOME = 'HOME';
const HOME_PREFIX = 'HOME#';
export const POOLS_PARTITION = 'POOLS';
export const POOL_PREFIX = 'POOL#';

export const homeKey = (user: string): Key => ({ partition: `${HOME_PREFIX}${user}`, sort: HOME });
export const placeKey = (pool: string): Key => ({ partition: POOLS_PARTITION, sort: `${POOL_PREFIX}${pool}` });
/** In a pool's own store: the newest term that any of its servers has read. */
export const termKey = (pool: string): Key => ({ partition: `POOL#${pool}`, sort: 'TERM' });

/** Whether a server of that pool has ever asked a home map, by the pool's own store. Throws StoreError. */
export const isOneOfSeveral = async (store: Store, pool: string): Promise<boolean> =>
  (await store.get(termKey(pool))) !== undefined;

export const isHomeItem = (item: Item): boolean => item.key.partition.startsWith(HOME_PREFIX);

export function readHome(item: Item): Home {
  const { pool, epoch, state, to, since } = item.attributes;
  return {
    user: item.key.partition.slice(HOME_PREFIX.length),
    pool: String(pool),
    epoch: numberOf(epoch),
    state: state === 'moving' || state === 'lost' ? state : 'here',
    to: textOf(to),
    since: numberOf(since),
  };
}

export function readPlace(item: Item): PoolPlace {
  const { url, mailServer, site, room, users, tenureMs, table, region, endpoint, term, state, seen, evacuated } =
    item.attributes;
  return {
    pool: item.key.sort.slice(POOL_PREFIX.length),
    url: String(url),
    mailServer: String(mailServer),
    site: textOf(site),
    room: typeof room === 'number' ? room : undefined,
    users: numberOf(users),
    tenureMs: typeof tenureMs === 'number' ? tenureMs : undefined,
    store: { table: String(table), region: textOf(region), endpoint: textOf(endpoint) },
    term: numberOf(term),
    state: state === 'failing-over' ? 'failing-over' : 'up',
    isEvacuated: evacuated === true,
    isEnrolled: item.attributes['enrolled'] === true,
    enrolledUsers: numberOf(item.attributes['enrolledUsers']),
    conflicts: Array.isArray(item.attributes['conflicts']) ? (item.attributes['conflicts'] as readonly string[]) : [],
    seen: numberOf(seen),
  };
}

export function reportAttributes(report: PoolReport, nowMs: number): { set: Attributes; remove: readonly string[] } {
  const { store, ...others } = report;
  const all: Record<string, string | number | undefined> = {
    site: undefined,
    room: undefined,
    tenureMs: undefined,
    ...others,
    table: store.table,
    region: store.region,
    endpoint: store.endpoint,
    seen: nowMs,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return {
    set: Object.fromEntries(given) as Attributes,
    remove: Object.keys(all).filter((name) => all[name] === undefined),
  };
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
