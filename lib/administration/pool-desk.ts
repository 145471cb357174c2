/** What people in charge of a pool ask and order, in their own terms: servers by any name they have, users with their devices. */
import { type Clock, type Random, reasonOf, sleep } from '../platform/index.ts';
import { type Give, PoolAdministration, PoolError, RELEASED, runBalance, type ServerSession } from '../pool/index.ts';
import type { Store } from '../store/index.ts';
import { readDevices } from '../sync/index.ts';
import { AdministrationError } from './errors.ts';
import { userOf } from './homes-desk.ts';

/** A server as it is shown. Times are ISO 8601. */
export interface ServerReport {
  readonly session: string;
  /** `host:port`, where the other servers reach it. */
  readonly address: string;
  readonly zone: string;
  readonly build: string;
  readonly status: ServerSession['status'];
  /** False: an administrator took it out. */
  readonly available: boolean;
  /** −100 … 100. */
  readonly index: number;
  /** Why it takes nobody new. */
  readonly constrained?: string;
  readonly users: number;
  readonly devices: number;
  readonly lastBeat: string;
  readonly started: string;
  readonly ended?: string;
}

export interface DeviceReport {
  readonly id: string;
  readonly type: string;
  readonly protocolVersion?: string;
  readonly access: string;
  /** When it last asked for something, good to an hour. */
  readonly lastSync: string;
  /** Whether the server holds a request of it now; left out where the owner could not be asked. */
  readonly waiting?: boolean;
}

export interface UserReport {
  readonly user: string;
  /** Left out where nobody owns the user. */
  readonly owner?: Pick<ServerReport, 'session' | 'address' | 'status'>;
  /** 0 where nobody ever did. */
  readonly epoch: number;
  /** Of the last claim or give. */
  readonly since?: string;
  /** The session that had the user before. */
  readonly previous?: string;
  /** The server's address that the user is bound to. */
  readonly boundTo?: string;
  readonly devices: readonly DeviceReport[];
  /** Why it is not known which devices wait. */
  readonly unknown?: string;
}

/** A give that was, or would be, ordered. Servers by their addresses. */
export interface GiveReport {
  readonly from: string;
  readonly to: string;
  readonly users: number;
}

export interface PoolDeskOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: string;
  /** The pool's own. */
  readonly leaseMs: number;
  /** Of the users: a name may be given with it. */
  readonly domain: string;
  /** Which of a user's devices wait at the server that owns the user. May reject. */
  readonly waitingDevices: (
    user: string,
    owner: { readonly session: string; readonly address: string },
  ) => Promise<ReadonlySet<string> | undefined>;
}

/** An owner that is frozen answers nobody. */
const ASK_LIMIT_MS = 2_000;
const READ_LIMIT_MS = 3_000;
const ENDED = new Set<ServerSession['status']>(['fenced', 'left']);

/** Throws AdministrationError 'unknown-server', 'ambiguous-server', and PoolError. */
export class PoolDesk {
  readonly #options: PoolDeskOptions;
  readonly #administration: PoolAdministration;

  constructor(options: PoolDeskOptions) {
    this.#options = options;
    this.#administration = new PoolAdministration(options);
  }

  /** Those that live first, by address. */
  async servers(): Promise<readonly ServerReport[]> {
    const servers = await this.#sessions();
    return servers
      .toSorted(
        (a, b) =>
          Number(ENDED.has(a.status)) - Number(ENDED.has(b.status)) ||
          a.address.localeCompare(b.address) ||
          b.started - a.started,
      )
      .map(serverReport);
  }

  async user(name: string): Promise<UserReport> {
    const user = userOf(name, this.#options.domain);
    const [owner, servers, records] = await Promise.all([
      this.#administration.owner(user),
      this.#sessions(),
      readDevices(this.#options.store, user),
    ]);
    const server =
      owner === undefined || owner.session === RELEASED
        ? undefined
        : servers.find(({ session }) => session === owner.session);
    const waiting = server && !ENDED.has(server.status) ? await this.#ask(user, server) : {};
    return {
      user,
      ...(server && { owner: { session: server.session, address: server.address, status: server.status } }),
      epoch: owner?.epoch ?? 0,
      ...(owner && owner.epoch > 0 && { since: dateOf(owner.since) }),
      ...(owner?.previous !== undefined && { previous: owner.previous }),
      ...(owner?.boundTo !== undefined && { boundTo: owner.boundTo }),
      devices: records
        .toSorted((a, b) => b.lastSeen - a.lastSeen)
        .map(({ id, type, protocolVersion, access, lastSeen }) => ({
          id,
          type,
          ...(protocolVersion !== undefined && { protocolVersion }),
          access,
          lastSync: dateOf(lastSeen),
          ...(waiting.devices && { waiting: waiting.devices.has(id) }),
        })),
      ...(waiting.why !== undefined && { unknown: waiting.why }),
    };
  }

  /** It gives its users away and ends. */
  async drain(server: string): Promise<ServerReport> {
    const found = await this.#find(server, 'alive');
    await this.#administration.drain(found.session);
    return this.#again(found);
  }

  async setAvailable(server: string, isAvailable: boolean): Promise<ServerReport> {
    const found = await this.#find(server, 'alive');
    await this.#administration.setAvailable(found.session, isAvailable);
    return this.#again(found);
  }

  /** `isGone`: its process is known to have ended; else it is watched for a lease first. */
  async fence(server: string, isGone: boolean): Promise<ServerReport> {
    const found = await this.#find(server, 'alive');
    await this.#administration.fence(found.session, { isGone });
    return this.#again(found);
  }

  /** Of a server that has ended. */
  async remove(server: string): Promise<ServerReport> {
    const found = await this.#find(server, 'ended');
    await this.#administration.remove(found.session);
    return serverReport(found);
  }

  /** `isNew`: nobody need have been served before. Throws AdministrationError 'unknown-user' too. */
  async bind(name: string, server: string, isNew = false): Promise<UserReport> {
    const { address } = await this.#find(server, 'alive');
    await this.#administration.bind(await this.#known(name, isNew), address);
    return this.user(name);
  }

  async unbind(name: string): Promise<UserReport> {
    await this.#administration.unbind(await this.#known(name));
    return this.user(name);
  }

  /** What balance asks for now; carried out unless `isDryRun`. */
  async rebalance(isDryRun: boolean): Promise<readonly GiveReport[]> {
    const { store, clock, random, pool } = this.#options;
    const gives: readonly Give[] = await runBalance({ store, clock, random, pool, isDryRun });
    const servers = await this.#sessions();
    const nameOf = (session: string) => servers.find((it) => it.session === session)?.address ?? session;
    return gives.map(({ from, to, count }) => ({ from: nameOf(from), to: nameOf(to), users: count }));
  }

  /** A name that was mistyped must leave nothing behind that looks like a user. */
  async #known(name: string, isNew = false): Promise<string> {
    const user = userOf(name, this.#options.domain).trim();
    if (user !== '' && (isNew || (await this.#administration.owner(user)) !== undefined)) return user;
    throw new AdministrationError('unknown-user', `This pool knows nobody named '${name}'`, {
      why: 'no device of theirs has ever been served by it',
      remedy:
        'Check the name, without a domain or with the one of the mail system; --new takes it for one who is yet to come.',
    });
  }

  /** A store that is silent is told of before whoever asks gives this server up. */
  async #sessions(): Promise<readonly ServerSession[]> {
    const silent = new AbortController();
    try {
      return await Promise.race([
        this.#administration.servers(),
        sleep(this.#options.clock, READ_LIMIT_MS, silent.signal).then(() => {
          throw new PoolError('pool-store-unavailable', 'The pool could not be read', {
            why: `this server answers, and its store has not within ${READ_LIMIT_MS / 1000} s`,
            remedy: 'Look after the store. The servers wait for it; nothing is half done.',
          });
        }),
      ]);
    } finally {
      silent.abort(new Error('the pool was read'));
    }
  }

  /** A server by its session, the beginning of one, its address or its port. */
  async #find(name: string, wanted: 'alive' | 'ended'): Promise<ServerSession> {
    const servers = (await this.#sessions()).filter(({ status }) => ENDED.has(status) === (wanted === 'ended'));
    const exact = servers.filter(({ session }) => session === name);
    const near = servers.filter(
      ({ session, address }) => session.startsWith(name) || address === name || address.endsWith(`:${name}`),
    );
    const found = exact.length > 0 ? exact : near;
    const [server] = found;
    if (server === undefined || name === '') {
      throw new AdministrationError('unknown-server', `There is no server '${name}' that ${PHRASES[wanted]}`, {
        remedy:
          '`caravan pool show` lists the servers; name one by its session, the beginning of that, or its address.',
      });
    }
    if (found.length > 1) {
      throw new AdministrationError('ambiguous-server', `'${name}' may be any of ${found.length} servers`, {
        why: found.map(({ session, address }) => `${session} at ${address}`).join(', '),
        remedy: 'Name it by its whole session.',
      });
    }
    return server;
  }

  async #again({ session }: ServerSession): Promise<ServerReport> {
    const server = (await this.#sessions()).find((it) => it.session === session);
    if (server) return serverReport(server);
    throw new AdministrationError('unknown-server', `The server ${session} is gone from the pool's records`);
  }

  async #ask(
    user: string,
    owner: ServerSession,
  ): Promise<{ readonly devices?: ReadonlySet<string>; readonly why?: string }> {
    const { waitingDevices, clock } = this.#options;
    const patience = new AbortController();
    try {
      const answered = await Promise.race([
        waitingDevices(user, owner),
        sleep(clock, ASK_LIMIT_MS, patience.signal).then(() => {
          throw new Error(`it did not answer within ${ASK_LIMIT_MS} ms`);
        }),
      ]);
      return { devices: answered ?? new Set() };
    } catch (thrown) {
      return { why: `the owner was not reached: ${reasonOf(thrown)}` };
    } finally {
      patience.abort(new Error('the question is answered'));
    }
  }
}

const PHRASES = { alive: 'lives', ended: 'has ended' };

function serverReport(server: ServerSession): ServerReport {
  const { session, address, zone, build, status, available, index, constrained, users, devices } = server;
  return {
    session,
    address,
    zone,
    build,
    status,
    available,
    index,
    ...(constrained !== undefined && { constrained }),
    users,
    devices,
    lastBeat: dateOf(server.seen),
    started: dateOf(server.started),
    ...(server.ended !== undefined && { ended: dateOf(server.ended) }),
  };
}

const dateOf = (ms: number): string => new Date(ms).toISOString();
