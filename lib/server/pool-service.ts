/** What a server does for its pool, whatever carries the words between servers: its membership, its road, its part for others. */
import type { DeviceOrder } from '../administration/index.ts';
import { CaravanError, type Clock, type Log, parseTraceparent, type Random, type Tracer } from '../platform/index.ts';
import { createMember, type Location, type Member, type MemberOptions } from '../pool/index.ts';
import type { Front, OwnerRoad } from './activesync/owner-road.ts';
import { replyOf } from './activesync/reply.ts';
import { type RoadRequest, toldOf } from './activesync/road.ts';
import { type LocalRoad, type PeerRoad, RoutedRoad } from './activesync/routed-road.ts';
import { isHungUp } from './errors.ts';
import { failureOf } from './http/failure.ts';
import type { Owner } from './owner.ts';
import type { PeerService } from './peer/peer-listener.ts';
import type { Addressed, Given, Moved, OrderResult, PeerResult } from './peer/peer-messages.ts';
import type { Peer } from './peer/peers.ts';
import { describe } from './tracing/request-traces.ts';

/** The way to the other servers. */
export interface PoolPeers extends PeerRoad {
  tell(peer: Peer, given: Given): Promise<void>;
}

export interface PoolServiceParts {
  readonly owner: Owner;
  readonly ownerRoad: OwnerRoad;
  readonly peers: PoolPeers;
  /** What the member is beside its callbacks. */
  readonly member: Omit<MemberOptions, 'callbacks' | 'clock' | 'random' | 'log'>;
  /** Who is served here although the pool does not say so: what the member knows, seen through that. Default: nobody. */
  readonly around?: (member: Member) => Member;
  readonly onProxied?: () => void;
  /** Where requests are traced. */
  readonly tracer?: Tracer | undefined;
  /** See MemberCallbacks. */
  readonly onLeft?: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface PoolService {
  readonly member: Member;
  readonly road: RoutedRoad;
  /** For whoever brings the others' words. */
  readonly service: PeerService;
}

/** A give's last step comes well within this time, or never. */
const HANDED_OVER_MS = 60_000;
const OUTCOMES = { reply: 'answered', wait: 'waiting', moved: 'moved' } as const;

export function createPoolService(parts: PoolServiceParts): PoolService {
  const { owner, ownerRoad, peers, onProxied, tracer, clock, random, log } = parts;
  const handedOver = new Map<string, NonNullable<ReturnType<Owner['credentialsOf']>>>();
  const inPool: Member = createMember({
    ...parts.member,
    clock,
    random,
    log,
    callbacks: {
      idleMs: (user) => owner.idleMs(user),
      onLost: (user) => void ownerRoad.lose(user),
      onLeft: () => parts.onLeft?.(),
      give: {
        finish: (lease) => ownerRoad.finish(lease.user),
        flush: async () => {},
        async answerWaiting(lease) {
          const known = owner.credentialsOf(lease.user);
          if (known) {
            handedOver.set(lease.user, known);
            clock.after(HANDED_OVER_MS, () => {
              if (handedOver.get(lease.user) === known) handedOver.delete(lease.user);
            });
          }
          await owner.letGo(lease.user);
        },
        closeMonitor: async () => {},
        async tell({ user, session, address, epoch }) {
          const known = handedOver.get(user);
          handedOver.delete(user);
          if (known) await peers.tell({ session, address }, { user, epoch, ...readable(known) });
        },
      },
    },
  });
  const member = parts.around?.(inPool) ?? inPool;
  const door: Front = { complete: (ticket, completion) => road.complete(ticket, completion) };
  const local: LocalRoad = {
    execute: (request, lease, signal) => ownerRoad.execute(request, lease, door, signal),
    order: (order, lease) => ownerRoad.order(order, lease),
    closeTicket: (ticket) => ownerRoad.closeTicket(ticket),
  };
  const road: RoutedRoad = new RoutedRoad({
    member,
    peers,
    local,
    tracer,
    clock,
    log,
    ...(onProxied && { onProxied }),
  });

  /** Another server's device: its user must be ours, by the very epoch or a newer one. Failures are answers. */
  async function executeForPeer(
    request: RoadRequest,
    to: Addressed,
    front: Front,
    signal: AbortSignal,
  ): Promise<PeerResult> {
    try {
      const location = await locateKnowing(request.account.user, to.epoch);
      if (location.kind === 'mine') return await ownerRoad.execute(request, location.lease, front, signal);
      // Late: the user has moved on. The front is told where to, if that is known here.
      log.info(
        { ...toldOf(request), epoch: to.epoch, location },
        'A request for a user who is not served here was refused',
      );
      return movedTo(location);
    } catch (thrown) {
      const failure = failureOf(thrown, random);
      tracer?.current()?.fail(thrown, failure.status);
      log[isHungUp(thrown) ? 'info' : 'error'](
        { ...toldOf(request), status: failure.status, error: thrown },
        'A request for another front failed',
      );
      return replyOf({ kind: 'http', ...failure });
    }
  }

  /** The same, as the owner's part of the front's trace. */
  async function traceForPeer(
    request: RoadRequest,
    to: Addressed,
    front: Front,
    signal: AbortSignal,
  ): Promise<PeerResult> {
    if (tracer === undefined) return executeForPeer(request, to, front, signal);
    const span = tracer.begin(request.line.command, 'server', parseTraceparent(request.traceparent));
    describe(span, 'owner', request.requestId);
    const result = await tracer.within(span, () => executeForPeer(request, to, front, signal));
    span.set({ 'caravan.outcome': OUTCOMES[result.kind] });
    if (result.kind === 'reply') span.answered(result.status);
    span.end();
    return result;
  }

  /** Given at another server to a user who must be ours. */
  async function orderForPeer(user: string, order: DeviceOrder, to: Addressed): Promise<OrderResult> {
    try {
      const location = await locateKnowing(user, to.epoch);
      if (location.kind !== 'mine') return movedTo(location);
      await ownerRoad.order(order, location.lease);
      return { kind: 'done' };
    } catch (thrown) {
      log.warn({ user, order: order.kind, error: thrown }, 'What an administrator ordered could not be done');
      if (!(thrown instanceof CaravanError))
        return { kind: 'failed', code: 'failed', what: "The user's server failed" };
      const { code, message, remedy } = thrown;
      return { kind: 'failed', code, what: message, ...(remedy !== undefined && { remedy }) };
    }
  }

  /** Another server says that the user is ours by this epoch: whatever we remember from before it is out of date. */
  async function locateKnowing(user: string, epoch: number): Promise<Location> {
    const held = member.lease(user);
    const location = await member.locate(user, held && held.epoch < epoch ? held : undefined);
    if (location.kind !== 'theirs' || location.epoch > epoch) return location;
    return member.locate(user, location);
  }

  /** Opens the user's mailbox at once, whether the user is here already or only about to come. */
  async function takeOver({ user, epoch, account, credentials }: Given): Promise<void> {
    const prepared = owner.prepare(account, credentials);
    prepared.catch(() => undefined);
    const location = await locateKnowing(user, epoch);
    if (location.kind === 'mine') await owner.serve(account, credentials, location.lease);
    else await prepared;
  }

  return {
    member,
    road,
    service: {
      execute: traceForPeer,
      order: orderForPeer,
      closeTicket: (ticket) => ownerRoad.closeTicket(ticket),
      given: takeOver,
      waitingDevices: (user) => owner.waitingDevices(user),
    },
  };
}

/** The front is told where to, if that is known here. */
function movedTo(location: Location): Moved {
  if (location.kind !== 'theirs') return { kind: 'moved' };
  const { session, address, epoch } = location;
  return { kind: 'moved', owner: { session, address, epoch } };
}

/** As other servers are told it. */
export const readable = ({ account, credentials }: NonNullable<ReturnType<Owner['credentialsOf']>>) => ({
  account: { ...account, addresses: [...account.addresses] },
  credentials,
});
