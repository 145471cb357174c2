// `caravan user …` of devices, against a server alone, put together as `caravan serve` does it: what is listed, what is ordered,
// and what the device meets next, whether anybody has signed in or not.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import type { DeviceDetail, DeviceEntry } from '../../lib/administration/index.ts';
import { DEMO_USERS, seedFolders } from '../../lib/backends/index.ts';
import { type Log, type LogFields, silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import { callCaravan } from './support/in-process.ts';

const [ADA] = DEMO_USERS;
const TOKEN = 'a token of sixteen and more';
/** MS-ASCMD 2.2.3.186.3. */
const INBOX_TYPE = 2;

let directory: string;
let server: CaravanServer;
const lines: { readonly fields: LogFields; readonly message: string }[] = [];
const log: Log = {
  ...silentLog,
  info: (fields, message) => void lines.push({ fields, message }),
  child: () => log,
};

async function start(): Promise<void> {
  const flags = {
    'listen-host': '127.0.0.1',
    'listen-port': '0',
    'listen-tls': 'off',
    'administration-port': '0',
    'administration-token-file': join(directory, 'token'),
    'mail-kind': 'folders',
    'mail-root': join(directory, 'mail'),
    'mail-domain': 'example.org',
  };
  server = await startServer(loadConfiguration({ directory, flags }), { log });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caravan-user-'));
  await writeFile(join(directory, 'token'), TOKEN);
  const policy = { requirement: 'optional', settings: { passwordRecoveryEnabled: true } };
  await writeFile(join(directory, 'caravan-server.json'), JSON.stringify({ policy }));
  await seedFolders({ root: join(directory, 'mail'), clock: systemClock, random: systemRandom });
  await start();
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

const where = () => [
  '--url',
  `http://127.0.0.1:${server.administrationPort}`,
  '--token-file',
  join(directory, 'token'),
];
const caravan = (...args: readonly string[]) => callCaravan('user', ...args, ...where());

async function ask<Answer>(...args: readonly string[]): Promise<Answer> {
  const { code, out, err } = await caravan(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Answer;
}

async function refused(args: readonly string[], code: string, said: RegExp): Promise<void> {
  expect(await caravan(...args)).toMatchObject({ code: 1, out: '', err: expect.stringMatching(said) });
  const json = await caravan(...args, '--json');
  expect(JSON.parse(json.err)).toMatchObject({ error: { code, message: expect.any(String) } });
}

const phone = (deviceId = 'phone1') =>
  new DeviceClient({
    url: server.url,
    user: ADA.name,
    password: ADA.password,
    deviceId,
    deviceType: 'iPhone',
    information: { model: 'One', os: 'Two 3' },
    retry: { attempts: 1 },
  });

describe('caravan user', { timeout: 60_000 }, () => {
  it('devices: those of a user, and of everybody those that wait for a decision', async () => {
    expect(await ask('devices', ADA.name)).toEqual({ devices: [] });
    expect((await caravan('devices', ADA.name)).out).toBe(`No device of '${ADA.name}' was ever seen.\n`);
    const client = phone();
    await client.folderSync();
    await client.syncAll({ collectionId: client.folder(INBOX_TYPE).serverId });
    const { devices } = await ask<{ devices: DeviceEntry[] }>('devices', `EXAMPLE\\${ADA.name}`);
    expect(devices).toMatchObject([{ user: ADA.name, id: 'phone1', type: 'iPhone', access: 'allowed', wipe: 'none' }]);
    expect((await caravan('devices', ADA.name)).out).toMatch(
      /^DEVICE +TYPE +MODEL +VERSION +ACCESS +WIPE +LAST SEEN\nphone1 +iPhone .*16\.1 +allowed .* s ago\n$/,
    );
    expect((await caravan('devices', '--access', 'quarantined')).out).toBe('No device is quarantined.\n');
    await ask('quarantine', ADA.name, 'phone1');
    expect((await caravan('devices', '--access', 'quarantined')).out).toMatch(/^USER .*\nada +phone1 /);
    await ask('allow', ADA.name, 'phone1');
    await refused(['devices'], 'bad-option', /Whose devices is not said/);
  });

  it('device: all that is known of one', async () => {
    const detail = await ask<DeviceDetail>('device', ADA.name, 'phone1');
    expect(detail.collections).toEqual([{ id: expect.any(String), name: 'Inbox', itemClass: 'Email' }]);
    expect((await caravan('device', ADA.name, 'phone1')).out).toMatch(
      /^phone1 of ada\n  type +iPhone\n[^]*\nCOLLECTION/,
    );
  });

  it('block and allow: the device is refused, and served again', async () => {
    expect(await ask('block', ADA.name, 'phone1')).toMatchObject({ id: 'phone1', access: 'blocked' });
    await expect(phone().folderSync()).rejects.toMatchObject({
      code: 'protocol-status',
      remedy: expect.stringContaining('caravan user allow'),
    });
    expect(await ask('allow', ADA.name, 'phone1')).toMatchObject({ access: 'allowed' });
    await phone().folderSync();
  });

  it('resend, rescan and forget', async () => {
    const client = phone();
    await client.folderSync();
    const id = client.folder(INBOX_TYPE).serverId;
    const { added } = await client.syncAll({ collectionId: id });
    expect(added).toBeGreaterThan(5);
    await ask('resend', ADA.name, 'phone1', id);
    expect(await client.syncAll({ collectionId: id })).toMatchObject({ added });
    await refused(['resend', ADA.name, 'phone1', '404'], 'unknown-collection', /no collection 404/);
    expect(await ask('rescan', ADA.name)).toEqual({ user: ADA.name, rescanned: true });
    await phone('tablet1').folderSync();
    expect(await ask('forget', ADA.name, 'tablet1')).toMatchObject({ forgotten: true });
    expect((await ask<{ devices: DeviceEntry[] }>('devices', ADA.name)).devices.map((it) => it.id)).toEqual(['phone1']);
  });

  it('recovery-password: what the device left here, and the log says that it was read, not what it is', async () => {
    await refused(['recovery-password', ADA.name, 'phone1'], 'no-recovery-password', /has left no recovery password/);
    await phone().setDevicePassword('7788-9900');
    lines.length = 0;
    expect((await caravan('recovery-password', ADA.name, 'phone1')).out).toBe('7788-9900\n');
    const told = lines.filter(({ message }) => message.includes('administrator'));
    expect(told).toMatchObject([{ fields: { call: 'POST /users/ada/devices/phone1/recovery-password' } }]);
    expect(JSON.stringify(lines)).not.toContain('7788');
  });

  it('of nobody, or of a device that nobody has seen, is refused', async () => {
    await refused(
      ['block', ADA.name, 'phone9'],
      'unknown-device',
      /ada has no device phone9\.\n`caravan user devices ada` lists them/,
    );
    await refused(['wipe', 'eve', 'phone1'], 'unknown-device', /eve has no device phone1/);
    await refused(['rescan', 'eve'], 'unknown-user', /Nobody named 'eve'/);
  });

  it('wipe: ordered while nobody is signed in, called off, ordered anew, and done by the device', async () => {
    await server.stop();
    await start();
    expect(await ask('wipe', ADA.name, 'phone1')).toMatchObject({ wipe: 'pending', wipes: 'device' });
    expect(await ask('wipe', ADA.name, 'phone1', '--call-off')).toMatchObject({ wipe: 'none' });
    await refused(['wipe', ADA.name, 'phone1', '--call-off'], 'no-wipe', /no wipe of device phone1 to call off/);
    await phone().folderSync();
    const { out } = await caravan('wipe', ADA.name, 'phone1');
    expect(out).toMatch(/ordered[^]*--call-off\n$/);
    await expect(phone().folderSync()).rejects.toMatchObject({ code: 'wiped' });
    expect((await ask<{ devices: DeviceEntry[] }>('devices', ADA.name)).devices).toMatchObject([
      { wipe: 'done', access: 'blocked' },
    ]);
    expect(lines.some(({ message }) => message === 'What an administrator ordered was done')).toBe(true);
  });
});
