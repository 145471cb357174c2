import type { HomeGate } from './home-gate.ts';
import type { Random } from '../platform/index.ts';
import type { MemberCallbacks } from './callbacks.ts';
import type { Holdings } from './holdings.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { Observer } from './observer.ts';
import type { OwnerCache } from './owner-cache.ts';
import type { ServerSession } from './pool.ts';
import type { Session } from './session.ts';
import type { StoreAccess } from './settle.ts';
import type { Log } from '../platform/index.ts';

/** What the parts of one member share. */
export interface MemberContext {
  readonly access: StoreAccess;
  readonly random: Random;
  readonly log: Log;
  readonly callbacks: MemberCallbacks;
  readonly observer: Observer;
  readonly holdings: Holdings;
  readonly cache: OwnerCache;
  /** Where there are several pools. */
  readonly homes: HomeGate | undefined;
  /** One decision about a user at a time. */
  readonly queue: KeyedQueue;
  /** Gives without an answer, by user: the epoch that may still be given away by a request under way. */
  readonly unsettledGives: Map<string, number>;
  /** Another one after a fence: compare before and after an await. */
  session(): Session;
  now(): number;
  /** False while suspended: no change may start. A server that leaves may still claim for others. */
  mayClaim(): boolean;
  /** Servers that can be given somebody: alive, moving, this one with its figures of this instant. */
  candidates(): readonly ServerSession[];
  /** Drops one user: the lease is closed and the server told. */
  lose(user: string): void;
}
