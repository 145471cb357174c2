/**
 * Several pools in one test: each with servers, a sprayer and a store of its own, one mail system, and one home map, which is
 * near to the first pool and an injected latency away from the others.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DeviceClient,
  type DeviceClientOptions,
  type DeviceState,
  newDeviceState,
} from '../../../lib/activesync/client/index.ts';
import { createLog, silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { HomeMap } from '../../../lib/pool/homes/index.ts';
import { Sprayer } from '../../../lib/pool/local/index.ts';
import { type CaravanServer, startServer } from '../../../lib/server/index.ts';
import { type DynamoStore, openDynamoStore, startEmbeddedDynamo } from '../../../lib/store/index.ts';
import { loadConfiguration } from '../../../lib/topology/index.ts';
import { freePorts } from '../loopback.ts';
import { MailSite } from '../mail-site.ts';
import { TcpProxy } from '../tcp-proxy.ts';

export interface SeveralPoolsOptions {
  readonly users: readonly string[];
  /** By the name of a pool, its settings by flag. */
  readonly pools: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of every pool. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Servers a pool; default 2. */
  readonly servers?: number;
  /** One way, to each pool from the others, and from it to the homes; default 40. The homes are near to the first. */
  readonly latencyMs?: number | Readonly<Record<string, number>>;
  /** Pools of which only the first server is started, and knows nothing of the home map: until `bringMap` and `endUnaware`. */
  readonly mapComesLater?: readonly string[];
}

export const HOMES_TABLE = 'caravan-homes';
export const tableOf = (pool: string): string => `caravan-${pool}`;
const KEY = 'the key of the pools of the tests';
export const TOKEN = 'the token of the pools of the tests';
export const secretOf = (user: string): string => `${user}-secret`;

export interface OnePool {
  readonly name: string;
  /** Of its store. */
  readonly endpoint: string;
  /** Its front door as another region reaches it. */
  readonly url: string;
  /** Its front door as devices of its own region reach it. */
  readonly localUrl: string;
  readonly store: DynamoStore;
  readonly servers: CaravanServer[];
  /** Starts its other servers, which know of the home map. */
  bringMap(): Promise<void>;
  /** Ends its first server. */
  endUnaware(): Promise<void>;
  /** Its way to the home map. */
  readonly toHomes: TcpProxy;
  /** The administration of one of its servers. */
  readonly administration: string;
  /** Its region is lost: no store, and no way in. */
  lose(): Promise<void>;
  /** Nothing passes between it and the other regions, the homes among them; what is within its own goes on. */
  isolate(): void;
  heal(): void;
}

export class SeveralPools {
  readonly site: MailSite;
  readonly map: HomeMap;
  readonly #pools: ReadonlyMap<string, OnePool>;
  readonly #closing: (() => unknown)[];
  readonly #devices: DeviceClient[] = [];

  private constructor(site: MailSite, map: HomeMap, pools: ReadonlyMap<string, OnePool>, closing: (() => unknown)[]) {
    this.site = site;
    this.map = map;
    this.#pools = pools;
    this.#closing = closing;
  }

  static async start(options: SeveralPoolsOptions): Promise<SeveralPools> {
    const closing: (() => unknown)[] = [];
    try {
      return await prepare(options, closing, (site, map, pools) => new SeveralPools(site, map, pools, closing));
    } catch (thrown) {
      await closeAll(closing);
      throw thrown;
    }
  }

  pool(name: string): OnePool {
    const pool = this.#pools.get(name);
    if (!pool) throw new Error(`no pool ${name}`);
    return pool;
  }

  /** A device that was told to go to that pool. */
  device(
    user: string,
    pool: string,
    options: Partial<DeviceClientOptions> = {},
    state: DeviceState = newDeviceState(),
  ): DeviceClient {
    const device = new DeviceClient(
      {
        url: this.pool(pool).url,
        user,
        password: secretOf(user),
        deviceId: `PHONE${this.#devices.length}`,
        deviceType: 'TestPhone',
        ...options,
      },
      state,
    );
    this.#devices.push(device);
    return device;
  }

  async homeOf(user: string): Promise<string | undefined> {
    const read = await this.map.home(user, 'authority');
    if (!read.ok) throw read.cause;
    return read.value && `${read.value.pool} ${read.value.epoch}`;
  }

  /** Of the pool's administration. */
  async call(pool: string, method: string, path: string, body?: object) {
    const response = await fetch(`${this.pool(pool).administration}${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** What `caravan …` says, asked of the pool's administration: one document a line. */
  async caravan(pool: string, words: readonly string[]): Promise<readonly unknown[]> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['bin/caravan.ts', ...words, '--json', '--url', this.pool(pool).administration],
      { env: { ...process.env, CARAVAN_ADMINISTRATION_TOKEN: TOKEN } },
    );
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }

  async stop(): Promise<void> {
    for (const device of this.#devices) device.close();
    await closeAll(this.#closing);
  }
}

async function prepare(
  options: SeveralPoolsOptions,
  closing: (() => unknown)[],
  make: (site: MailSite, map: HomeMap, pools: ReadonlyMap<string, OnePool>) => SeveralPools,
): Promise<SeveralPools> {
  const { users } = options;
  const site = await MailSite.start({
    users: Object.fromEntries(users.map((it) => [it, secretOf(it)])),
    maxUserConnections: 50,
  });
  closing.push(() => site.stop());
  const directory = await mkdtemp(join(tmpdir(), 'caravan-pools-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  const homes = await startEmbeddedDynamo();
  closing.push(() => homes.stop());
  const homesStore = await openStore(HOMES_TABLE, homes.endpoint);
  await homesStore.createTable();
  closing.push(() => homesStore.close());
  const map = new HomeMap({ near: homesStore, authority: homesStore, clock: systemClock });
  const pools = new Map<string, OnePool>();
  for (const [index, [name, settings]] of Object.entries(options.pools).entries()) {
    const latencyMs = latencyTo(name, options);
    const dynamo = await startEmbeddedDynamo();
    closing.push(() => dynamo.stop());
    const store = await openStore(tableOf(name), dynamo.endpoint);
    closing.push(() => store.close());
    const homesPort = Number(new URL(homes.endpoint).port);
    const toHomes = await TcpProxy.start('127.0.0.1', homesPort, index === 0 ? 0 : latencyMs);
    closing.push(() => toHomes.stop());
    const count = options.servers ?? 2;
    const ports = await freePorts(count * 2 + 1);
    const targets = ports.slice(0, count).map((port, number) => ({ name: `s${number}`, host: '127.0.0.1', port }));
    const sprayer = await Sprayer.start({ port: 0, targets });
    closing.push(() => sprayer.stop());
    const door = await TcpProxy.start('127.0.0.1', sprayer.port, latencyMs);
    closing.push(() => door.stop());
    const url = `http://127.0.0.1:${door.port}`;
    const isLate = options.mapComesLater?.includes(name) === true;
    const areHealthy = async (numbers: readonly number[]) => {
      while (!numbers.every((it) => sprayer.targets()[it]?.state === 'healthy'))
        await new Promise((done) => setTimeout(done, 50));
    };
    const others = targets.map((_, number) => number).slice(1);
    const pool: OnePool = {
      name,
      endpoint: dynamo.endpoint,
      url,
      localUrl: `http://127.0.0.1:${sprayer.port}`,
      store,
      servers: [],
      toHomes,
      administration: `http://127.0.0.1:${ports[2 * count]}`,
      async lose() {
        await dynamo.stop();
        door.cut();
        door.freeze();
      },
      async bringMap() {
        for (const number of others) await start(number, true);
        await areHealthy(others);
      },
      async endUnaware() {
        await pool.servers.shift()?.stop();
      },
      isolate() {
        for (const way of [door, toHomes]) way.freeze();
      },
      heal() {
        // Bytes of the connections from before are lost.
        for (const way of [door, toHomes]) {
          way.cut();
          way.thaw();
        }
      },
    };
    pools.set(name, pool);
    const start = async (number: number, hasHomes: boolean) => {
      const configuration = loadConfiguration({
        directory,
        flags: {
          ...site.settings(),
          'listen-host': '127.0.0.1',
          'listen-port': String(ports[number]),
          'listen-tls': 'off',
          data: join(directory, `${name}-${number}`),
          'public-url': url,
          'store-kind': 'dynamodb',
          'store-table': tableOf(name),
          'store-endpoint': dynamo.endpoint,
          'pool-name': name,
          'pool-peer-host': '127.0.0.1',
          'pool-peer-port': String(ports[count + number]),
          'pool-beat-ms': '500',
          'pool-lease-ms': '3000',
          'pool-drain-seconds': '5',
          'drain-seconds': '2',
          ...(hasHomes && {
            'homes-table': HOMES_TABLE,
            'homes-endpoint': `http://127.0.0.1:${toHomes.port}`,
          }),
          ...(number === 0 && { 'administration-port': String(ports[2 * count]) }),
          'log-level': process.env['CARAVAN_TEST_LOG'] ?? 'silent',
          ...options.settings,
          ...settings,
        },
        environment: { CARAVAN_POOL_KEY: KEY, CARAVAN_ADMINISTRATION_TOKEN: TOKEN },
      });
      const { level } = configuration.log;
      const log = level === 'silent' ? silentLog : createLog({ level, destination: process.stderr });
      const server = await startServer(configuration, { log });
      closing.push(() => server.stop());
      pool.servers.push(server);
    };
    const first = isLate ? [0] : [0, ...others];
    for (const number of first) await start(number, !isLate);
    await areHealthy(first);
  }
  return make(site, map, pools);
}

function latencyTo(pool: string, { latencyMs = 40 }: SeveralPoolsOptions): number {
  return typeof latencyMs === 'number' ? latencyMs : (latencyMs[pool] ?? 0);
}

export const openStore = (table: string, endpoint: string): Promise<DynamoStore> =>
  openDynamoStore({ table, endpoint, clock: systemClock, random: systemRandom });

async function closeAll(closing: (() => unknown)[]): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close();
}
