/** Who is where, and so who is to be moved next: by this server's own store, and by what the pool says of its users. */
import { custodianOf } from '../../pool/index.ts';
import type { MoveParts } from './hand-over.ts';
import type { Order } from './order.ts';
import type { PoolSide } from './pool-side.ts';

const USER = /^USER#(.+)$/s;

export class Roll {
  readonly #parts: Pick<MoveParts, 'own' | 'places'>;

  constructor(parts: Pick<MoveParts, 'own' | 'places'>) {
    this.#parts = parts;
  }

  /** Who is where the order has them. */
  arrived(order: Order): readonly string[] {
    const { places } = this.#parts;
    const goal = order.direction === 'join' ? 'pool' : 'here';
    const there = [...places.all()].filter(([, it]) => it.place === goal).map(([user]) => user);
    if (order.direction === 'join' || order.users.length === 0) return there;
    const named = new Set(order.users);
    return there.filter((it) => named.has(it));
  }

  /** Who is not. Those whom a crash left between the two sides are settled first. */
  left(order: Order, side: PoolSide): Promise<string[]> {
    return order.direction === 'join' ? this.#toGo(order, side) : this.#toCome(order, side);
  }

  /** Who has anything in this server's store and is served here. */
  async here(): Promise<string[]> {
    const { own, places } = this.#parts;
    const users = new Set<string>();
    for await (const { key } of own.scan()) {
      const user = USER.exec(key.partition)?.[1];
      if (user !== undefined && places.isHere(user)) users.add(user);
    }
    return [...users].toSorted();
  }

  async #toGo({ users }: Order, { custody }: PoolSide): Promise<string[]> {
    const { places } = this.#parts;
    for (const [user, { place }] of places.all()) {
      if (place === 'pool') await custody.release(user);
      // A leave that was taken back.
      if (place !== 'coming') continue;
      await custody.leave(user);
      await places.set(user, { ...places.of(user), place: 'pool' });
    }
    const stay = new Set(users);
    return (await this.here()).filter((it) => !stay.has(it));
  }

  async #toCome(order: Order, side: PoolSide): Promise<string[]> {
    const { places } = this.#parts;
    // Not handed over yet: what the pool has is no more than a copy.
    for (const [user, { place, epoch }] of places.all()) {
      if (place === 'going') await places.set(user, { place: 'here', epoch });
    }
    const isAll = order.users.length === 0 && !order.isUndo;
    const users = isAll ? await usersOf(side) : order.users;
    return users.filter((it) => !places.isKnown(it) || places.of(it).place !== 'here');
  }
}

/** Everybody in the pool who is in no other standalone server's hands; in this one's is whom a crash left on the way. */
async function usersOf({ store, custody }: PoolSide): Promise<string[]> {
  const users: string[] = [];
  for await (const { key, attributes } of store.scan()) {
    const user = key.sort === 'OWNER' ? USER.exec(key.partition)?.[1] : undefined;
    const session = String(attributes['session']);
    const isTheirs = custodianOf(session) !== undefined && !custody.has({ session });
    if (user !== undefined && !isTheirs) users.push(user);
  }
  return users.toSorted();
}
