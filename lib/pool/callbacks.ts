import type { Lease } from './lease.ts';

/**
 * What a give asks of the server, in this order. Each may reject: the give goes on, since nothing that a device was told
 * depends on it (sync state is in the store before the answer).
 */
export interface GiveHooks {
  /** Resolves when the user's commands in flight are done; from here on `signal` is about their time being up. */
  finish(lease: Lease, signal: AbortSignal): Promise<void>;
  /** Writes what is not in the store yet. */
  flush(lease: Lease): Promise<void>;
  /** Answers waiting Pings 200 with Status 1: a reset would teach devices to ping less. */
  answerWaiting(lease: Lease): Promise<void>;
  closeMonitor(lease: Lease): Promise<void>;
  /** The user is the target's: it may start its monitor. Best effort. */
  tell(given: {
    readonly user: string;
    readonly session: string;
    readonly address: string;
    readonly epoch: number;
  }): Promise<void>;
}

/** How the pool reaches the rest of the server. */
export interface MemberCallbacks {
  readonly give: GiveHooks;
  /** This server serves the user no more and must drop everything of it without a word to the store. */
  onLost(user: string, epoch: number): void;
  /** How long the user has been without a command and without a waiting device; idle ones are moved first. */
  idleMs(user: string): number;
  /** The member is past its deadline (false) or may act again (true). */
  onMayAct?(mayAct: boolean): void;
  /** A new session began: after start, and after a fence. */
  onSession?(session: string): void;
  /** Everybody was given away and the session has left, because of `drain` or an administrator's order: the server may end. */
  onLeft?(): void;
}
