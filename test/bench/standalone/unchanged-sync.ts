/** Sync without change, 8 clients at once, beside a bare node:http server that is sent the same bytes. */
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Figure } from '../figure.ts';
import { forkProgram, messageOf } from './child.ts';
import type { Load } from './load-generator.ts';
import { PASSWORD, USERS } from './mailboxes.ts';
import { requestBytes } from './raw-http.ts';
import type { ServerProcess } from './server-process.ts';
import { median } from './statistics.ts';
import { syncBody } from './sync-request.ts';

const CLIENTS = 8;
const ROUNDS = 3;
const WARM_MS = 1_500;
const MEASURE_MS = 2_500;

export async function benchUnchangedSync(server: ServerProcess): Promise<Figure> {
  const requests: Buffer[] = [];
  for (let client = 0; client < CLIENTS; client++) requests.push(await unchangedSync(server.url, client));
  const echo = forkProgram('bare-server.ts', 'echo');
  const echoPort = await messageOf<number>(echo);
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await rate(server.port, requests));
      bare.push(await rate(echoPort, requests));
    }
  } finally {
    echo.kill();
  }
  return {
    name: `Sync without change, ${CLIENTS} clients`,
    value: median(ours),
    unit: '/s',
    target: { value: 2_000, is: 'at least' },
    baseline: { name: 'bare node:http', value: median(bare) },
    note: `median of ${ROUNDS} rounds of ${MEASURE_MS / 1000} s`,
  };
}

/** The request of a device that has everything. */
async function unchangedSync(url: string, client: number): Promise<Buffer> {
  const user = USERS[client] as string;
  const deviceId = `UNCHANGED${client}`;
  const device = new DeviceClient({ url, user, password: PASSWORD, deviceId, version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  await device.syncAll({ collectionId, windowSize: 512 });
  device.close();
  const syncKey = device.state.collections[collectionId]?.syncKey ?? '0';
  const body = syncBody({ collectionId, syncKey });
  return requestBytes({ command: 'Sync', user, password: PASSWORD, deviceId, body });
}

async function rate(port: number, requests: readonly Buffer[]): Promise<number> {
  const generator = forkProgram('load-generator.ts');
  const load: Load = {
    port,
    requests: requests.map((it) => it.toString('base64')),
    warmMs: WARM_MS,
    measureMs: MEASURE_MS,
  };
  generator.send(load);
  return messageOf<number>(generator);
}
