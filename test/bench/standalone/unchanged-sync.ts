/** Sync without change, 8 clients at once, beside a bare node:http echo of the same bytes. */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import { element, writeWbxml } from '../../../lib/activesync/index.ts';
import type { Figure } from '../figure.ts';
import { PASSWORD, USERS } from './mailboxes.ts';

const CLIENTS = 8;
const WARM_MS = 1_500;
const MEASURE_MS = 4_000;

interface Target {
  readonly url: string;
  readonly body: Uint8Array;
  readonly user: string;
}

export async function benchUnchangedSync(url: string): Promise<Figure> {
  const targets: Target[] = [];
  for (let client = 0; client < CLIENTS; client++) {
    const user = USERS[client] as string;
    const deviceId = `UNCHANGED${client}`;
    const device = new DeviceClient({ url, user, password: PASSWORD, deviceId, version: '16.1' });
    await device.folderSync();
    const collectionId = device.folder(FolderType.inbox).serverId;
    await device.syncAll({ collectionId, windowSize: 512 });
    device.close();
    const syncKey = device.state.collections[collectionId]?.syncKey ?? '0';
    const body = writeWbxml(
      element(
        'AirSync:Sync',
        element(
          'AirSync:Collections',
          element(
            'AirSync:Collection',
            element('AirSync:SyncKey', syncKey),
            element('AirSync:CollectionId', collectionId),
          ),
        ),
      ),
    );
    const query = `Cmd=Sync&User=${user}&DeviceId=${deviceId}&DeviceType=Caravan`;
    targets.push({ url: `${url}/Microsoft-Server-ActiveSync?${query}`, body, user });
  }
  await rate(targets, WARM_MS);
  const ours = await rate(targets, MEASURE_MS);
  const echo = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const echoUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/`;
  const bare = await rate(
    targets.map((it) => ({ ...it, url: echoUrl })),
    MEASURE_MS,
  );
  echo.closeAllConnections();
  echo.close();
  return {
    name: `Sync without change, ${CLIENTS} clients`,
    value: ours,
    unit: '/s',
    target: { value: 2_000, is: 'at least' },
    baseline: { name: 'bare node:http, in the client’s own process', value: bare },
  };
}

/** Requests answered in a second, each client with one connection and one request at a time. */
async function rate(targets: readonly Target[], durationMs: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const from = performance.now();
  let answered = 0;
  await Promise.all(
    targets.map(async (target) => {
      while (performance.now() - from < durationMs) {
        await post(agent, target);
        answered++;
      }
    }),
  );
  agent.destroy();
  return answered / ((performance.now() - from) / 1000);
}

function post(agent: Agent, { url, body, user }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      Authorization: `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`,
      'MS-ASProtocolVersion': '16.1',
      'Content-Type': 'application/vnd.ms-sync.wbxml',
      'Content-Length': body.length,
    };
    const outgoing = request(url, { agent, method: 'POST', headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => {
        if (response.statusCode !== 200 || bytes > 0)
          reject(new Error(`status ${response.statusCode}, ${bytes} bytes`));
        else resolve();
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
