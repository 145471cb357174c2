/** Restart with 10 users known: from the start of the process to the first answer, and no device resyncs. */
import { spawnSync } from 'node:child_process';
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Figure } from '../figure.ts';
import { PASSWORD, USERS } from './mailboxes.ts';
import { RawHttp, requestBytes } from './raw-http.ts';
import type { ServerProcess } from './server-process.ts';
import { median } from './statistics.ts';
import { syncBody } from './sync-request.ts';

const ROUNDS = 5;

export async function benchRestart(server: ServerProcess): Promise<Figure> {
  const requests = await Promise.all(USERS.map((user) => primedSync(server.url, user)));
  const firstMs: number[] = [];
  const lastMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const answeredMs = await restart(server, requests);
    firstMs.push(Math.min(...answeredMs));
    lastMs.push(Math.max(...answeredMs));
  }
  return {
    name: `restart after kill -9 with ${USERS.length} users known → first answer to a Sync`,
    value: median(firstMs) / 1000,
    unit: 's',
    target: { value: 1, is: 'at most' },
    baseline: { name: 'node that starts and ends', value: bareStart() / 1000 },
    note: `median of ${ROUNDS}; the last of the ${USERS.length} users had its answer after ${(median(lastMs) / 1000).toFixed(2)} s; nobody resynced`,
  };
}

/** Milliseconds from the start to each user's answer, all asking at once as soon as the server takes connections. */
async function restart(server: ServerProcess, requests: readonly Buffer[]): Promise<number[]> {
  await server.stop('SIGKILL');
  const from = performance.now();
  server.spawn();
  const first = await server.connectWhenUp();
  return Promise.all(
    requests.map(async (request, index) => {
      const connection = index === 0 ? first : await RawHttp.connect(server.port);
      const { status, body } = await connection.send(request);
      const afterMs = performance.now() - from;
      connection.close();
      // The empty answer: nothing changed, the key stays.
      if (status !== 200 || body.length > 0)
        throw new Error(`after the restart: status ${status}, ${body.length} bytes`);
      return afterMs;
    }),
  );
}

async function primedSync(url: string, user: string): Promise<Buffer> {
  const deviceId = 'RESTARTED';
  const device = new DeviceClient({ url, user, password: PASSWORD, deviceId, version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  await device.syncAll({ collectionId, windowSize: 512 });
  device.close();
  const syncKey = device.state.collections[collectionId]?.syncKey ?? '0';
  const body = syncBody({ collectionId, syncKey });
  return requestBytes({ command: 'Sync', user, password: PASSWORD, deviceId, body });
}

function bareStart(): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    spawnSync(process.execPath, ['-e', '']);
    return performance.now() - from;
  });
  return median(times);
}
