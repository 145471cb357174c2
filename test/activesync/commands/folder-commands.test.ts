import { describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { reinitialiseHeaders } from '../../../lib/activesync/protocol/index.ts';
import type { FolderChange, FolderChangeAnswer, HierarchyAnswer, SyncFolder } from '../../../lib/sync/index.ts';
import { fakeUser, INBOX } from './support/fake-user.ts';
import { TestDevice } from './support/test-device.ts';

const RECIPIENTS =
  '<Add><ServerId>RI</ServerId><ParentId>0</ParentId><DisplayName>RecipientInfo</DisplayName><Type>19</Type></Add>';

const folderOf = (id: string, kind: SyncFolder['kind'], itemClass: SyncFolder['itemClass'] = 'Email'): SyncFolder => ({
  ...INBOX,
  id,
  name: kind,
  kind,
  itemClass,
});
const added = (id: string, name: string, type: number) =>
  `<Add><ServerId>${id}</ServerId><ParentId>0</ParentId><DisplayName>${name}</DisplayName><Type>${type}</Type></Add>`;

function hierarchy(answer: HierarchyAnswer, version: ProtocolVersion = '14.0') {
  const keys: string[] = [];
  const { user } = fakeUser({
    record: { protocolVersion: version },
    device: {
      hierarchy: (syncKey) => {
        keys.push(syncKey);
        return Promise.resolve(answer);
      },
    },
  });
  return { keys, device: new TestDevice(user, { version }) };
}

const changes = (
  added: readonly SyncFolder[],
  updated: readonly SyncFolder[] = [],
  deletedIds: readonly string[] = [],
) => ({ kind: 'changes', syncKey: 'k2', changes: { added, updated, deletedIds } }) as const;

const folderSync = (key: string) => `<FolderSync><SyncKey>${key}</SyncKey></FolderSync>`;

describe('FolderSync', () => {
  it('MS-ASCMD_R5860, MS-ASCMD_R119, MS-ASCMD_R116, MS-ASCMD_R4578: tells every folder under key 0, and a key', async () => {
    const { device, keys } = hierarchy(changes([INBOX, folderOf('2', 'drafts')]));
    expect((await device.post('FolderSync', folderSync('0'))).xml).toBe(
      '<FolderSync><Status>1</Status><SyncKey>k2</SyncKey><Changes><Count>2</Count>' +
        `${added('1', 'Inbox', 2)}${added('2', 'drafts', 3)}</Changes></FolderSync>`,
    );
    expect(keys).toEqual(['0']);
  });

  it('MS-ASHTTP_R1104, MS-ASHTTP_R1202, MS-ASHTTP_R478: tells versions and commands to a device that begins anew, and to no other', async () => {
    const headersOf = async (key: string, answer: HierarchyAnswer) => {
      const { result } = await hierarchy(answer).device.post('FolderSync', folderSync(key));
      return result.kind === 'document' ? result.headers : undefined;
    };
    expect(await headersOf('0', changes([INBOX]))).toEqual(reinitialiseHeaders());
    expect(await headersOf('k9', { kind: 'invalid-key' })).toEqual(reinitialiseHeaders());
    expect(await headersOf('k1', changes([]))).toBeUndefined();
  });

  it.each([
    ['inbox', 'Email', 2],
    ['drafts', 'Email', 3],
    ['trash', 'Email', 4],
    ['sent', 'Email', 5],
    ['outbox', 'Email', 6],
    ['tasks', 'Tasks', 7],
    ['calendar', 'Calendar', 8],
    ['contacts', 'Contacts', 9],
    ['notes', 'Notes', 10],
    ['junk', 'Email', 12],
    ['archive', 'Email', 12],
    ['user', 'Email', 12],
    ['user', 'Calendar', 13],
    ['user', 'Contacts', 14],
    ['user', 'Tasks', 15],
    ['user', 'Notes', 17],
  ] as const)('MS-ASCMD_R4666: %s of %s is of type %i', async (kind, itemClass, type) => {
    const { device } = hierarchy(changes([folderOf('9', kind, itemClass)]));
    expect((await device.post('FolderSync', folderSync('0'))).xml).toContain(`<Type>${type}</Type></Add>`);
  });

  it('MS-ASCMD_R5024, MS-ASCMD_R5863: tells what was updated, deleted and added since, in the order of the schema', async () => {
    const { device, keys } = hierarchy(changes([folderOf('9', 'user')], [folderOf('8', 'user')], ['7', '6']));
    expect((await device.post('FolderSync', folderSync('k1'))).xml).toBe(
      '<FolderSync><Status>1</Status><SyncKey>k2</SyncKey><Changes><Count>4</Count>' +
        '<Update><ServerId>8</ServerId><ParentId>0</ParentId><DisplayName>user</DisplayName><Type>12</Type></Update>' +
        '<Delete><ServerId>7</ServerId></Delete><Delete><ServerId>6</ServerId></Delete>' +
        `${added('9', 'user', 12)}</Changes></FolderSync>`,
    );
    expect(keys).toEqual(['k1']);
  });

  it('says so when nothing changed', async () => {
    const { device } = hierarchy(changes([]), '16.1');
    expect((await device.post('FolderSync', folderSync('k1'))).xml).toBe(
      '<FolderSync><Status>1</Status><SyncKey>k2</SyncKey><Changes><Count>0</Count></Changes></FolderSync>',
    );
  });

  it.each([
    ['16.1', true],
    ['16.0', true],
    ['14.1', true],
    ['14.0', false],
    ['12.1', false],
  ] as const)(
    'tells of the recipient information cache at 14.1 and later, once: at %s %s',
    async (version, isThere) => {
      const { device } = hierarchy(changes([INBOX]), version);
      const first = (await device.post('FolderSync', folderSync('0'))).xml;
      expect(first.includes(RECIPIENTS)).toBe(isThere);
      expect(first).toContain(`<Count>${isThere ? 2 : 1}</Count>`);
      expect((await device.post('FolderSync', folderSync('k1'))).xml).not.toContain(RECIPIENTS);
    },
  );

  it('MS-ASCMD_R4581, MS-ASCMD_R4083, MS-ASCMD_R4068: a key that is not the device’s is Status 9', async () => {
    const { device } = hierarchy({ kind: 'invalid-key' });
    expect((await device.post('FolderSync', folderSync('k9'))).xml).toBe('<FolderSync><Status>9</Status></FolderSync>');
  });

  it.each([
    ['no key', '<FolderSync/>'],
    ['an empty key', '<FolderSync><SyncKey/></FolderSync>'],
  ])('MS-ASCMD_R4086: %s is Status 10', async (_what, body) => {
    const { device } = hierarchy(changes([]));
    expect((await device.post('FolderSync', body)).xml).toBe('<FolderSync><Status>10</Status></FolderSync>');
  });
});

function changing(answer: FolderChangeAnswer) {
  const asked: { syncKey: string; change: FolderChange }[] = [];
  const { user } = fakeUser({
    record: {},
    device: {
      changeFolder: (syncKey, change) => {
        asked.push({ syncKey, change });
        return Promise.resolve(answer);
      },
    },
  });
  return { asked, device: new TestDevice(user) };
}

const DONE: FolderChangeAnswer = { kind: 'done', syncKey: 'k2', id: '9' };
const create = (name: string, type: number | string = 12, parentId = '0', key = 'k1') =>
  `<FolderCreate><SyncKey>${key}</SyncKey><ParentId>${parentId}</ParentId><DisplayName>${name}</DisplayName>
    <Type>${type}</Type></FolderCreate>`;
const update = (id: string, name: string, parentId = '0', extra = '') =>
  `<FolderUpdate><SyncKey>k1</SyncKey><ServerId>${id}</ServerId><ParentId>${parentId}</ParentId>
    <DisplayName>${name}</DisplayName>${extra}</FolderUpdate>`;
const remove = (id: string) => `<FolderDelete><SyncKey>k1</SyncKey><ServerId>${id}</ServerId></FolderDelete>`;

describe('FolderCreate', () => {
  it('MS-ASCMD_R79, MS-ASCMD_R4011, MS-ASCMD_R4569, MS-ASCMD_R3903: makes a folder and tells its id', async () => {
    const { device, asked } = changing(DONE);
    expect((await device.post('FolderCreate', create('Plans', 12, '1'))).xml).toBe(
      '<FolderCreate><Status>1</Status><SyncKey>k2</SyncKey><ServerId>9</ServerId></FolderCreate>',
    );
    expect(asked).toEqual([
      { syncKey: 'k1', change: { kind: 'create', name: 'Plans', parentId: '1', itemClass: 'Email' } },
    ]);
  });

  it.each([
    [1, 'Email'],
    [12, 'Email'],
    [13, 'Calendar'],
    [14, 'Contacts'],
    [15, 'Tasks'],
    [17, 'Notes'],
  ])('of type %i is a folder of %s', async (type, itemClass) => {
    const { device, asked } = changing(DONE);
    await device.post('FolderCreate', create('Plans', type));
    expect(asked[0]?.change).toMatchObject({ itemClass });
  });

  it.each([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 18, 19, 0, 99, 'mail'])(
    'MS-ASCMD_R4035: of type %s is a semantic error',
    async (type) => {
      const { device, asked } = changing(DONE);
      expect((await device.post('FolderCreate', create('Plans', type))).xml).toBe(
        '<FolderCreate><Status>10</Status></FolderCreate>',
      );
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ['MS-ASCMD_R4013: a name that is taken', 'exists', 2],
    ['a parent where nothing can be made', 'special-folder', 3],
    ['MS-ASCMD_R4018, MS-ASCMD_R4019: a parent that is not there', 'parent-not-found', 5],
    ['a mail system that does not do it', 'server-error', 6],
    ['MS-ASCMD_R4032, MS-ASCMD_R4573: a key that is not the device’s', 'invalid-key', 9],
  ] as const)('MS-ASCMD_R4570, MS-ASCMD_R3904: %s, without a key or an id', async (_what, reason, status) => {
    const { device } = changing({ kind: 'refused', reason });
    expect((await device.post('FolderCreate', create('Plans'))).xml).toBe(
      `<FolderCreate><Status>${status}</Status></FolderCreate>`,
    );
  });

  it('MS-ASCMD_R5769, MS-ASCMD_R4016: below the recipient information cache is Status 3', async () => {
    const { device, asked } = changing(DONE);
    expect((await device.post('FolderCreate', create('Plans', 12, 'RI'))).xml).toBe(
      '<FolderCreate><Status>3</Status></FolderCreate>',
    );
    expect(asked).toEqual([]);
  });

  it('MS-ASCMD_R81: cannot make a recipient information cache', async () => {
    const { device } = changing(DONE);
    expect((await device.post('FolderCreate', create('RecipientInfo', 19))).xml).toBe(
      '<FolderCreate><Status>10</Status></FolderCreate>',
    );
  });

  it.each([
    ['a key', '<ParentId>0</ParentId><DisplayName>a</DisplayName><Type>12</Type>'],
    ['a parent', '<SyncKey>k1</SyncKey><DisplayName>a</DisplayName><Type>12</Type>'],
    ['a name', '<SyncKey>k1</SyncKey><ParentId>0</ParentId><Type>12</Type>'],
    ['a type', '<SyncKey>k1</SyncKey><ParentId>0</ParentId><DisplayName>a</DisplayName>'],
  ])('MS-ASCMD_R4035: without %s is Status 10', async (_what, inside) => {
    const { device } = changing(DONE);
    expect((await device.post('FolderCreate', `<FolderCreate>${inside}</FolderCreate>`)).xml).toBe(
      '<FolderCreate><Status>10</Status></FolderCreate>',
    );
  });

  it('takes names of up to 256 characters', async () => {
    const { device } = changing(DONE);
    expect((await device.post('FolderCreate', create('x'.repeat(256)))).xml).toContain('<Status>1</Status>');
    expect((await device.post('FolderCreate', create('x'.repeat(257)))).xml).toContain('<Status>10</Status>');
  });
});

describe('FolderUpdate', () => {
  it('MS-ASCMD_R139, MS-ASCMD_R140, MS-ASCMD_R4100, MS-ASCMD_R5784: renames and moves a folder', async () => {
    const { device, asked } = changing(DONE);
    expect((await device.post('FolderUpdate', update('9', 'New', '3'))).xml).toBe(
      '<FolderUpdate><Status>1</Status><SyncKey>k2</SyncKey></FolderUpdate>',
    );
    expect(asked).toEqual([{ syncKey: 'k1', change: { kind: 'rename', id: '9', name: 'New', parentId: '3' } }]);
  });

  it.each([
    ['MS-ASCMD_R4101, MS-ASCMD_R5438: a name that is taken', 'exists', 2],
    ['MS-ASCMD_R4102: a special folder', 'special-folder', 2],
    ['MS-ASCMD_R4105, MS-ASCMD_R4106: a folder that is not there', 'not-found', 4],
    ['MS-ASCMD_R4108, MS-ASCMD_R4109: a parent that is not there', 'parent-not-found', 5],
    ['a mail system that does not do it', 'server-error', 6],
    ['MS-ASCMD_R4120, MS-ASCMD_R4573: a key that is not the device’s', 'invalid-key', 9],
  ] as const)('MS-ASCMD_R4096, MS-ASCMD_R5786: %s', async (_what, reason, status) => {
    const { device } = changing({ kind: 'refused', reason });
    expect((await device.post('FolderUpdate', update('9', 'New'))).xml).toBe(
      `<FolderUpdate><Status>${status}</Status></FolderUpdate>`,
    );
  });

  it('MS-ASCMD_R141, MS-ASCMD_R143, MS-ASCMD_R4103, MS-ASCMD_R4104: leaves the recipient information cache alone', async () => {
    const { device, asked } = changing(DONE);
    for (const body of [update('RI', 'New'), update('9', 'New', 'RI')]) {
      expect((await device.post('FolderUpdate', body)).xml).toBe('<FolderUpdate><Status>3</Status></FolderUpdate>');
    }
    expect(asked).toEqual([]);
  });

  it.each([
    ['MS-ASCMD_R3102: a Status', update('9', 'New', '0', '<Status>1</Status>')],
    [
      'MS-ASCMD_R4568: no key',
      '<FolderUpdate><ServerId>9</ServerId><ParentId>0</ParentId><DisplayName>a</DisplayName></FolderUpdate>',
    ],
    [
      'no folder',
      '<FolderUpdate><SyncKey>k1</SyncKey><ParentId>0</ParentId><DisplayName>a</DisplayName></FolderUpdate>',
    ],
    ['an empty name', update('9', '')],
  ])('MS-ASCMD_R4123: %s is a semantic error', async (_what, body) => {
    const { device, asked } = changing(DONE);
    expect((await device.post('FolderUpdate', body)).xml).toBe('<FolderUpdate><Status>10</Status></FolderUpdate>');
    expect(asked).toEqual([]);
  });
});

describe('FolderDelete', () => {
  it('MS-ASCMD_R97, MS-ASCMD_R98, MS-ASCMD_R99, MS-ASCMD_R4045, MS-ASCMD_R5783: deletes a folder', async () => {
    const { device, asked } = changing(DONE);
    expect((await device.post('FolderDelete', remove('9'))).xml).toBe(
      '<FolderDelete><Status>1</Status><SyncKey>k2</SyncKey></FolderDelete>',
    );
    expect(asked).toEqual([{ syncKey: 'k1', change: { kind: 'delete', id: '9' } }]);
  });

  it.each([
    ['MS-ASCMD_R4046, MS-ASCMD_R4047: a special folder', 'special-folder', 3],
    ['MS-ASCMD_R4048, MS-ASCMD_R4049: a folder that is not there', 'not-found', 4],
    ['a mail system that does not do it', 'server-error', 6],
    ['MS-ASCMD_R4060, MS-ASCMD_R4573: a key that is not the device’s', 'invalid-key', 9],
  ] as const)('MS-ASCMD_R4040, MS-ASCMD_R5785: %s', async (_what, reason, status) => {
    const { device } = changing({ kind: 'refused', reason });
    expect((await device.post('FolderDelete', remove('9'))).xml).toBe(
      `<FolderDelete><Status>${status}</Status></FolderDelete>`,
    );
  });

  it('MS-ASCMD_R100, MS-ASCMD_R101: leaves the recipient information cache alone', async () => {
    const { device, asked } = changing(DONE);
    expect((await device.post('FolderDelete', remove('RI'))).xml).toBe(
      '<FolderDelete><Status>3</Status></FolderDelete>',
    );
    expect(asked).toEqual([]);
  });

  it.each([
    '<FolderDelete><SyncKey>k1</SyncKey></FolderDelete>',
    '<FolderDelete><ServerId>9</ServerId></FolderDelete>',
  ])('MS-ASCMD_R4063: %s is a semantic error', async (body) => {
    const { device } = changing(DONE);
    expect((await device.post('FolderDelete', body)).xml).toBe('<FolderDelete><Status>10</Status></FolderDelete>');
  });
});
