/** A user held here, as far as a move is concerned. */
export interface Movable {
  readonly user: string;
  /** Whether the user was another server's before. */
  readonly isMoved: boolean;
  /** How long the user has been held here. */
  readonly heldMs: number;
  readonly idleMs: number;
  /** Pinned here by an administrator. */
  readonly isBound: boolean;
}

/** A user moves at most once in so long. */
export const MOVE_REST_MS = 10 * 60_000;

/** Which users an order for `count` takes: the longest idle first, nobody who was just moved, nobody who is pinned. */
export function selectUsers(users: readonly Movable[], count: number): readonly string[] {
  return users
    .filter((it) => !it.isBound && !(it.isMoved && it.heldMs < MOVE_REST_MS))
    .sort((a, b) => b.idleMs - a.idleMs || (a.user < b.user ? -1 : 1))
    .slice(0, Math.max(0, count))
    .map((it) => it.user);
}
