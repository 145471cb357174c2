// Answers of every kind that the commands of synchronisation can make, for checks that hold for all of them.
import { type CommandName, type Element, element, type ProtocolVersion } from '../../../../lib/activesync/index.ts';
import type { FolderChangeAnswer, HierarchyAnswer, MoveResult, SyncFolder } from '../../../../lib/sync/index.ts';
import { fakeUser, INBOX } from './fake-user.ts';
import { answered, collection, type ScriptedAnswer, scriptedSync, syncRequest } from './sync-script.ts';
import { type Reply, TestDevice } from './test-device.ts';

export interface Sample {
  readonly name: string;
  readonly command: CommandName;
  readonly document: Element;
}

const ITEM = [
  element('AirSyncBase:Body', element('AirSyncBase:Type', 1), element('AirSyncBase:Data', 'Hello')),
  element('Email:Subject', 'Hello'),
  element('Email:From', 'ada@example.org'),
  element('Email:Read', 1),
];

const SYNC_ANSWERS: Readonly<Record<string, ScriptedAnswer>> = {
  'a first Sync': answered({ syncKey: 'k1' }),
  'changes of all kinds': answered({
    changes: [
      { kind: 'add', serverId: '1:4', item: ITEM },
      { kind: 'add', serverId: '1:5', item: ITEM },
      { kind: 'change', serverId: '1:1', item: [element('Email:Read', 0)] },
      { kind: 'delete', serverId: '1:2' },
      { kind: 'soft-delete', serverId: '1:3' },
    ],
    moreAvailable: true,
  }),
  'responses of all kinds': answered({
    outcomes: [
      { kind: 'added', clientId: 'c1', serverId: '1:8' },
      { kind: 'changed', serverId: '1:9' },
      { kind: 'fetched', serverId: '1:1', item: ITEM },
      { kind: 'failed', of: 'add', clientId: 'c2', failure: 'malformed' },
      { kind: 'failed', of: 'change', serverId: '1:2', failure: 'conflict' },
      { kind: 'failed', of: 'delete', serverId: '1:3', failure: 'not-found' },
      { kind: 'failed', of: 'fetch', serverId: '1:4', failure: 'not-found' },
    ],
  }),
  'both, and more to come': answered({
    outcomes: [{ kind: 'added', clientId: 'c1', serverId: '1:8' }],
    changes: [{ kind: 'delete', serverId: '1:2' }],
    moreAvailable: true,
  }),
  'an invalid key': { kind: 'refused', reason: 'invalid-key' },
  'a folder that is gone': { kind: 'refused', reason: 'not-found' },
  'an unavailable mailbox': { kind: 'refused', reason: 'unavailable' },
};

/** Every kind of answer at this version. */
export async function samples(version: ProtocolVersion): Promise<readonly Sample[]> {
  return [
    ...(await syncSamples(version)),
    ...(await folderSamples(version)),
    ...(await pingSamples(version)),
    ...(await itemSamples(version)),
  ];
}

function sample(name: string, command: CommandName, reply: Reply): readonly Sample[] {
  return reply.document ? [{ name: `${command}: ${name}`, command, document: reply.document }] : [];
}

async function syncSamples(version: ProtocolVersion): Promise<readonly Sample[]> {
  const all: Sample[] = [];
  for (const [name, answer] of Object.entries(SYNC_ANSWERS)) {
    const { device } = scriptedSync(() => answer, { version });
    const body = syncRequest([collection('1', 'k1'), collection('3', 'k1')]);
    all.push(...sample(name, 'Sync', await device.post('Sync', body)));
  }
  const { device } = scriptedSync(() => answered(), { version });
  const wrong = {
    'a malformed request': syncRequest(''),
    'a wait too long': syncRequest(collection('1', 'k1'), '<Wait>60</Wait>'),
    'too many collections': syncRequest(Array.from({ length: 1001 }, (_, at) => collection(String(at), 'k1'))),
    'the recipient information cache': syncRequest(collection('RI', '0')),
    'an unknown folder': syncRequest(collection('99', 'k1')),
    'nothing to repeat': undefined,
  };
  for (const [name, body] of Object.entries(wrong)) all.push(...sample(name, 'Sync', await device.post('Sync', body)));
  return all;
}

const HIERARCHIES: Readonly<Record<string, HierarchyAnswer>> = {
  'a first hierarchy': { kind: 'changes', syncKey: 'k1', changes: { added: allKinds(), updated: [], deletedIds: [] } },
  'changes of all kinds': {
    kind: 'changes',
    syncKey: 'k2',
    changes: { added: allKinds().slice(-2), updated: allKinds().slice(0, 2), deletedIds: ['8', '9'] },
  },
  'no change': { kind: 'changes', syncKey: 'k2', changes: { added: [], updated: [], deletedIds: [] } },
  'an invalid key': { kind: 'invalid-key' },
};

function allKinds(): readonly SyncFolder[] {
  const kinds = ['inbox', 'drafts', 'trash', 'sent', 'outbox', 'junk', 'archive', 'user'] as const;
  const classes = { tasks: 'Tasks', calendar: 'Calendar', contacts: 'Contacts', notes: 'Notes' } as const;
  return [
    ...kinds.map((kind, at) => ({ ...INBOX, id: String(at + 1), kind, name: kind })),
    ...Object.entries(classes).map(([kind, itemClass], at) => ({
      ...INBOX,
      id: String(at + 20),
      kind: kind as SyncFolder['kind'],
      name: kind,
      itemClass,
    })),
  ];
}

const FOLDER_CHANGES: readonly FolderChangeAnswer[] = [
  { kind: 'done', syncKey: 'k2', id: '9' },
  { kind: 'refused', reason: 'exists' },
  { kind: 'refused', reason: 'special-folder' },
  { kind: 'refused', reason: 'not-found' },
  { kind: 'refused', reason: 'parent-not-found' },
  { kind: 'refused', reason: 'server-error' },
  { kind: 'refused', reason: 'invalid-key' },
];

const FOLDER_REQUESTS = {
  FolderCreate:
    '<FolderCreate><SyncKey>k1</SyncKey><ParentId>0</ParentId><DisplayName>a</DisplayName><Type>12</Type></FolderCreate>',
  FolderUpdate:
    '<FolderUpdate><SyncKey>k1</SyncKey><ServerId>9</ServerId><ParentId>0</ParentId><DisplayName>a</DisplayName></FolderUpdate>',
  FolderDelete: '<FolderDelete><SyncKey>k1</SyncKey><ServerId>9</ServerId></FolderDelete>',
} as const;

async function folderSamples(version: ProtocolVersion): Promise<readonly Sample[]> {
  const all: Sample[] = [];
  for (const [name, answer] of Object.entries(HIERARCHIES)) {
    const { user } = fakeUser({ record: {}, device: { hierarchy: () => Promise.resolve(answer) } });
    const key = name === 'a first hierarchy' ? '0' : 'k1';
    const body = `<FolderSync><SyncKey>${key}</SyncKey></FolderSync>`;
    all.push(...sample(name, 'FolderSync', await new TestDevice(user, { version }).post('FolderSync', body)));
  }
  for (const answer of FOLDER_CHANGES) {
    const { user } = fakeUser({ record: {}, device: { changeFolder: () => Promise.resolve(answer) } });
    const device = new TestDevice(user, { version });
    for (const command of ['FolderCreate', 'FolderUpdate', 'FolderDelete'] as const) {
      const name = answer.kind === 'done' ? 'done' : answer.reason;
      all.push(...sample(name, command, await device.post(command, FOLDER_REQUESTS[command])));
    }
  }
  return all;
}

async function pingSamples(version: ProtocolVersion): Promise<readonly Sample[]> {
  const { user } = fakeUser({
    record: {},
    device: { watchState: (id) => Promise.resolve(id === '99' ? 'not-found' : 'changed') },
  });
  const device = new TestDevice(user, { version, limits: { maxPingFolders: 3 } });
  const ping = (seconds: number, ...ids: string[]) =>
    `<Ping><HeartbeatInterval>${seconds}</HeartbeatInterval><Folders>${ids
      .map((id) => `<Folder><Id>${id}</Id><Class>Email</Class></Folder>`)
      .join('')}</Folders></Ping>`;
  const all: Sample[] = [];
  const requests = {
    'missing parameters': undefined,
    changes: ping(60, '1', '3'),
    'a folder that is gone': ping(60, '99'),
    'a heartbeat too short': ping(1, '1'),
    'too many folders': ping(60, '1', '2', '3', '4'),
    'a malformed request': ping(60, '1', '1'),
  };
  for (const [name, body] of Object.entries(requests))
    all.push(...sample(name, 'Ping', await device.post('Ping', body)));
  return all;
}

async function itemSamples(version: ProtocolVersion): Promise<readonly Sample[]> {
  const results: Readonly<Record<string, MoveResult>> = {
    '1:1': { kind: 'moved', serverId: '3:1' },
    '1:2': { kind: 'refused', reason: 'invalid-source' },
    '1:3': { kind: 'refused', reason: 'invalid-target' },
    '1:4': { kind: 'refused', reason: 'failed' },
  };
  const { user } = fakeUser({
    record: {},
    device: {
      move: (id) => Promise.resolve(results[id] ?? { kind: 'refused', reason: 'same-folder' }),
      estimate: (_id, syncKey) =>
        Promise.resolve(syncKey === 'k1' ? { kind: 'estimate', count: 7 } : { kind: 'refused', reason: 'invalid-key' }),
    },
  });
  const device = new TestDevice(user, { version });
  const moves = ['1:1', '1:2', '1:3', '1:4', '1:5']
    .map((id) => `<Move><SrcMsgId>${id}</SrcMsgId><SrcFldId>1</SrcFldId><DstFldId>3</DstFldId></Move>`)
    .join('');
  const counted = (...collections: readonly [id: string, key: string][]) =>
    `<GetItemEstimate><Collections>${collections
      .map(
        ([id, key]) =>
          `<Collection><airsync:SyncKey>${key}</airsync:SyncKey><CollectionId>${id}</CollectionId></Collection>`,
      )
      .join('')}</Collections></GetItemEstimate>`;
  return [
    ...sample('moves of all kinds', 'MoveItems', await device.post('MoveItems', `<MoveItems>${moves}</MoveItems>`)),
    ...sample('a malformed request', 'MoveItems', await device.post('MoveItems', '<MoveItems/>')),
    ...sample(
      'estimates of all kinds',
      'GetItemEstimate',
      await device.post('GetItemEstimate', counted(['1', 'k1'], ['3', 'k9'], ['99', 'k1'])),
    ),
    ...sample('a malformed request', 'GetItemEstimate', await device.post('GetItemEstimate', counted())),
  ];
}
