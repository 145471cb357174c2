/** A mail system served to phones, by a standalone server or by a pool, where most requests land on a server that is not the user's owner. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceClient, type DeviceClientOptions } from '../../../lib/activesync/client/index.ts';
import { silentLog } from '../../../lib/platform/index.ts';
import { startServer } from '../../../lib/server/index.ts';
import { loadConfiguration } from '../../../lib/topology/index.ts';
import type { UserName } from '../../backends/folders/setup.ts';
import { CheckedResponses } from '../checked-responses.ts';
import { freePort } from '../loopback.ts';
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
  /** Of each server that is a process of its own. */
  readonly pids: readonly number[];
  /** Of each server, where `/metrics` is. */
  readonly administrationPorts: readonly number[];
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

  static async start(topology: Topology, mail: TestMailSystem): Promise<Served> {
    return new Served(mail, await (topology === 'a standalone server' ? standalone(mail) : pool(mail)));
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

  /** What a line of the servers' metrics says, all servers together: `caravan_poison_items_total{cause="not-rendered"}`. */
  async counted(line: string): Promise<number> {
    let sum = 0;
    for (const port of this.#door.administrationPorts) {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const [, value] =
        metrics
          .split('\n')
          .find((it) => it.startsWith(`${line} `))
          ?.slice(line.length)
          .split(' ') ?? [];
      if (value === undefined) throw new Error(`no server tells of ${line}`);
      sum += Number(value);
    }
    return sum;
  }

  /** The most memory that a server had since it started, of those that are processes of their own (proc(5), VmHWM). */
  async mostBytes(): Promise<readonly number[]> {
    const statuses = await Promise.all(this.#door.pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8')));
    return statuses.map((it) => Number(/^VmHWM:\s+(\d+) kB/m.exec(it)?.[1]) * 1024);
  }

  /**
   * The mail system stays. Throws if an answer was not what others' tools and the schemas say it must be; else tells in a line what
   * was looked at.
   */
  async stop(): Promise<string> {
    for (const device of this.#devices) device.close();
    await this.#door.stop();
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
    'administration-port': String(await freePort()),
    'log-level': 'silent',
    ...POLICIES,
    ...mail.settings,
  };
  const server = await startServer(loadConfiguration({ directory, environment: {}, flags }), { log: silentLog });
  return {
    url: server.url,
    pids: [],
    administrationPorts: server.administrationPort === undefined ? [] : [server.administrationPort],
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function pool(mail: TestMailSystem): Promise<Door> {
  const users = Object.keys(mail.passwords);
  const started = await TestPool.start({
    servers: 2,
    users,
    mail: mail.settings,
    settings: POLICIES,
    store: 'embedded',
    wires: [],
  });
  return {
    url: started.url,
    pids: started.servers.map((it) => it.process.pid),
    administrationPorts: started.servers.map((it) => it.administrationPort),
    stop: () => started.stop(),
  };
}
