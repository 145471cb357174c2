// How far a standalone server is with what was asked of it, as it is told to whoever asks.
import type { Order } from './order.ts';

/** How far it is. */
export interface Progress {
  readonly direction: Order['direction'];
  readonly phase: Order['phase'];
  readonly isUndo: boolean;
  readonly standalone: string;
  readonly pool: string;
  /** Who is to be moved, as far as is known, and who has been. */
  readonly users: number;
  readonly moved: number;
  /** Items of those that were moved since this server started, and how many were compared. */
  readonly items: number;
  readonly verified: number;
  readonly longestPauseMs: number;
  /** Why the pool cannot be used now; it is tried again. */
  readonly problem?: string | undefined;
  /** Who could not be moved yet, and why. */
  readonly troubles: readonly { readonly user: string; readonly why: string }[];
}
