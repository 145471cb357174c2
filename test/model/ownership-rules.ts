/** What the model of ownership can be asked: with which rule changed, and how much may go wrong. */
export interface OwnershipMutation {
  readonly isClaimedWithoutDeath?: boolean;
  readonly isClaimedWithoutEpoch?: boolean;
  readonly isGivenWithoutEpoch?: boolean;
  /** The giver closes the lease only when the give is answered. */
  readonly isClosedAfterGive?: boolean;
  /** A give without an answer counts as failed: the giver goes on with the epoch it has. */
  readonly isUnknownGiveTakenAsFailed?: boolean;
  readonly isStateWithoutVersion?: boolean;
  readonly isStateWithoutEpoch?: boolean;
  /** A state write without an answer counts as applied. */
  readonly isUnknownWriteTakenAsApplied?: boolean;
  /** A state write without an answer is made again over whatever version there is, without looking whose that is. */
  readonly isUnknownWriteTakenAsFailed?: boolean;
  /** A command that comes again is not looked up in the state. */
  readonly isRetryNotLookedUp?: boolean;
  readonly isSentWithoutCheck?: boolean;
  readonly isAnsweredBeforeWrite?: boolean;
  readonly isServingSuspended?: boolean;
  readonly isFencedWhileActing?: boolean;
  readonly isSessionReused?: boolean;
  /** A member that reads itself as the owner of a released or given user trusts an old reading. */
  readonly isAdoptedFromStaleRead?: boolean;
  /** A fenced server keeps its leases when it comes back. */
  readonly isKeptAfterFence?: boolean;
}

/** How often each may happen in one history. */
export interface OwnershipBounds {
  readonly users: 1 | 2;
  readonly crashes: number;
  readonly suspensions: number;
  readonly unknowns: number;
  readonly gives: number;
  readonly lostAnswers: number;
  readonly commands: 0 | 1 | 2;
}
