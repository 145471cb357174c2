// Carries out what is asked of this server in its own item: the balancer's orders, and users to be bound elsewhere.
import { reasonOf, sleep } from '../platform/index.ts';
import { isEligible } from './choose.ts';
import { give } from './give.ts';
import type { Holding } from './holdings.ts';
import type { MemberContext } from './member-context.ts';
import { type Orders, readOrders } from './orders.ts';
import { custodianOf, type Ownership, RELEASED, type ServerSession } from './pool.ts';
import { ownerKey, readOwnership } from './records.ts';
import { selectUsers } from './select-users.ts';
import { readItem, settle } from './settle.ts';
import { successionWrite } from './writes.ts';

/** An order's gives are spread over so much of the minute until the next. */
const SPREAD_MS = 45_000;

export class OrderTaker {
  readonly #context: MemberContext;
  #mark = '';
  #reviewMark = '';
  #isBusy = false;

  constructor(context: MemberContext) {
    this.#context = context;
  }

  /** With every reading of the pool: `own` is this member's item. */
  take(own: ServerSession): void {
    const orders = readOrders(own);
    if (orders !== undefined && orders.mark !== this.#mark && !this.#isBusy) {
      this.#mark = orders.mark;
      this.#run('an order of the balancer', () => this.#carryOut(orders));
    }
    if (own.reviewMark !== this.#reviewMark) {
      this.#reviewMark = own.reviewMark;
      this.#run('a changed binding', () => this.#review(own.review));
    }
    for (const holding of this.#context.holdings.all()) this.#sendHome(holding);
  }

  async #carryOut(orders: Orders): Promise<void> {
    this.#isBusy = true;
    try {
      const gives = this.#usersFor(orders);
      for (const { user, to } of gives) {
        void give(this.#context, user, to);
        await sleep(this.#context.access.clock, SPREAD_MS / gives.length);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #usersFor(orders: Orders): readonly { readonly user: string; readonly to: string }[] {
    const own = this.#ownAddress();
    const now = this.#context.now();
    const movable = this.#context.holdings.all().map(({ lease, since, isMoved, boundTo }) => ({
      user: lease.user,
      isMoved,
      heldMs: now - since,
      idleMs: this.#context.callbacks.idleMs(lease.user),
      isBound: boundTo !== undefined && boundTo === own,
    }));
    const total = orders.gives.reduce((count, it) => count + it.count, 0);
    const users = selectUsers(movable, total);
    const targets = orders.gives.flatMap(({ to, count }) => Array.from({ length: count }, () => to));
    return users.map((user, position) => ({ user, to: targets[position] as string }));
  }

  async #review(users: readonly string[]): Promise<void> {
    for (const user of users) {
      const read = await readItem(this.#context.access, ownerKey(user));
      if (!read.ok || read.value === undefined) continue;
      const owner = readOwnership(user, read.value);
      const holding = this.#context.holdings.get(user);
      if (owner.leaving !== undefined) void this.#giveUp(owner, owner.leaving);
      if (holding === undefined) {
        // To a standalone server, which waits for the user; another of the pool gets the user at the next request.
        const { boundTo } = owner;
        if (boundTo !== undefined && custodianOf(boundTo) !== undefined) void this.#handOn(owner, boundTo);
        continue;
      }
      holding.boundTo = owner.boundTo;
      this.#sendHome(holding);
    }
  }

  /** The user leaves the pool: nobody of it may take the user again. */
  async #giveUp(owner: Ownership, closed: number): Promise<void> {
    const context = this.#context;
    if (context.holdings.get(owner.user)) return void (await give(context, owner.user, RELEASED, closed));
    await this.#handOn(owner, RELEASED, { closed });
  }

  /** A user who was claimed for this server by another, and was never asked for here: there is nothing to finish. */
  async #handOn(owner: Ownership, target: string, mark?: { readonly closed: number }): Promise<void> {
    const context = this.#context;
    if (owner.session !== context.session().id) return;
    await context.queue.run(owner.user, async () => {
      if (context.holdings.get(owner.user)) return;
      await settle(context.access, successionWrite(owner, target, context.access.clock.now(), mark));
    });
  }

  /** A pinned user goes to the pinned server as soon as it is there and takes users. */
  #sendHome({ lease, boundTo, giving }: Holding): void {
    if (boundTo === undefined || giving !== undefined || boundTo === this.#ownAddress()) return;
    if (custodianOf(boundTo) !== undefined) {
      void give(this.#context, lease.user, boundTo);
      return;
    }
    const home = this.#context.candidates().find((it) => it.address === boundTo && isEligible(it));
    if (home) void give(this.#context, lease.user, home.session);
  }

  #ownAddress(): string | undefined {
    return this.#context.observer.find(this.#context.session().id)?.address;
  }

  #run(what: string, task: () => Promise<void>): void {
    task().catch((thrown: unknown) => {
      this.#context.log.error({ what, error: reasonOf(thrown) }, 'What was asked of this server could not be done');
    });
  }
}
