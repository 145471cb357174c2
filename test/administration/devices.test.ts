// What people in charge do with devices, and what the device meets next: on the real engine, store and folders.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Element, type Policies, type ProtocolVersion, text, textOf } from '../../lib/activesync/index.ts';
import {
  cancelWipe,
  carryOut,
  DeviceDesk,
  type DeviceEntry,
  forgetDevice,
  requestWipe,
  rescanUser,
  resendCollection,
  setAccess,
} from '../../lib/administration/index.ts';
import { type MailUser, startMailUser } from '../activesync/commands/support/mail-user.ts';
import { composeMail } from '../activesync/commands/support/messages.ts';
import { TestPolicies } from '../activesync/commands/support/policies.ts';
import { OPEN, type Reply, TestDevice, waitOf } from '../activesync/commands/support/test-device.ts';
import { findAll } from '../support/transcript.ts';

let ada: MailUser;
let phone: TestDevice;

beforeEach(async () => {
  ada = await startMailUser();
  phone = new TestDevice(ada.user, {
    policies: new TestPolicies({ requirement: 'optional', settings: { PasswordRecoveryEnabled: true } }),
  });
});
afterEach(() => ada.stop());

const desk = (): DeviceDesk =>
  new DeviceDesk({
    store: ada.standalone.store,
    domain: 'example.org',
    order: (_, order) => carryOut(ada.user, order),
  });
const listed = async (): Promise<readonly DeviceEntry[]> => (await desk().devices('ada')).devices;
const folderSync = (): Promise<Reply> => phone.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
const sync = async (key: string): Promise<Reply> =>
  phone.post(
    'Sync',
    `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>${ada.folder('INBOX').id}</CollectionId></Collection></Collections></Sync>`,
  );
const keyOf = (reply: Reply): string =>
  textOf(findAll(reply.document as Element, 'AirSync:SyncKey')[0]?.element as Element);
const statusOf = (reply: Reply): string =>
  textOf(findAll(reply.document as Element, 'AirSync:Status')[0]?.element as Element);
const addedIn = (reply: Reply): number => findAll(reply.document as Element, 'AirSync:Add').length;
const REFUSED = '<FolderSync><Status>129</Status></FolderSync>';

/** A device that has the inbox, with its key. */
async function synced(): Promise<string> {
  await folderSync();
  const first = keyOf(await sync('0'));
  return keyOf(await sync(first));
}

describe('The list of devices', () => {
  it('has every device seen, the last one first, without secrets', async () => {
    expect(await listed()).toEqual([]);
    await folderSync();
    await phone.post(
      'Settings',
      '<Settings><DeviceInformation><Set><Model>One</Model></Set></DeviceInformation><DevicePassword><Set><Password>7788</Password></Set></DevicePassword></Settings>',
    );
    const tablet = new TestDevice(ada.user, { id: 'tablet1', version: '14.1' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await tablet.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    const devices = await listed();
    expect(devices.map((it) => [it.id, it.protocolVersion, it.access, it.wipe])).toEqual([
      ['tablet1', '14.1', 'allowed', 'none'],
      ['phone1', '16.1', 'allowed', 'none'],
    ]);
    expect(devices[1]).toMatchObject({ model: 'One', hasRecoveryPassword: true });
    expect((await desk().device('ada', 'phone1')).information).toEqual({ Model: 'One' });
    expect(JSON.stringify([devices, await desk().device('ada', 'phone1')])).not.toContain('7788');
    expect(await desk().recoveryPassword('ada', 'phone1')).toEqual({ recoveryPassword: '7788' });
    await expect(desk().recoveryPassword('ada', 'tablet1')).rejects.toMatchObject({ code: 'no-recovery-password' });
  });

  it('of all users has those that wait for a decision', async () => {
    await folderSync();
    expect(await desk().withAccess('quarantined')).toEqual([]);
    await setAccess(ada.user, 'phone1', 'quarantined');
    expect(await desk().withAccess('quarantined')).toMatchObject([{ user: 'ada', id: 'phone1' }]);
  });

  it('has with a device what it syncs, and what is kept from it', async () => {
    await ada.put('INBOX', composeMail({}));
    await synced();
    const { collections, keptBack } = await desk().device('Ada@Example.org', 'phone1');
    const { id } = ada.folder('INBOX');
    expect(collections).toEqual([{ id, name: 'Inbox', itemClass: 'Email' }]);
    expect(keptBack).toEqual([]);
    await ada.standalone.store.put({
      key: { partition: 'USER#ada', sort: `POISON#phone1#${id}:7` },
      attributes: { device: 'phone1', item: `${id}:7`, cause: 'not-rendered', why: 'no', times: 2, lastAt: 1_000 },
    });
    expect((await desk().device('ada', 'phone1')).keptBack).toEqual([
      { serverId: `${id}:7`, cause: 'not-rendered', why: 'no', times: 2, last: '1970-01-01T00:00:01.000Z' },
    ]);
  });
});

describe('The bound of devices', () => {
  it('one more is 177, until one is forgotten; those known are served', async () => {
    const policies: Policies = { ...OPEN, maxDevicesPerUser: 2 };
    const post = (id: string, version: ProtocolVersion = '16.1') =>
      new TestDevice(ada.user, { id, version, policies }).post(
        'FolderSync',
        '<FolderSync><SyncKey>0</SyncKey></FolderSync>',
      );
    await post('phone1');
    await post('tablet1');
    expect((await post('watch1')).xml).toBe('<FolderSync><Status>177</Status></FolderSync>');
    expect((await post('watch1', '12.1')).xml).toBe('HTTP 403');
    expect(text((await post('phone1')).document, 'FolderHierarchy:Status')).toBe('1');
    await forgetDevice(ada.user, 'phone1');
    expect(text((await post('watch1')).document, 'FolderHierarchy:Status')).toBe('1');
  });
});

describe('Access', () => {
  it('a blocked device is refused, and served again once it is allowed', async () => {
    await folderSync();
    await setAccess(ada.user, 'phone1', 'blocked');
    expect((await folderSync()).xml).toBe(REFUSED);
    await setAccess(ada.user, 'phone1', 'allowed');
    expect(text((await folderSync()).document, 'FolderHierarchy:Status')).toBe('1');
  });

  it('a quarantined device may say what it is, and nothing more', async () => {
    await folderSync();
    await setAccess(ada.user, 'phone1', 'quarantined');
    expect((await folderSync()).xml).toBe(REFUSED);
    const told = await phone.post(
      'Settings',
      '<Settings><DeviceInformation><Set><Model>One</Model></Set></DeviceInformation></Settings>',
    );
    expect(told.xml).toContain('<Status>1</Status>');
  });

  it('a device that waits is woken, and hears of it at once', async () => {
    await ada.put('INBOX', composeMail({}));
    await synced();
    const folder = `<Folder><Id>${ada.folder('INBOX').id}</Id><Class>Email</Class></Folder>`;
    const completed: string[] = [];
    ada.user.waiting.onCompletion((ticket) => completed.push(ticket));
    const wait = waitOf(
      await phone.post('Ping', `<Ping><HeartbeatInterval>600</HeartbeatInterval><Folders>${folder}</Folders></Ping>`),
    );
    await setAccess(ada.user, 'phone1', 'blocked');
    expect(completed).toEqual([wait.ticket]);
    expect(ada.user.waiting.size).toBe(0);
  });

  it('of a device that nobody has seen cannot be changed', async () => {
    await expect(setAccess(ada.user, 'phone9', 'blocked')).rejects.toMatchObject({ code: 'unknown-device' });
    await expect(requestWipe(ada.user, 'phone9', 'device')).rejects.toMatchObject({ code: 'unknown-device' });
    await expect(forgetDevice(ada.user, 'phone9')).rejects.toMatchObject({ code: 'unknown-device' });
  });
});

describe('An order', () => {
  it('is told with what the device is then', async () => {
    await folderSync();
    expect(await desk().order('ada', { kind: 'access', device: 'phone1', access: 'blocked' })).toMatchObject({
      id: 'phone1',
      access: 'blocked',
    });
    expect(await desk().order('ada', { kind: 'forget', device: 'phone1' })).toBeUndefined();
  });

  it('for nobody, or for a device that nobody has seen, leaves nothing behind', async () => {
    const nobody = new DeviceDesk({
      store: ada.standalone.store,
      domain: 'example.org',
      order: () => Promise.reject(new Error()),
    });
    const wipe = { kind: 'wipe', device: 'phone9', what: 'device' } as const;
    await expect(nobody.order('ada', wipe)).rejects.toMatchObject({ code: 'unknown-device' });
    await expect(nobody.rescan('eve')).rejects.toMatchObject({ code: 'unknown-user' });
    await expect(nobody.device('eve', 'phone1')).rejects.toMatchObject({ code: 'unknown-device' });
  });

  it('forgets a device whose record cannot be read', async () => {
    const key = { partition: 'USER#ada', sort: 'DEVICE#broken1' };
    await ada.standalone.store.put({ key, attributes: { format: 99, epoch: 1 } });
    await expect(desk().device('ada', 'broken1')).rejects.toMatchObject({ name: 'SyncError' });
    expect(await desk().order('ada', { kind: 'forget', device: 'broken1' })).toBeUndefined();
    expect(await ada.standalone.store.get(key)).toBeUndefined();
  });

  it('for a user who has gone to a pool is to be given there', async () => {
    const options = {
      store: ada.standalone.store,
      domain: 'example.org',
      order: async () => {},
      isServedHere: () => false,
    };
    const refused = { code: 'served-by-pool' };
    await expect(new DeviceDesk(options).devices('ada')).rejects.toMatchObject(refused);
    await expect(new DeviceDesk(options).rescan('ada')).rejects.toMatchObject(refused);
  });

  it('to call off a wipe that is none says so', async () => {
    await folderSync();
    const order = desk().order('ada', { kind: 'call-off-wipe', device: 'phone1' });
    await expect(order).rejects.toMatchObject({ code: 'no-wipe' });
  });
});

describe('A wipe', () => {
  it('MS-ASPROV_R653, MS-ASPROV_R654: is told with the next Provision, and the device wiped is blocked until it is allowed anew', async () => {
    await folderSync();
    await requestWipe(ada.user, 'phone1', 'device');
    expect((await folderSync()).xml).toBe('<FolderSync><Status>140</Status></FolderSync>');
    expect((await phone.post('Provision', '<Provision/>')).xml).toBe(
      '<Provision><Status>1</Status><RemoteWipe/></Provision>',
    );
    const done = '<Provision><RemoteWipe><Status>1</Status></RemoteWipe></Provision>';
    expect((await phone.post('Provision', done)).xml).toBe('<Provision><Status>1</Status></Provision>');
    expect(await listed()).toMatchObject([{ wipe: 'done', access: 'blocked' }]);
    expect((await folderSync()).xml).toBe(REFUSED);

    await setAccess(ada.user, 'phone1', 'allowed');
    expect(await listed()).toMatchObject([{ wipe: 'none', access: 'allowed' }]);
    expect((await phone.post('Provision', '<Provision/>')).xml).toBe('<Provision><Status>1</Status></Provision>');
  });

  it('can be called off until it is done', async () => {
    await folderSync();
    await requestWipe(ada.user, 'phone1', 'account');
    expect(await cancelWipe(ada.user, 'phone1')).toBe(true);
    expect((await phone.post('Provision', '<Provision/>')).xml).toBe('<Provision><Status>1</Status></Provision>');
    expect(await cancelWipe(ada.user, 'phone1')).toBe(false);
  });

  it('of the account alone is refused for a device that has no such thing', async () => {
    const old = new TestDevice(ada.user, { id: 'old1', version: '14.1' });
    await old.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    await expect(requestWipe(ada.user, 'old1', 'account')).rejects.toMatchObject({ code: 'wipe-not-possible' });
    expect(await listed()).toMatchObject([{ wipe: 'none' }]);
  });
});

describe('The three resets', () => {
  beforeEach(async () => {
    await ada.put('INBOX', composeMail({ subject: 'One' }));
    await ada.put('INBOX', composeMail({ subject: 'Two' }));
  });

  it('resend: the device gets the collection anew, and the others are not touched', async () => {
    const key = await synced();
    await resendCollection(ada.user, 'phone1', ada.folder('INBOX').id);
    expect(statusOf(await sync(key))).toBe('3');
    const again = await sync(keyOf(await sync('0')));
    expect(addedIn(again)).toBe(2);
    await expect(resendCollection(ada.user, 'phone1', '404')).rejects.toMatchObject({ code: 'unknown-collection' });
  });

  it('rescan: nothing is sent again that the device has, and its key stays good', async () => {
    const key = await synced();
    await rescanUser(ada.user);
    expect((await sync(key)).xml).toBe('');
    await ada.put('INBOX', composeMail({ subject: 'Three' }));
    expect(addedIn(await sync(key))).toBe(1);
  });

  it('forget: the device is one never seen before', async () => {
    const key = await synced();
    await forgetDevice(ada.user, 'phone1');
    expect(await listed()).toEqual([]);
    const reply = await sync(key);
    expect(statusOf(reply)).toBe('3');
    expect(await listed()).toMatchObject([{ id: 'phone1' }]);
  });

  it('forget: one whose name begins alike stays', async () => {
    await folderSync();
    const other = new TestDevice(ada.user, { id: 'phone10' });
    await other.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    await forgetDevice(ada.user, 'phone1');
    expect((await listed()).map((it) => it.id)).toEqual(['phone10']);
  });
});
