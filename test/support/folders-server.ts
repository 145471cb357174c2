/** A standalone server in this process, on mail folders of its own with Ada and Bob, put together as `caravan serve` does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceClient, type DeviceClientOptions } from '../../lib/activesync/client/index.ts';
import { type Clock, createLog } from '../../lib/platform/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { type Configuration, loadConfiguration } from '../../lib/topology/index.ts';
import { makeRoot, PASSWORDS, type UserName } from '../backends/folders/setup.ts';

export interface FoldersServerOptions {
  /** By name, as on the command line. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export class FoldersServer {
  readonly directory: string;
  readonly configuration: Configuration;
  /** Everything that it logged, at every level. */
  readonly logged: string[] = [];
  /** Of the users' mail and collections. */
  readonly mailRoot: string;
  readonly #clock: Clock | undefined;
  readonly #devices: DeviceClient[] = [];
  #server: CaravanServer | undefined;

  private constructor(root: string, directory: string, { flags = {}, clock }: FoldersServerOptions) {
    this.mailRoot = root;
    this.directory = directory;
    this.#clock = clock;
    this.configuration = loadConfiguration({
      directory,
      environment: {},
      flags: {
        'listen-host': '127.0.0.1',
        'listen-port': '0',
        'listen-tls': 'off',
        data: join(directory, 'data'),
        'mail-kind': 'folders',
        'mail-root': root,
        'mail-domain': 'example.org',
        'mail-smtp-in-port': '0',
        'limits-requests-per-minute': '0',
        'drain-seconds': '5',
        'log-level': 'debug',
        ...flags,
      },
    });
  }

  static async start(options: FoldersServerOptions = {}): Promise<FoldersServer> {
    const directory = await mkdtemp(join(tmpdir(), 'caravan-folders-server-'));
    const made = new FoldersServer(await makeRoot(), directory, options);
    await made.startServer();
    return made;
  }

  async startServer(): Promise<void> {
    const destination = { write: (line: string) => void this.logged.push(line) };
    this.#server = await startServer(this.configuration, {
      log: createLog({ level: this.configuration.log.level, destination }),
      ...(this.#clock && { clock: this.#clock }),
    });
  }

  get server(): CaravanServer {
    if (!this.#server) throw new Error('the server is stopped');
    return this.#server;
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  get logLines(): readonly LogLine[] {
    return this.logged.map((it) => JSON.parse(it) as LogLine);
  }

  /** A device of Ada's, if nothing else is said; each call makes another one. It does not try again. */
  device(options: { user?: UserName } & Partial<DeviceClientOptions> = {}): DeviceClient {
    const user = options.user ?? 'ada';
    const device = new DeviceClient({
      url: this.url,
      password: PASSWORDS[user],
      deviceId: `FOLDERSDEVICE${this.#devices.length}`,
      deviceType: 'TestPhone',
      insecureTls: true,
      retry: { attempts: 1 },
      ...options,
      user,
    });
    this.#devices.push(device);
    return device;
  }

  async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }

  async stop(): Promise<void> {
    for (const device of this.#devices) device.close();
    await this.stopServer();
    for (const directory of [this.directory, this.mailRoot]) await rm(directory, { recursive: true, force: true });
  }
}

export const basicOf = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

export const ADA = basicOf('ada', PASSWORDS.ada);
export const BOB = basicOf('bob', PASSWORDS.bob);
