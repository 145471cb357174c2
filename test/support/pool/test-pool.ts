/** A whole pool of a test's own: servers as they are deployed, behind the sprayer; a real store, Dovecot, a submission server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { PoolAdministration, type ServerSession } from '../../../lib/pool/index.ts';
import { Sprayer } from '../../../lib/pool/local/index.ts';
import { openDynamoStore, startEmbeddedDynamo } from '../../../lib/store/index.ts';
import { buildBundle } from '../../bench/standalone/bundle.ts';
import { startDynamoDbLocal } from '../dynamodb-local/start.ts';
import { freePorts } from '../loopback.ts';
import { MailSite } from '../mail-site.ts';
import type { Effect } from './effects.ts';
import { PoolServer, type Wire } from './pool-server.ts';

export interface TestPoolOptions {
  /** Default 3. */
  readonly servers?: number;
  /** Servers that `launch` may start later; default 0. */
  readonly spare?: number;
  /** Their passwords are their names with `-secret`. */
  readonly users: readonly string[];
  /** By flag, of every server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The mail system that its servers serve, by flag: started and stopped by somebody else. Default: a MailSite of the pool's own. */
  readonly mail?: Readonly<Record<string, string>>;
  /** Default DynamoDB Local. */
  readonly store?: 'embedded' | 'dynamodb-local';
  /** Default `store` and `mail`. A server behind a `peers` wire that dies does not look dead to others until its lease is over. */
  readonly wires?: readonly Wire[];
}

/** For what runs beside the servers. */
export interface PoolPlace {
  readonly pool: string;
  readonly table: string;
  readonly endpoint: string;
  /** Where each deployable has a folder with its bundle. */
  readonly bundles: string;
}

interface Parts {
  readonly place: PoolPlace;
  readonly site: MailSite | undefined;
  readonly sprayer: Sprayer;
  readonly administration: PoolAdministration;
  readonly users: readonly string[];
  readonly launchOne: (index: number) => Promise<PoolServer>;
  /** In the order of opening. */
  readonly closing: (() => Promise<void> | void)[];
}

const POOL = 'test';
const TABLE = 'caravan-test';
export const POOL_KEY = 'the key of the pool of the tests';
const POLL_MS = 100;
/** Of a server's log when a test failed: its last lines, and of each so much. */
const SHOWN_LINES = 15;
const SHOWN_CHARACTERS = 400;
const COME_LIMIT_MS = 60_000;
/** Of what the tests themselves ask of the store. */
const ASK_LIMIT_MS = 5_000;

export const passwordOf = (user: string): string => `${user}-secret`;

export class TestPool {
  readonly servers: PoolServer[] = [];
  readonly sprayer: Sprayer;
  readonly administration: PoolAdministration;
  readonly users: readonly string[];
  readonly place: PoolPlace;
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.sprayer = parts.sprayer;
    this.administration = parts.administration;
    this.users = parts.users;
    this.place = parts.place;
  }

  static async start(options: TestPoolOptions): Promise<TestPool> {
    const closing: Parts['closing'] = [];
    try {
      const pool = new TestPool(await prepare(options, closing));
      closing.push(async () => {
        for (const server of pool.servers) await server.remove();
      });
      for (let index = 0; index < (options.servers ?? 3); index++) await pool.launch();
      await pool.untilHealthy();
      return pool;
    } catch (thrown) {
      await closeAll(closing);
      throw thrown;
    }
  }

  get site(): MailSite {
    const { site } = this.#parts;
    if (!site) throw new Error('the pool has no mail system of its own');
    return site;
  }

  /** Of the sprayer. */
  get url(): string {
    return `http://127.0.0.1:${this.sprayer.port}`;
  }

  /** The next server. */
  async launch(): Promise<PoolServer> {
    const server = await this.#parts.launchOne(this.servers.length);
    this.servers.push(server);
    return server;
  }

  server(index: number): PoolServer {
    const server = this.servers[index];
    if (!server) throw new Error(`there is no server ${index}`);
    return server;
  }

  /** The users of each server that is alive, by its name. */
  async owners(): Promise<ReadonlyMap<string, readonly string[]>> {
    const sessions = await this.administration.servers();
    const nameOf = new Map(
      sessions.map((it) => [it.session, this.servers.find((server) => server.address === it.address)?.name ?? '']),
    );
    const owned = new Map<string, string[]>();
    for (const user of this.users) {
      const name = nameOf.get((await this.administration.owner(user))?.session ?? '') ?? '';
      owned.set(name, [...(owned.get(name) ?? []), user]);
    }
    return owned;
  }

  async usersOf(server: PoolServer): Promise<readonly string[]> {
    return (await this.owners()).get(server.name) ?? [];
  }

  /** The server with the most users; not one of `except`. */
  async busiest(...except: readonly PoolServer[]): Promise<PoolServer> {
    const owners = await this.owners();
    const countOf = (server: PoolServer) => owners.get(server.name)?.length ?? 0;
    const others = this.servers.filter((it) => it.process.isRunning && !except.includes(it));
    const [server] = others.toSorted((a, b) => countOf(b) - countOf(a));
    if (!server || countOf(server) === 0) throw new Error('nobody has a user');
    return server;
  }

  async live(): Promise<readonly ServerSession[]> {
    return (await this.administration.servers()).filter((it) => it.status === 'up');
  }

  /** Of every server that is alive, by its name. */
  async sessions(): Promise<ReadonlyMap<string, string>> {
    const live = await this.live();
    const sessionAt = (address: string) => live.find((it) => it.address === address)?.session ?? '';
    return new Map(this.servers.map(({ name, address }) => [name, sessionAt(address)]));
  }

  async sessionOf(server: PoolServer): Promise<string> {
    return (await this.sessions()).get(server.name) ?? '';
  }

  /** Of all servers, as they came. */
  get effects(): readonly Effect[] {
    return this.servers.flatMap((it) => it.effects).toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Resolves when the sprayer sends requests to every server that runs. */
  async untilHealthy(): Promise<void> {
    const healthy = () => this.sprayer.targets().flatMap((it) => (it.state === 'healthy' ? [it.name] : []));
    const isHealthy = () => this.servers.every((it) => !it.process.isRunning || healthy().includes(it.name));
    await this.until(isHealthy, 'every server is healthy');
  }

  async until(isTrue: () => boolean | Promise<boolean>, what: string, limitMs = COME_LIMIT_MS): Promise<void> {
    const end = performance.now() + limitMs;
    while (!(await isTrue())) {
      if (performance.now() > end) throw new Error(`${this.logs()}\nit did not come to this in ${limitMs} ms: ${what}`);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  /** The last lines of every server's. */
  logs(): string {
    const tail = (lines: readonly string[]) => lines.slice(-SHOWN_LINES).map((it) => it.slice(0, SHOWN_CHARACTERS));
    return this.servers.map((it) => [`== ${it.name}`, ...tail(it.process.lines)].join('\n')).join('\n');
  }

  stop(): Promise<void> {
    return closeAll(this.#parts.closing);
  }
}

async function prepare(options: TestPoolOptions, closing: Parts['closing']): Promise<Parts> {
  const { servers = 3, spare = 0, users, settings = {}, mail, store = 'dynamodb-local' } = options;
  const { wires = ['store', 'mail'] } = options;
  const passwords = Object.fromEntries(users.map((it) => [it, passwordOf(it)]));
  const site = mail ? undefined : await MailSite.start({ users: passwords, maxUserConnections: 100 });
  closing.push(() => site?.stop());
  const dynamo = store === 'embedded' ? await startEmbeddedDynamo() : await startDynamoDbLocal();
  closing.push(() => dynamo.stop());
  const directory = await mkdtemp(join(tmpdir(), 'caravan-pool-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  const keyFile = join(directory, 'pool.key');
  await writeFile(keyFile, POOL_KEY, { mode: 0o600 });
  const bundle = await buildBundle();
  closing.push(() => bundle.remove());
  const ports = await freePorts(servers + spare);
  const flags = {
    ...(mail ?? site?.settings()),
    'store-kind': 'dynamodb',
    'store-table': TABLE,
    'pool-name': POOL,
    'pool-key-file': keyFile,
    'pool-drain-seconds': '20',
    'drain-seconds': '10',
    ...settings,
  };
  const own = await openDynamoStore({
    table: TABLE,
    endpoint: dynamo.endpoint,
    clock: systemClock,
    random: systemRandom,
  });
  closing.push(() => own.close());
  const targets = ports.map((port, index) => ({ name: `s${index}`, host: '127.0.0.1', port }));
  const sprayer = await Sprayer.start({ port: 0, targets });
  closing.push(() => sprayer.stop());
  return {
    place: { pool: POOL, table: TABLE, endpoint: dynamo.endpoint, bundles: bundle.directory },
    site,
    sprayer,
    users,
    closing,
    administration: new PoolAdministration({
      store: own,
      clock: systemClock,
      random: systemRandom,
      pool: POOL,
      requestTimeoutMs: ASK_LIMIT_MS,
    }),
    launchOne: (index) =>
      PoolServer.start({
        name: `s${index}`,
        port: ports[index] as number,
        main: bundle.main,
        endpoint: dynamo.endpoint,
        imapPort: site?.dovecot.imapPort,
        settings: flags,
        wires,
      }),
  };
}

async function closeAll(closing: Parts['closing']): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close();
}
