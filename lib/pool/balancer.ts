/** Runs the balance: once, for a scheduled function, or every minute in one server of a pool that has no such function. */
import { type Clock, type Random, randomName, reasonOf, sleep } from '../platform/index.ts';
import type { Store } from '../store/index.ts';
import { balance, type Give } from './balance.ts';
import type { MemberContext } from './member-context.ts';
import { noPoolMetrics } from './metrics.ts';
import { placeOrders } from './orders.ts';
import type { ServerSession } from './pool.ts';
import { poolPartition, readServer, serverPrefix } from './records.ts';
import { DEFAULT_POOL_SETTINGS } from './settings.ts';
import type { StoreAccess } from './settle.ts';

const RUN_MS = 60_000;

/** Reads the pool, decides, and places the orders. Throws StoreError where the pool cannot be read. */
export async function runBalance(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: string;
  /** Decides only: nothing is ordered. */
  readonly isDryRun?: boolean;
}): Promise<readonly Give[]> {
  const { store, clock, random, pool, isDryRun = false } = options;
  const servers: ServerSession[] = [];
  const items = store.query(poolPartition(pool), { prefix: serverPrefix, consistent: false });
  for await (const item of items) servers.push(readServer(item));
  const gives = balance(servers, clock.now());
  const { requestTimeoutMs } = DEFAULT_POOL_SETTINGS;
  if (!isDryRun) await order({ store, clock, requestTimeoutMs, metrics: noPoolMetrics }, random, pool, gives);
  return gives;
}

/** Every member runs this; the one with the first name of those alive decides. Two of them for a moment do no harm. */
export async function balanceOn(context: MemberContext, pool: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(context.access.clock, RUN_MS, signal).catch(() => undefined);
    if (signal.aborted || !isFirst(context)) continue;
    const gives = balance(context.observer.listing(), context.access.clock.now());
    await order(context.access, context.random, pool, gives).catch((thrown: unknown) =>
      context.log.warn({ error: reasonOf(thrown) }, 'The balance could not be ordered'),
    );
  }
}

function isFirst(context: MemberContext): boolean {
  const { id } = context.session();
  if (!context.session().isLive()) return false;
  const alive = context.observer.sessions().filter((it) => context.observer.isFresh(it.session));
  return alive.every((it) => it.session >= id);
}

async function order(access: StoreAccess, random: Random, pool: string, gives: readonly Give[]): Promise<void> {
  for (const from of new Set(gives.map((it) => it.from))) {
    const own = gives.filter((it) => it.from === from).map(({ to, count }) => ({ to, count }));
    await placeOrders(access, pool, from, { mark: randomName(random), gives: own });
  }
}
