/**
 * A server's own view of its pool's right to users. It hears from the home map again and again: in which term its pool is,
 * and whether the pool's users are being given to others. Where the map does not answer, users whom the pool had under a
 * known home epoch in this very term are served on, for as long as the pool's tenure lasts (docs/homes.md).
 */
import { type Clock, type Log, type Random, reasonOf, sleep } from '../../platform/index.ts';
import { absent, atMost, type Store } from '../../store/index.ts';
import type { HomeCheck, HomeGate } from '../home-gate.ts';
import { noPoolMetrics } from '../metrics.ts';
import type { Ownership } from '../pool.ts';
import { OWN_DEADLINE_SHARE } from '../settings.ts';
import { readItem, settle, type StoreAccess } from '../settle.ts';
import { Enrolment } from './enrolment.ts';
import { giveFirstHome } from './first-home.ts';
import type { Home, PoolPlace, PoolReport, StorePlace } from './home.ts';
import type { HomeMap } from './home-map.ts';
import { termKey } from './records.ts';

const HEAR_MS = 5_000;
/** Of a tenure: it is heard so often within it. */
const HEAR_SHARE = 0.1;
/** A server that asked nothing for so long stood still: its pool may have been taken for gone. It serves nobody before it hears. */
const STOOD_STILL_MS = 30_000;
const ANNOUNCE_MS = 60_000;
const STORE_REQUEST_MS = 1_000;

export interface HomeKeeperOptions {
  readonly map: HomeMap;
  readonly pool: string;
  /** The pool's own. */
  readonly store: Store;
  /** The store of another pool; closed after use. */
  readonly openStore: (place: StorePlace) => Promise<Store>;
  /** This server's own. */
  readonly session: () => string;
  /** Undefined: it goes on without end. */
  readonly tenureMs?: number | undefined;
  /** What the pool says of itself, once a minute. */
  readonly report: () => PoolReport;
  /** The pool's users were given to others: everybody is to be dropped. */
  readonly onNewTerm: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class HomeKeeper implements HomeGate {
  readonly #options: HomeKeeperOptions;
  readonly #access: StoreAccess;
  readonly #ending = new AbortController();
  /** 0 before it was ever heard. */
  #term = 0;
  #isFailingOver = false;
  /** Monotonic, stamped before the question was sent. */
  #heardAt = Number.NEGATIVE_INFINITY;
  /** When the last question was sent that has ended, with an answer or without; undefined before the first. */
  #askedAt: number | undefined;
  #hasStoodStill = false;
  #announcedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HomeKeeperOptions) {
    const { store, clock } = options;
    this.#options = options;
    this.#access = { store, clock, requestTimeoutMs: STORE_REQUEST_MS, metrics: noPoolMetrics };
  }

  get term(): number {
    return this.#term;
  }

  isOpen(): boolean {
    const { tenureMs, clock } = this.#options;
    if (this.#isFailingOver || this.#hasStoodStill || this.#standsStill(clock.monotonic())) return false;
    return tenureMs === undefined || clock.monotonic() < this.#heardAt + tenureMs * OWN_DEADLINE_SHARE;
  }

  /** Hears, says that the pool is there, and goes on with both until `stop`. Resolves after the first time, and a first enrolment. */
  async start(): Promise<void> {
    await this.#hear();
    void this.#hearOn();
    await new Enrolment({ ...this.#options, signal: this.#ending.signal }).start();
  }

  stop(): void {
    this.#ending.abort(new Error('the keeper was stopped'));
  }

  async check(user: string, owner: Ownership | undefined): Promise<HomeCheck> {
    const { map, pool } = this.#options;
    if (!this.isOpen()) return { kind: 'unclear', why: 'this pool does not hear from the home map, or is given up' };
    const term = this.#term;
    const read = await map.home(user, 'authority');
    if (term !== this.#term || !this.isOpen()) return { kind: 'unclear', why: 'the pool was given up meanwhile' };
    if (!read.ok) return this.#checkByMemory(owner);
    const home = read.value ?? (await this.#firstHome(user));
    if (typeof home === 'string') return { kind: 'unclear', why: home };
    if (term !== this.#term || !this.isOpen()) return { kind: 'unclear', why: 'the pool was given up meanwhile' };
    if (home.pool !== pool) return { kind: 'elsewhere', closed: home.epoch - 1 };
    if (home.state === 'lost') return { kind: 'unclear', why: 'another pool takes the user over' };
    if ((owner?.closed ?? 0) >= home.epoch) return { kind: 'elsewhere', closed: 0 };
    // Never heard: what would be written down as its term is not known.
    if (term === 0) return { kind: 'unclear', why: 'this server has not heard from the home map yet' };
    return { kind: 'here', epoch: home.epoch, term };
  }

  /** Who comes by a road without a front door (a standalone server's, a server's that does not know of the map): here. */
  async #firstHome(user: string): Promise<Home | string> {
    const { pool, log } = this.#options;
    try {
      const first = await giveFirstHome(this.#options, user, () => pool);
      if (first.kind === 'wait') return `the users of ${first.pools.join(', ')} have not all got their homes yet`;
      log.info({ user, home: first.home.pool }, 'A user without a home has one');
      return first.home;
    } catch (thrown) {
      return `the user could not be given a home: ${reasonOf(thrown)}`;
    }
  }

  /** The map does not answer: what this pool has written down counts, unless it was written in an earlier term. */
  async #checkByMemory(owner: Ownership | undefined): Promise<HomeCheck> {
    const why = 'the home map does not answer';
    if (owner?.home === undefined || (owner.closed ?? 0) >= owner.home) return { kind: 'unclear', why };
    const read = await readItem(this.#access, termKey(this.#options.pool));
    const term = read.ok ? read.value?.attributes['term'] : undefined;
    if (typeof term !== 'number' || term !== owner.homeTerm) return { kind: 'unclear', why };
    if (this.#term === 0) this.#term = term;
    if (term !== this.#term || !this.isOpen()) return { kind: 'unclear', why };
    return { kind: 'here', epoch: owner.home, term };
  }

  async #hearOn(): Promise<void> {
    const { clock, tenureMs, log } = this.#options;
    const everyMs = tenureMs === undefined ? HEAR_MS : Math.min(HEAR_MS, tenureMs * HEAR_SHARE);
    while (!this.#ending.signal.aborted) {
      await sleep(clock, everyMs, this.#ending.signal).catch(() => undefined);
      if (this.#ending.signal.aborted) return;
      await this.#hear().catch((thrown: unknown) =>
        log.error({ error: reasonOf(thrown) }, 'The home map could not be heard'),
      );
    }
  }

  async #hear(): Promise<void> {
    const { map, pool, clock, log } = this.#options;
    await this.#announce();
    const sentAt = clock.monotonic();
    if (this.#standsStill(sentAt)) this.#hasStoodStill = true;
    try {
      const read = await map.place(pool, 'authority');
      if (!read.ok) return log.warn({ reason: reasonOf(read.cause) }, 'The home map does not answer');
      const place = read.value;
      if (place === undefined || !(await this.#enter(place))) return;
      this.#heardAt = sentAt;
      this.#hasStoodStill = false;
    } finally {
      this.#askedAt = sentAt;
    }
  }

  #standsStill(now: number): boolean {
    return this.#askedAt !== undefined && now > this.#askedAt + STOOD_STILL_MS;
  }

  async #announce(): Promise<void> {
    const { map, pool, clock, report } = this.#options;
    const now = clock.monotonic();
    if (now - this.#announcedAt < ANNOUNCE_MS) return;
    if (await map.announce(pool, report())) this.#announcedAt = now;
  }

  /** False where the term is a new one that could not be written down in the pool's own store. */
  async #enter({ term, state }: PoolPlace): Promise<boolean> {
    const { log, onNewTerm } = this.#options;
    this.#isFailingOver = state === 'failing-over';
    if (term !== this.#term) {
      if (this.#term !== 0) {
        log.warn({ term }, "The users of this pool were given to others; each user's home is looked up again");
      }
      this.#term = term;
      onNewTerm();
    }
    return (await this.#writeDown(term)) && !this.#isFailingOver;
  }

  async #writeDown(term: number): Promise<boolean> {
    const key = termKey(this.#options.pool);
    const read = await readItem(this.#access, key);
    if (!read.ok) return false;
    const known = read.value?.attributes['term'];
    if (known === term) return true;
    const result = await settle(this.#access, {
      key,
      send: (store) => store.put({ key, attributes: { term } }, [known === undefined ? absent : atMost('term', term)]),
      isMine: (current) => current?.attributes['term'] === term,
      isOpen: (current) => current?.attributes['term'] === known,
    });
    return result.outcome === 'applied';
  }
}
