/** What a waiting device costs in memory: the server's growth with 5,000 held Pings, beside a bare server's. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import { element, writeWbxml } from '../../../lib/activesync/index.ts';
import type { Figure } from '../figure.ts';
import { PASSWORD, USERS } from './mailboxes.ts';
import { residentBytes, type ServerProcess } from './server-process.ts';

const DEVICES = 5_000;
const SETTLE_MS = 3_000;
const AT_ONCE = 50;
const HELD_SERVER = new URL('./held-server.ts', import.meta.url);

export async function benchWaiting(server: ServerProcess): Promise<Figure> {
  const requests = await primedPings(server.url);
  await settle();
  const before = residentBytes(server.pid);
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
    note: `${DEVICES / USERS.length} devices a user`,
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
  await device.syncAll({
    collectionId,
    windowSize: 512,
    filterType: 1,
    bodyPreferences: [{ type: 1, truncationSizeBytes: 1 }],
  });
  device.close();
  const body = writeWbxml(
    element(
      'Ping:Ping',
      element('Ping:HeartbeatInterval', 1_800),
      element('Ping:Folders', element('Ping:Folder', element('Ping:Id', collectionId), element('Ping:Class', 'Email'))),
    ),
  );
  const head = [
    `POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=${user}&DeviceId=${deviceId}&DeviceType=Caravan HTTP/1.1`,
    'Host: bench',
    `Authorization: Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`,
    'MS-ASProtocolVersion: 16.1',
    'Content-Type: application/vnd.ms-sync.wbxml',
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
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
  const child = fork(HELD_SERVER, { stdio: 'inherit' });
  const [port] = (await once(child, 'message')) as [number];
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
