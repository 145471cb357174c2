/** What an administrator does to a pool, from any process that has the store. Servers notice within a beat. */
import { type Clock, type Random, randomName, sleep } from '../platform/index.ts';
import { absent, type Attributes, equals, oneOf, present, type Store } from '../store/index.ts';
import { PoolError } from './errors.ts';
import { fenceSession } from './fence.ts';
import { noPoolMetrics } from './metrics.ts';
import { type Ownership, RELEASED, type ServerSession } from './pool.ts';
import {
  expiresAt,
  isLiveStatus,
  LIVE,
  ownerKey,
  poolPartition,
  readOwnership,
  readServer,
  serverKey,
  serverPrefix,
} from './records.ts';
import { DEFAULT_POOL_SETTINGS } from './settings.ts';
import { readItem, type Settled, settle, type StoreAccess, type Write } from './settle.ts';
import { drainWrite, firstClaimWrite, successionWrite } from './writes.ts';

const ATTEMPTS = 5;
/** Users whose bindings changed and who may wait to be noticed at once. */
const REVIEW_LIMIT = 100;

export interface AdministerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: string;
  /** Default: 1,000. */
  readonly requestTimeoutMs?: number;
  /** The pool's own; default: 10,000. */
  readonly leaseMs?: number;
}

/** Every method throws PoolError: 'server-unknown' for a session that is not alive, 'pool-store-unavailable', 'server-alive'. */
export class PoolAdministration {
  readonly #options: AdministerOptions;
  readonly #access: StoreAccess;

  constructor(options: AdministerOptions) {
    const { store, clock, requestTimeoutMs = DEFAULT_POOL_SETTINGS.requestTimeoutMs } = options;
    this.#options = options;
    this.#access = { store, clock, requestTimeoutMs, metrics: noPoolMetrics };
  }

  /** All sessions, ended ones too. */
  async servers(): Promise<readonly ServerSession[]> {
    const servers: ServerSession[] = [];
    const { store, pool } = this.#options;
    for await (const item of store.query(poolPartition(pool), { prefix: serverPrefix })) servers.push(readServer(item));
    return servers;
  }

  /** Undefined for a user nobody ever owned. */
  async owner(user: string): Promise<Ownership | undefined> {
    const read = await readItem(this.#access, ownerKey(user));
    if (!read.ok) throw unavailable(read.cause);
    return read.value && readOwnership(user, read.value);
  }

  /** Pins the user to the server at that address; it goes there as soon as that server takes users. */
  async bind(user: string, address: string): Promise<void> {
    await this.#changeBinding(user, address);
  }

  /** The user stays where they are, and may be moved again. */
  async unbind(user: string): Promise<void> {
    await this.#changeBinding(user, undefined);
  }

  /**
   * The user is to leave this pool, which has the user up to that home epoch: `closed` once nobody of it can take the user any
   * more, `asked` where the owner lives and has been asked to give the user up.
   */
  async giveUp(user: string, closed: number): Promise<'closed' | 'asked'> {
    const owner = await this.owner(user);
    const now = this.#options.clock.now();
    if (owner?.session === RELEASED && (owner.closed ?? 0) >= closed) return 'closed';
    const isDead =
      owner === undefined || owner.session === RELEASED || (await this.#readLive(owner.session)) === undefined;
    if (isDead) {
      const mark = { closed };
      const write =
        owner === undefined ? firstClaimWrite(user, RELEASED, now, mark) : successionWrite(owner, RELEASED, now, mark);
      return (await settle(this.#access, write)).outcome === 'applied' ? 'closed' : 'asked';
    }
    const key = ownerKey(user);
    await settle(this.#access, {
      key,
      send: (store) => store.update(key, { set: { leaving: closed } }, [equals('epoch', owner.epoch)]),
      isMine: (current) => current !== undefined && readOwnership(user, current).leaving === closed,
      isOpen: (current) => current !== undefined && readOwnership(user, current).epoch === owner.epoch,
    });
    await this.#askForReview(owner.session, user);
    return 'asked';
  }

  /** Of a user whom nobody of this pool has: the next claim, and all that is written under it, comes above what was copied in. */
  async raiseEpoch(user: string, least: number): Promise<void> {
    const key = ownerKey(user);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const owner = await this.owner(user);
      if (owner !== undefined && owner.epoch >= least) return;
      if (owner === undefined || owner.session !== RELEASED) break;
      const result = await settle(this.#access, {
        key,
        send: (store) =>
          store.update(key, { set: { epoch: least } }, [equals('epoch', owner.epoch), equals('session', RELEASED)]),
        isMine: (current) => current !== undefined && readOwnership(user, current).epoch === least,
        isOpen: (current) => current !== undefined && readOwnership(user, current).epoch === owner.epoch,
      });
      if (result.outcome === 'applied') return;
    }
    throw unavailable(undefined);
  }

  /** False: the server gets nobody new and keeps whom it has. */
  async setAvailable(session: string, isAvailable: boolean): Promise<void> {
    const key = serverKey(this.#options.pool, session);
    const set = { available: isAvailable, expires: expiresAt(this.#options.clock.now()) };
    await this.#must(session, {
      key,
      send: (store) => store.update(key, { set }, [oneOf('status', LIVE)]),
      isMine: (current) => current !== undefined && readServer(current).available === isAvailable,
      isOpen: (current) => current !== undefined && isLiveStatus(readServer(current).status),
    });
  }

  /** The server notices, gives everybody away and leaves. */
  async drain(session: string): Promise<void> {
    await this.#must(session, drainWrite(this.#options.pool, session, this.#options.clock.now()));
  }

  /**
   * Declares a session dead. `isGone` (default false) says that its process is known to have ended, and fences at once; of a
   * process that may run it must not be said, since that one goes on acting until its own deadline. Without it the session is
   * watched for a lease, and PoolError('server-alive') thrown if it beats.
   */
  async fence(session: string, { isGone = false } = {}): Promise<void> {
    const { pool, clock, leaseMs = DEFAULT_POOL_SETTINGS.leaseMs } = this.#options;
    let observed = await this.#readLive(session);
    if (observed !== undefined && !isGone) await sleep(clock, leaseMs);
    for (let attempt = 0; attempt < ATTEMPTS && observed !== undefined; attempt++) {
      const fenced = await fenceSession(this.#access, pool, session, observed.beat);
      if (fenced === 'fenced' || fenced === 'dead') return;
      if (fenced === 'moved' && !isGone) throw alive(session);
      if (fenced === 'moved') observed = await this.#readLive(session);
    }
    if (observed !== undefined) throw unavailable(undefined);
  }

  /**
   * The cloud says that a task (its ARN) is on its way out, and has not been asked to end yet: its server is drained. Resolves to
   * the sessions that are draining by then, and were up.
   */
  async drainTask(task: string): Promise<readonly string[]> {
    const up = (await this.servers()).filter((it) => it.task === task && it.status === 'up');
    const draining: string[] = [];
    for (const { session } of up) {
      // Refused: it has ended since it was read.
      if (await this.#isDraining(session)) draining.push(session);
    }
    return draining;
  }

  /**
   * The cloud says that a task (its ARN; never an address, which the next task may have) has stopped: the sessions of its
   * process are dead. Resolves to those that this call fenced.
   */
  async fenceTask(task: string): Promise<readonly string[]> {
    const own = (await this.servers()).filter((it) => it.task === task && isLiveStatus(it.status));
    for (const { session } of own) await this.fence(session, { isGone: true });
    return own.map(({ session }) => session);
  }

  /** False for a session that has ended. */
  async #isDraining(session: string): Promise<boolean> {
    try {
      await this.drain(session);
      return true;
    } catch (thrown) {
      if (thrown instanceof PoolError && thrown.code === 'server-unknown') return false;
      throw thrown;
    }
  }

  /** Removes the item of a session that has ended. */
  async remove(session: string): Promise<void> {
    const key = serverKey(this.#options.pool, session);
    await this.#must(session, {
      key,
      send: (store) => store.delete(key, [oneOf('status', ['fenced', 'left'])]),
      isMine: (current) => current === undefined,
      isOpen: (current) => current !== undefined && !isLiveStatus(readServer(current).status),
    });
  }

  /** Undefined for a session that has ended. */
  async #readLive(session: string): Promise<ServerSession | undefined> {
    let cause: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const read = await readItem(this.#access, serverKey(this.#options.pool, session));
      if (!read.ok) {
        cause = read.cause;
        continue;
      }
      if (read.value === undefined) throw unknownServer(session);
      const server = readServer(read.value);
      return isLiveStatus(server.status) ? server : undefined;
    }
    throw unavailable(cause);
  }

  async #changeBinding(user: string, boundTo: string | undefined): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const owner = await this.owner(user);
      const result = await settle(this.#access, bindWrite(user, owner, boundTo, this.#options.clock.now()));
      if (result.outcome !== 'applied') continue;
      if (owner !== undefined && owner.session !== RELEASED) await this.#askForReview(owner.session, user);
      return;
    }
    throw unavailable(undefined);
  }

  /** The list grows by the user; a concurrent change of it is read and added to, never lost. */
  async #askForReview(session: string, user: string): Promise<void> {
    const key = serverKey(this.#options.pool, session);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const read = await readItem(this.#access, key);
      if (!read.ok) continue;
      if (read.value === undefined) return;
      const server = readServer(read.value);
      const review = [...server.review.filter((it) => it !== user), user].slice(-REVIEW_LIMIT);
      const reviewMark = randomName(this.#options.random);
      const set = { review, reviewMark, expires: expiresAt(this.#options.clock.now()) };
      const result = await settle(this.#access, {
        key,
        send: (store) => store.update(key, { set }, [equals('reviewMark', server.reviewMark)]),
        isMine: (current) => current !== undefined && readServer(current).reviewMark === reviewMark,
        isOpen: (current) => current !== undefined && readServer(current).reviewMark === server.reviewMark,
      });
      if (result.outcome === 'applied') return;
    }
    throw unavailable(undefined);
  }

  async #must(session: string, write: Write): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result: Settled = await settle(this.#access, write);
      if (result.outcome === 'applied') return;
      if (result.outcome === 'refused') throw unknownServer(session);
    }
    throw unavailable(undefined);
  }
}

/** Neither owner nor epoch changes: a claim or give at the same time refuses this write, which is then made anew. */
function bindWrite(user: string, owner: Ownership | undefined, boundTo: string | undefined, nowMs: number): Write {
  const key = ownerKey(user);
  const isMine: Write['isMine'] = (current) =>
    current !== undefined && readOwnership(user, current).boundTo === boundTo;
  if (owner === undefined) {
    const free = { session: RELEASED, epoch: 0, since: nowMs };
    const attributes: Attributes = boundTo === undefined ? free : { ...free, boundTo };
    return {
      key,
      send: (store) => store.put({ key, attributes }, [absent]),
      isMine,
      isOpen: (current) => current === undefined,
    };
  }
  const changes = boundTo === undefined ? { remove: ['boundTo'] } : { set: { boundTo } };
  return {
    key,
    send: (store) => store.update(key, changes, [present, equals('epoch', owner.epoch)]),
    isMine,
    isOpen: (current) => current !== undefined && readOwnership(user, current).epoch === owner.epoch,
  };
}

const unknownServer = (session: string): PoolError =>
  new PoolError('server-unknown', `The server session '${session}' cannot be changed`, {
    why: 'it is not one that is alive, or for removal not one that has ended',
    remedy: '`caravan pool show` lists the sessions.',
  });

const alive = (session: string): PoolError =>
  new PoolError('server-alive', `The server session '${session}' was not fenced`, {
    why: 'it is alive: it has beaten while it was watched',
    remedy: 'Drain it, or end its process first.',
  });

const unavailable = (cause: unknown): PoolError =>
  new PoolError('pool-store-unavailable', 'The pool could not be read or changed', {
    why: 'the store gives no clear answer',
    remedy: 'Try again: nothing is half done.',
    cause,
  });
