// The door of phones over a real socket: OPTIONS, the challenge, names, paths, gzip, proxies, health.
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { element, readWbxml, text, writeWbxml } from '../../lib/activesync/index.ts';
import { PASSWORDS } from '../backends/folders/setup.ts';
import { ADA, basicOf, FoldersServer } from '../support/folders-server.ts';
import { RawConnection, type RawResponse, rawRequest } from '../support/raw-http.ts';

const PATH = '/Microsoft-Server-ActiveSync';
const VERSION = { 'MS-ASProtocolVersion': '16.1' };
const target = (command: string, device = 'DOOR1', user = 'ada') =>
  `${PATH}?Cmd=${command}&User=${encodeURIComponent(user)}&DeviceId=${device}&DeviceType=Raw`;
const FOLDER_SYNC = writeWbxml(element('FolderHierarchy:FolderSync', element('FolderHierarchy:SyncKey', '0')));

let server: FoldersServer;
beforeAll(async () => {
  server = await FoldersServer.start({ flags: { 'listen-trusted-proxies': '127.0.0.1,192.0.2.10' } });
});
afterAll(() => server.stop());

async function ask(
  method: string,
  at: string,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array = new Uint8Array(0),
): Promise<RawResponse> {
  const connection = await RawConnection.open(server.port);
  connection.write(rawRequest(method, at, headers, body));
  const response = await connection.response();
  connection.destroy();
  if (!response) throw new Error('no answer');
  return response;
}
const folderSync = (headers: Readonly<Record<string, string>> = {}, at = target('FolderSync')) =>
  ask('POST', at, { Authorization: ADA, ...VERSION, ...headers }, FOLDER_SYNC);

describe('OPTIONS', () => {
  const both = (response: RawResponse) => {
    expect(response.status).toBe(200);
    expect(response.headers['ms-asprotocolversions']?.split(',')).toEqual(['12.1', '14.0', '14.1', '16.0', '16.1']);
    expect(response.headers['ms-asprotocolcommands']?.split(',')).toEqual(
      expect.arrayContaining([
        'Sync',
        'SendMail',
        'FolderSync',
        'Ping',
        'ItemOperations',
        'Provision',
        'Settings',
        'Find',
      ]),
    );
  };
  it('MS-ASHTTP_R319, MS-ASHTTP_R238, MS-ASHTTP_R1107: tells versions and commands to who signs in', async () => {
    both(await ask('OPTIONS', PATH, { Authorization: ADA }));
  });
  it('MS-ASHTTP_R450: tells them without a password too, in whatever case and form the path is written', async () => {
    for (const path of [
      PATH,
      '/microsoft-server-activesync',
      '/Microsoft%2DServer-ActiveSync/',
      `http://localhost${PATH}`,
    ])
      both(await ask('OPTIONS', path));
  });
  it('MS-ASHTTP_R523: tells a wrong password that it is wrong', async () => {
    const response = await ask('OPTIONS', PATH, { Authorization: basicOf('ada', 'wrong') });
    expect(response).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringMatching(/^Basic realm="/) },
    });
  });
});

describe('signing in', () => {
  it('MS-ASHTTP_R178: a request without a password is challenged, its body notwithstanding', async () => {
    const response = await ask('POST', target('FolderSync'), VERSION, FOLDER_SYNC);
    expect(response).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringMatching(/^Basic realm="/) },
    });
    expect(response.headers['content-length']).toBe('0');
  });
  it('goes on on the same connection with the password', async () => {
    const connection = await RawConnection.open(server.port);
    connection.write(rawRequest('POST', target('FolderSync'), VERSION, Buffer.alloc(200_000)));
    expect(await connection.response()).toMatchObject({ status: 401 });
    connection.write(rawRequest('POST', target('FolderSync'), { Authorization: ADA, ...VERSION }, FOLDER_SYNC));
    expect(await connection.response()).toMatchObject({ status: 200 });
    connection.destroy();
  });
  it.each(['ada', 'ADA', 'ada@example.org', 'a.lovelace@example.org', 'EXAMPLE\\ada', 'example.org\\ada'])(
    'knows her as %s',
    async (name) => {
      const headers = { Authorization: basicOf(name, PASSWORDS.ada) };
      expect(await folderSync(headers, target('FolderSync', 'DOOR1', name))).toMatchObject({ status: 200 });
    },
  );
  it.each(['bob', 'ada@elsewhere.example', 'ada\r\nX: y', '', '../ada', '__proto__', 'a'.repeat(1000)])(
    'does not know her as %j',
    async (name) => {
      expect(await folderSync({ Authorization: basicOf(name, PASSWORDS.ada) })).toMatchObject({ status: 401 });
    },
  );
});

describe('answers', () => {
  it('MS-ASHTTP_R175, MS-ASHTTP_R201, MS-ASHTTP_R219, MS-ASHTTP_R216: 200, WBXML by its type, with its length', async () => {
    const response = await folderSync();
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/vnd.ms-sync.wbxml');
    expect(response.headers['content-length']).toBe(String(response.body.length));
    expect(text(readWbxml(response.body), 'FolderHierarchy:Status')).toBe('1');
  });
  it('MS-ASHTTP_R197, MS-ASHTTP_R214: a long one is compressed for who takes that, and says so', async () => {
    // By then there are folders enough for an answer that is worth it.
    const device = server.device({ user: 'bob' });
    await device.folderSync();
    for (let i = 0; i < 12; i++)
      await device.folderCreate({
        parentId: '0',
        type: 12,
        displayName: `A folder with quite a long name, number ${i}`,
      });
    device.close();
    const headers = { Authorization: basicOf('bob', PASSWORDS.bob) };
    const plain = await folderSync(headers);
    const packed = await folderSync({ ...headers, 'Accept-Encoding': 'deflate, gzip' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.headers['content-length']).toBe(String(packed.body.length));
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
    for (const refusal of ['gzip;q=0', 'identity, gzip; q=0.0', 'br']) {
      expect(
        (await folderSync({ ...headers, 'Accept-Encoding': refusal })).headers['content-encoding'],
      ).toBeUndefined();
    }
  });
  it('MS-ASHTTP_R412, MS-ASHTTP_R215: one that is not compressed does not say that it is', async () => {
    expect((await folderSync()).headers['content-encoding']).toBeUndefined();
  });
  it('MS-ASHTTP_R186: a command that is unknown is 501', async () => {
    expect(await folderSync({}, target('Dance'))).toMatchObject({ status: 501 });
  });
  it('MS-ASHTTP_R176, MS-ASHTTP_R177: what cannot be understood is 400, and again 400', async () => {
    for (let i = 0; i < 2; i++) {
      const bad = await ask('POST', target('FolderSync'), { Authorization: ADA, ...VERSION }, Buffer.from('no wbxml'));
      expect(bad.status).toBe(400);
    }
  });
  it('MS-ASHTTP_R182: another path is 404, and a browser is told what this is', async () => {
    expect(await ask('GET', '/owa')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/..%2f..%2fetc/passwd')).toMatchObject({ status: 404 });
    const browser = await ask('GET', PATH);
    expect(browser).toMatchObject({ status: 405, headers: { allow: 'OPTIONS, POST' } });
    expect(browser.body.toString()).toContain('phone');
  });
  it('bear the number that is in the log', async () => {
    const response = await folderSync();
    const line = server.logLines.find((it) => it['requestId'] === response.headers['x-request-id']);
    expect(line).toMatchObject({ level: 'info', user: 'ada', device: 'DOOR1', command: 'FolderSync', status: 200 });
  });
});

describe('behind trusted proxies', () => {
  const addressOf = async (headers: Readonly<Record<string, string>>) => {
    const from = server.logged.length;
    await folderSync({ Authorization: basicOf('nobody', 'x'), ...headers });
    const line = server.logLines.slice(from).find((it) => it.message.startsWith('Sign-in'));
    return line?.['address'];
  };
  it('the client is who the nearest of them says', async () => {
    expect(await addressOf({})).toBe('127.0.0.1');
    expect(await addressOf({ 'X-Forwarded-For': '203.0.113.5' })).toBe('203.0.113.5');
    expect(await addressOf({ 'X-Forwarded-For': '198.51.100.1, 203.0.113.6, 192.0.2.10' })).toBe('203.0.113.6');
    expect(await addressOf({ 'X-Forwarded-For': ', ,' })).toBe('127.0.0.1');
  });
  it('autodiscover tells the scheme that the device speaks to the proxy', async () => {
    const at = '/autodiscover/autodiscover.json?Email=ada@example.org&Protocol=ActiveSync';
    const url = async (headers: Readonly<Record<string, string>>) =>
      (JSON.parse((await ask('GET', at, headers)).body.toString()) as { Url: string }).Url;
    expect(await url({})).toBe(`http://localhost${PATH}`);
    expect(await url({ 'X-Forwarded-Proto': 'https' })).toBe(`https://localhost${PATH}`);
  });
  it('a stranger is not believed', async () => {
    const other = await FoldersServer.start();
    try {
      const connection = await RawConnection.open(other.port);
      const headers = { Authorization: basicOf('nobody', 'x'), 'X-Forwarded-For': '203.0.113.5', ...VERSION };
      connection.write(rawRequest('POST', target('FolderSync'), headers));
      await connection.response();
      connection.destroy();
      expect(other.logLines.find((it) => it.message.startsWith('Sign-in'))).toMatchObject({ address: '127.0.0.1' });
    } finally {
      await other.stop();
    }
  });
});

describe('health', () => {
  it.each(['/health', '/HEALTH', '/%68ealth?x=1'])('%s says that the process lives', async (path) => {
    expect((await ask('GET', path)).body.toString()).toBe('alive\n');
  });
  it('/ready says that it may be sent requests', async () => {
    expect(await ask('GET', '/ready')).toMatchObject({ status: 200 });
  });
});
