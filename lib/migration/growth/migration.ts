/**
 * A standalone server's way into a pool, and out of one (docs/growth.md): an order in its store, which is carried out user by
 * user, and taken up again after a crash.
 */
import { reasonOf, sleep } from '../../platform/index.ts';
import { custodianOf } from '../../pool/index.ts';
import { checkPool } from './check-pool.ts';
import { removeItems } from '../copy-items.ts';
import { MigrationError } from '../errors.ts';
import { type Moved, moveHome, moveOut, type MoveParts } from './hand-over.ts';
import { Linking } from './linking.ts';
import { type Order, readOrder, writeOrder } from './order.ts';
import type { PoolSide } from './pool-side.ts';

export interface MigrationParts
  extends Pick<MoveParts, 'own' | 'places' | 'clock' | 'random' | 'log' | 'finish' | 'lose'> {
  readonly build: string;
  /** Opens what the file names; nothing is linked yet. Throws what says that it cannot be used. */
  readonly openPool: (file: string, standalone: string) => Promise<PoolSide>;
}

export type Asked = Pick<Order, 'direction' | 'file' | 'standalone' | 'isVerified' | 'users'>;

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

/** Few: the users who are served meanwhile come first. */
const AT_ONCE = 2;
/** After each user it rests as long as that one took, and at the most so long. */
const LONGEST_REST_MS = 1_000;
const RETRY_MS = 1_000;
/** A user whose last copy takes longer is served on, and waits twice as long the next time: it may be the way to the pool. */
const FIRST_PAUSE_LIMIT_MS = 1_000;
const LONGEST_PAUSE_LIMIT_MS = 16_000;
const USER = /^USER#(.+)$/s;

export class Migration {
  readonly #parts: MigrationParts;
  readonly #ending = new AbortController();
  readonly #troubles = new Map<string, string>();
  /** Of those for whom it was too short. */
  readonly #pauseLimitsMs = new Map<string, number>();
  #order: Order | undefined;
  readonly #linking: Linking;
  /** What was begun before this server started is known. */
  readonly #known = Promise.withResolvers<void>();
  #run: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  #users = 0;
  #moved = 0;
  #items = 0;
  #longestPauseMs = 0;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
    const { openPool, clock, log } = parts;
    this.#linking = new Linking({ openPool, clock, log, signal: this.#ending.signal });
  }

  /** Takes up what was begun before this server started. */
  async resume(): Promise<void> {
    const { own, places } = this.#parts;
    await places.load();
    this.#order = await readOrder(own);
    this.#known.resolve();
    const order = this.#order;
    if (order === undefined || order.phase === 'closed') return;
    this.#moved = this.#there(order);
    // Of one that was not over, the first round tells who is left.
    if (order.phase !== 'running') this.#users = this.#moved;
    this.#linking.keepTrying(order).then(
      () => this.#begin(),
      () => undefined,
    );
  }

  /** Resolves when users of the pool can be served through this server; undefined where there is no pool. */
  linked(): Promise<unknown> | undefined {
    return this.#linking.linked;
  }

  get order(): Order | undefined {
    return this.#order;
  }

  /** Throws MigrationError, and nothing was copied then; where the same is under way already, it goes on. */
  async start(asked: Asked): Promise<Progress> {
    const { own, build } = this.#parts;
    await this.#known.promise;
    const order = this.#order;
    if (order !== undefined && order.phase !== 'closed') {
      if (order.file !== asked.file || order.direction !== asked.direction) throw underWay(order);
      await this.#linking.now(order);
      return this.progress();
    }
    const side = await this.#parts.openPool(asked.file, asked.standalone);
    try {
      const stay = new Set(asked.users);
      const going = asked.direction === 'join' ? (await this.#usersHere()).filter((it) => !stay.has(it)) : [];
      await checkPool(side, { ...asked, build, users: going });
      if (asked.direction === 'leave') await checkTheyAreThere(side, asked.users);
    } catch (thrown) {
      await side.close();
      throw thrown;
    }
    const begun: Order = { ...asked, phase: 'running', isUndo: false };
    await writeOrder(own, begun);
    this.#order = begun;
    await this.#linking.link(side);
    this.#begin();
    return this.progress();
  }

  /** Whoever went comes home; then there is no way to the pool any more. Throws MigrationError('no-join', 'join-finished'). */
  async undo(): Promise<Progress> {
    await this.#known.promise;
    const order = this.#mustHave();
    if (order.phase === 'finished') throw finished();
    if (order.isUndo && order.phase === 'running') return this.progress();
    await this.#halt();
    const brought = [...this.#parts.places.all()].filter(([, it]) => it.place !== 'here').map(([user]) => user);
    const back: Order =
      order.direction === 'join'
        ? { ...order, direction: 'leave', phase: 'running', users: brought, isUndo: true }
        : { ...order, direction: 'join', phase: 'running', users: await this.#ownUsers(), isUndo: true };
    await writeOrder(this.#parts.own, back);
    this.#order = back;
    this.#begin();
    return this.progress();
  }

  /** It is not to be undone: what is left of those who went is removed here. */
  async finish(): Promise<Progress> {
    const { own, places } = this.#parts;
    await this.#known.promise;
    const order = this.#mustHave();
    if (order.phase !== 'done' && order.phase !== 'finished') throw underWay(order);
    if (order.direction === 'join') {
      for (const [user, { place }] of places.all()) if (place === 'pool') await removeItems(own, user);
      await writeOrder(own, (this.#order = { ...order, phase: 'finished' }));
      return this.progress();
    }
    const { side, problem } = this.#linking;
    if (side === undefined) throw notUp(order, problem);
    for (const user of this.#homeFrom(order)) await removeItems(side.store, user);
    await this.#close(order);
    return this.progress();
  }

  progress(): Progress {
    const order = this.#mustHave('closed');
    return {
      direction: order.direction,
      phase: order.phase,
      isUndo: order.isUndo,
      standalone: order.standalone,
      pool: this.#linking.side?.pool ?? '',
      users: this.#users,
      moved: this.#moved,
      items: this.#items,
      verified: order.isVerified ? this.#items : 0,
      longestPauseMs: Math.round(this.#longestPauseMs),
      problem: this.#linking.problem,
      troubles: [...this.#troubles].map(([user, why]) => ({ user, why })),
    };
  }

  /** Somebody of whom nothing is known: where they are from now on. Only once linked. */
  async settleNewcomer(user: string): Promise<void> {
    const { own, places } = this.#parts;
    const [order, side] = [this.#order, this.#linking.side];
    if (order === undefined || side === undefined || places.isKnown(user)) return;
    for await (const _ of own.query(`USER#${user}`, { limit: 1 })) return;
    const { epoch } = places.of(user);
    if (order.direction === 'join') {
      if (!order.users.includes(user)) await places.set(user, { place: 'pool', epoch });
      return;
    }
    const owner = await side.custody.owner(user);
    const isOurs = side.custody.has(owner) || (await side.custody.take(user, epoch)) !== undefined;
    await places.set(user, { place: isOurs ? 'here' : 'pool', epoch });
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('the server stops'));
    await this.#halt();
    await this.#linking.linked?.catch(() => undefined);
    await this.#linking.close();
  }

  /** What was asked last, where there is a way to the pool. */
  #begin(): void {
    const order = this.#order;
    const { side } = this.#linking;
    if (order?.phase !== 'running' || side === undefined || this.#run !== undefined) return;
    const { log, clock } = this.#parts;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#ending.signal]);
    const work = async () => {
      while (!signal.aborted) {
        try {
          if (await this.#round(order, side, signal)) return await this.#done(order, side);
        } catch (thrown) {
          if (!signal.aborted) log.error({ error: thrown }, 'Users are not moved now; it is tried again');
        }
        await sleep(clock, RETRY_MS, signal).catch(() => undefined);
      }
    };
    const run = { stop, done: work() };
    this.#run = run;
    void run.done.then(() => {
      if (this.#run === run) this.#run = undefined;
    });
  }

  /** True when nobody is left. */
  async #round(order: Order, side: PoolSide, signal: AbortSignal): Promise<boolean> {
    const { log, clock } = this.#parts;
    const isJoin = order.direction === 'join';
    const left = isJoin ? await this.#toGo(order, side) : await this.#toCome(order, side);
    this.#moved = this.#there(order);
    this.#users = this.#moved + left.length;
    if (left.length === 0) return true;
    const { store: pool, custody } = side;
    const prepare = (user: string) => side.prepare(user);
    const parts: Omit<MoveParts, 'pauseLimitMs'> = { ...this.#parts, ...order, pool, custody, prepare, signal };
    const move = isJoin ? moveOut : moveHome;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let user = left.shift(); user !== undefined && !signal.aborted; user = left.shift()) {
          const begunAt = clock.monotonic();
          try {
            const moved = await move({ ...parts, pauseLimitMs: this.#pauseLimitMs(user) }, user);
            this.#count(moved);
            this.#troubles.delete(user);
            this.#pauseLimitsMs.delete(user);
            log.info({ user, direction: order.direction, ...moved }, 'A user was handed over');
          } catch (thrown) {
            if (signal.aborted) return;
            this.#troubles.set(user, reasonOf(thrown));
            if (thrown instanceof MigrationError && thrown.code === 'pause-too-long')
              this.#pauseLimitsMs.set(user, Math.min(2 * this.#pauseLimitMs(user), LONGEST_PAUSE_LIMIT_MS));
            log.warn({ user, error: thrown }, 'A user was not handed over');
          }
          const restMs = Math.min(clock.monotonic() - begunAt, LONGEST_REST_MS);
          await sleep(clock, restMs, signal).catch(() => undefined);
        }
      }),
    );
    return false;
  }

  #pauseLimitMs(user: string): number {
    return this.#pauseLimitsMs.get(user) ?? FIRST_PAUSE_LIMIT_MS;
  }

  /** How many are where the order has them. */
  #there(order: Order): number {
    if (order.direction === 'leave') return this.#homeFrom(order).length;
    return [...this.#parts.places.all()].filter(([, it]) => it.place === 'pool').length;
  }

  #count({ pauseMs, items }: Moved): void {
    this.#moved += 1;
    this.#items += items;
    this.#longestPauseMs = Math.max(this.#longestPauseMs, pauseMs);
  }

  /** Those whom a crash left between the two sides are settled first: the pool may have them. */
  async #toGo(order: Order, { custody }: PoolSide): Promise<string[]> {
    const { places } = this.#parts;
    const stay = new Set(order.users);
    for (const [user, { place }] of places.all()) {
      if (place === 'pool') {
        await custody.release(user);
        this.#troubles.delete(user);
      }
      // A leave that was taken back.
      if (place !== 'coming') continue;
      await custody.leave(user);
      await places.set(user, { ...places.of(user), place: 'pool' });
    }
    return (await this.#usersHere()).filter((it) => !stay.has(it));
  }

  async #toCome(order: Order, side: PoolSide): Promise<string[]> {
    const { places } = this.#parts;
    // Not handed over yet: what the pool has is no more than a copy.
    for (const [user, { place, epoch }] of places.all()) {
      if (place === 'going') await places.set(user, { place: 'here', epoch });
    }
    const isHere = (user: string) => places.isKnown(user) && places.of(user).place === 'here';
    if (order.users.length > 0 || order.isUndo) return order.users.filter((it) => !isHere(it));
    return (await usersOf(side)).filter((it) => !isHere(it));
  }

  async #done(order: Order, { store, custody }: PoolSide): Promise<void> {
    const { own, log } = this.#parts;
    log.info({ direction: order.direction, users: this.#users }, 'All users were handed over');
    if (!order.isUndo || order.direction === 'join') {
      await writeOrder(own, (this.#order = { ...order, phase: 'done' }));
      return;
    }
    for (const user of order.users) {
      // Forgotten before a crash, and perhaps the pool's own since.
      if (!custody.has(await custody.owner(user))) continue;
      await removeItems(store, user);
      await custody.forget(user);
    }
    await this.#close(order);
  }

  async #close(order: Order): Promise<void> {
    await writeOrder(this.#parts.own, (this.#order = { ...order, phase: 'closed' }));
    await this.#linking.close();
  }

  async #halt(): Promise<void> {
    this.#run?.stop.abort(new Error('it is asked for something else'));
    await this.#run?.done;
    this.#run = undefined;
  }

  #homeFrom(order: Order): readonly string[] {
    const named = new Set(order.users);
    const home = [...this.#parts.places.all()].filter(([, it]) => it.place === 'here').map(([user]) => user);
    return named.size === 0 ? home : home.filter((it) => named.has(it));
  }

  /** Who has anything in this server's store and is served here. */
  async #usersHere(): Promise<string[]> {
    const { own, places } = this.#parts;
    const users = new Set<string>();
    for await (const { key } of own.scan()) {
      const user = USER.exec(key.partition)?.[1];
      if (user !== undefined && places.isHere(user)) users.add(user);
    }
    return [...users].toSorted();
  }

  /** Who never was the pool's. */
  async #ownUsers(): Promise<string[]> {
    return (await this.#usersHere()).filter((it) => !this.#parts.places.isKnown(it));
  }

  /** Closed ones count for those who only ask. */
  #mustHave(closed?: 'closed'): Order {
    const order = this.#order;
    if (order !== undefined && (closed || order.phase !== 'closed')) return order;
    throw new MigrationError('no-join', 'This server neither joins nor leaves a pool', {
      remedy: 'Begin with `caravan join --pool FILE` or `caravan leave --pool FILE`.',
    });
  }
}

/** Everybody in the pool who is in no standalone server's hands. */
async function usersOf({ store }: PoolSide): Promise<string[]> {
  const users: string[] = [];
  for await (const { key, attributes } of store.scan()) {
    const user = key.sort === 'OWNER' ? USER.exec(key.partition)?.[1] : undefined;
    if (user !== undefined && custodianOf(String(attributes['session'])) === undefined) users.push(user);
  }
  return users.toSorted();
}

async function checkTheyAreThere({ pool, custody }: PoolSide, users: readonly string[]): Promise<void> {
  for (const user of users) {
    if ((await custody.owner(user)) !== undefined) continue;
    throw new MigrationError('no-such-user', `The pool ${pool} has no user ${user}`, {
      why: 'no device of theirs has ever been served by it',
      remedy: '`caravan pool user NAME` tells who is known.',
    });
  }
}

const underWay = ({ direction, phase, file }: Order): MigrationError =>
  new MigrationError('join-under-way', `A ${direction} is ${phase === 'running' ? 'under way' : phase}`, {
    why: `it was begun with ${file}`,
    remedy: 'Wait for it (`caravan join --status`), or take it back with `caravan join --undo`.',
  });

const notUp = ({ file }: Order, problem: string | undefined): MigrationError =>
  new MigrationError('pool-not-up', 'The pool cannot be used now', {
    why: problem ?? 'it has not been reached yet',
    remedy: `It is tried again by itself. Check what ${file} says; \`caravan join --status\` tells when it is there.`,
  });

const finished = (): MigrationError =>
  new MigrationError('join-finished', 'The join is finished and cannot be taken back', {
    why: 'what this server had of its users was removed',
    remedy: 'Use `caravan leave` with a server and a database of their own.',
  });
