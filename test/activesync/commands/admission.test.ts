import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../lib/backends/index.ts';
import type { Policies, ProtocolVersion } from '../../../lib/activesync/index.ts';
import { StoreError } from '../../../lib/store/index.ts';
import type { DeviceRecord, DeviceSync } from '../../../lib/sync/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeUser } from './support/fake-user.ts';
import { OPEN, TestDevice, type TestDeviceOptions } from './support/test-device.ts';

const FOLDER_SYNC = '<FolderSync><SyncKey>0</SyncKey></FolderSync>';
const REQUIRED: Policies = {
  policyFor: () => ({ requirement: 'required', digest: 'd1', settings: {} }),
  initialAccess: () => 'allowed',
};

const NO_FOLDERS: Partial<DeviceSync> = {
  hierarchy: () =>
    Promise.resolve({ kind: 'changes', syncKey: 'k1', changes: { added: [], updated: [], deletedIds: [] } }),
};

function deviceOf(record: Partial<DeviceRecord>, options: TestDeviceOptions = {}, device = NO_FOLDERS) {
  return new TestDevice(fakeUser({ record, device }).user, options);
}

const SERVED = '<FolderSync><Status>1</Status><SyncKey>k1</SyncKey><Changes><Count>0</Count></Changes></FolderSync>';

describe('a device at its first contact', () => {
  it('is recorded with what it is and the access that is decided for it', async () => {
    const clock = new ManualClock(1_000);
    const fake = fakeUser({ device: NO_FOLDERS });
    await new TestDevice(fake.user, { version: '14.0', clock }).post('FolderSync', FOLDER_SYNC);
    expect(fake.saved).toEqual([
      {
        type: 'TestPhone',
        userAgent: 'TestPhone/1.0',
        protocolVersion: '14.0',
        access: 'allowed',
        lastSeen: 1_000,
        firstSeen: 1_000,
      },
    ]);
  });

  it('is written again once an hour at most', async () => {
    const clock = new ManualClock(0);
    const fake = fakeUser({ device: NO_FOLDERS, record: { lastSeen: 0 } });
    const device = new TestDevice(fake.user, { clock });
    await clock.advance(3_599_000);
    await device.post('FolderSync', FOLDER_SYNC);
    expect(fake.saved).toEqual([]);
    await clock.advance(1_000);
    await device.post('FolderSync', FOLDER_SYNC);
    await device.post('FolderSync', FOLDER_SYNC);
    expect(fake.saved.map((it) => it.lastSeen)).toEqual([3_600_000]);
  });

  it('is written again when it speaks another version', async () => {
    const fake = fakeUser({ device: NO_FOLDERS, record: { protocolVersion: '14.1', lastSeen: Date.now() } });
    await new TestDevice(fake.user, { version: '16.1' }).post('FolderSync', FOLDER_SYNC);
    expect(fake.saved.map((it) => it.protocolVersion)).toEqual(['16.1']);
  });

  it.each(['blocked', 'quarantined'] as const)('is refused at once where first contact means %s', async (access) => {
    const policies = { ...OPEN, initialAccess: () => access };
    const device = new TestDevice(fakeUser({ device: NO_FOLDERS }).user, { policies });
    expect((await device.post('FolderSync', FOLDER_SYNC)).xml).toBe('<FolderSync><Status>129</Status></FolderSync>');
  });
});

describe('access', () => {
  it.each<[ProtocolVersion, string]>([
    ['16.1', '<FolderSync><Status>129</Status></FolderSync>'],
    ['14.0', '<FolderSync><Status>129</Status></FolderSync>'],
    ['12.1', 'HTTP 403'],
  ])('a blocked device at %s gets %s', async (version, expected) => {
    expect((await deviceOf({ access: 'blocked' }, { version }).post('FolderSync', FOLDER_SYNC)).xml).toBe(expected);
  });

  it('is told in the document of whatever command was sent', async () => {
    const device = deviceOf({ access: 'blocked' });
    expect((await device.post('Sync')).xml).toBe('<Sync><Status>129</Status></Sync>');
    expect((await device.post('Ping')).xml).toBe('<Ping><Status>129</Status></Ping>');
    expect((await device.post('SendMail')).xml).toBe('<SendMail><Status>129</Status></SendMail>');
    expect((await device.post('MoveItems')).xml).toBe('<MoveItems><Status>129</Status></MoveItems>');
    expect((await device.post('Provision')).xml).toBe('<Provision><Status>129</Status></Provision>');
  });

  it('lets a quarantined device say what it is, and no more', async () => {
    const device = deviceOf({ access: 'quarantined' });
    const settings = await device.post(
      'Settings',
      '<Settings><DeviceInformation><Set><Model>M</Model></Set></DeviceInformation></Settings>',
    );
    expect(settings.xml).toContain('<Settings><Status>1</Status>');
    expect((await device.post('Sync')).xml).toBe('<Sync><Status>129</Status></Sync>');
  });
});

describe('remote wipe', () => {
  it.each<[ProtocolVersion, string]>([
    ['16.1', '<FolderSync><Status>140</Status></FolderSync>'],
    ['14.0', '<FolderSync><Status>140</Status></FolderSync>'],
    ['12.1', 'HTTP 449'],
  ])('makes every command of a device at %s answer %s until it provisions', async (version, expected) => {
    for (const wipe of ['pending', 'sent'] as const) {
      const device = deviceOf({ wipe, wipeKind: 'device' }, { version });
      expect((await device.post('FolderSync', FOLDER_SYNC)).xml).toBe(expected);
    }
  });

  it('reaches a device that is blocked too', async () => {
    const device = deviceOf({ wipe: 'pending', wipeKind: 'device', access: 'blocked' });
    expect((await device.post('Sync')).xml).toBe('<Sync><Status>140</Status></Sync>');
    expect((await device.post('Provision', '<Provision/>')).xml).toContain('<RemoteWipe/>');
  });

  it('is acknowledged once more when the answer was lost, though the device is blocked by then', async () => {
    const device = deviceOf({ wipe: 'done', wipeKind: 'device', access: 'blocked' });
    const again = await device.post('Provision', '<Provision><RemoteWipe><Status>1</Status></RemoteWipe></Provision>');
    expect(again.xml).toBe('<Provision><Status>1</Status></Provision>');
    expect((await device.post('Sync')).xml).toBe('<Sync><Status>129</Status></Sync>');
  });
});

describe('a required policy', () => {
  const provisioned = { policyKey: '77', policyDigest: 'd1' };

  it.each<[string, Partial<DeviceRecord>, string | undefined, number]>([
    ['has no key', {}, undefined, 142],
    ['forgot its key', provisioned, undefined, 142],
    ['has a key that nobody gave it', {}, '5', 142],
    ['MS-ASCMD_R4912: has another key', provisioned, '78', 144],
    ['has the key of an older policy', { ...provisioned, policyDigest: 'd0' }, '77', 143],
  ])('a device that %s gets a status, and 449 at 12.1', async (_what, record, policyKey, status) => {
    for (const version of ['14.0', '14.1', '16.0', '16.1'] as const) {
      const device = deviceOf(record, { policies: REQUIRED, version });
      device.policyKey = policyKey;
      const reply = await device.post('FolderSync', FOLDER_SYNC);
      expect(reply.xml).toBe(`<FolderSync><Status>${status}</Status></FolderSync>`);
    }
    const old = deviceOf(record, { policies: REQUIRED, version: '12.1' });
    old.policyKey = policyKey;
    expect((await old.post('FolderSync', FOLDER_SYNC)).xml).toBe('HTTP 449');
  });

  it('lets a device with its key pass', async () => {
    const device = deviceOf(provisioned, { policies: REQUIRED, version: '14.0' });
    device.policyKey = '77';
    expect((await device.post('FolderSync', FOLDER_SYNC)).xml).toBe(SERVED);
  });

  it('MS-ASPROV_R757: is not asked for in a Ping, of a device that has it', async () => {
    const ping =
      '<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>99</Id></Folder></Folders></Ping>';
    const watch: Partial<DeviceSync> = { watchState: () => Promise.resolve('not-found') };
    const pinging = (record: Partial<DeviceRecord>) =>
      deviceOf(record, { policies: REQUIRED }, watch).post('Ping', ping);
    expect((await pinging(provisioned)).xml).toBe('<Ping><Status>7</Status></Ping>');
    expect((await pinging({ ...provisioned, policyDigest: 'd0' })).xml).toBe('<Ping><Status>143</Status></Ping>');
    expect((await pinging({})).xml).toBe('<Ping><Status>142</Status></Ping>');
  });

  it('lets Provision and Settings pass without one', async () => {
    const device = deviceOf({}, { policies: REQUIRED });
    expect((await device.post('Provision', '<Provision/>')).xml).toContain('<Provision><Status>1</Status>');
    expect((await device.post('Settings', '<Settings/>')).xml).not.toContain('142');
  });

  it.each(['none', 'optional'] as const)('that is %s never stops a device', async (requirement) => {
    const policies: Policies = { ...OPEN, policyFor: () => ({ requirement, digest: 'd1', settings: {} }) };
    expect((await deviceOf({}, { policies, version: '14.0' }).post('FolderSync', FOLDER_SYNC)).xml).toBe(SERVED);
    const stale = deviceOf({ policyKey: '1', policyDigest: 'd0' }, { policies, version: '14.0' });
    stale.policyKey = '2';
    expect((await stale.post('FolderSync', FOLDER_SYNC)).xml).toBe(SERVED);
  });
});

describe('a request that makes no sense', () => {
  it.each([
    ['Sync', '<Sync><Status>4</Status></Sync>'],
    ['Ping', '<Ping><Status>4</Status></Ping>'],
    ['FolderSync', '<FolderSync><Status>10</Status></FolderSync>'],
    ['FolderCreate', '<FolderCreate><Status>10</Status></FolderCreate>'],
    ['FolderUpdate', '<FolderUpdate><Status>10</Status></FolderUpdate>'],
    ['FolderDelete', '<FolderDelete><Status>10</Status></FolderDelete>'],
    ['GetItemEstimate', '<GetItemEstimate><Status>103</Status></GetItemEstimate>'],
    ['MoveItems', '<MoveItems><Status>103</Status></MoveItems>'],
    ['Settings', '<Settings><Status>2</Status></Settings>'],
    ['Provision', '<Provision><Status>2</Status></Provision>'],
  ] as const)('MS-ASCMD_R4817: %s with the root of another command is answered %s', async (command, expected) => {
    const other = command === 'Ping' ? '<Sync/>' : '<Ping/>';
    expect((await deviceOf({}).post(command, other)).xml).toBe(expected);
  });

  it('MS-ASCMD_R7547: answers 400 at 12.1 where the command has no status of its own', async () => {
    const device = deviceOf({}, { version: '12.1' });
    expect((await device.post('MoveItems', '<Ping/>')).xml).toBe('HTTP 400');
    expect((await device.post('GetItemEstimate', '<Ping/>')).xml).toBe('HTTP 400');
    expect((await device.post('FolderSync', '<Ping/>')).xml).toBe('<FolderSync><Status>10</Status></FolderSync>');
  });

  it('MS-ASCMD_R4817: has a body where the command needs one', async () => {
    expect((await deviceOf({}).post('MoveItems')).xml).toBe('<MoveItems><Status>103</Status></MoveItems>');
    expect((await deviceOf({}).post('FolderSync')).xml).toBe('<FolderSync><Status>10</Status></FolderSync>');
  });
});

describe('a command that is not served', () => {
  it('answers a status of its own document from 14.0 on, and 501 at 12.1', async () => {
    const device = deviceOf({}, { version: '14.0' });
    // Find exists at 16.1 alone.
    expect((await device.post('Find', '<Find/>')).xml).toBe('<Find><Status>138</Status></Find>');
    expect((await device.post('GetAttachment')).xml).toBe('HTTP 501');
    const old = deviceOf({}, { version: '12.1' });
    expect((await old.post('CreateCollection')).xml).toBe('HTTP 501');
    expect((await old.post('Find', '<Find/>')).xml).toBe('HTTP 501');
  });
});

describe('a failure behind the command', () => {
  const failing = (thrown: Error): Partial<DeviceSync> => {
    const fail = () => Promise.reject(thrown);
    return { hierarchy: fail, changeFolder: fail, move: fail, estimate: fail, watchState: fail, syncCollection: fail };
  };
  const REQUESTS = {
    FolderSync: FOLDER_SYNC,
    FolderDelete: '<FolderDelete><SyncKey>k1</SyncKey><ServerId>1</ServerId></FolderDelete>',
    GetItemEstimate: `<GetItemEstimate><Collections><Collection><airsync:SyncKey>a</airsync:SyncKey>
      <CollectionId>1</CollectionId></Collection></Collections></GetItemEstimate>`,
    MoveItems: `<MoveItems><Move><SrcMsgId>1:1</SrcMsgId><SrcFldId>1</SrcFldId><DstFldId>3</DstFldId></Move></MoveItems>`,
    Ping: `<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>1</Id><Class>Email</Class></Folder>
      </Folders></Ping>`,
  } as const;

  it.each([
    ['FolderSync', '<FolderSync><Status>6</Status></FolderSync>'],
    ['FolderDelete', '<FolderDelete><Status>6</Status></FolderDelete>'],
    ['GetItemEstimate', '<GetItemEstimate><Status>111</Status></GetItemEstimate>'],
    ['MoveItems', '<MoveItems><Response><SrcMsgId>1:1</SrcMsgId><Status>7</Status></Response></MoveItems>'],
    ['Ping', '<Ping><Status>8</Status></Ping>'],
  ] as const)('of the mail system makes %s answer %s', async (command, expected) => {
    const device = deviceOf({}, {}, failing(new BackendError('unavailable', 'The mail system cannot be reached')));
    expect((await device.post(command, REQUESTS[command])).xml).toBe(expected);
  });

  it('of the store asks the device to try again: Retry-After at 12.1', async () => {
    const full = new StoreError('store-full', 'The disk is full');
    const device = deviceOf({}, {}, failing(full));
    expect((await device.post('MoveItems', REQUESTS.MoveItems)).xml).toBe(
      '<MoveItems><Status>111</Status></MoveItems>',
    );
    const old = await deviceOf({}, { version: '12.1' }, failing(full)).post('MoveItems', REQUESTS.MoveItems);
    expect(old.result).toEqual({ kind: 'http', status: 503, headers: { 'Retry-After': '30' } });
  });

  it('of ours is a server error that is not worth repeating', async () => {
    const device = deviceOf({}, {}, failing(new TypeError('a bug')));
    expect((await device.post('GetItemEstimate', REQUESTS.GetItemEstimate)).xml).toBe(
      '<GetItemEstimate><Status>110</Status></GetItemEstimate>',
    );
    expect((await device.post('FolderSync', FOLDER_SYNC)).xml).toBe('<FolderSync><Status>6</Status></FolderSync>');
  });

  it('over a password that is not right any more is left to the door, which asks for the new one', async () => {
    const rejected = new BackendError('rejected-credentials', 'The password is wrong');
    for (const command of ['FolderSync', 'MoveItems', 'Ping'] as const) {
      await expect(deviceOf({}, {}, failing(rejected)).post(command, REQUESTS[command])).rejects.toBe(rejected);
    }
  });

  it('leaves no ticket open', async () => {
    const fake = fakeUser({ record: {}, device: failing(new TypeError('a bug')) });
    await new TestDevice(fake.user).post('Ping', REQUESTS.Ping);
    expect(fake.waiting.size).toBe(0);
  });
});
