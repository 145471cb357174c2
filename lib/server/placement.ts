/** Whom a server serves: everybody, or its share of a pool's users. What differs between the two stands behind this. */
import type { DeviceOrder } from '../administration/index.ts';
import type { Migration } from '../migration/index.ts';
import type { Road } from './activesync/road.ts';
import type { Peer } from './peer/peers.ts';

export interface Placement {
  readonly road: Road;
  /** Of this boot; a pool's server that was fenced gets another. */
  session(): string;
  /** Why it should be sent no requests now; undefined if it may. */
  notReady(): string | undefined;
  /** Resolves when requests can be served; rejects with the signal's reason when that comes first. */
  join(signal: AbortSignal): Promise<void>;
  /** Resolves when it serves nobody any more and will not again, asked to by `drain` or by an administrator. */
  readonly left: Promise<void>;
  /** Carried out where the user is served. Throws ServerError, and what the order throws there. */
  order(user: string, order: DeviceOrder): Promise<void>;
  /** False for who has gone to the pool that a standalone server joins. */
  isServedHere(user: string): boolean;
  /** Which of the user's devices wait, wherever the user is served; undefined where that cannot be told. */
  waitingDevices(user: string, owner: Peer): Promise<ReadonlySet<string> | undefined>;
  /** A standalone server's way into a pool and out of one. */
  readonly migration?: Migration;
  /** Hands over what it serves, while its door still takes requests. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
