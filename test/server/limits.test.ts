// What the configuration promises to bound is bounded, as a client at the other end of a socket sees it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderType } from '../../lib/activesync/client/index.ts';
import { element, readWbxml, text, writeWbxml } from '../../lib/activesync/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { HealthRoute } from '../../lib/server/http/health-route.ts';
import { HttpService } from '../../lib/server/http/http-service.ts';
import type { Route } from '../../lib/server/http/route.ts';
import { RunningRequests } from '../../lib/server/http/running-requests.ts';
import { readBody } from '../../lib/server/http/body.ts';
import { ADA, basicOf, BOB, FoldersServer } from '../support/folders-server.ts';
import { RawConnection, type RawResponse, rawRequest } from '../support/raw-http.ts';

const BODY_LIMIT_BYTES = 65_536;
const HEADERS = { Authorization: ADA, 'MS-ASProtocolVersion': '16.1' };
const target = (command: string, device = 'RAW1') =>
  `/Microsoft-Server-ActiveSync?Cmd=${command}&User=ada&DeviceId=${device}&DeviceType=Raw`;
const FOLDER_SYNC = writeWbxml(element('FolderHierarchy:FolderSync', element('FolderHierarchy:SyncKey', '0')));
const folderSync = (device?: string) => rawRequest('POST', target('FolderSync', device), HEADERS, FOLDER_SYNC);

async function ask(port: number, bytes: Uint8Array): Promise<RawResponse | undefined> {
  const connection = await RawConnection.open(port);
  connection.write(bytes);
  const response = await connection.response();
  connection.destroy();
  return response;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 400) throw new Error('it did not come to be');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('limits.bodyLimitBytes', () => {
  let server: FoldersServer;
  beforeAll(async () => {
    server = await FoldersServer.start({ flags: { 'limits-body-limit-bytes': String(BODY_LIMIT_BYTES) } });
  });
  afterAll(() => server.stop());

  it('lets a body of the limit through: what is in it counts', async () => {
    const body = Buffer.concat([FOLDER_SYNC, Buffer.alloc(BODY_LIMIT_BYTES - FOLDER_SYNC.length)]);
    expect(await ask(server.port, rawRequest('POST', target('FolderSync'), HEADERS, body))).toMatchObject({
      status: 400,
    });
  });
  it('answers 413 where a larger one is announced, before it has come', async () => {
    const head = rawRequest('POST', target('FolderSync'), {
      ...HEADERS,
      'Content-Length': String(BODY_LIMIT_BYTES + 1),
    });
    expect(await ask(server.port, head)).toMatchObject({ status: 413 });
  });
  it('goes on with the connection when the body that was refused has passed by', async () => {
    const connection = await RawConnection.open(server.port);
    connection.write(rawRequest('POST', target('FolderSync'), HEADERS, Buffer.alloc(BODY_LIMIT_BYTES + 1)));
    expect(await connection.response()).toMatchObject({ status: 413 });
    connection.write(folderSync());
    expect(await connection.response()).toMatchObject({ status: 200 });
    connection.destroy();
  });
  it('answers 413 to a body that grows beyond it in chunks', async () => {
    const connection = await RawConnection.open(server.port);
    connection.write(rawRequest('POST', target('FolderSync'), { ...HEADERS, 'Transfer-Encoding': 'chunked' }));
    const chunk = Buffer.concat([Buffer.from('8000\r\n'), Buffer.alloc(0x8000), Buffer.from('\r\n')]);
    for (let i = 0; i < 3; i++) connection.write(chunk);
    expect(await connection.response()).toMatchObject({ status: 413 });
    connection.destroy();
  });
  it('cuts a client that sends on and on after its answer', async () => {
    const connection = await RawConnection.open(server.port);
    connection.write(rawRequest('POST', target('FolderSync'), { ...HEADERS, 'Transfer-Encoding': 'chunked' }));
    const chunk = Buffer.concat([Buffer.from('80000\r\n'), Buffer.alloc(0x80000), Buffer.from('\r\n')]);
    for (let i = 0; i < 40; i++) {
      connection.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await connection.response()).toMatchObject({ status: 413 });
    await connection.closed();
  });
  it('bounds autodiscover too', async () => {
    const head = rawRequest('POST', '/autodiscover/autodiscover.xml', {
      Authorization: ADA,
      'Content-Length': '99999',
    });
    expect(await ask(server.port, head)).toMatchObject({ status: 413 });
  });
});

describe('limits.maxConcurrentRequests', () => {
  let server: FoldersServer;
  beforeAll(async () => {
    server = await FoldersServer.start({ flags: { 'limits-max-concurrent-requests': '2' } });
  });
  afterAll(() => server.stop());

  /** A request that is being worked on for as long as its last byte does not come. */
  async function slow(device: string) {
    const connection = await RawConnection.open(server.port);
    const bytes = folderSync(device);
    connection.write(bytes.subarray(0, -1));
    return { finish: () => connection.write(bytes.subarray(-1)), connection };
  }

  it('MS-ASHTTP_R190: beyond them all are answered 503 with Retry-After, spread out, and served again when there is room', async () => {
    const first = await slow('SLOW1');
    const second = await slow('SLOW2');
    const refusals: number[] = [];
    // Both have come as far as their bodies.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let i = 0; i < 12; i++) {
      const response = await ask(server.port, folderSync('THIRD'));
      expect(response?.status).toBe(503);
      refusals.push(Number(response?.headers['retry-after']));
    }
    expect(Math.min(...refusals)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...refusals)).toBeLessThan(30);
    expect(new Set(refusals).size).toBeGreaterThan(1);
    expect(await ask(server.port, rawRequest('GET', '/health'))).toMatchObject({ status: 200 });
    first.finish();
    expect(await first.connection.response()).toMatchObject({ status: 200 });
    expect(await ask(server.port, folderSync('THIRD'))).toMatchObject({ status: 200 });
    second.finish();
    expect(await second.connection.response()).toMatchObject({ status: 200 });
    first.connection.destroy();
    second.connection.destroy();
  });
  it('are never one user’s who sends slowly: beyond his share he is answered 503 with Retry-After, and others are served', async () => {
    const wide = await FoldersServer.start({ flags: { 'limits-max-concurrent-requests': '9' } });
    const connections: RawConnection[] = [];
    const bytes = folderSync('SLOW');
    const bob = rawRequest('POST', target('FolderSync', 'BOB1'), { ...HEADERS, Authorization: BOB }, FOLDER_SYNC);
    try {
      for (let i = 0; i < 9; i++) {
        const connection = await RawConnection.open(wide.port);
        connection.write(bytes.subarray(0, -1));
        connections.push(connection);
      }
      const refused = await Promise.race(connections.map((it) => it.response()));
      expect(refused?.status).toBe(503);
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(10);
      expect(await ask(wide.port, bob)).toMatchObject({ status: 200 });
      const autodiscover = rawRequest('POST', '/autodiscover/autodiscover.xml', { ...HEADERS, 'Content-Length': '99' });
      expect(await ask(wide.port, autodiscover)).toMatchObject({ status: 503 });
      // One that came whole with its header holds nobody up.
      expect(await ask(wide.port, folderSync('QUICK'))).toMatchObject({ status: 200 });
      connections[0]?.write(bytes.subarray(-1));
      expect(await connections[0]?.response()).toMatchObject({ status: 200 });
    } finally {
      for (const connection of connections) connection.destroy();
      await wide.stop();
    }
  });
  it('does not count those who wait, nor those who hung up', async () => {
    const gone = [await slow('GONE1'), await slow('GONE2')];
    for (const { connection } of gone) connection.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waits: RawConnection[] = [];
    for (let i = 0; i < 6; i++) {
      const phone = server.device({ deviceId: `WAITING${i}` });
      await phone.folderSync();
      const inbox = phone.folder(FolderType.inbox);
      await phone.syncAll({ collectionId: inbox.serverId });
      const connection = await RawConnection.open(server.port);
      const ping = element(
        'Ping:Ping',
        element('Ping:HeartbeatInterval', 600),
        element(
          'Ping:Folders',
          element('Ping:Folder', element('Ping:Id', inbox.serverId), element('Ping:Class', 'Email')),
        ),
      );
      connection.write(rawRequest('POST', target('Ping', `WAITING${i}`), HEADERS, writeWbxml(ping)));
      waits.push(connection);
      await until(() => server.server.waitingCount === i + 1);
    }
    expect(await ask(server.port, folderSync('ANOTHER'))).toMatchObject({ status: 200 });
    for (const connection of waits) connection.destroy();
    await until(() => server.server.waitingCount === 0);
  });
});

describe('who hangs up before its body is looked at', () => {
  /** Says when a body is about to be read, and reads it when it is told to. */
  async function service() {
    const running = new RunningRequests(10);
    let come = 0;
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const route: Route = {
      name: 'reading late',
      isCounted: true,
      matches: () => true,
      async serve(request, response) {
        come++;
        await gate;
        await readBody(request, 1000);
        response.end();
      },
    };
    const options = { host: '127.0.0.1', port: 0, certificate: undefined, trustedProxies: [], keepAliveSeconds: 75 };
    const parts = { running, clock: systemClock, random: systemRandom, log: silentLog };
    const made = new HttpService({ routes: [route], options, ...parts });
    return { running, port: await made.listen(), come: () => come, go: () => go(), stop: () => made.stop(0) };
  }

  it.each([
    ['all of it has come', 'hello'],
    ['half of it has come', 'he'],
    ['there is none', undefined],
  ])('leaves its place to others: %s', async (_, body) => {
    const { running, port, come, go, stop } = await service();
    try {
      const connection = await RawConnection.open(port);
      connection.write(rawRequest('POST', '/', { 'Content-Length': body === undefined ? '0' : '5' }));
      if (body !== undefined) connection.write(body);
      await until(() => come() === 1);
      connection.destroy();
      await new Promise((resolve) => setTimeout(resolve, 100));
      go();
      await until(() => running.count === 0);
    } finally {
      await stop();
    }
  });
});

describe('limits.requestsPerMinute', () => {
  it('slows one device down, and neither its user’s others nor the next minute', async () => {
    const server = await FoldersServer.start({ flags: { 'limits-requests-per-minute': '30' } });
    try {
      const statuses: (number | undefined)[] = [];
      for (let i = 0; i < 30; i++) statuses.push((await ask(server.port, folderSync('HOT')))?.status);
      expect(new Set(statuses)).toEqual(new Set([200]));
      let refused: RawResponse | undefined;
      for (let i = 0; i < 5 && refused?.status !== 503; i++) refused = await ask(server.port, folderSync('HOT'));
      expect(refused?.status).toBe(503);
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(refused?.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(await ask(server.port, folderSync('COLD'))).toMatchObject({ status: 200 });
    } finally {
      await server.stop();
    }
  });
});

describe('devices.maxPerUser', () => {
  it('MS-ASCMD_R4980: one more is told Status 177, and those that are known are served on', async () => {
    const server = await FoldersServer.start({ flags: { 'devices-max-per-user': '2' } });
    try {
      for (const device of ['ONE', 'TWO'])
        expect(await ask(server.port, folderSync(device))).toMatchObject({ status: 200 });
      const third = await ask(server.port, folderSync('THREE'));
      expect(third?.status).toBe(200);
      expect(text(readWbxml(third?.body ?? Buffer.alloc(0)), 'FolderHierarchy:Status')).toBe('177');
      const again = await ask(server.port, folderSync('TWO'));
      expect(text(readWbxml(again?.body ?? Buffer.alloc(0)), 'FolderHierarchy:Status')).toBe('1');
    } finally {
      await server.stop();
    }
  });
});

describe('wrong passwords', () => {
  const guess = (port: number, name: string, password: string) =>
    ask(
      port,
      rawRequest('POST', target('FolderSync'), { ...HEADERS, Authorization: basicOf(name, password) }, FOLDER_SYNC),
    );

  it('are answered 401, and after so many of them 503 with the time to wait; a phone that is known goes on', async () => {
    const server = await FoldersServer.start({ flags: { 'authentication-failures-per-user': '3' } });
    try {
      expect(await ask(server.port, folderSync())).toMatchObject({ status: 200 });
      for (let i = 0; i < 3; i++) expect(await guess(server.port, 'ada', `wrong ${i}`)).toMatchObject({ status: 401 });
      const refused = await guess(server.port, 'EXAMPLE\\ada', 'wrong again');
      expect(refused?.status).toBe(503);
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(200);
      expect(await ask(server.port, folderSync())).toMatchObject({ status: 200 });
    } finally {
      await server.stop();
    }
  });
  it('are counted when they come side by side', async () => {
    const server = await FoldersServer.start({ flags: { 'authentication-failures-per-user': '3' } });
    try {
      const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => guess(server.port, 'bob', `wrong ${i}`)));
      expect(tries.filter((it) => it?.status === 401).length).toBeLessThanOrEqual(3);
      expect(tries.filter((it) => it?.status === 503).length).toBeGreaterThanOrEqual(17);
    } finally {
      await server.stop();
    }
  });
});

describe('slow clients', () => {
  const reading: Route = {
    name: 'reading',
    isCounted: true,
    matches: () => true,
    async serve(request, response) {
      await readBody(request, 1000);
      response.end();
    },
  };
  let service: HttpService;
  let port: number;
  beforeAll(async () => {
    service = new HttpService({
      routes: [
        new HealthRoute({ notReady: () => undefined, checkStore: () => Promise.resolve(), clock: systemClock }),
        reading,
      ],
      options: {
        host: '127.0.0.1',
        port: 0,
        certificate: undefined,
        trustedProxies: [],
        keepAliveSeconds: 75,
        headersTimeoutSeconds: 0.3,
        requestTimeoutSeconds: 0.6,
      },
      running: new RunningRequests(10),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
    port = await service.listen();
  });
  afterAll(() => service.stop(0));

  it('that never end their header are told 408, and closed', async () => {
    const connection = await RawConnection.open(port);
    const timer = setInterval(() => connection.write('X: y\r\n'), 50);
    connection.write('POST / HTTP/1.1\r\nHost: localhost\r\n');
    await connection.closed(5_000);
    clearInterval(timer);
    expect(await connection.response()).toMatchObject({ status: 408 });
  });
  it('that never end their body are told 408, and closed', async () => {
    const connection = await RawConnection.open(port);
    connection.write(rawRequest('POST', '/', { 'Content-Length': '900' }));
    const timer = setInterval(() => connection.write('x'), 50);
    await connection.closed(5_000);
    clearInterval(timer);
    expect(await connection.response()).toMatchObject({ status: 408 });
  });
  it('are no hindrance to others meanwhile', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => RawConnection.open(port)));
    for (const connection of all) connection.write('POST / HTTP/1.1\r\n');
    expect(await ask(port, rawRequest('GET', '/health'))).toMatchObject({ status: 200 });
    await Promise.all(all.map((it) => it.closed(5_000)));
  });
});
