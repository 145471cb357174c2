/** A server's place in a pool: its membership, its links to the others, and the way of a request to its user's owner. */
import { type Clock, type Log, type Random, sleep } from '../platform/index.ts';
import { createMember, type Lease, type Member } from '../pool/index.ts';
import type { Store } from '../store/index.ts';
import type { Configuration } from '../topology/index.ts';
import type { Front, OwnerRoad } from './activesync/owner-road.ts';
import { replyOf } from './activesync/reply.ts';
import type { RoadRequest } from './activesync/road.ts';
import { type LocalRoad, RoutedRoad } from './activesync/routed-road.ts';
import { failureOf } from './http/failure.ts';
import type { LoadSampler } from './metrics/load-sampler.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import { ownAddress } from './own-address.ts';
import type { Owner } from './owner.ts';
import { PeerListener } from './peer/peer-listener.ts';
import type { Addressed, Given, PeerResult } from './peer/peer-messages.ts';
import { Peers } from './peer/peers.ts';
import { poolKeys } from './peer/pool-key.ts';
import type { Placement } from './placement.ts';

export interface PoolParts {
  readonly store: Store;
  readonly owner: Owner;
  readonly ownerRoad: OwnerRoad;
  readonly sampler: LoadSampler;
  readonly metrics: ServerMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type PoolConfiguration = NonNullable<Configuration['pool']>;

/** Answers bear whole attachments. */
const ANSWER_LIMIT_BYTES = 256 * 1024 * 1024;
const BUILD = '0.1.0';
/** One request of the protocol to the store; shorter where a beat is. */
const STORE_REQUEST_MS = 1_000;
/** A give's last step comes well within this time, or never. */
const HANDED_OVER_MS = 60_000;
/** After so many beats every server has read that this one has left, and sends it nobody. */
const LINGER_BEATS = 2;

/** Listens for the other servers; joins the pool when told to. */
export async function poolPlacement(
  configuration: Configuration,
  pool: PoolConfiguration,
  parts: PoolParts,
): Promise<Placement> {
  const { store, owner, ownerRoad, sampler, metrics, clock, random, log } = parts;
  const keys = poolKeys(
    pool.name,
    [pool.key, pool.previousKey].filter((it) => it !== undefined),
  );
  const listener = new PeerListener(
    {
      ...pool.peer,
      keys,
      bodyLimitBytes: configuration.limits.bodyLimitBytes,
      session: () => member.session,
      log,
    },
    {
      execute: (request, to, front) => executeForPeer(request, to, front),
      closeTicket: (ticket) => ownerRoad.closeTicket(ticket),
      given: (given) => takeOver(given),
    },
  );
  const port = await listener.listen();
  const peers = new Peers({
    keys,
    answerLimitBytes: ANSWER_LIMIT_BYTES,
    clock,
    log,
    onCompletion: (ticket, completion) => road.complete(ticket, completion),
    onLost: (ticket) => road.complete(ticket, { kind: 'lost' }),
    onSuspect: (session, suspicion) => member.suspect(session, suspicion),
  });
  const handedOver = new Map<string, NonNullable<ReturnType<Owner['credentialsOf']>>>();
  const member: Member = createMember({
    store,
    clock,
    random,
    log,
    pool: pool.name,
    settings: {
      beatMs: pool.beatMs,
      leaseMs: pool.leaseMs,
      requestTimeoutMs: Math.min(STORE_REQUEST_MS, pool.beatMs),
      drainMs: pool.drainSeconds * 1000,
    },
    address: pool.peer.advertise ?? ownAddress(pool.peer.host, port),
    zone: pool.zone,
    build: BUILD,
    load: () => sampler.load(),
    metrics: metrics.pool,
    isBalancing: true,
    callbacks: {
      idleMs: (user) => owner.idleMs(user),
      onLost: (user) => void ownerRoad.lose(user),
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
  const door: Front = { complete: (ticket, completion) => road.complete(ticket, completion) };
  const local: LocalRoad = {
    execute: (request, lease) => ownerRoad.execute(request, lease, door),
    closeTicket: (ticket) => ownerRoad.closeTicket(ticket),
  };
  const road: RoutedRoad = new RoutedRoad({ member, peers, local, clock, log, onProxied: () => metrics.proxied() });

  /** Another server's device: its user must be ours, by the very epoch or a newer one. Failures are answers. */
  async function executeForPeer(request: RoadRequest, to: Addressed, front: Front): Promise<PeerResult> {
    try {
      const location = await member.locate(request.account.user, staleBefore(request.account.user, to));
      if (location.kind === 'mine') return await ownerRoad.execute(request, location.lease, front);
      return { kind: 'moved' };
    } catch (thrown) {
      const failure = failureOf(thrown, random);
      log.error(
        { requestId: request.requestId, status: failure.status, error: thrown },
        'A request for another front failed',
      );
      return replyOf({ kind: 'http', ...failure });
    }
  }

  /** A front that knows of a newer epoch than ours knows better. */
  function staleBefore(user: string, to: Addressed): Addressed | undefined {
    const held: Lease | undefined = member.leases().find((it) => it.user === user);
    return held !== undefined && held.epoch < to.epoch ? { session: held.session, epoch: held.epoch } : undefined;
  }

  /** Opens the user's mailbox at once, so that the first request and the monitor find it warm. */
  async function takeOver({ user, account, credentials }: Given): Promise<void> {
    const location = await member.locate(user);
    if (location.kind === 'mine') await owner.serve(account, credentials, location.lease);
  }

  return {
    road,
    session: () => member.session,
    notReady: () => (member.state === 'up' ? undefined : `this server is ${member.state} in its pool`),
    join: () => member.start(),
    async drain() {
      const isAlone = member.sessions().length < 2;
      await member.drain();
      if (!isAlone) await sleep(clock, LINGER_BEATS * pool.beatMs);
    },
    async close() {
      await member.stop();
      peers.close();
      await listener.close();
    },
  };
}

const readable = ({ account, credentials }: NonNullable<ReturnType<Owner['credentialsOf']>>) => ({
  account: { ...account, addresses: [...account.addresses] },
  credentials,
});
