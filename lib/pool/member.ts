/** One server's part in its pool, put together: its session, what it sees of the others, the users it owns. */
import { type Clock, type Log, type Random, sleep } from '../platform/index.ts';
import type { Store } from '../store/index.ts';
import { balanceOn } from './balancer.ts';
import type { MemberCallbacks } from './callbacks.ts';
import { drainUsers } from './drain.ts';
import { PoolError } from './errors.ts';
import { give, type GiveResult } from './give.ts';
import { Holdings } from './holdings.ts';
import type { HomeGate } from './home-gate.ts';
import { KeyedQueue } from './keyed-queue.ts';
import type { Lease } from './lease.ts';
import type { Load } from './load.ts';
import { locate } from './locate.ts';
import type { MemberContext } from './member-context.ts';
import { noPoolMetrics, type PoolMetrics } from './metrics.ts';
import { Observer } from './observer.ts';
import { OrderTaker } from './order-taker.ts';
import { OwnerCache } from './owner-cache.ts';
import type { Location, Member, MemberState, PoolSettings, ServerSession, StaleAnswer, Suspicion } from './pool.ts';
import { Session } from './session.ts';
import { poolSettings } from './settings.ts';
import type { StoreAccess } from './settle.ts';

const IDLE: Load = { index: 100, constrained: undefined, devices: 0 };

export interface MemberOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The pool's name: servers of one name in one store are one pool. */
  readonly pool: string;
  /** What is left out has its default. */
  readonly settings?: Partial<PoolSettings>;
  /** `host:port` of the peer listener. */
  readonly address: string;
  readonly zone: string;
  readonly build: string;
  /** See ServerSession. */
  readonly task?: string;
  /** See ServerSession: this member is a standalone server's link. */
  readonly standalone?: string;
  readonly callbacks: MemberCallbacks;
  /** Read with every beat and every choice of a server. Default: idle. */
  readonly load?: () => Load;
  readonly metrics?: PoolMetrics;
  /** Decides in-process who gives users to whom, as a pool without a scheduled function needs it. Default false. */
  readonly isBalancing?: boolean;
  /** Where there are several pools: which users are this one's. */
  readonly homes?: HomeGate;
}

export function createMember(options: MemberOptions): Member {
  return new PoolMember(options);
}

class PoolMember implements Member {
  readonly #options: MemberOptions;
  readonly #settings: PoolSettings;
  readonly #access: StoreAccess;
  readonly #context: MemberContext;
  readonly #observer: Observer;
  readonly #orders: OrderTaker;
  readonly #holdings = new Holdings();
  readonly #ending = new AbortController();
  #session: Session;
  #hasJoined = false;
  #drain: Promise<void> | undefined;
  #start: Promise<void> | undefined;

  constructor(options: MemberOptions) {
    const { store, clock, random, log, pool, callbacks } = options;
    this.#options = options;
    this.#settings = poolSettings(options.settings);
    const { requestTimeoutMs } = this.#settings;
    this.#access = { store, clock, requestTimeoutMs, metrics: options.metrics ?? noPoolMetrics };
    this.#observer = new Observer({
      access: this.#access,
      random,
      log,
      pool,
      settings: this.#settings,
      self: () => this.#session,
      onObserved: (servers) => this.#observed(servers),
    });
    this.#context = {
      access: this.#access,
      random,
      log,
      callbacks,
      observer: this.#observer,
      holdings: this.#holdings,
      cache: new OwnerCache(),
      homes: options.homes,
      queue: new KeyedQueue(),
      unsettledGives: new Map(),
      session: () => this.#session,
      now: () => clock.monotonic(),
      mayClaim: () => this.#session.isLive() || this.#session.phase === 'left',
      candidates: () => this.#candidates(),
      lose: (user) => this.#lose(user),
    };
    this.#orders = new OrderTaker(this.#context);
    this.#session = this.#newSession();
  }

  get session(): string {
    return this.#session.id;
  }

  get state(): MemberState {
    const phase = this.#session.phase;
    if (phase === 'leaving') return 'draining';
    if (phase === 'up' || phase === 'draining') return this.#session.isLive() ? phase : 'suspended';
    return phase;
  }

  start(): Promise<void> {
    this.#start ??= this.#join();
    return this.#start;
  }

  locate(user: string, stale?: StaleAnswer): Promise<Location> {
    return locate(this.#context, user, stale);
  }

  leases(): readonly Lease[] {
    return this.#holdings.all().map((it) => it.lease);
  }

  lease(user: string): Lease | undefined {
    return this.#holdings.get(user)?.lease;
  }

  suspect(session: string, suspicion: Suspicion = 'no-answer'): void {
    this.#observer.suspect(session, suspicion);
  }

  forsake(): void {
    for (const { lease } of this.#holdings.all()) this.#lose(lease.user);
  }

  give(user: string, target: string): Promise<GiveResult> {
    return give(this.#context, user, target);
  }

  drain(): Promise<void> {
    this.#drain ??= this.#giveAllAndLeave();
    return this.#drain;
  }

  sessions(): readonly ServerSession[] {
    return this.#observer.sessions();
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('the member was stopped'));
    this.#observer.stop();
    this.#session.stop();
    this.forsake();
  }

  async #join(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const session = this.#session;
      const isUp = await session.start();
      // A session that was fenced before it began is followed by another, which `#fenced` has made; not on the way out.
      if (!isUp && this.#session === session) break;
      if (!isUp) continue;
      this.#hasJoined = true;
      await this.#observer.observe();
      if (this.#ending.signal.aborted) break;
      void this.#observer.run();
      if (this.#options.isBalancing) void balanceOn(this.#context, this.#options.pool, this.#ending.signal);
      this.#options.callbacks.onSession?.(this.#session.id);
      return;
    }
    throw new PoolError('pool-stopped', 'This server did not join its pool', { why: 'it was stopped before' });
  }

  #newSession(): Session {
    const { random, log, pool, address, zone, build, task, standalone, callbacks, homes } = this.#options;
    return new Session({
      access: this.#access,
      random,
      log,
      pool,
      server: {
        address,
        zone,
        build,
        ...(task !== undefined && { task }),
        ...(standalone !== undefined && { standalone }),
        ...(homes && { hasHomes: true }),
      },
      settings: this.#settings,
      ...(homes && { isOpen: () => homes.isOpen() }),
      report: () => ({ ...this.#load(), users: this.#holdings.size }),
      onSuspended: () => callbacks.onMayAct?.(false),
      onResumed: () => callbacks.onMayAct?.(true),
      onFenced: () => this.#fenced(),
    });
  }

  /** Everything is dropped, and the server comes back as a new session, unless it was on its way out. */
  #fenced(): void {
    for (const { lease } of this.#holdings.all()) this.#lose(lease.user);
    this.#context.unsettledGives.clear();
    if (this.#ending.signal.aborted || this.#drain !== undefined) return;
    this.#session = this.#newSession();
    if (!this.#hasJoined) return;
    this.#access.metrics.count('rejoin');
    const session = this.#session;
    void session.start().then((isUp) => {
      if (isUp) this.#options.callbacks.onSession?.(session.id);
    });
  }

  async #giveAllAndLeave(): Promise<void> {
    const { clock } = this.#options;
    const marked = this.#session.drain();
    // Where the store does not answer, the time is not spent on saying so.
    await Promise.race([marked, sleep(clock, this.#settings.beatMs)]);
    await drainUsers(this.#context, this.#settings.drainMs);
    for (const { lease } of this.#holdings.all()) this.#lose(lease.user);
    await this.#session.leave();
    this.#ending.abort(new Error('the member has left its pool'));
    this.#observer.stop();
    this.#options.callbacks.onLeft?.();
  }

  #lose(user: string): void {
    const lost = this.#holdings.drop(user);
    if (lost) this.#options.callbacks.onLost(user, lost.lease.epoch);
  }

  #observed(servers: readonly ServerSession[]): void {
    const own = servers.find((it) => it.session === this.#session.id);
    if (own === undefined) return;
    this.#orders.take(own);
    // An administrator drains a server by its item.
    if (own.status === 'draining' && this.#session.phase === 'up') void this.drain();
  }

  #candidates(): readonly ServerSession[] {
    const others = this.#observer
      .sessions()
      .filter((it) => it.session !== this.#session.id && this.#observer.isFresh(it.session));
    if (!this.#session.isLive() || this.#session.phase !== 'up') return others;
    const own = this.#observer.find(this.#session.id);
    return [...others, { ...(own ?? this.#unseen()), ...this.#load(), status: 'up' }];
  }

  /** This member before its own item was read. */
  #unseen(): ServerSession {
    const { address, zone, build, standalone } = this.#options;
    const now = this.#options.clock.now();
    return {
      session: this.#session.id,
      beat: 0,
      status: 'up',
      address,
      zone,
      build,
      standalone,
      available: true,
      ...this.#load(),
      users: this.#holdings.size,
      seen: now,
      started: now,
      ended: undefined,
      orders: undefined,
      review: [],
      reviewMark: '',
    };
  }

  #load(): Load {
    return this.#options.load?.() ?? IDLE;
  }
}
