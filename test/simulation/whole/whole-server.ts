/**
 * A whole server of the simulated pool: the real door, routing, ownership, sync, commands and outbox, put together as
 * lib/server does it, over a simulated clock, store, mail system and links. Only sockets are left out.
 */
import { type Log, randomName, type Random } from '../../../lib/platform/index.ts';
import type { Load, Member } from '../../../lib/pool/index.ts';
import { ActiveSyncRoute } from '../../../lib/server/activesync/activesync-route.ts';
import { OwnerRoad } from '../../../lib/server/activesync/owner-road.ts';
import { Authenticator } from '../../../lib/server/authentication/authenticator.ts';
import { IncomingBodies } from '../../../lib/server/http/incoming-bodies.ts';
import { RunningRequests } from '../../../lib/server/http/running-requests.ts';
import { Owner } from '../../../lib/server/owner.ts';
import type { PeerService } from '../../../lib/server/peer/peer-listener.ts';
import { Peers } from '../../../lib/server/peer/peers.ts';
import { poolKeys } from '../../../lib/server/peer/pool-key.ts';
import { createPoolService, type PoolService } from '../../../lib/server/pool-service.ts';
import { StoreOutbox } from '../../../lib/outbox/index.ts';
import { DEFAULT_SYNC_SETTINGS } from '../../../lib/sync/index.ts';
import type { ChaosServer } from '../support/chaos.ts';
import type { SimulatedMail } from '../support/simulated-mail.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';
import type { SimulatedStore } from '../support/simulated-store.ts';
import { type HttpAnswer, type HttpRequest, incoming, SimulatedResponse } from './simulated-http.ts';
import { type LinkTarget, type LinkWorld, SimulatedLink } from './simulated-link.ts';
import { timedStore } from './timed-store.ts';

export interface WholeServerParts {
  readonly address: string;
  readonly process: SimulatedProcess;
  readonly random: Random;
  readonly store: SimulatedStore;
  readonly mail: SimulatedMail;
  readonly links: LinkWorld;
  readonly isBalancing: boolean;
  readonly log: Log;
}

const POOL = 'sim';
const KEYS = poolKeys(POOL, ['the key of the simulated pool']);
const LIMITS = {
  minHeartbeatSeconds: 10,
  maxHeartbeatSeconds: 3_540,
  maxWindowSize: 512,
  maxPingFolders: 300,
  maxSearchResults: 100,
};
const DOOR = { bodyLimitBytes: 10_000_000, requestsPerMinute: 0 };
const ATTEMPTS = { rememberSeconds: 300, failuresPerUser: 10, failuresPerAddress: 50, windowSeconds: 300 };
const MOST_RUNNING = 1_000;
const DRAIN_MS = 20_000;
const PHONES_ADDRESS = '192.0.2.1';

export class WholeServer implements ChaosServer, LinkTarget {
  readonly address: string;
  readonly process: SimulatedProcess;
  readonly member: Member;
  readonly service: PeerService;
  load: Load = { index: 50, constrained: undefined, devices: 0 };
  readonly #route: ActiveSyncRoute;
  readonly #random: Random;

  constructor({ address, process, random, store: shared, mail, links, isBalancing, log }: WholeServerParts) {
    this.address = address;
    this.process = process;
    this.#random = random;
    const { clock } = process;
    const store = timedStore(shared.storeFor(process), clock);
    const system = mail.systemFor(process);
    const common = { store, clock, random, log };
    const owner = new Owner({ ...common, mail: system, settings: DEFAULT_SYNC_SETTINGS, idleSeconds: 1_800 });
    const ownerRoad = new OwnerRoad({
      owner,
      policies: { policyFor: () => NO_POLICY, initialAccess: () => 'allowed' },
      outbox: new StoreOutbox(common),
      limits: LIMITS,
      pressure: () => ({ waitingWork: 0, memoryShare: 0 }),
      clock,
      random,
      log,
    });
    const peers = new Peers({
      keys: KEYS,
      answerLimitBytes: Number.POSITIVE_INFINITY,
      clock,
      log,
      onCompletion: (ticket, completion) => road.complete(ticket, completion),
      onLost: (ticket) => road.complete(ticket, { kind: 'lost' }),
      onSuspect: (session, suspicion) => member.suspect(session, suspicion),
      open: (options) => new SimulatedLink(links, process, options),
    });
    const { member, road, service }: PoolService = createPoolService({
      owner,
      ownerRoad,
      peers,
      member: {
        store,
        pool: POOL,
        settings: { drainMs: DRAIN_MS },
        address,
        zone: 'here',
        build: '1',
        load: () => this.load,
        isBalancing,
      },
      clock,
      random,
      log,
    });
    this.member = member;
    this.service = service;
    this.#route = new ActiveSyncRoute({
      authenticator: new Authenticator({ mail: system, clock, random, log, options: ATTEMPTS }),
      road,
      running: new RunningRequests(MOST_RUNNING),
      bodies: new IncomingBodies(MOST_RUNNING),
      ...DOOR,
      clock,
      random,
      log,
    });
  }

  get session(): string {
    return this.member.session;
  }

  /** What a sprayer's probe is told. */
  get isHealthy(): boolean {
    return this.process.isRunning && this.member.state === 'up';
  }

  get waitingCount(): number {
    return this.#route.waitingCount;
  }

  /** A request of a device has come; the result is for hanging up. */
  serve(request: HttpRequest, answered: (answer: HttpAnswer) => void): SimulatedResponse {
    const response = new SimulatedResponse(answered);
    const context = {
      requestId: randomName(this.#random, 12),
      path: request.url,
      address: PHONES_ADDRESS,
      isTls: true,
    };
    void this.#route.serve(incoming(request), response.asResponse, context);
    return response;
  }
}

const NO_POLICY = { requirement: 'none', digest: '', settings: {} } as const;
