// What a server refuses when it has too much to do, and in which order (ownership.md, Overload).
import { describe, expect, it, vi } from 'vitest';
import { FolderType } from '../../lib/activesync/client/index.ts';
import { type Element, element, writeWbxml } from '../../lib/activesync/index.ts';
import { isShed, SHED_KINDS, shedKindOf } from '../../lib/server/activesync/shedding.ts';
import { ADA, BOB, FoldersServer } from '../support/folders-server.ts';
import { RawConnection, rawRequest } from '../support/raw-http.ts';

const sync = (syncKey: string, ...more: Element[]) =>
  element(
    'AirSync:Sync',
    element(
      'AirSync:Collections',
      element('AirSync:Collection', element('AirSync:SyncKey', syncKey), element('AirSync:CollectionId', '1'), ...more),
    ),
  );
const window = (size: number) => element('AirSync:WindowSize', size);

describe('under pressure', () => {
  it('first Syncs are refused before large windows, these before fetches, these before the rest; Ping and mail never', () => {
    const fetch = element('AirSync:Commands', element('AirSync:Fetch', element('AirSync:ServerId', '1:1')));
    expect(shedKindOf('Sync', sync('0'))).toBe('first-sync');
    expect(shedKindOf('Sync', sync('{a}1', window(512)))).toBe('large-window');
    expect(shedKindOf('Sync', element('AirSync:Sync', window(512)))).toBe('large-window');
    expect(shedKindOf('Sync', sync('{a}1', window(100)))).toBe('other');
    expect(shedKindOf('Sync', sync('{a}1', fetch))).toBe('item-fetch');
    expect(shedKindOf('Sync', undefined)).toBe('other');
    for (const command of ['ItemOperations', 'GetAttachment', 'Search', 'Find'] as const)
      expect(shedKindOf(command, undefined)).toBe('item-fetch');
    for (const command of ['Ping', 'SendMail', 'SmartReply', 'SmartForward'] as const)
      expect(shedKindOf(command, undefined)).toBeUndefined();
    const refusedAt = (pressure: { waitingWork: number; memoryShare: number }) =>
      [...SHED_KINDS, undefined].filter((kind) => isShed(kind, pressure));
    expect([0.5, 0.6, 0.75, 0.9].map((waitingWork) => refusedAt({ waitingWork, memoryShare: 0 }))).toEqual([
      [],
      SHED_KINDS.slice(0, 1),
      SHED_KINDS.slice(0, 2),
      SHED_KINDS.slice(0, 3),
    ]);
    expect([0.87, 0.88, 0.91, 0.94, 1].map((memoryShare) => refusedAt({ waitingWork: 0, memoryShare }))).toEqual([
      [],
      SHED_KINDS.slice(0, 1),
      SHED_KINDS.slice(0, 2),
      SHED_KINDS.slice(0, 3),
      SHED_KINDS,
    ]);
  });

  it('MS-ASHTTP_R190: the refusal is 503 with Retry-After; a device that has synced goes on, and all do when it is over', async () => {
    const places = 10;
    const server = await FoldersServer.start({ flags: { 'limits-max-concurrent-requests': String(places) } });
    const slow: RawConnection[] = [];
    try {
      const phone = server.device({ deviceId: 'STEADY' });
      await phone.folderSync();
      const collectionId = phone.folder(FolderType.inbox).serverId;
      await phone.syncAll({ collectionId });
      const ask = async (command: string, document: Element) => {
        const connection = await RawConnection.open(server.port);
        const target = `/Microsoft-Server-ActiveSync?Cmd=${command}&User=ada&DeviceId=NEW&DeviceType=Raw`;
        const headers = { Authorization: ADA, 'MS-ASProtocolVersion': '16.1' };
        connection.write(rawRequest('POST', target, headers, writeWbxml(document)));
        const response = await connection.response();
        connection.destroy();
        return response;
      };
      const fetch = () => ask('ItemOperations', element('ItemOperations:ItemOperations'));
      /** Requests whose last bytes do not come are worked on. */
      const fill = async (count: number) => {
        const target = '/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=ada&DeviceId=SLOW&DeviceType=Raw';
        const headers = { 'MS-ASProtocolVersion': '16.1', 'Content-Length': '9' };
        while (slow.length < count) {
          const connection = await RawConnection.open(server.port);
          // Neither user may have that many alone.
          const authorization = slow.length % 2 === 0 ? ADA : BOB;
          connection.write(rawRequest('POST', target, { ...headers, Authorization: authorization }));
          slow.push(connection);
        }
      };
      await fill(places * 0.6);
      const refused = await vi.waitFor(async () => {
        const response = await ask('Sync', sync('0'));
        expect(response?.status).toBe(503);
        return response;
      }, 10_000);
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(10);
      expect((await fetch())?.status).toBe(200);
      await phone.sync({ collectionId });
      await fill(places * 0.9);
      await vi.waitFor(async () => expect((await fetch())?.status).toBe(503), 10_000);
      await phone.sync({ collectionId });
      for (const connection of slow) connection.destroy();
      await vi.waitFor(async () => expect((await ask('Sync', sync('0')))?.status).toBe(200), 10_000);
    } finally {
      for (const connection of slow) connection.destroy();
      await server.stop();
    }
  });
});
