/** What a waiting device costs in memory: the server's growth with 5,000 held Pings, beside a bare server's. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import { element, writeWbxml } from '../../../lib/activesync/index.ts';
import type { Dovecot } from '../../support/dovecot.ts';
import type { Figure } from '../figure.ts';
import { forkProgram, messageOf } from './child.ts';
import { messageOfToday, PASSWORD, USERS } from './mailboxes.ts';
import { requestBytes } from './raw-http.ts';
import { residentBytes, type ServerProcess } from './server-process.ts';

const DEVICES = 5_000;
const SETTLE_MS = 4_000;
const AT_ONCE = 50;
/** Of today in each mailbox, for all that a device with this filter has. */
const RECENT_MESSAGES = 20;
const ONE_DAY = 1;

export async function benchWaiting(
  dovecot: Dovecot,
  server: ServerProcess,
  say: (text: string) => void,
): Promise<Figure> {
  for (const [number, user] of USERS.entries()) {
    for (let index = 0; index < RECENT_MESSAGES; index++) await dovecot.deliver(user, messageOfToday(number, index));
  }
  say(`${DEVICES} devices do their first Sync`);
  const requests = await primedPings(server.url);
  // A server that served 5,000 first Syncs has room in its heap: those that wait are held by a new one.
  await server.stop();
  await server.launch();
  await warmUp(server, requests);
  await settle();
  const before = residentBytes(server.pid);
  say(`${DEVICES} devices wait`);
  const sockets = await hold(server.port, requests);
  await settle();
  const growth = residentBytes(server.pid) - before;
  for (const socket of sockets) socket.destroy();
  return {
    name: `a waiting device (Ping held), ${DEVICES} held`,
    value: growth / DEVICES / 1024,
    unit: 'KB',
    target: { value: 30, is: 'at most' },
    baseline: { name: 'a request held by a bare node:http', value: (await bareGrowth(requests)) / DEVICES / 1024 },
    note: `${DEVICES / USERS.length} devices a user; growth of a server started after all of them had synced, its users' connections open`,
  };
}

/** A Ping request for each device, whose first Sync is done: the raw bytes of HTTP. */
async function primedPings(url: string): Promise<readonly Buffer[]> {
  const requests: Buffer[] = [];
  const numbers = Array.from({ length: DEVICES }, (_, number) => number);
  for (let at = 0; at < DEVICES; at += AT_ONCE) {
    requests.push(...(await Promise.all(numbers.slice(at, at + AT_ONCE).map((number) => primedPing(url, number)))));
  }
  return requests;
}

async function primedPing(url: string, number: number): Promise<Buffer> {
  const user = USERS[number % USERS.length] as string;
  const deviceId = `WAITING${number}`;
  const device = new DeviceClient({ url, user, password: PASSWORD, deviceId, version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  // One day's mail: the state of a device that has synced, without the time of 5,000 whole first Syncs.
  const { added } = await device.syncAll({
    collectionId,
    windowSize: 512,
    filterType: ONE_DAY,
    bodyPreferences: [{ type: 1, truncationSizeBytes: 1 }],
  });
  if (added < RECENT_MESSAGES) throw new Error(`${user} has ${added} messages of today`);
  device.close();
  return pingRequest(user, deviceId, collectionId);
}

function pingRequest(user: string, deviceId: string, collectionId: string): Buffer {
  const folder = element('Ping:Folder', element('Ping:Id', collectionId), element('Ping:Class', 'Email'));
  const body = writeWbxml(
    element('Ping:Ping', element('Ping:HeartbeatInterval', 1_800), element('Ping:Folders', folder)),
  );
  return requestBytes({ command: 'Ping', user, password: PASSWORD, deviceId, body });
}

/** One device of each user asks, waits and goes: mailboxes are open, monitors run, code is compiled. */
async function warmUp(server: ServerProcess, requests: readonly Buffer[]): Promise<void> {
  const sockets = await hold(server.port, requests.slice(0, USERS.length));
  await settle();
  for (const socket of sockets) socket.destroy();
}

async function hold(port: number, requests: readonly Buffer[]): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (const [at, request] of requests.entries()) {
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (answer: Buffer) => {
      throw new Error(`a Ping did not wait: ${answer.toString('latin1').slice(0, 200)}`);
    });
    sockets.push(socket);
    socket.write(request);
    if (at % AT_ONCE === 0) await once(socket, 'connect');
  }
  return sockets;
}

async function bareGrowth(requests: readonly Buffer[]): Promise<number> {
  const child = forkProgram('bare-server.ts', 'hold');
  const port = await messageOf<number>(child);
  for (const socket of await hold(port, requests.slice(0, USERS.length))) socket.destroy();
  await settle();
  const before = residentBytes(child.pid ?? 0);
  const sockets = await hold(port, requests);
  await settle();
  const growth = residentBytes(child.pid ?? 0) - before;
  for (const socket of sockets) socket.destroy();
  child.kill();
  return growth;
}

const settle = () => new Promise((done) => setTimeout(done, SETTLE_MS));
