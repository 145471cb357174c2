/**
 * The right of one server to serve one user, as a value that the door hands down the road. Every write of sync state
 * takes it, so that a server whose right has passed to another can change nothing (ownership.md, "Writes").
 */
export interface Lease {
  readonly user: string;
  /** The session that holds the lease. */
  readonly session: string;
  /** The fencing number: writes apply only over items with this epoch or a lower one. */
  readonly epoch: number;
  /** False once the holder may no longer act: check it after every await that precedes an effect outside the store. */
  isHeld(): boolean;
}

/** The lease of a server that is alone with its store: it holds every user for as long as it runs. */
export function standaloneLease(user: string, session: string): Lease {
  return { user, session, epoch: 1, isHeld: () => true };
}
