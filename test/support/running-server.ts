/** A standalone server of a test's own, put together as `caravan serve` does it, with devices of ours around it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceClient, type DeviceClientOptions } from '../../lib/activesync/client/index.ts';
import type { ProtocolVersion } from '../../lib/activesync/index.ts';
import { createLog, type Log, silentLog } from '../../lib/platform/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { type Configuration, loadConfiguration } from '../../lib/topology/index.ts';
import { CheckedResponses } from './checked-responses.ts';
import { Dovecot, type DovecotOptions } from './dovecot.ts';
import { TEST_DOMAIN } from './imap-backend.ts';
import { SmtpSink } from './smtp-sink.ts';

export interface RunningServerOptions {
  readonly dovecot?: DovecotOptions;
  /** By name, as on the command line: `{ 'policy-requirement': 'required' }`. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** With a real Dovecot and a submission server behind it. Every response that its devices see is looked at. */
export class RunningServer {
  readonly dovecot: Dovecot;
  readonly smtp: SmtpSink;
  readonly responses = new CheckedResponses();
  readonly #directory: string;
  readonly #flags: Readonly<Record<string, string>>;
  readonly #devices: DeviceClient[] = [];
  #server: CaravanServer | undefined;

  private constructor(dovecot: Dovecot, smtp: SmtpSink, directory: string, flags: Readonly<Record<string, string>>) {
    this.dovecot = dovecot;
    this.smtp = smtp;
    this.#directory = directory;
    this.#flags = flags;
  }

  static async start({ dovecot: dovecotOptions, flags = {} }: RunningServerOptions = {}): Promise<RunningServer> {
    const dovecot = await Dovecot.start(dovecotOptions);
    const userOf = (address: string) => address.slice(0, address.indexOf('@'));
    const isLocal = (address: string) => address.endsWith(`@${TEST_DOMAIN}`);
    const smtp = await SmtpSink.start({
      users: dovecot.users,
      accepts: (address) => !isLocal(address) || userOf(address) in dovecot.users,
      deliver: async (address, raw) => {
        if (isLocal(address)) await dovecot.deliver(userOf(address), raw);
      },
    });
    const running = new RunningServer(dovecot, smtp, await mkdtemp(join(tmpdir(), 'caravan-server-')), flags);
    await running.startServer();
    return running;
  }

  get server(): CaravanServer {
    if (!this.#server) throw new Error('the server is stopped');
    return this.#server;
  }

  get url(): string {
    return this.server.url;
  }

  /** The directory of its database, for those who look into it while it is stopped. */
  get data(): string {
    return join(this.#directory, 'data');
  }

  get configuration(): Configuration {
    return loadConfiguration({
      directory: this.#directory,
      flags: {
        'listen-host': '127.0.0.1',
        'listen-port': this.#server === undefined ? '0' : String(this.#server.port),
        'listen-tls': 'off',
        data: this.data,
        'mail-kind': 'imap',
        'mail-host': this.dovecot.host,
        'mail-port': String(this.dovecot.imapPort),
        'mail-tls': 'off',
        'mail-domain': TEST_DOMAIN,
        'mail-smtp-host': '127.0.0.1',
        'mail-smtp-port': String(this.smtp.port),
        'mail-smtp-tls': 'off',
        'limits-requests-per-minute': '0',
        'devices-max-per-user': '100',
        'drain-seconds': '5',
        'log-level': process.env['CARAVAN_TEST_LOG'] ?? 'silent',
        ...this.#flags,
      },
    });
  }

  async startServer(): Promise<void> {
    this.#server = await startServer(this.configuration, { log: this.#log() });
  }

  async stopServer(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** A device of ada's, if nothing else is said; each call makes another one. */
  device(options: { user?: string; version?: ProtocolVersion } & Partial<DeviceClientOptions> = {}): DeviceClient {
    const user = options.user ?? 'ada';
    const device = new DeviceClient({
      url: this.url,
      password: this.dovecot.users[user] ?? '',
      deviceId: `TESTDEVICE${this.#devices.length}`,
      deviceType: 'TestPhone',
      onExchange: this.responses.onExchange,
      ...options,
      user,
    });
    this.#devices.push(device);
    return device;
  }

  /** Stops everything; throws if a response was not what others' tools and the schemas say it must be. */
  async stop(): Promise<string> {
    for (const device of this.#devices) device.close();
    await this.stopServer();
    await this.smtp.stop();
    await this.dovecot.stop();
    await rm(this.#directory, { recursive: true, force: true });
    return this.responses.finish();
  }

  #log(): Log {
    const level = this.configuration.log.level;
    return level === 'silent' ? silentLog : createLog({ level, destination: process.stderr });
  }
}
