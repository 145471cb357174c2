// What was asked of a standalone server, as its own store keeps it: it is taken up again after a crash.
import { type Attributes, type Key, type Store } from '../../store/index.ts';
import { PARTITION } from './places.ts';

export interface Order {
  /** `join`: users go to the pool. `leave`: they come from it. */
  readonly direction: 'join' | 'leave';
  /**
   * `running`: users are under way. `done`: all are where they were to go. `finished`: and it is not to be undone. `closed`:
   * all are here, and there is no way to a pool any more.
   */
  readonly phase: 'running' | 'done' | 'finished' | 'closed';
  /** The configuration of a server of the pool: a path on this machine. */
  readonly file: string;
  /** The name of this server in the pool. */
  readonly standalone: string;
  /** Every item is compared before a user is handed over. */
  readonly isVerified: boolean;
  /** Join: who stays here. Leave: who comes; nobody named is everybody. */
  readonly users: readonly string[];
  /** A join that is taken back: the pool is to forget its users. */
  readonly isUndo: boolean;
}

const KEY: Key = { partition: PARTITION, sort: 'ORDER' };
const ATTEMPTS = 5;

export async function readOrder(store: Store): Promise<Order | undefined> {
  return (await store.get(KEY))?.attributes as Order | undefined;
}

/** Throws StoreError. */
export async function writeOrder(store: Store, order: Order): Promise<void> {
  const attributes: Attributes = { ...order };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if ((await store.put({ key: KEY, attributes })).outcome === 'applied') return;
  }
}
