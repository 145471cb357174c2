/**
 * What the balancer asks of a server. It lies in the server's own item, in an attribute that a beat neither writes nor
 * conditions on, and reaches it with its own reading of the pool: beat and order can never refuse each other.
 */
import { oneOf } from '../store/index.ts';
import type { ServerSession } from './pool.ts';
import { expiresAt, LIVE, readServer, serverKey } from './records.ts';
import { type Settled, settle, type StoreAccess } from './settle.ts';

/** Give so many users, of the giver's choosing, to a session. */
export interface Order {
  readonly to: string;
  readonly count: number;
}

export interface Orders {
  /** A server carries out each mark once. */
  readonly mark: string;
  readonly gives: readonly Order[];
}

/** The latest orders replace those before. `refused` where the session is dead. */
export function placeOrders(access: StoreAccess, pool: string, session: string, orders: Orders): Promise<Settled> {
  const key = serverKey(pool, session);
  const text = JSON.stringify(orders);
  const isLive = oneOf('status', LIVE);
  return settle(access, {
    key,
    send: (store) => store.update(key, { set: { orders: text, expires: expiresAt(access.clock.now()) } }, [isLive]),
    isMine: (current) => current !== undefined && readServer(current).orders === text,
    isOpen: (current) => current !== undefined,
  });
}

/** Undefined for none, and for what another build may have written. */
export function readOrders(server: ServerSession): Orders | undefined {
  if (server.orders === undefined) return undefined;
  try {
    const orders = JSON.parse(server.orders) as Orders;
    const isOrders = typeof orders.mark === 'string' && Array.isArray(orders.gives);
    return isOrders && orders.gives.every(isOrder) ? orders : undefined;
  } catch {
    return undefined;
  }
}

const isOrder = (order: unknown): boolean =>
  typeof order === 'object' &&
  order !== null &&
  typeof (order as Order).to === 'string' &&
  Number.isInteger((order as Order).count);
