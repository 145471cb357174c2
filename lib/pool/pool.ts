/**
 * Who serves whom (ownership.md). One Member is this server's part in its pool: its session and beat, what it sees of the
 * others, the users it owns. Nothing here knows HTTP: how a give reaches its target, or a fenced server drops its users, is
 * told to it as functions.
 */
import type { Lease } from './lease.ts';

export type SessionStatus = 'up' | 'draining' | 'fenced' | 'left';

/** A SERVER item: `POOL#<pool>` / `SERVER#<sessionId>`. */
export interface ServerSession {
  readonly session: string;
  readonly beat: number;
  readonly status: SessionStatus;
  /** `host:port` of its peer listener. */
  readonly address: string;
  readonly zone: string;
  readonly build: string;
  /** Availability index, −100 (refuses) … 100 (idle). */
  readonly index: number;
  /** An administrator took it out: it serves whom it has and gets nobody new. */
  readonly available: boolean;
  /** Why it is constrained; undefined if it is not. */
  readonly constrained: string | undefined;
  readonly users: number;
  readonly devices: number;
  /** Wall clock of the last beat, for people only. */
  readonly seen: number;
}

/** An OWNER item: `USER#<user>` / `OWNER`. */
export interface Ownership {
  readonly user: string;
  readonly session: string;
  readonly epoch: number;
  readonly previous: string | undefined;
  /** The server (address) that an administrator pinned the user to. */
  readonly boundTo: string | undefined;
  /** Wall clock of the claim or give, for people only. */
  readonly since: number;
}

/** Where a request for a user is to go. */
export type Location =
  | { readonly kind: 'mine'; readonly lease: Lease }
  | { readonly kind: 'theirs'; readonly session: string; readonly address: string; readonly epoch: number }
  /** Nobody can serve the user now (store out of reach, this server suspended): 503 with Retry-After. */
  | { readonly kind: 'nowhere'; readonly retryAfterMs: number; readonly why: string };

export interface PoolSettings {
  /** `H`: default 2,000; jittered by 10 %. */
  readonly beatMs: number;
  /** `L`: default 10,000; at least four beats. */
  readonly leaseMs: number;
  /** One store request's timeout within the protocol; default 1,000. */
  readonly requestTimeoutMs: number;
  /** How long a drain may take in all; default 100,000. */
  readonly drainMs: number;
}

export interface Member {
  readonly session: string;
  /** `suspended`: past its own deadline; keeps sockets, starts no change. */
  readonly state: 'starting' | 'up' | 'suspended' | 'draining' | 'fenced' | 'left';
  /** Puts the session and begins to beat and to observe; keeps trying while the store is out of reach. */
  start(): Promise<void>;
  /** Reads or claims. `stale` is an answer that turned out wrong (421, a reset): read again, consistently. */
  locate(user: string, stale?: { readonly session: string; readonly epoch: number }): Promise<Location>;
  /** The user's leases held here. */
  leases(): readonly Lease[];
  /** A connection to that session was refused or reset: look closer, fence sooner. */
  suspect(session: string): void;
  /** Hands one user over; resolves when the new owner has it or the give was refused. */
  give(user: string, target: string): Promise<'given' | 'refused' | 'unknown'>;
  /** Gives everybody away and leaves. */
  drain(): Promise<void>;
  sessions(): readonly ServerSession[];
  stop(): Promise<void>;
}
