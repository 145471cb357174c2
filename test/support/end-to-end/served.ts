/** A mail system served to phones, by a standalone server or by a pool, where most requests land on a server that is not the user's owner. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceClient, type DeviceClientOptions } from '../../../lib/activesync/client/index.ts';
import { silentLog } from '../../../lib/platform/index.ts';
import { startServer } from '../../../lib/server/index.ts';
import { loadConfiguration } from '../../../lib/topology/index.ts';
import type { UserName } from '../../backends/folders/setup.ts';
import { CheckedResponses } from '../checked-responses.ts';
import { TestPool } from '../pool/test-pool.ts';
import type { TestMailSystem } from './mail-system.ts';

export type Topology = 'a standalone server' | 'a pool of two servers';
export const TOPOLOGIES: readonly Topology[] = ['a standalone server', 'a pool of two servers'];

const POLICIES = {
  'policy-requirement': 'required',
  'policy-settings-device-password-enabled': 'true',
  'policy-settings-min-device-password-length': '6',
  'devices-max-per-user': '100',
  'limits-requests-per-minute': '0',
};

interface Door {
  readonly url: string;
  stop(): Promise<void>;
}

export class Served {
  readonly mail: TestMailSystem;
  readonly #door: Door;
  readonly #responses = new CheckedResponses();
  readonly #devices: DeviceClient[] = [];

  private constructor(mail: TestMailSystem, door: Door) {
    this.mail = mail;
    this.#door = door;
  }

  static async start(topology: Topology, startMail: () => Promise<TestMailSystem>): Promise<Served> {
    const mail = await startMail();
    try {
      return new Served(mail, await (topology === 'a standalone server' ? standalone(mail) : pool(mail)));
    } catch (thrown) {
      await mail.other.close();
      await mail.stop();
      throw thrown;
    }
  }

  /** A new one of Ada's, if nothing else is said. What it is answered is looked at. */
  device(options: { readonly user?: UserName } & Partial<DeviceClientOptions> = {}): DeviceClient {
    const user = options.user ?? 'ada';
    const device = new DeviceClient({
      url: this.#door.url,
      password: this.mail.passwords[user],
      deviceId: `TESTDEVICE${this.#devices.length}`,
      deviceType: 'TestPhone',
      onExchange: this.#responses.onExchange,
      ...options,
      user,
    });
    this.#devices.push(device);
    return device;
  }

  /** Throws if an answer was not what others' tools and the schemas say it must be; else tells in a line what was looked at. */
  async stop(): Promise<string> {
    for (const device of this.#devices) device.close();
    await this.#door.stop();
    await this.mail.other.close();
    await this.mail.stop();
    return this.#responses.finish();
  }
}

async function standalone(mail: TestMailSystem): Promise<Door> {
  const directory = await mkdtemp(join(tmpdir(), 'caravan-end-to-end-'));
  const flags = {
    'listen-host': '127.0.0.1',
    'listen-port': '0',
    'listen-tls': 'off',
    data: join(directory, 'data'),
    'log-level': 'silent',
    ...POLICIES,
    ...mail.settings,
  };
  const server = await startServer(loadConfiguration({ directory, environment: {}, flags }), { log: silentLog });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function pool(mail: TestMailSystem): Promise<Door> {
  const users = Object.keys(mail.passwords);
  return TestPool.start({
    servers: 2,
    users,
    mail: mail.settings,
    settings: POLICIES,
    store: 'embedded',
    wires: [],
  });
}
