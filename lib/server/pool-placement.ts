/** A server's place in a pool: its membership, its links to the others, and the way of a request to its user's owner. */
import { type Clock, type Log, type Random, sleep, type Tracer } from '../platform/index.ts';
import { PoolAdministration } from '../pool/index.ts';
import type { Store } from '../store/index.ts';
import type { Configuration } from '../topology/index.ts';
import type { OwnerRoad } from './activesync/owner-road.ts';
import { BUILD } from './build.ts';
import { HomeKeeper } from '../pool/homes/index.ts';
import type { OpenHomes } from './homes/open-homes.ts';
import type { LoadSampler } from './metrics/load-sampler.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import { ownAddress } from './own-address.ts';
import { ownTask } from './own-task.ts';
import type { Owner } from './owner.ts';
import { untilAdmitted } from './peer/admission.ts';
import { PeerListener } from './peer/peer-listener.ts';
import { type Peer, Peers } from './peer/peers.ts';
import { poolKeys } from './peer/pool-key.ts';
import type { Placement } from './placement.ts';
import { createPoolService, type PoolService } from './pool-service.ts';

export interface PoolParts {
  readonly store: Store;
  readonly owner: Owner;
  readonly ownerRoad: OwnerRoad;
  readonly sampler: LoadSampler;
  readonly metrics: ServerMetrics;
  /** Where there are several pools. */
  readonly homes?: OpenHomes;
  /** Where requests are traced. */
  readonly tracer?: Tracer | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type PoolConfiguration = NonNullable<Configuration['pool']>;

/** Answers bear whole attachments. */
export const ANSWER_LIMIT_BYTES = 256 * 1024 * 1024;
/** One request of the protocol to the store; shorter where a beat is. */
const STORE_REQUEST_MS = 1_000;
/** After so many beats every server has read that this one has left, and sends it nobody. */
const LINGER_BEATS = 2;

/** Listens for the other servers; joins the pool when told to. */
export async function poolPlacement(
  configuration: Configuration,
  pool: PoolConfiguration,
  parts: PoolParts,
): Promise<Placement> {
  const { store, owner, ownerRoad, sampler, metrics, homes, tracer, clock, random, log } = parts;
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
      execute: (request, to, front, signal) => service.execute(request, to, front, signal),
      order: (user, order, to) => service.order(user, order, to),
      closeTicket: (ticket) => service.closeTicket(ticket),
      given: (given) => service.given(given),
      waitingDevices: (user) => service.waitingDevices(user),
    },
  );
  const left = Promise.withResolvers<void>();
  const port = await listener.listen();
  const address = pool.peer.advertise ?? ownAddress(pool.peer.host, port);
  const task = await ownTask(process.env['ECS_CONTAINER_METADATA_URI_V4'], log);
  const peers = new Peers({
    keys,
    answerLimitBytes: ANSWER_LIMIT_BYTES,
    clock,
    log,
    onCompletion: (ticket, completion) => road.complete(ticket, completion),
    onLost: (ticket) => road.complete(ticket, { kind: 'lost' }),
    onSuspect: (session, suspicion) => member.suspect(session, suspicion),
  });
  const keeper =
    homes &&
    new HomeKeeper({
      map: homes.map,
      pool: pool.name,
      store,
      openStore: homes.openStore,
      session: () => member.session,
      tenureMs: homes.tenureMs,
      report: () => ({ ...homes.report, users: member.sessions().reduce((count, it) => count + it.users, 0) }),
      onNewTerm: () => member.forsake(),
      clock,
      random,
      log,
    });
  const { member, road, service }: PoolService = createPoolService({
    owner,
    ownerRoad,
    peers,
    member: {
      store,
      pool: pool.name,
      settings: {
        beatMs: pool.beatMs,
        leaseMs: pool.leaseMs,
        requestTimeoutMs: Math.min(STORE_REQUEST_MS, pool.beatMs),
        drainMs: pool.drainSeconds * 1000,
      },
      address,
      zone: pool.zone ?? task?.zone ?? 'local',
      ...(task && { task: task.arn }),
      build: BUILD,
      load: () => sampler.load(),
      metrics: metrics.pool,
      isBalancing: pool.balance === 'servers',
      ...(keeper && { homes: keeper }),
    },
    onProxied: () => metrics.proxied(),
    onLeft: () => left.resolve(),
    tracer,
    clock,
    random,
    log,
  });

  const administration = new PoolAdministration({ store, clock, random, pool: pool.name });
  const others = async () =>
    (await administration.servers()).filter(
      (it) => (it.status === 'up' || it.status === 'draining') && it.address !== address,
    );
  return {
    road,
    session: () => member.session,
    notReady: () => (member.state === 'up' ? undefined : `this server is ${member.state} in its pool`),
    async join(signal) {
      const hasOurKey = (peer: Peer) => peers.hasOurKey(peer);
      await untilAdmitted({ others, hasOurKey, clock, log }, signal);
      await homes?.ready();
      await keeper?.start();
      await member.start();
    },
    left: left.promise,
    order: (user, order) => road.order(user, order),
    isServedHere: () => true,
    waitingDevices: async (user, at) =>
      at.session === member.session ? owner.waitingDevices(user) : peers.waitingDevices(at, user),
    async drain() {
      const isAlone = member.sessions().length < 2;
      await member.drain();
      if (!isAlone) await sleep(clock, LINGER_BEATS * pool.beatMs);
    },
    async close() {
      keeper?.stop();
      await member.stop();
      peers.close();
      await listener.close();
    },
  };
}
