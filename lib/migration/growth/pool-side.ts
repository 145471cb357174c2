/** The pool as a standalone server that joins or leaves it needs it. */
import type { Home, PoolPlace } from '../../pool/homes/index.ts';
import type { Custody, ServerSession } from '../../pool/index.ts';
import type { Store } from '../../store/index.ts';

/** What the home map says, where the pool is one of several. Each throws PoolError('homes-unavailable'), StoreError. */
export interface PoolHomes {
  readonly pool: string;
  places(): Promise<readonly PoolPlace[]>;
  home(user: string): Promise<Home | undefined>;
  /** A user without a home has one in this pool from here on; the home that the user has by then. */
  give(user: string): Promise<Home>;
}

export interface PoolSide {
  readonly pool: string;
  readonly store: Store;
  readonly custody: Custody;
  /** Undefined where the pool is the only one, or its file says so. */
  readonly homes: PoolHomes | undefined;
  /** As the pool's own store says. */
  isOneOfSeveral(): Promise<boolean>;
  /** All sessions, ended ones too. */
  servers(): Promise<readonly ServerSession[]>;
  /** True if the server has the pool key of the file, false if it has another; undefined where it cannot be reached. */
  hasOurKey(server: ServerSession): Promise<boolean | undefined>;
  /** A server of the pool opens the user's mailbox now and is to have the user; undefined where it is not known how. */
  prepare(user: string): Promise<string | undefined>;
  /** In what the pool's mail system differs from this server's; undefined where they are the same. */
  readonly otherMail: string | undefined;
  /** From here on users of the pool can be served through this server. Says what is wrong, and tries on, until then. */
  link(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
