/**
 * Users on their way between a pool and a standalone server that has its own store. While one is in the standalone server's
 * hands, the OWNER item in the pool names it (`@name`): nobody in the pool claims the user, and nobody can who has read the item
 * before, since every step moves the epoch on.
 */
import { type Clock, type Random, sleep } from '../platform/index.ts';
import { absent, equals, type Store } from '../store/index.ts';
import { PoolAdministration } from './administer.ts';
import { PoolError } from './errors.ts';
import { noPoolMetrics } from './metrics.ts';
import { custodyOf, type Ownership, RELEASED } from './pool.ts';
import { isLiveStatus, ownerKey, readOwnership, readServer, serverKey } from './records.ts';
import { readItem, type Settled, settle, type StoreAccess, type Write } from './settle.ts';
import { successionWrite } from './writes.ts';

export interface CustodyOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: string;
  /** The standalone server's name. */
  readonly standalone: string;
  /** Default: 1,000. */
  readonly requestTimeoutMs?: number;
}

const REQUEST_MS = 1_000;
const ATTEMPTS = 8;
const RETRY_MS = 100;
/** How often it is looked whether the owner has given the user. */
const POLL_MS = 50;
/** The owner may have been asked when it could not. */
const ASK_AGAIN_POLLS = 100;

/** Every method throws PoolError('pool-store-unavailable') where the store gives no clear answer; then it may be tried again. */
export class Custody {
  readonly #options: CustodyOptions;
  readonly #access: StoreAccess;
  readonly #administration: PoolAdministration;

  constructor(options: CustodyOptions) {
    const { store, clock, requestTimeoutMs = REQUEST_MS } = options;
    this.#options = options;
    this.#access = { store, clock, requestTimeoutMs, metrics: noPoolMetrics };
    this.#administration = new PoolAdministration(options);
  }

  owner(user: string): Promise<Ownership | undefined> {
    return this.#administration.owner(user);
  }

  has(owner: Pick<Ownership, 'session'> | undefined): boolean {
    return owner?.session === custodyOf(this.#options.standalone);
  }

  /** For a user whom the pool does not know, with an epoch of at least `epoch`. Undefined where the pool knows the user. */
  async take(user: string, epoch: number): Promise<number | undefined> {
    const session = custodyOf(this.#options.standalone);
    const key = ownerKey(user);
    const attributes = { session, epoch, since: this.#options.clock.now() };
    const result = await this.#settled({
      key,
      send: (store) => store.put({ key, attributes }, [absent]),
      isMine: (current) => current?.attributes['session'] === session,
      isOpen: (current) => current === undefined,
    });
    if (result.outcome !== 'applied') return undefined;
    const owner = await this.owner(user);
    if (owner === undefined || owner.epoch >= epoch) return owner?.epoch;
    // It came back from the pool before, and has been served here by a newer epoch since.
    return (await this.#raise(owner, epoch)) ? epoch : undefined;
  }

  /** The pool's own from here on: the next request claims the user. Nothing to do where it is already. */
  async release(user: string): Promise<void> {
    const owner = await this.owner(user);
    if (owner !== undefined) await this.releaseAsRead(owner);
  }

  /** As `release`, of what was read: nothing happens where the custody is another by then, a newer one of this server too. */
  async releaseAsRead(owner: Ownership): Promise<void> {
    if (this.has(owner)) await this.#settled(successionWrite(owner, RELEASED, this.#options.clock.now()));
  }

  /** As `release`, in one request: `owner` is what was read since it was taken, `session` who in the pool has the user next. */
  async handOn(user: string, owner: Ownership | undefined, session: string = RELEASED): Promise<void> {
    if (owner !== undefined && this.has(owner)) {
      const { outcome } = await this.#settled(successionWrite(owner, session, this.#options.clock.now()));
      if (outcome === 'applied') return;
    }
    await this.release(user);
  }

  /** The pool forgets that it ever knew the user. Only where nothing of the user's is in its store. */
  async forget(user: string): Promise<void> {
    const key = ownerKey(user);
    const owner = await this.owner(user);
    if (owner === undefined || !this.has(owner)) return;
    const { session, epoch, since } = owner;
    // The user may be taken again by the same epoch, before a request that is late comes.
    const asItWas = [equals('session', session), equals('epoch', epoch), equals('since', since)];
    await this.#settled({
      key,
      send: (store) => store.delete(key, asItWas),
      isMine: (current) => current === undefined,
      isOpen: (current) => current !== undefined && isSameCustody(readOwnership(user, current), owner),
    });
  }

  /**
   * The user is given into custody by whoever in the pool serves it, or claimed where nobody does. Resolves to the epoch of
   * the custody, which is above all that the pool has used. Rejects with the signal's reason; `leave` then.
   */
  async call(user: string, signal: AbortSignal): Promise<number> {
    const { clock, standalone } = this.#options;
    const session = custodyOf(standalone);
    let asked: string | undefined;
    for (let poll = 0; ; poll++) {
      signal.throwIfAborted();
      const owner = await this.owner(user);
      if (owner === undefined) {
        const epoch = await this.take(user, 1);
        if (epoch !== undefined) return epoch;
        continue;
      }
      if (this.has(owner)) {
        // Of an earlier call: it may have been taken back by a request that has not come yet.
        if (poll === 0 && !(await this.#raise(owner, owner.epoch + 1))) continue;
        await this.#administration.unbind(user);
        return poll === 0 ? owner.epoch + 1 : owner.epoch;
      }
      if (owner.session === RELEASED || !(await this.#lives(owner.session))) {
        await this.#settled(successionWrite(owner, session, clock.now()));
        continue;
      }
      if (asked !== owner.session || poll % ASK_AGAIN_POLLS === 0) {
        await this.#administration.bind(user, session);
        asked = owner.session;
      }
      await sleep(clock, POLL_MS, signal);
    }
  }

  /** A call is taken back: the pool keeps the user. */
  async leave(user: string): Promise<void> {
    const owner = await this.owner(user);
    if (owner?.boundTo === custodyOf(this.#options.standalone)) await this.#administration.unbind(user);
    await this.release(user);
  }

  /** False where the custody is another's by now. */
  async #raise({ user, session, epoch: from }: Ownership, epoch: number): Promise<boolean> {
    const key = ownerKey(user);
    const { outcome } = await this.#settled({
      key,
      send: (store) => store.update(key, { set: { epoch } }, [equals('session', session), equals('epoch', from)]),
      isMine: (current) => current?.attributes['session'] === session && current.attributes['epoch'] === epoch,
      isOpen: (current) => current?.attributes['epoch'] === from,
    });
    return outcome === 'applied';
  }

  async #lives(session: string): Promise<boolean> {
    const read = await readItem(this.#access, serverKey(this.#options.pool, session));
    if (!read.ok) return true;
    return read.value !== undefined && isLiveStatus(readServer(read.value).status);
  }

  async #settled(write: Write): Promise<Settled> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const result = await settle(this.#access, write);
      if (result.outcome !== 'unknown') return result;
      await sleep(this.#options.clock, RETRY_MS);
    }
    throw new PoolError('pool-store-unavailable', 'A user could not be handed over', {
      why: "the pool's store gives no clear answer",
      remedy: 'Nothing is half done: it is tried again.',
    });
  }
}

const isSameCustody = (one: Ownership, other: Ownership): boolean =>
  one.session === other.session && one.epoch === other.epoch && one.since === other.since;
