/**
 * A standalone server's link to a pool: by the configuration of one of the pool's servers it opens the pool's store, and once
 * linked it is a session of the pool that takes nobody. Its door sends requests to the owners in the pool, and the pool's doors
 * send it those for whom it still has in its hands.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Clock, type Log, type Random, sleep, type Tracer } from '../../platform/index.ts';
import { MigrationError, type PoolHomes, type PoolSide } from '../../migration/index.ts';
import { type HomeMap, isOneOfSeveral } from '../../pool/homes/index.ts';
import { chooseServer, Custody, type Member, PoolAdministration } from '../../pool/index.ts';
import type { StoreMetrics } from '../../store/index.ts';
import { type Configuration, loadConfiguration } from '../../topology/index.ts';
import type { OwnerRoad } from '../activesync/owner-road.ts';
import type { RoutedRoad } from '../activesync/routed-road.ts';
import { BUILD } from '../build.ts';
import { openHomeMap } from '../homes/open-homes.ts';
import { openStore } from '../open-store.ts';
import { ownAddress } from '../own-address.ts';
import type { Owner } from '../owner.ts';
import { untilAdmitted } from '../peer/admission.ts';
import { PeerListener } from '../peer/peer-listener.ts';
import { type Peer, Peers } from '../peer/peers.ts';
import { poolKeys } from '../peer/pool-key.ts';
import { ANSWER_LIMIT_BYTES } from '../pool-placement.ts';
import { createPoolService, type PoolService, readable } from '../pool-service.ts';

export interface PoolLink extends PoolSide {
  readonly member: Member;
  readonly road: RoutedRoad;
}

export interface PoolLinkParts {
  readonly configuration: Configuration;
  readonly owner: Owner;
  readonly ownerRoad: OwnerRoad;
  /** See PoolServiceParts. */
  readonly around: (member: Member, custody: Custody) => Member;
  readonly metrics: StoreMetrics;
  readonly tracer?: Tracer | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Of what the link itself asks of the pool's store, which may be far from here. */
const REQUEST_MS = 2_000;
/** A mailbox that takes longer to open is opened by the user's first request in the pool. */
const PREPARE_MS = 5_000;

/** Throws ConfigurationError, MigrationError('not-a-pool'), ServerError('bad-pool-key', 'cannot-listen'), StoreError. */
export async function openPoolLink(file: string, standalone: string, parts: PoolLinkParts): Promise<PoolLink> {
  const { owner, ownerRoad, clock, random, log } = parts;
  const theirs = loadConfiguration({ file, environment: {} });
  const { pool } = theirs;
  if (pool === undefined || theirs.store.kind !== 'dynamodb') {
    throw new MigrationError('not-a-pool', `${file} is not the configuration of a server of a pool`, {
      why: pool === undefined ? 'it has no `pool`' : 'its store is not one that servers share',
      remedy: "Give --pool the file that the pool's servers have, or one with their `store`, `pool` and `mail`.",
    });
  }
  const keys = poolKeys(
    pool.name,
    [pool.key, pool.previousKey].filter((it) => it !== undefined),
  );
  const listener = new PeerListener(
    {
      ...pool.peer,
      keys,
      bodyLimitBytes: parts.configuration.limits.bodyLimitBytes,
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
  const kept = await openStore(theirs, parts);
  const port = await listener.listen().catch(async (thrown: unknown) => {
    await kept.store.close();
    throw thrown;
  });
  const address = pool.peer.advertise ?? ownAddress(pool.peer.host, port);
  const peers = new Peers({
    keys,
    answerLimitBytes: ANSWER_LIMIT_BYTES,
    clock,
    log,
    onCompletion: (ticket, completion) => road.complete(ticket, completion),
    onLost: (ticket) => road.complete(ticket, { kind: 'lost' }),
    onSuspect: (session, suspicion) => member.suspect(session, suspicion),
  });
  const { store } = kept;
  const settings = {
    beatMs: pool.beatMs,
    leaseMs: pool.leaseMs,
    requestTimeoutMs: Math.min(REQUEST_MS, pool.beatMs),
    drainMs: pool.drainSeconds * 1000,
  };
  const opened = theirs.homes && (await openHomeMap(theirs.homes, { clock, random, log }));
  const custody = new Custody({ store, clock, random, pool: pool.name, standalone, requestTimeoutMs: REQUEST_MS });
  const { member, road, service }: PoolService = createPoolService({
    owner,
    ownerRoad,
    peers,
    around: (it) => parts.around(it, custody),
    tracer: parts.tracer,
    member: { store, pool: pool.name, settings, address, zone: pool.zone ?? 'local', build: BUILD, standalone },
    clock,
    random,
    log,
  });
  const administration = new PoolAdministration({ store, clock, random, pool: pool.name });
  const hasOurKey = (peer: Peer) => peers.hasOurKey(peer);
  const others = async () =>
    (await administration.servers()).filter((it) => it.status === 'up' && it.address !== address);
  /** To be there by `PREPARE_MS` says nothing about what follows: the user goes there in any case. */
  async function prepare(user: string): Promise<string | undefined> {
    const known = owner.credentialsOf(user);
    const server = chooseServer({ servers: member.sessions(), random });
    if (known === undefined || server === undefined) return undefined;
    const held = await custody.owner(user);
    const done = new AbortController();
    const told = peers.tell(server, { user, epoch: held?.epoch ?? 0, ...readable(known) });
    const late = sleep(clock, PREPARE_MS, done.signal).catch(() => undefined);
    await Promise.race([told, late]).finally(() => done.abort());
    return server.session;
  }
  return {
    pool: pool.name,
    store,
    homes: opened && poolHomes(opened.map, pool.name),
    isOneOfSeveral: () => isOneOfSeveral(store, pool.name),
    prepare,
    custody,
    member,
    road,
    servers: () => administration.servers(),
    hasOurKey,
    otherMail: otherMail(parts.configuration, theirs),
    async link(signal) {
      await kept.ready(signal);
      await untilAdmitted({ others, hasOurKey, clock, log }, signal);
      await member.start();
    },
    async close() {
      if (member.state !== 'starting') await member.drain();
      await member.stop();
      peers.close();
      await listener.close();
      await store.close();
      for (const each of opened?.stores ?? []) await each.close();
    },
  };
}

const poolHomes = (map: HomeMap, pool: string): PoolHomes => ({
  pool,
  places: () => map.places('authority'),
  home: (user) => map.mustHome(user),
  give: (user) => map.assign(user, pool),
});

/** What makes a mailbox the same one: where it is, and whose domain. */
function otherMail({ mail: own }: Configuration, { mail: theirs }: Configuration): string | undefined {
  const placeOf = (mail: Configuration['mail']) =>
    mail.kind === 'imap' ? { kind: mail.kind, host: mail.host } : { kind: mail.kind, root: mail.root };
  const nameOf = (mail: Configuration['mail']) => `${Object.values(placeOf(mail)).join(' ')} for ${mail.domain}`;
  if (own.domain === theirs.domain && isDeepStrictEqual(placeOf(own), placeOf(theirs))) return undefined;
  return `it is ${nameOf(theirs)}, and this server's ${nameOf(own)}`;
}
