/** The road of a standalone server: to itself, or for who has gone there to the pool. */
import { type Clock, type Log, sleep } from '../../platform/index.ts';
import { type Custody, type Location, type Member, PoolError } from '../../pool/index.ts';
import type { DeviceOrder } from '../../administration/index.ts';
import type { Migration, Places } from '../../migration/index.ts';
import type { OwnerRoad } from '../activesync/owner-road.ts';
import type { Road, RoadCompletion, RoadRequest, RoadResult } from '../activesync/road.ts';
import { ServerError } from '../errors.ts';

export interface GrowingRoadParts {
  readonly ownerRoad: OwnerRoad;
  readonly places: Places;
  readonly migration: Migration;
  /** To the pool, once there is one. */
  readonly toPool: () => Road | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A request does not wait longer for the link, or for its user's hand-over. */
const PATIENCE_MS = 20_000;
/** Between the pool's giving of a user and this server's notice of it. */
const NOTICE_MS = 1_000;

export class GrowingRoad implements Road {
  readonly #parts: GrowingRoadParts;
  #listener: (ticket: string, completion: RoadCompletion) => void = () => {};

  constructor(parts: GrowingRoadParts) {
    this.#parts = parts;
  }

  onCompletion(listener: (ticket: string, completion: RoadCompletion) => void): void {
    this.#listener = listener;
  }

  /** For the road to the pool: its tickets end here too. */
  readonly complete = (ticket: string, completion: RoadCompletion): void => this.#listener(ticket, completion);

  closeTicket(ticket: string): void {
    const { toPool, ownerRoad } = this.#parts;
    (toPool() ?? ownerRoad).closeTicket(ticket);
  }

  async execute(request: RoadRequest, signal?: AbortSignal): Promise<RoadResult> {
    const { ownerRoad, places, migration, clock, log } = this.#parts;
    const { user } = request.account;
    const cameMs = clock.monotonic();
    const tell = () => {
      if (migration.order === undefined) return;
      const waitedMs = Math.round(clock.monotonic() - cameMs);
      const { place } = places.of(user);
      log.debug({ requestId: request.requestId, user, place, waitedMs }, 'A request goes to where its user is');
    };
    if (this.#parts.toPool() && !places.isKnown(user)) await migration.settleNewcomer(user);
    await this.#untilFree(user);
    // Nothing may come between this look and the beginning: a hand-over waits for what has begun.
    if (places.isHere(user)) {
      tell();
      return ownerRoad.execute(request, places.lease(user), { complete: this.complete }, signal);
    }
    const road = await this.#pool(user);
    tell();
    return road.execute(request, signal);
  }

  /** Of users who are here. Throws ServerError('no-owner') of those who are on their way, and what the order throws. */
  async order(user: string, order: DeviceOrder): Promise<void> {
    const { ownerRoad, places } = this.#parts;
    await this.#untilFree(user);
    if (places.isHere(user)) return ownerRoad.order(order, places.lease(user));
    throw new ServerError('no-owner', `${user} is not served here any more`, {
      remedy: 'Name the administration of one of the servers of the pool with --url.',
    });
  }

  async #pool(user: string): Promise<Road> {
    const { migration, toPool, clock } = this.#parts;
    const done = new AbortController();
    const linked = migration.linked()?.catch(() => undefined);
    await Promise.race([linked, sleep(clock, PATIENCE_MS, done.signal).catch(() => undefined)]);
    done.abort();
    const road = toPool();
    if (road) return road;
    throw new ServerError('no-owner', `Nobody serves ${user} now`, {
      why: 'the pool that has the user cannot be reached',
      remedy: 'The device tries again by itself.',
    });
  }

  async #untilFree(user: string): Promise<void> {
    const { places, clock } = this.#parts;
    const until = clock.monotonic() + PATIENCE_MS;
    for (let held = places.held(user); held; held = places.held(user)) {
      const done = new AbortController();
      await Promise.race([held, sleep(clock, PATIENCE_MS, done.signal).catch(() => undefined)]);
      done.abort();
      if (clock.monotonic() < until) continue;
      throw new ServerError('no-owner', `Nobody serves ${user} now`, { why: 'the user is being handed over' });
    }
  }
}

/** A link's member, which knows who is served here: for those the pool has no say. */
export function seenFrom(places: Places, custody: Custody, clock: Clock, member: Member): Member {
  const locate = async (user: string, stale?: Parameters<Member['locate']>[1]): Promise<Location> => {
    for (;;) {
      await places.held(user);
      if (places.isHere(user) && places.isKnown(user)) return { kind: 'mine', lease: places.lease(user) };
      const location = await member.locate(user, stale);
      if (location.kind !== 'nowhere') return location;
      const { place } = places.of(user);
      if (place === 'pool' && (await handedOn(places, custody, user))) continue;
      if (place !== 'coming') return location;
      // Given by the pool, and not taken here yet.
      await places.soon(user, NOTICE_MS, clock);
      if (!places.isHere(user)) return location;
    }
  };
  return new Proxy(member, {
    get(target, name) {
      if (name === 'locate') return locate;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/**
 * A hand-over to the pool ended here, and before the pool was told: its end does not wait for the others'. False where the user
 * is not in this server's hands.
 */
async function handedOn(places: Places, custody: Custody, user: string): Promise<boolean> {
  try {
    const owner = await custody.owner(user);
    if (owner === undefined || !custody.has(owner)) return false;
    // Called back since then, the user is in its hands by right, and by a newer epoch than was read.
    if (places.of(user).place === 'pool' && !places.held(user)) await custody.releaseAsRead(owner);
    return true;
  } catch (thrown) {
    if (thrown instanceof PoolError) return false;
    throw thrown;
  }
}
