/** The store that the configuration names. */
import { join } from 'node:path';
import { type Clock, type Log, type Random, reasonOf, sleep } from '../platform/index.ts';
import {
  MeasuredStore,
  openDynamoStore,
  SqliteStore,
  type Store,
  StoreError,
  type StoreMetrics,
} from '../store/index.ts';
import type { Configuration } from '../topology/index.ts';

export interface OpenStore {
  readonly store: Store;
  /** Resolves when it can be used; says what is wrong, and tries on, until then or until `signal`. */
  ready(signal: AbortSignal): Promise<void>;
}

const DATABASE = 'caravan.db';
const RETRY_MS = 2_000;

/** Throws StoreError. */
export async function openStore(
  { store: place, data }: Configuration,
  parts: { clock: Clock; random: Random; log: Log; metrics: StoreMetrics },
): Promise<OpenStore> {
  const { clock, log, metrics } = parts;
  if (place.kind === 'sqlite') {
    const database = new SqliteStore({ file: join(data, DATABASE), log });
    return { store: new MeasuredStore(database, metrics, clock), ready: async () => {} };
  }
  const { table, region, endpoint } = place;
  const store = await openDynamoStore({ table, ...parts, ...(region && { region }), ...(endpoint && { endpoint }) });
  // In the cloud a stack makes the table; a stand-in on this machine has nobody else to do it.
  const isStandIn = endpoint?.startsWith('http:') === true;
  return {
    store,
    async ready(signal) {
      for (;;) {
        try {
          return await (isStandIn ? store.createTable() : store.checkTable());
        } catch (thrown) {
          if (!(thrown instanceof StoreError)) throw thrown;
          log.error(
            { table, endpoint, reason: reasonOf(thrown), remedy: thrown.remedy },
            'The store cannot be used yet',
          );
        }
        await sleep(clock, RETRY_MS, signal);
      }
    },
  };
}
