/**
 * What one member sees of the pool: it reads the SERVER items every beat and watches their counters on its own monotonic
 * clock. Nobody's wall clock is compared with anybody's. A counter that stood still for a lease of successful observation
 * is fenced (ownership.md, "Time").
 */
import { type Log, type Random, sleep } from '../platform/index.ts';
import { fenceSession } from './fence.ts';
import type { PoolSettings, ServerSession, Suspicion } from './pool.ts';
import { isLiveStatus, poolPartition, readServer, serverKey, serverPrefix } from './records.ts';
import { type Read, readItem, type StoreAccess, within } from './settle.ts';

/** A suspected session is fenced after so many beats without movement. */
const SUSPECT_BEATS = 2;
/** Reads further apart than this are an outage, the store's or our own: nothing of that time was observed. */
const OUTAGE_BEATS = 2.5;
/** After an outage the first fence waits a random part of this share of a lease: the others beat again first. */
const OUTAGE_WAIT_SHARE = 0.5;
/** A session whose counter stood still longer gets nobody new. */
const FRESH_BEATS = 2;
const JITTER = 0.1;
const REFRESH_MS = 100;

interface Watched {
  server: ServerSession;
  /** Successful observation since the counter last moved. */
  stillMs: number;
  isSuspect: boolean;
}

export interface ObserverOptions {
  readonly access: StoreAccess;
  readonly random: Random;
  readonly log: Log;
  readonly pool: string;
  readonly settings: PoolSettings;
  /** This member's own session is never fenced by itself, and fences only while it may act. */
  self(): { readonly id: string; isLive(): boolean };
  /** After every successful observation. */
  onObserved(servers: readonly ServerSession[]): void;
}

export class Observer {
  readonly #options: ObserverOptions;
  readonly #stopped = new AbortController();
  readonly #watched = new Map<string, Watched>();
  /** Dead is a fact that never becomes false again. */
  readonly #dead = new Set<string>();
  #lastReadAt: number | undefined;
  #missed = false;
  #reading: Promise<boolean> | undefined;
  #listing: readonly ServerSession[] = [];
  #fencesFrom = Number.NEGATIVE_INFINITY;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Observes until it is stopped. */
  async run(): Promise<void> {
    const { settings, random, access } = this.#options;
    while (!this.#stopped.signal.aborted) {
      await this.observe();
      const jitter = 1 + JITTER * (2 * random.number() - 1);
      const nextMs = Math.min(settings.beatMs * jitter, Math.max(1, this.#nextFenceMs()));
      await sleep(access.clock, nextMs, this.#stopped.signal).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stopped.abort(new Error('the observer was stopped'));
  }

  /** One reading of the pool. True if the store answered. An eventually consistent read is enough: fences have conditions. */
  observe(): Promise<boolean> {
    this.#reading ??= this.#observe().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** As `observe`, for a request that misses somebody: many of them cost no more than ten readings a second. */
  async refresh(): Promise<void> {
    const { clock } = this.#options.access;
    if (this.#lastReadAt !== undefined && clock.monotonic() - this.#lastReadAt < REFRESH_MS) return;
    await this.observe();
  }

  async #observe(): Promise<boolean> {
    const { access, pool, settings, random } = this.#options;
    const read = await within(access, this.#readAll(poolPartition(pool)));
    const answeredAt = access.clock.monotonic();
    if (!read.ok) {
      this.#missed = true;
      return false;
    }
    const sinceLastMs = this.#lastReadAt === undefined ? 0 : answeredAt - this.#lastReadAt;
    const wasOutage = sinceLastMs > OUTAGE_BEATS * settings.beatMs;
    if (wasOutage) this.#fencesFrom = answeredAt + random.number() * OUTAGE_WAIT_SHARE * settings.leaseMs;
    // A lost reading in between does not count, and neither does time in which this process itself stood still.
    const observedMs = this.#missed || wasOutage ? 0 : sinceLastMs;
    this.#missed = false;
    this.#lastReadAt = answeredAt;
    this.#listing = read.value;
    this.#take(read.value, observedMs);
    this.#options.onObserved(this.sessions());
    await this.#fenceTheStill();
    return true;
  }

  /** The sessions that are not known to be dead, as last seen. */
  sessions(): readonly ServerSession[] {
    return [...this.#watched.values()].map((it) => it.server);
  }

  /** The link of the standalone server of that name; of several boots that are not known to be dead, the newest. */
  linkOf(standalone: string): ServerSession | undefined {
    const links = this.sessions().filter((it) => it.standalone === standalone);
    return links.toSorted((one, other) => other.started - one.started)[0];
  }

  /** All SERVER items of the last reading, ended sessions too. */
  listing(): readonly ServerSession[] {
    return this.#listing;
  }

  /** Whether a session is worth sending somebody new to: alive, and moving. */
  isFresh(session: string): boolean {
    const watched = this.#watched.get(session);
    return (
      watched !== undefined && !watched.isSuspect && watched.stillMs <= FRESH_BEATS * this.#options.settings.beatMs
    );
  }

  /** As last seen; undefined for a session that was never seen or is dead. */
  find(session: string): ServerSession | undefined {
    return this.#watched.get(session)?.server;
  }

  /** Whether a session is dead for ever: a fact once it is known, else read consistently. */
  async readLife(session: string): Promise<Read<ServerSession | undefined>> {
    if (this.#dead.has(session)) return { ok: true, value: undefined };
    const read = await readItem(this.#options.access, serverKey(this.#options.pool, session));
    if (!read.ok) return read;
    const server = read.value && readServer(read.value);
    if (server === undefined || !isLiveStatus(server.status)) {
      this.#bury(session);
      return { ok: true, value: undefined };
    }
    this.#meet(server, 0);
    return { ok: true, value: server };
  }

  /** See Member. It is read first: a beat from before its end must not clear it. One that moves after that is no suspect. */
  suspect(session: string, suspicion: Suspicion): void {
    if (session === this.#options.self().id || !this.#watched.has(session)) return;
    void this.#suspect(session, suspicion);
  }

  async #suspect(session: string, suspicion: Suspicion): Promise<void> {
    const read = await this.readLife(session);
    const watched = this.#watched.get(session);
    if (watched === undefined) return;
    watched.isSuspect = true;
    if (suspicion === 'no-answer') await this.#fenceTheStill();
    else if (read.ok && read.value !== undefined && this.#options.self().isLive()) await this.#fence(read.value);
  }

  #meet(server: ServerSession, observedMs: number): void {
    const watched = this.#watched.get(server.session);
    if (watched === undefined) {
      this.#watched.set(server.session, { server, stillMs: 0, isSuspect: false });
    } else if (server.beat > watched.server.beat) {
      this.#watched.set(server.session, { server, stillMs: 0, isSuspect: false });
    } else if (server.beat === watched.server.beat) {
      watched.stillMs += observedMs;
      watched.server = server;
    }
    // A lower counter is an older reading: it says nothing.
  }

  #bury(session: string): void {
    this.#dead.add(session);
    this.#watched.delete(session);
  }

  async #readAll(partition: string): Promise<ServerSession[]> {
    const servers: ServerSession[] = [];
    const items = this.#options.access.store.query(partition, { prefix: serverPrefix, consistent: false });
    for await (const item of items) servers.push(readServer(item));
    return servers;
  }

  #take(servers: readonly ServerSession[], observedMs: number): void {
    for (const server of servers) {
      if (!isLiveStatus(server.status)) this.#bury(server.session);
      else if (!this.#dead.has(server.session)) this.#meet(server, observedMs);
    }
    // An item that a reading lacks was removed, or is too new for this reading: either way nobody is to be sent there.
    const listed = new Set(servers.map((it) => it.session));
    for (const session of this.#watched.keys()) if (!listed.has(session)) this.#watched.delete(session);
    for (const session of this.#dead) if (!listed.has(session)) this.#dead.delete(session);
  }

  /** Milliseconds of observation until somebody is due. */
  #nextFenceMs(): number {
    const dues = [...this.#watched.values()]
      .filter((it) => it.server.session !== this.#options.self().id && it.stillMs > 0)
      .map((it) => this.#limitMs(it) - it.stillMs)
      .filter((dueMs) => dueMs > 0);
    return Math.min(...dues, Number.POSITIVE_INFINITY);
  }

  #limitMs(watched: Watched): number {
    const { beatMs, leaseMs } = this.#options.settings;
    return watched.isSuspect ? Math.min(leaseMs, SUSPECT_BEATS * beatMs) : leaseMs;
  }

  async #fenceTheStill(): Promise<void> {
    for (const watched of this.#watched.values()) {
      const self = this.#options.self();
      if (watched.server.session === self.id || watched.stillMs < this.#limitMs(watched)) continue;
      if (!self.isLive() || this.#options.access.clock.monotonic() < this.#fencesFrom) continue;
      await this.#fence(watched.server);
    }
  }

  async #fence(server: ServerSession): Promise<void> {
    const { access, pool, log } = this.#options;
    const fenced = await fenceSession(access, pool, server.session, server.beat);
    if (fenced === 'moved' || fenced === 'unknown') return;
    this.#bury(server.session);
    if (fenced === 'fenced') log.warn({ session: server.session, address: server.address }, 'A dead server was fenced');
  }
}
