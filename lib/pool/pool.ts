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
  /** The ARN of its task, where it is one of a cloud's; no two tasks ever share one. */
  readonly task?: string | undefined;
  /** The name of the standalone server that it is the link of (custody.ts): it takes nobody. Undefined for a server of the pool. */
  readonly standalone?: string | undefined;
  /** Where there are several pools: it asks the home map before it claims a user. */
  readonly hasHomes?: boolean | undefined;
  /** Availability index, −100 (refuses) … 100 (idle). */
  readonly index: number;
  /** False: an administrator took it out. It serves whom it has and gets nobody new. */
  readonly available: boolean;
  /** Why it is constrained; undefined if it is not. */
  readonly constrained: string | undefined;
  readonly users: number;
  readonly devices: number;
  /** Wall clock of the last beat, for people only. */
  readonly seen: number;
  /** Wall clock of the session's start: for people, and for the balancer, which thinks in minutes. */
  readonly started: number;
  /** Wall clock of the fence or the leaving, in the same way. */
  readonly ended: number | undefined;
  /** The balancer's last order, as `orders.ts` writes it. */
  readonly orders: string | undefined;
  /** Users whose binding an administrator changed while this server owned them, and the mark of that list. */
  readonly review: readonly string[];
  readonly reviewMark: string;
}

/** An OWNER item: `USER#<user>` / `OWNER`. */
export interface Ownership {
  readonly user: string;
  /** `RELEASED` where nobody owns the user. */
  readonly session: string;
  readonly epoch: number;
  readonly previous: string | undefined;
  /** The server (address) that an administrator pinned the user to. */
  readonly boundTo: string | undefined;
  /** Wall clock of the claim or give, for people only. */
  readonly since: number;
  /** Where there are several pools: the home epoch under which the user was claimed here last, and the pool's term then. */
  readonly home?: number | undefined;
  readonly homeTerm?: number | undefined;
  /** The user is to leave this pool, which has the user up to this home epoch: the owner gives the user up. */
  readonly leaving?: number | undefined;
  /** This pool has given the user up: only a later home epoch than this one allows a claim. */
  readonly closed?: number | undefined;
}

/** The `session` of an OWNER item that its last owner gave back without a successor. */
export const RELEASED = '';

/**
 * The `session` of an OWNER item whose user is in the hands of a standalone server: its name follows. Nobody claims the user;
 * requests go to that server's link, if it has one.
 */
const CUSTODY = '@';
export const custodyOf = (standalone: string): string => `${CUSTODY}${standalone}`;
/** Undefined for a session. */
export const custodianOf = (session: string | undefined): string | undefined =>
  session?.startsWith(CUSTODY) ? session.slice(CUSTODY.length) : undefined;

/** Where a request for a user is to go. */
export type Location =
  | { readonly kind: 'mine'; readonly lease: Lease }
  | ({ readonly kind: 'theirs' } & KnownOwner)
  /** The user is at home in another pool, or on the way there. */
  | { readonly kind: 'away' }
  /** Nobody can serve the user now (store out of reach, this server suspended): 503 with Retry-After. */
  | { readonly kind: 'nowhere'; readonly retryAfterMs: number; readonly why: string };

/** An answer about a user that turned out wrong: everything known up to this epoch is to be read again. */
export interface StaleAnswer {
  readonly session: string;
  readonly epoch: number;
  /** Whom the server that was wrongly asked names instead. */
  readonly told?: KnownOwner | undefined;
}

/** Another server that owns a user, as far as somebody knows. */
export interface KnownOwner {
  readonly session: string;
  /** `host:port` */
  readonly address: string;
  readonly epoch: number;
}

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

/**
 * What was seen of a session: `no-answer`, its address refused or reset a connection; `gone`, its process is known to have
 * ended (its parent or the cloud says so, or an authenticated connection to it broke and its address refuses another).
 */
export type Suspicion = 'no-answer' | 'gone';

export type MemberState = 'starting' | 'up' | 'suspended' | 'draining' | 'fenced' | 'left';

export interface Member {
  /** Changes when a fenced member comes back. */
  readonly session: string;
  /** `suspended`: past its own deadline; keeps sockets, starts no change. */
  readonly state: MemberState;
  /** Puts the session and begins to beat and to observe; keeps trying while the store is out of reach. */
  start(): Promise<void>;
  /**
   * Reads or claims. `stale` is an answer that turned out wrong (421, a reset): read again, consistently, unless it names a
   * later owner that this member sees in its pool. A proxied request with a higher epoch than this server's own answer makes
   * that answer stale too.
   */
  locate(user: string, stale?: StaleAnswer): Promise<Location>;
  /** The leases held here. */
  leases(): readonly Lease[];
  /** The user's, if it is held here. */
  lease(user: string): Lease | undefined;
  /** Look closer, fence sooner. `no-answer` (default) only halves the time; `gone` fences at once. */
  suspect(session: string, suspicion?: Suspicion): void;
  /** Drops everybody at once, as when another has them; the next request of each claims anew. */
  forsake(): void;
  /** Hands one user over; resolves when the new owner has it or the give was refused. */
  give(user: string, target: string): Promise<'given' | 'refused' | 'unknown'>;
  /** Gives everybody away and leaves. */
  drain(): Promise<void>;
  /** The live sessions of the pool as this member last saw them, itself included. */
  sessions(): readonly ServerSession[];
  /** Ends at once, as a crash would: nothing is given away, others fence the session. */
  stop(): Promise<void>;
}
