/**
 * A standalone server's way into a pool, and out of one (docs/growth.md): an order in its store, which is carried out user by
 * user, and taken up again after a crash.
 */
import { checkNewcomers, checkPool, checkTheyAreThere } from './check-pool.ts';
import { removeItems } from '../copy-items.ts';
import { Linking } from './linking.ts';
import { type Order, readOrder, writeOrder } from './order.ts';
import type { PoolSide } from './pool-side.ts';
import type { Progress } from './progress.ts';
import { finished, finishedWithout, goneAlready, noOrder, notUp, otherName, underWay } from './refusals.ts';
import { Roll } from './roll.ts';
import { Rounds, type RoundsParts } from './rounds.ts';

export interface MigrationParts extends Omit<RoundsParts, 'roll' | 'onDone' | 'ending'> {
  readonly build: string;
  /** Opens what the file names; nothing is linked yet. Throws what says that it cannot be used. */
  readonly openPool: (file: string, standalone: string) => Promise<PoolSide>;
}

export type Asked = Pick<Order, 'direction' | 'file' | 'standalone' | 'isVerified' | 'users'>;

export class Migration {
  readonly #parts: MigrationParts;
  readonly #ending = new AbortController();
  #order: Order | undefined;
  readonly #linking: Linking;
  /** What was begun before this server started is known. */
  readonly #known = Promise.withResolvers<void>();
  readonly #roll: Roll;
  readonly #rounds: Rounds;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
    const { openPool, clock, log } = parts;
    const ending = this.#ending.signal;
    this.#linking = new Linking({ openPool, clock, log, signal: ending });
    this.#roll = new Roll(parts);
    const onDone = (order: Order, side: PoolSide) => this.#done(order, side);
    this.#rounds = new Rounds({ ...parts, roll: this.#roll, onDone, ending });
  }

  /** Takes up what was begun before this server started. */
  async resume(): Promise<void> {
    const { own, places } = this.#parts;
    await places.load();
    this.#order = await readOrder(own);
    this.#known.resolve();
    const order = this.#order;
    if (order === undefined || order.phase === 'closed') return;
    this.#rounds.moved = this.#roll.arrived(order).length;
    // Of one that was not over, the first round tells who is left.
    if (order.phase !== 'running') this.#rounds.users = this.#rounds.moved;
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

  /** Throws MigrationError, and nothing was copied then; where the same is under way already, it goes on, with these users. */
  async start(asked: Asked): Promise<Progress> {
    const { own, build } = this.#parts;
    await this.#known.promise;
    const order = this.#order;
    if (order !== undefined && order.phase !== 'closed') {
      if (order.file !== asked.file || order.direction !== asked.direction) throw underWay(order);
      if (order.standalone !== asked.standalone) throw otherName(order);
      const side = await this.#linking.now(order);
      const others = this.#others(order, asked);
      if (others !== undefined) await this.#goOnWith({ ...order, users: others, isVerified: asked.isVerified }, side);
      return this.progress();
    }
    const side = await this.#parts.openPool(asked.file, asked.standalone);
    try {
      const stay = new Set(asked.users);
      const going = asked.direction === 'join' ? (await this.#roll.here()).filter((it) => !stay.has(it)) : [];
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

  /** What the order says of users from now on; undefined where it says so already. */
  #others(order: Order, asked: Asked): readonly string[] | undefined {
    const isAll = asked.users.length === 0 || order.users.length === 0;
    const users =
      order.direction === 'join' ? asked.users : isAll ? [] : [...new Set([...order.users, ...asked.users])].toSorted();
    const isSame = users.length === order.users.length && users.every((it) => order.users.includes(it));
    return isSame ? undefined : users;
  }

  /** Other users are asked for than before. Throws MigrationError, and those of before go on then. */
  async #goOnWith(order: Order, side: PoolSide): Promise<void> {
    const { own, places } = this.#parts;
    if (order.isUndo) throw underWay(order);
    if (order.phase === 'finished') throw finishedWithout();
    const named = new Set(order.users);
    if (order.direction === 'join') {
      const gone = order.users.filter((it) => places.isKnown(it) && places.of(it).place === 'pool');
      if (gone.length > 0) throw goneAlready(order, gone);
      await checkNewcomers(side, { ...order, users: (await this.#roll.here()).filter((it) => !named.has(it)) });
    } else await checkTheyAreThere(side, order.users);
    await this.#rounds.halt();
    const running: Order = { ...order, phase: 'running' };
    await writeOrder(own, running);
    this.#order = running;
    this.#begin();
  }

  /** Whoever went comes home; then there is no way to the pool any more. Throws MigrationError('no-join', 'join-finished'). */
  async undo(): Promise<Progress> {
    await this.#known.promise;
    const order = this.#mustHave();
    if (order.phase === 'finished') throw finished();
    if (order.isUndo && order.phase === 'running') return this.progress();
    await this.#rounds.halt();
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
    for (const user of this.#roll.arrived(order)) await removeItems(side.store, user);
    await this.#close(order);
    return this.progress();
  }

  progress(): Progress {
    const order = this.#mustHave('closed');
    const { users, moved, items, longestPauseMs, troubles } = this.#rounds;
    return {
      direction: order.direction,
      phase: order.phase,
      isUndo: order.isUndo,
      standalone: order.standalone,
      pool: this.#linking.side?.pool ?? '',
      users,
      moved,
      items,
      verified: order.isVerified ? items : 0,
      longestPauseMs: Math.round(longestPauseMs),
      problem: this.#linking.problem,
      troubles: [...troubles].map(([user, why]) => ({ user, why })),
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
    await this.#rounds.halt();
    await this.#linking.linked?.catch(() => undefined);
    await this.#linking.close();
  }

  /** What was asked last, where there is a way to the pool. */
  #begin(): void {
    const { side } = this.#linking;
    if (this.#order?.phase === 'running' && side !== undefined) this.#rounds.begin(this.#order, side);
  }

  async #done(order: Order, { store, custody }: PoolSide): Promise<void> {
    const { own, log } = this.#parts;
    log.info({ direction: order.direction, users: this.#rounds.users }, 'All users were handed over');
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

  /** Who never was the pool's. */
  async #ownUsers(): Promise<string[]> {
    return (await this.#roll.here()).filter((it) => !this.#parts.places.isKnown(it));
  }

  /** Closed ones count for those who only ask. */
  #mustHave(closed?: 'closed'): Order {
    const order = this.#order;
    if (order !== undefined && (closed || order.phase !== 'closed')) return order;
    throw noOrder();
  }
}
