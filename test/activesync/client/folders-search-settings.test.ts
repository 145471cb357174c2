import { describe, expect, it } from 'vitest';
import { classOfFolder, FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import { type Element, element, toXml } from '../../../lib/activesync/protocol/index.ts';
import { fixture } from './fixture.ts';
import type { Asked } from './scripted-server.ts';

const bodyOf = (asked: Asked | undefined): string => toXml(asked?.document ?? element('AirSync:Sync'));

describe('the folder hierarchy', () => {
  const folder = (tag: 'FolderHierarchy:Add' | 'FolderHierarchy:Update', id: string, name: string, type: number) =>
    element(
      tag,
      element('FolderHierarchy:ServerId', id),
      element('FolderHierarchy:ParentId', '0'),
      element('FolderHierarchy:DisplayName', name),
      element('FolderHierarchy:Type', type),
    );
  const answer = (key: string, ...changes: readonly Element[]) =>
    element(
      'FolderHierarchy:FolderSync',
      element('FolderHierarchy:Status', 1),
      element('FolderHierarchy:SyncKey', key),
      element('FolderHierarchy:Changes', element('FolderHierarchy:Count', changes.length), changes),
    );
  const changed = (command: 'FolderCreate' | 'FolderUpdate' | 'FolderDelete', key: string, id?: string) =>
    element(
      `FolderHierarchy:${command}`,
      element('FolderHierarchy:Status', 1),
      element('FolderHierarchy:SyncKey', key),
      id !== undefined && element('FolderHierarchy:ServerId', id),
    );

  it('is brought up to date by additions, changes and deletions', async () => {
    const { client } = await fixture([
      answer('1', folder('FolderHierarchy:Add', '5', 'Inbox', 2), folder('FolderHierarchy:Add', '6', 'Old', 12)),
      answer(
        '2',
        folder('FolderHierarchy:Update', '5', 'Posteingang', 2),
        element('FolderHierarchy:Delete', element('FolderHierarchy:ServerId', '6')),
      ),
    ]);
    await client.folderSync();
    await client.folderSync();
    expect(client.state.folderSyncKey).toBe('2');
    expect(Object.values(client.state.folders).map((it) => it.displayName)).toEqual(['Posteingang']);
    expect(client.folder(FolderType.inbox).serverId).toBe('5');
    expect(() => client.folder(FolderType.calendar)).toThrow(expect.objectContaining({ code: 'no-such-folder' }));
  });

  it('starts anew after Status 9', async () => {
    const invalid = element('FolderHierarchy:FolderSync', element('FolderHierarchy:Status', 9));
    const { client, server } = await fixture([invalid, answer('1', folder('FolderHierarchy:Add', '5', 'Inbox', 2))]);
    client.state.folderSyncKey = '77';
    client.state.folders['9'] = { serverId: '9', parentId: '0', displayName: 'Gone', type: 12 };
    await client.folderSync();
    expect(bodyOf(server.asked[1])).toContain('<SyncKey>0</SyncKey>');
    expect(Object.keys(client.state.folders)).toEqual(['5']);
  });

  it('is changed under its key', async () => {
    const { client, server } = await fixture([
      changed('FolderCreate', '2', '7'),
      changed('FolderUpdate', '3'),
      changed('FolderDelete', '4'),
    ]);
    client.state.folderSyncKey = '1';
    const id = await client.folderCreate({ parentId: '0', displayName: 'New', type: FolderType.userMail });
    await client.folderUpdate({ serverId: id, parentId: '5', displayName: 'Newer' });
    expect(client.state.folders['7']).toEqual({ serverId: '7', parentId: '5', displayName: 'Newer', type: 12 });
    await client.folderDelete(id);
    expect([client.state.folders, client.state.folderSyncKey]).toEqual([{}, '4']);
    expect(server.asked.map(bodyOf)[1]).toBe(
      '<FolderUpdate xmlns="FolderHierarchy:"><SyncKey>2</SyncKey><ServerId>7</ServerId><ParentId>5</ParentId><DisplayName>Newer</DisplayName></FolderUpdate>',
    );
  });

  it('that may not be changed so throws the Status', async () => {
    const refused = element('FolderHierarchy:FolderCreate', element('FolderHierarchy:Status', 2));
    const { client } = await fixture([refused]);
    await expect(client.folderCreate({ parentId: '0', displayName: 'x', type: 12 })).rejects.toMatchObject({
      code: 'protocol-status',
      command: 'FolderCreate',
      status: 2,
    });
  });

  it('has a class for every type that is synced', () => {
    expect([2, 8, 9, 7, 10, 12, 19].map(classOfFolder)).toEqual([
      'Email',
      'Calendar',
      'Contacts',
      'Tasks',
      'Notes',
      'Email',
      undefined,
    ]);
  });
});

describe('looking for mail', () => {
  it('with Search', async () => {
    const result = element(
      'Search:Result',
      element('AirSync:Class', 'Email'),
      element('Search:LongId', 'L1'),
      element('AirSync:CollectionId', '5'),
      element('Search:Properties', element('Email:Subject', 'Found')),
    );
    const answer = element(
      'Search:Search',
      element('Search:Status', 1),
      element(
        'Search:Response',
        element(
          'Search:Store',
          element('Search:Status', 1),
          result,
          element('Search:Range', '0-0'),
          element('Search:Total', 1),
        ),
      ),
    );
    const { client, server } = await fixture([answer]);
    const { found, total, range, status } = await client.search({ text: 'word', collectionId: '5' });
    expect([status, range, total]).toEqual([1, '0-0', 1]);
    expect(
      found.map(({ item, longId, collectionId }) => [itemText(item, 'Email:Subject'), longId, collectionId]),
    ).toEqual([['Found', 'L1', '5']]);
    expect(bodyOf(server.asked[0])).toBe(
      '<Search xmlns="Search:"><Store><Name>Mailbox</Name><Query><And><Class xmlns="AirSync:">Email</Class><CollectionId xmlns="AirSync:">5</CollectionId><FreeText>word</FreeText></And></Query><Options><RebuildResults/><DeepTraversal/><Range>0-99</Range></Options></Store></Search>',
    );
  });

  it('with Search and no result, which is one empty Result', async () => {
    const store = element('Search:Store', element('Search:Status', 1), element('Search:Result'));
    const { client } = await fixture([
      element('Search:Search', element('Search:Status', 1), element('Search:Response', store)),
    ]);
    expect((await client.search({ text: 'nothing' })).found).toEqual([]);
  });

  it('with Find', async () => {
    const answer = element(
      'Find:Find',
      element('Find:Status', 1),
      element(
        'Find:Response',
        element('Find:Status', 1),
        element(
          'Find:Result',
          element('AirSync:Class', 'Email'),
          element('AirSync:ServerId', '5:1'),
          element('AirSync:CollectionId', '5'),
          element('Find:Properties', element('Email:Subject', 'Found')),
        ),
        element('Find:Range', '0-0'),
        element('Find:Total', 1),
      ),
    );
    const { client, server } = await fixture([answer]);
    const { found } = await client.find({ searchId: 's1', text: 'word', range: { first: 0, last: 9 } });
    expect(found.map(({ item, collectionId }) => [item.serverId, collectionId])).toEqual([['5:1', '5']]);
    expect(bodyOf(server.asked[0])).toContain('<Options><Range>0-9</Range><DeepTraversal/></Options>');
  });
});

describe('Settings', () => {
  it('tells of the device and of the recovery password', async () => {
    const success = (tag: 'Settings:DeviceInformation' | 'Settings:DevicePassword') =>
      element('Settings:Settings', element('Settings:Status', 1), element(tag, element('Settings:Status', 1)));
    const { client, server } = await fixture([
      success('Settings:DeviceInformation'),
      success('Settings:DevicePassword'),
    ]);
    await client.sendInformation({ model: 'Phone', os: 'Test 1' });
    await client.setDevicePassword('1234');
    expect(server.asked.map(bodyOf)).toEqual([
      '<Settings xmlns="Settings:"><DeviceInformation><Set><Model>Phone</Model><OS>Test 1</OS></Set></DeviceInformation></Settings>',
      '<Settings xmlns="Settings:"><DevicePassword><Set><Password>1234</Password></Set></DevicePassword></Settings>',
    ]);
  });

  it.each(['14.1', '12.1'] as const)('asks for the addresses of the user, where they lie at %s', async (version) => {
    const addresses = element('Settings:EmailAddresses', element('Settings:SMTPAddress', 'ada@example.org'));
    const get = version === '12.1' ? addresses : element('Settings:Accounts', element('Settings:Account', addresses));
    const information = element(
      'Settings:UserInformation',
      element('Settings:Status', 1),
      element('Settings:Get', get),
    );
    const { client } = await fixture([element('Settings:Settings', element('Settings:Status', 1), information)], {
      version,
    });
    expect((await client.userInformation()).emailAddresses).toEqual(['ada@example.org']);
  });
});
