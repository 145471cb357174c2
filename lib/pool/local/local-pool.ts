/**
 * A whole pool on one machine: the embedded DynamoDB, the servers' processes, the sprayer in front of them. All of it ends with
 * this process, and what it keeps is in one directory.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Log, type Random, reasonOf, sleep } from '../../platform/index.ts';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../../store/index.ts';
import { PoolError } from '../errors.ts';
import { freePort } from './free-port.ts';
import { removePoolNote, writePoolNote } from '../note/index.ts';
import { ServerChild, type ServerEvent } from './server-child.ts';
import { keepSecrets, SERVER_HOST, type ServerPlace, serverSettings, tokenFileOf } from './server-settings.ts';
import { Sprayer, type SprayerOptions } from './sprayer.ts';

export interface LocalPoolOptions {
  /** Where everything is kept: the database, secrets, what the servers write. */
  readonly directory: string;
  readonly servers: number;
  /** Of the sprayer. Port 0: any free one, and any for the servers. */
  readonly sprayer: Required<Pick<SprayerOptions, 'host' | 'port'>> & Pick<SprayerOptions, 'certificate'>;
  /** The program that runs one server, to which `--<setting> <value>` are added. */
  readonly command: readonly string[];
  /** Of every server, by flag: the mail system above all. */
  readonly settings: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: 10,000, about what an orchestrator takes to start a task anew. */
  readonly restartMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What happened to servers after the pool was up. */
  readonly onEvent?: (event: ServerEvent) => void;
}

export interface LocalServer {
  readonly name: string;
  readonly pid: number;
  /** Where devices would reach it without the sprayer. */
  readonly url: string;
  /** Where the other servers reach it: its address in the pool. */
  readonly address: string;
  readonly administration: string;
}

/** Beside the sprayer's 8080: doors at 8081 …, peers at 8181 …, administration at 8281 …, where these are free. */
const PEER_OFFSET = 100;
const ADMINISTRATION_OFFSET = 200;
const RESTART_MS = 10_000;
const STOP_LIMIT_MS = 30_000;
const UP_LIMIT_MS = 120_000;
const POLL_MS = 50;

export class LocalPool {
  readonly #options: LocalPoolOptions;
  readonly #children: ServerChild[] = [];
  #places: readonly ServerPlace[] = [];
  #dynamo: EmbeddedDynamo | undefined;
  #sprayer: Sprayer | undefined;
  #isUp = false;
  #isStopping = false;

  private constructor(options: LocalPoolOptions) {
    this.#options = options;
  }

  /**
   * Resolves when every server takes requests. Throws StoreError('store-in-use') where a pool runs in the directory already,
   * and PoolError: 'cannot-listen', 'cannot-keep', 'server-not-started'.
   */
  static async start(options: LocalPoolOptions): Promise<LocalPool> {
    const pool = new LocalPool(options);
    try {
      await pool.#start();
      return pool;
    } catch (thrown) {
      await pool.stop(false);
      throw thrown;
    }
  }

  get url(): string {
    const { host, certificate } = this.#options.sprayer;
    const shown = host === SERVER_HOST || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    return `${certificate ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${this.#sprayer?.port ?? 0}`;
  }

  get tokenFile(): string {
    return tokenFileOf(this.#options.directory);
  }

  /** Of the embedded DynamoDB. */
  get storeEndpoint(): string {
    return this.#dynamo?.endpoint ?? '';
  }

  servers(): readonly LocalServer[] {
    return this.#places.map(({ name, port, peerPort, administrationPort }, position) => ({
      name,
      pid: this.#children[position]?.pid ?? 0,
      url: `http://${SERVER_HOST}:${port}`,
      address: `${SERVER_HOST}:${peerPort}`,
      administration: `http://${SERVER_HOST}:${administrationPort}`,
    }));
  }

  /** Devices are answered, servers end in order, and then the database. */
  async stop(isGraceful = true): Promise<void> {
    this.#isStopping = true;
    const limitMs = isGraceful ? STOP_LIMIT_MS : 0;
    const sprayed = this.#sprayer?.stop(limitMs);
    await Promise.all(this.#children.map((it) => it.stop(limitMs)));
    await sprayed;
    if (this.#dynamo !== undefined) {
      // Not before: where another pool has the directory, the note is that one's.
      removePoolNote(this.#options.directory);
      await this.#dynamo.stop();
    }
  }

  async #start(): Promise<void> {
    const { directory, random, sprayer, servers, clock, log } = this.#options;
    await this.#startDynamo(undefined);
    keepSecrets(directory, random);
    this.#places = await this.#findPlaces(servers);
    const targets = this.#places.map(({ name, port }) => ({ name, host: SERVER_HOST, port }));
    this.#sprayer = await Sprayer.start({ ...sprayer, targets, clock, log });
    const outputs = join(directory, 'logs');
    mkdirSync(outputs, { recursive: true, mode: 0o700 });
    for (const place of this.#places) {
      const outputFile = join(outputs, `${place.name}.log`);
      writeFileSync(outputFile, '', { mode: 0o600 });
      this.#children.push(this.#child(place, outputFile));
    }
    for (const child of this.#children) child.start();
    await this.#untilUp(this.#sprayer);
    this.#isUp = true;
    this.#note();
  }

  /** Its servers live without it for as long as it takes to start it again: they are suspended, and go on. */
  async #startDynamo(port: number | undefined): Promise<void> {
    const { directory, clock, log } = this.#options;
    const file = join(directory, 'store');
    const dynamo = await startEmbeddedDynamo({ file, clock, log, ...(port !== undefined && { port }) });
    this.#dynamo = dynamo;
    void dynamo.exited.then(async () => {
      while (!this.#isStopping && this.#dynamo === dynamo) {
        const again = this.#startDynamo(Number(new URL(dynamo.endpoint).port));
        await again.catch((thrown: unknown) => log.error({ reason: reasonOf(thrown) }, 'No embedded DynamoDB'));
        await sleep(clock, RESTART_MS);
      }
    });
  }

  async #findPlaces(count: number): Promise<readonly ServerPlace[]> {
    const { port } = this.#options.sprayer;
    const near = (number: number, offset: number) => freePort(SERVER_HOST, port === 0 ? 0 : port + number + offset);
    const places: ServerPlace[] = [];
    for (let number = 1; number <= count; number++) {
      places.push({
        name: `server-${number}`,
        port: await near(number, 0),
        peerPort: await near(number, PEER_OFFSET),
        administrationPort: await near(number, ADMINISTRATION_OFFSET),
      });
    }
    return places;
  }

  #child(place: ServerPlace, outputFile: string): ServerChild {
    const { directory, command, settings, environment, restartMs = RESTART_MS, clock, log, onEvent } = this.#options;
    const flags = { ...settings, ...serverSettings(directory, place, this.storeEndpoint) };
    return new ServerChild({
      name: place.name,
      command: [...command, ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])],
      environment,
      directory,
      outputFile,
      restartMs,
      clock,
      log,
      onEvent: (event) => {
        if (!this.#isUp || this.#isStopping) return;
        this.#note();
        onEvent?.(event);
      },
    });
  }

  async #untilUp(sprayer: Sprayer): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonic() + UP_LIMIT_MS;
    while (!sprayer.targets().every(({ state }) => state === 'healthy')) {
      const failed = this.#children.find(({ failure }) => failure !== undefined);
      if (failed) throw notStarted(failed, failed.lastWords() || failed.failure);
      const late = sprayer.targets().find(({ state }) => state !== 'healthy');
      const child = this.#children.find(({ name }) => name === late?.name);
      if (clock.monotonic() > until && child)
        throw notStarted(child, `it is not ready after ${UP_LIMIT_MS / 1000} s (${late?.why ?? late?.state})`);
      await sleep(clock, POLL_MS);
    }
  }

  #note(): void {
    writePoolNote(this.#options.directory, {
      url: this.url,
      pid: process.pid,
      tokenFile: this.tokenFile,
      servers: this.servers().map(({ name, address, administration, pid }) => ({ name, address, administration, pid })),
    });
  }
}

const notStarted = ({ name }: ServerChild, why: string | undefined): PoolError =>
  new PoolError('server-not-started', `${name} did not start`, {
    why: why?.replace(/^caravan: /, '') ?? 'it has ended',
    remedy: 'Look at what it wrote, in the directory logs of the pool.',
  });
