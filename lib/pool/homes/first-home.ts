/**
 * The first home of a user who has none. Whoever may have state in some pool is at home there: until every pool has given its
 * own users their homes (enrolment.ts), nobody else may give one to a user of whom nothing is known.
 */
import type { Clock } from '../../platform/index.ts';
import type { Store } from '../../store/index.ts';
import { noPoolMetrics } from '../metrics.ts';
import { ownerKey } from '../records.ts';
import { readItem } from '../settle.ts';
import type { Home, PoolPlace, StorePlace } from './home.ts';
import type { HomeMap } from './home-map.ts';

export interface FirstHomeParts {
  readonly map: HomeMap;
  readonly pool: string;
  /** The pool's own. */
  readonly store: Store;
  /** The store of a pool, in whatever region; closed after use. */
  readonly openStore: (place: StorePlace) => Promise<Store>;
  readonly clock: Clock;
}

export type FirstHome =
  | { readonly kind: 'given'; readonly home: Home }
  /** `pools` have not given their users their homes, and the user may be one of them. */
  | { readonly kind: 'wait'; readonly pools: readonly string[] };

const REQUEST_MS = 3_000;

/** `choose`: the home of a user whom no pool knows. Throws PoolError('homes-unavailable'), StoreError. */
export async function giveFirstHome(
  parts: FirstHomeParts,
  user: string,
  choose: (places: readonly PoolPlace[]) => string,
): Promise<FirstHome> {
  const { map, pool, store, openStore, clock } = parts;
  const given = async (to: string): Promise<FirstHome> => ({ kind: 'given', home: await map.assign(user, to) });
  const isOurs = await isKnown(store, user, clock);
  if (isOurs === true) return given(pool);
  const places = await map.places('authority');
  // Servers of this pool that do not know of the map may take the user at any time.
  const isReady = places.some((it) => it.pool === pool && it.isEnrolled);
  if (isOurs === undefined && !isReady) return { kind: 'wait', pools: [pool] };
  const others = places.filter((it) => !it.isEnrolled && it.pool !== pool);
  for (const other of others) if (await isKnownThere(other, user, { openStore, clock })) return given(other.pool);
  if (others.length > 0) return { kind: 'wait', pools: others.map((it) => it.pool) };
  return given(isReady ? choose(places) : pool);
}

/** Undefined where the store does not answer. */
async function isKnown(store: Store, user: string, clock: Clock): Promise<boolean | undefined> {
  const read = await readItem({ store, clock, requestTimeoutMs: REQUEST_MS, metrics: noPoolMetrics }, ownerKey(user));
  return read.ok ? read.value !== undefined : undefined;
}

async function isKnownThere(
  place: PoolPlace,
  user: string,
  { openStore, clock }: Pick<FirstHomeParts, 'openStore' | 'clock'>,
): Promise<boolean> {
  try {
    const store = await openStore(place.store);
    try {
      return (await isKnown(store, user, clock)) === true;
    } finally {
      await store.close();
    }
  } catch {
    // It is waited for in any case.
    return false;
  }
}
