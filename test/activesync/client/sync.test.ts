import { describe, expect, it } from 'vitest';
import { itemText, itemTextIn, newDeviceState } from '../../../lib/activesync/client/index.ts';
import { elementsAt } from '../../../lib/activesync/client/answer-status.ts';
import { type Element, type ElementPart, element, toXml } from '../../../lib/activesync/protocol/index.ts';
import { fixture } from './fixture.ts';
import type { Asked } from './scripted-server.ts';

const collection = (key: string, ...parts: readonly ElementPart[]): Element =>
  element(
    'AirSync:Sync',
    element(
      'AirSync:Collections',
      element(
        'AirSync:Collection',
        element('AirSync:SyncKey', key),
        element('AirSync:CollectionId', '5'),
        element('AirSync:Status', 1),
        ...parts,
      ),
    ),
  );

const failed = (status: number): Element =>
  element(
    'AirSync:Sync',
    element(
      'AirSync:Collections',
      element(
        'AirSync:Collection',
        element('AirSync:SyncKey', '0'),
        element('AirSync:CollectionId', '5'),
        element('AirSync:Status', status),
      ),
    ),
  );

const mail = (serverId: string, subject: string): Element =>
  element(
    'AirSync:Add',
    element('AirSync:ServerId', serverId),
    element(
      'AirSync:ApplicationData',
      element('Email:Subject', subject),
      element('Email:Read', 0),
      element('AirSyncBase:Body', element('AirSyncBase:Type', 1), element('AirSyncBase:Data', 'Hello')),
    ),
  );

const commands = (...list: readonly Element[]): Element => element('AirSync:Commands', list);
const more = element('AirSync:MoreAvailable');
const bodyOf = (asked: Asked | undefined): string => toXml(asked?.document ?? element('AirSync:Sync'));
const keysOf = (asked: readonly Asked[]) =>
  asked.map(
    (it) => elementsAt(it.document, 'AirSync:Collections', 'AirSync:Collection', 'AirSync:SyncKey')[0]?.content,
  );

describe('syncAll', () => {
  it('begins with key 0 and goes on until there is no MoreAvailable', async () => {
    const { client, server } = await fixture([
      collection('1'),
      collection('2', more, commands(mail('5:1', 'one'), mail('5:2', 'two'))),
      collection('3', commands(mail('5:3', 'three'))),
    ]);
    const progress: number[] = [];
    const request = { collectionId: '5', windowSize: 2, filterType: 3, bodyPreferences: [{ type: 2 as const }] };
    const totals = await client.syncAll(request, { onProgress: ({ items }) => progress.push(items) });
    expect(keysOf(server.asked)).toEqual(['0', '1', '2']);
    expect(progress).toEqual([0, 2, 3]);
    expect(totals).toEqual({ rounds: 3, added: 3, changed: 0, deleted: 0 });
    expect(client.items('5').map((it) => itemText(it, 'Email:Subject'))).toEqual(['one', 'two', 'three']);
    expect(bodyOf(server.asked[0])).toBe(
      '<Sync xmlns="AirSync:"><Collections><Collection><SyncKey>0</SyncKey><CollectionId>5</CollectionId></Collection></Collections></Sync>',
    );
    expect(bodyOf(server.asked[1])).toContain(
      '<WindowSize>2</WindowSize><Options><FilterType>3</FilterType><BodyPreference xmlns="AirSyncBase:"><Type>2</Type></BodyPreference></Options>',
    );
  });

  it('takes an empty answer for no change, and keeps its key', async () => {
    const { client } = await fixture([collection('1'), undefined, undefined]);
    await client.syncAll({ collectionId: '5' });
    expect(client.state.collections['5']?.syncKey).toBe('1');
    expect(await client.syncAll({ collectionId: '5' })).toEqual({ rounds: 1, added: 0, changed: 0, deleted: 0 });
  });

  it('starts anew after Status 3', async () => {
    const state = newDeviceState();
    state.collections['5'] = { syncKey: '9', items: { '5:9': { serverId: '5:9', data: {} } } };
    const { client, server } = await fixture(
      [failed(3), collection('1'), collection('2', commands(mail('5:1', 'one')))],
      {},
      state,
    );
    await client.syncAll({ collectionId: '5' });
    expect(keysOf(server.asked)).toEqual(['9', '0', '1']);
    expect(client.items('5').map((it) => it.serverId)).toEqual(['5:1']);
  });

  it('runs FolderSync after Status 12', async () => {
    const hierarchy = element(
      'FolderHierarchy:FolderSync',
      element('FolderHierarchy:Status', 1),
      element('FolderHierarchy:SyncKey', '1'),
    );
    const { client, server } = await fixture([collection('1'), failed(12), hierarchy, collection('2')]);
    await client.syncAll({ collectionId: '5' });
    expect(server.commands()).toEqual(['Sync', 'Sync', 'FolderSync', 'Sync']);
  });

  it.each([4, 8])('gives up on Status %i', async (status) => {
    const { client } = await fixture([collection('1'), failed(status)]);
    await expect(client.syncAll({ collectionId: '5' })).rejects.toMatchObject({ code: 'protocol-status', status });
  });

  it('gives up on a server that never stops failing', async () => {
    const { client, server } = await fixture([failed(16), failed(16), failed(16)]);
    await expect(client.syncAll({ collectionId: '5' })).rejects.toMatchObject({ code: 'protocol-status', status: 16 });
    expect(server.asked).toHaveLength(3);
  });
});

describe('one round', () => {
  const held = () => {
    const state = newDeviceState();
    const data = { 'Email:Subject': 'old', 'Email:Read': '0' } as const;
    state.collections['5'] = {
      syncKey: '1',
      items: { '5:1': { serverId: '5:1', data }, '5:2': { serverId: '5:2', data } },
    };
    return state;
  };

  it('sends changes, and holds them once the server took them', async () => {
    const answer = element(
      'AirSync:Responses',
      element(
        'AirSync:Add',
        element('AirSync:ClientId', 'c1'),
        element('AirSync:ServerId', '5:3'),
        element('AirSync:Status', 1),
      ),
      element('AirSync:Change', element('AirSync:ServerId', '5:2'), element('AirSync:Status', 8)),
      element(
        'AirSync:Fetch',
        element('AirSync:ServerId', '5:1'),
        element('AirSync:Status', 1),
        element('AirSync:ApplicationData', element('Email:Subject', 'whole')),
      ),
    );
    const { client, server } = await fixture([collection('2', answer)], {}, held());
    const read = element('Email:Read', 1);
    const round = await client.sync({
      collectionId: '5',
      deletesAsMoves: true,
      getChanges: false,
      commands: [
        { kind: 'add', clientId: 'c1', data: [element('Email:Subject', 'draft')] },
        { kind: 'change', serverId: '5:1', data: [read] },
        { kind: 'change', serverId: '5:2', data: [read] },
        { kind: 'fetch', serverId: '5:1' },
      ],
    });
    expect(round?.results.map(({ kind, status }) => [kind, status])).toEqual([
      ['add', 1],
      ['change', 8],
      ['fetch', 1],
    ]);
    expect(client.state.collections['5']?.items).toEqual({
      '5:1': { serverId: '5:1', data: { 'Email:Subject': 'whole', 'Email:Read': '1' } },
      '5:2': { serverId: '5:2', data: { 'Email:Subject': 'old', 'Email:Read': '0' } },
      '5:3': { serverId: '5:3', data: { 'Email:Subject': 'draft' } },
    });
    expect(bodyOf(server.asked[0])).toMatch(
      /<DeletesAsMoves>1<\/DeletesAsMoves><GetChanges>0<\/GetChanges><Commands><Add>/,
    );
  });

  it('applies changes, deletions, and items that left the window', async () => {
    const changes = commands(
      element(
        'AirSync:Change',
        element('AirSync:ServerId', '5:1'),
        element('AirSync:ApplicationData', element('Email:Read', 1)),
      ),
      element('AirSync:SoftDelete', element('AirSync:ServerId', '5:2')),
      mail('5:4', 'four'),
      element('AirSync:Delete', element('AirSync:ServerId', '5:4')),
    );
    const { client } = await fixture([collection('2', changes)], {}, held());
    await client.sync({ collectionId: '5' });
    expect(client.items('5')).toEqual([{ serverId: '5:1', data: { 'Email:Subject': 'old', 'Email:Read': '1' } }]);
  });

  it('holds bodies below their container', async () => {
    const { client } = await fixture([collection('2', commands(mail('5:7', 'x')))], {}, held());
    await client.sync({ collectionId: '5' });
    const item = client.items('5').find((it) => it.serverId === '5:7');
    expect(item && itemTextIn(item, 'AirSyncBase:Body', 'AirSyncBase:Data')).toBe('Hello');
  });

  it('takes a failure of the whole request for one of its collection: nothing of it was done', async () => {
    const refused = element('AirSync:Sync', element('AirSync:Status', 16));
    const { client } = await fixture([refused, undefined], {}, held());
    const change = { kind: 'change', serverId: '5:1', data: [element('Email:Read', 1)] } as const;
    expect(await client.sync({ collectionId: '5', commands: [change] })).toMatchObject({
      collectionId: '5',
      status: 16,
    });
    expect(client.state.collections['5']).toMatchObject({ syncKey: '1', items: held().collections['5']?.items });
    expect(await client.sync({ collectionId: '5' }), 'an answer without a body').toBeUndefined();
  });

  it('may wait, for several collections', async () => {
    const { client, server } = await fixture([undefined], {}, held());
    const answer = await client.syncMany({
      collections: [{ collectionId: '5' }, { collectionId: '6' }],
      heartbeatSeconds: 60,
    });
    expect(answer).toEqual({ status: undefined, limit: undefined, collections: [] });
    expect(bodyOf(server.asked[0])).toContain('</Collections><HeartbeatInterval>60</HeartbeatInterval></Sync>');
  });

  it('with a lost answer goes out again under the same key', async () => {
    const { client, server } = await fixture(['lost', collection('2')], {}, held());
    await client.sync({ collectionId: '5', commands: [{ kind: 'delete', serverId: '5:1' }] });
    expect(keysOf(server.asked)).toEqual(['1', '1']);
    expect(server.asked[0]?.body.equals(server.asked[1]?.body ?? Buffer.alloc(0))).toBe(true);
  });
});

it('GetItemEstimate asks with the key of the state', async () => {
  const state = newDeviceState();
  state.collections['5'] = { syncKey: '4', items: {} };
  const answer = element(
    'GetItemEstimate:GetItemEstimate',
    element(
      'GetItemEstimate:Response',
      element('GetItemEstimate:Status', 1),
      element(
        'GetItemEstimate:Collection',
        element('GetItemEstimate:CollectionId', '5'),
        element('GetItemEstimate:Estimate', 12),
      ),
    ),
  );
  const { client, server } = await fixture([answer], {}, state);
  expect(await client.getItemEstimate({ collectionId: '5', filterType: 2 })).toEqual([
    { collectionId: '5', status: 1, estimate: 12 },
  ]);
  expect(bodyOf(server.asked[0])).toBe(
    '<GetItemEstimate xmlns="GetItemEstimate:"><Collections><Collection><SyncKey xmlns="AirSync:">4</SyncKey><CollectionId>5</CollectionId><Options xmlns="AirSync:"><FilterType>2</FilterType></Options></Collection></Collections></GetItemEstimate>',
  );
});
