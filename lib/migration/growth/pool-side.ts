/** The pool as a standalone server that joins or leaves it needs it. */
import type { Custody, ServerSession } from '../../pool/index.ts';
import type { Store } from '../../store/index.ts';

export interface PoolSide {
  readonly pool: string;
  readonly store: Store;
  readonly custody: Custody;
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
