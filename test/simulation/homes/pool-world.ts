/** One pool of a history of several: its servers, its store, and what of that store has been replicated to the others' regions. */
import type { Attributes, Key, Store } from '../../../lib/store/index.ts';
import type { SimulatedServer, ServerWorld } from '../pool/simulated-server.ts';
import type { SimulatedNetwork } from '../support/simulated-network.ts';
import type { SimulatedStore } from '../support/simulated-store.ts';

export const POOLS = ['east', 'west', 'north'] as const;
export type PoolName = (typeof POOLS)[number];
export const STATE_SORT = 'DEVICE#1';

export class PoolWorld implements ServerWorld {
  readonly isBalancing = false;
  readonly servers: SimulatedServer[] = [];
  /** Servers that know nothing of the home map. */
  readonly unaware = new Set<SimulatedServer>();
  readonly network: SimulatedNetwork;
  readonly store: SimulatedStore;
  readonly history: ServerWorld['history'];
  readonly pool: PoolName;
  /** It stands still, and goes on after its fail-over was begun, or later. */
  isGone = false;
  /** What has been replicated, and as of when. */
  replica: { readonly atMs: number; readonly items: ReadonlyMap<string, Attributes> } = { atMs: 0, items: new Map() };

  constructor(pool: PoolName, network: SimulatedNetwork, store: SimulatedStore, history: ServerWorld['history']) {
    this.pool = pool;
    this.network = network;
    this.store = store;
    this.history = history;
  }

  at(address: string): SimulatedServer | undefined {
    return this.servers.find((it) => it.address === address);
  }

  /** What is to be replicated now; the call of what it returns is its arrival. */
  read(users: readonly string[], atMs: number): () => void {
    const items = new Map<string, Attributes>();
    for (const user of users) {
      for (const sort of ['OWNER', STATE_SORT]) {
        const attributes = this.store.peek({ partition: `USER#${user}`, sort });
        if (attributes !== undefined) items.set(`USER#${user} ${sort}`, attributes);
      }
    }
    return () => {
      if (atMs > this.replica.atMs) this.replica = { atMs, items };
    };
  }

  /** Of what has been replicated, at the instant of the asking. */
  replicaStore(): Store {
    return readingOf(this.replica.items);
  }
}

function readingOf(items: ReadonlyMap<string, Attributes>): Store {
  const no = () => {
    throw new Error('A replica is only read');
  };
  return {
    get: async (key: Key) => {
      const attributes = items.get(`${key.partition} ${key.sort}`);
      return attributes && { key, attributes };
    },
    async *query(partition) {
      for (const [name, attributes] of items) {
        const [own = '', sort = ''] = name.split(' ');
        if (own === partition) yield { key: { partition, sort }, attributes };
      }
    },
    async *scan() {
      for (const [name, attributes] of items) {
        const [partition = '', sort = ''] = name.split(' ');
        yield { key: { partition, sort }, attributes };
      }
    },
    put: no,
    update: no,
    delete: no,
    close: async () => undefined,
  };
}
