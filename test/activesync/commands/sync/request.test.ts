import { describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../../../lib/activesync/index.ts';
import {
  answered,
  collection,
  collectionAnswer,
  scriptedSync,
  syncAnswer,
  syncRequest,
} from '../support/sync-script.ts';

const PROTOCOL_ERROR = '<Sync><Status>4</Status></Sync>';
const change = (id: string) =>
  `<Change><ServerId>${id}</ServerId><ApplicationData><email:Read>1</email:Read></ApplicationData></Change>`;

describe('what is asked of a collection', () => {
  it('is everything by default: changes, 100 of them, deletions as moves, the options remembered', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1')));
    expect(asked).toEqual([
      {
        collectionId: '1',
        syncKey: 'k1',
        getChanges: true,
        windowSize: 100,
        options: undefined,
        deletesAsMoves: true,
        commands: [],
      },
    ]);
  });

  it('is understood in whatever order the elements come', async () => {
    const { device, asked } = scriptedSync();
    await device.post(
      'Sync',
      `<Sync><WindowSize>50</WindowSize><Collections><Collection>
        <Options><FilterType>3</FilterType><Class>Email</Class></Options>
        <GetChanges/><WindowSize>20</WindowSize><DeletesAsMoves/>
        <CollectionId>1</CollectionId><SyncKey>k1</SyncKey>
      </Collection></Collections></Sync>`,
    );
    expect(asked[0]).toMatchObject({
      collectionId: '1',
      syncKey: 'k1',
      getChanges: true,
      windowSize: 20,
      deletesAsMoves: true,
      options: { filterDays: 7 },
    });
  });

  it.each([
    ['MS-ASCMD_R3125: 0 means no', '<GetChanges>0</GetChanges>', false],
    ['MS-ASCMD_R3126: 1 means yes', '<GetChanges>1</GetChanges>', true],
    ['MS-ASCMD_R3127: empty means yes', '<GetChanges/>', true],
    ['MS-ASCMD_R5556: absent means yes under a key', '', true],
  ])('GetChanges: %s', async (_what, element, getChanges) => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1', element)));
    expect(asked[0]?.getChanges).toBe(getChanges);
  });

  it.each([
    ['MS-ASCMD_R5555, MS-ASCMD_R3129: absent', ''],
    ['MS-ASCMD_R5839: 0', '<GetChanges>0</GetChanges>'],
  ])('GetChanges under key 0 is no, and no error: %s', async (_what, element) => {
    const { device, asked } = scriptedSync(() => answered({ syncKey: 'k1' }));
    expect((await device.post('Sync', syncRequest(collection('1', '0', element)))).xml).toBe(
      syncAnswer(collectionAnswer('1', 'k1', 1)),
    );
    expect(asked[0]?.getChanges).toBe(false);
  });

  it.each([
    ['MS-ASCMD_R2158: 0 means for good', '<DeletesAsMoves>0</DeletesAsMoves>', false],
    ['MS-ASCMD_R2160: 1 means to the trash', '<DeletesAsMoves>1</DeletesAsMoves>', true],
    ['MS-ASCMD_R5874, MS-ASCMD_R2161: empty means to the trash', '<DeletesAsMoves/>', true],
    ['MS-ASCMD_R5875: absent means to the trash', '', true],
  ])('DeletesAsMoves: %s', async (_what, element, deletesAsMoves) => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1', element)));
    expect(asked[0]?.deletesAsMoves).toBe(deletesAsMoves);
  });
});

describe('WindowSize', () => {
  it.each([
    ['MS-ASCMD_R4767, MS-ASCMD_R3459: absent means 100', '', 100],
    ['MS-ASCMD_R4768: 0 means 512', '<WindowSize>0</WindowSize>', 512],
    ['MS-ASCMD_R4768: above 512 means 512', '<WindowSize>513</WindowSize>', 512],
    ['MS-ASCMD_R4764: 512 is the most', '<WindowSize>512</WindowSize>', 512],
    ['MS-ASCMD_R5787: less than 100 is less than 100', '<WindowSize>5</WindowSize>', 5],
  ])('%s', async (_what, element, windowSize) => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1', element)));
    expect(asked[0]?.windowSize).toBe(windowSize);
  });

  it('is lowered by the server’s setting, and never raised', async () => {
    const { device, asked } = scriptedSync(undefined, { limits: { maxWindowSize: 50 } });
    for (const size of [0, 20, 50, 100]) {
      await device.post('Sync', syncRequest(collection('1', 'k1', `<WindowSize>${size}</WindowSize>`)));
    }
    expect(asked.map((it) => it.windowSize)).toEqual([50, 20, 50, 50]);
  });

  it('of the whole request is a bound for each collection', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1'), '<WindowSize>30</WindowSize>'));
    expect(asked[0]?.windowSize).toBe(30);
  });
});

describe('Options', () => {
  it.each([
    ['MS-ASCMD_R3035', 0, undefined],
    ['MS-ASCMD_R3036', 1, 1],
    ['MS-ASCMD_R3037', 2, 3],
    ['MS-ASCMD_R3038', 3, 7],
    ['MS-ASCMD_R3039', 4, 14],
    ['MS-ASCMD_R3040', 5, 30],
  ])('%s: FilterType %i of mail is Status 1', async (_id, type, filterDays) => {
    const { device, asked } = scriptedSync(() => answered());
    const reply = await device.post(
      'Sync',
      syncRequest(collection('1', 'k1', `<Options><FilterType>${type}</FilterType></Options>`)),
    );
    expect(reply.xml).toBe(syncAnswer(collectionAnswer('1', 'k2', 1)));
    expect(asked[0]?.options?.filterDays).toBe(filterDays);
  });

  it('MS-ASCMD_R3080, MS-ASCMD_R3043: FilterType 8 of mail is Status 4', async () => {
    const { device, asked } = scriptedSync();
    const body = syncRequest(collection('1', 'k1', '<Options><FilterType>8</FilterType></Options>'));
    expect((await device.post('Sync', body)).xml).toBe(PROTOCOL_ERROR);
    expect(asked).toEqual([]);
  });

  it.each([
    ['mail, 3 months', '1', 6, 90],
    ['mail, 6 months', '1', 7, 180],
    ['a calendar, 1 day', '4', 1, 1],
  ])('takes a FilterType that the specification has for another class: %s', async (_what, id, type, filterDays) => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection(id, 'k1', `<Options><FilterType>${type}</FilterType></Options>`)));
    expect(asked[0]?.options?.filterDays).toBe(filterDays);
  });

  it.each([
    ['MS-ASCMD_R3044: everything', 0],
    ['MS-ASCMD_R3048: 2 weeks', 4],
    ['MS-ASCMD_R3049: 1 month', 5],
    ['MS-ASCMD_R3050: 3 months', 6],
    ['MS-ASCMD_R3051: 6 months', 7],
  ])('of a calendar: %s is Status 1', async (_what, type) => {
    const { device } = scriptedSync(() => answered());
    const body = syncRequest(collection('4', 'k1', `<Options><FilterType>${type}</FilterType></Options>`));
    expect((await device.post('Sync', body)).xml).toBe(syncAnswer(collectionAnswer('4', 'k2', 1)));
  });

  it('MS-ASCMD_R3076: without a FilterType everything is asked for', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1', '<Options><MIMESupport>0</MIMESupport></Options>')));
    expect(asked[0]?.options).toMatchObject({ filterDays: undefined });
  });

  it.each([
    ['MS-ASCMD_R2067: 0 keeps the device’s', '<Conflict>0</Conflict>', 'client'],
    ['MS-ASCMD_R2068: 1 keeps the server’s', '<Conflict>1</Conflict>', 'server'],
    ['MS-ASCMD_R2066: absent keeps the server’s', '<FilterType>0</FilterType>', 'server'],
  ])('Conflict: %s', async (_what, element, conflict) => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1', `<Options>${element}</Options>`)));
    expect(asked[0]?.options?.conflict).toBe(conflict);
  });

  it('that are empty say nothing: those remembered hold', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1', '<Options/>')));
    expect(asked[0]?.options).toBeUndefined();
  });

  it('MS-ASCMD_R934: for mail and for text messages go together', async () => {
    const { device, asked } = scriptedSync();
    const two =
      '<Options><Class>SMS</Class><FilterType>5</FilterType></Options>' +
      '<Options><Class>Email</Class><FilterType>2</FilterType></Options>';
    await device.post('Sync', syncRequest(collection('1', 'k1', two)));
    expect(asked[0]?.options?.filterDays).toBe(3);
  });

  it.each([
    [
      'MS-ASCMD_R930: twice for one class',
      '1',
      '<Options><FilterType>1</FilterType></Options><Options><Class>Email</Class><FilterType>2</FilterType></Options>',
    ],
    ['MS-ASCMD_R935: for another class', '1', '<Options><Class>Calendar</Class></Options>'],
    [
      'MS-ASCMD_R935: for text messages beside a calendar',
      '4',
      '<Options><Class>SMS</Class></Options><Options><Class>Calendar</Class></Options>',
    ],
    ['MS-ASCMD_R937: two classes in one', '1', '<Options><Class>Email</Class><Class>SMS</Class></Options>'],
    ['MS-ASCMD_R3279: MaxItems twice', '1', '<Options><MaxItems>1</MaxItems><MaxItems>2</MaxItems></Options>'],
    ['MS-ASCMD_R2117: conversations of a calendar', '4', '<ConversationMode>1</ConversationMode>'],
    ['a Conflict of 2', '1', '<Options><Conflict>2</Conflict></Options>'],
    ['a FilterType in words', '1', '<Options><FilterType>week</FilterType></Options>'],
    ['a MIMESupport of 3', '1', '<Options><MIMESupport>3</MIMESupport></Options>'],
  ])('%s: Status 4, and nothing is carried out', async (_what, id, rest) => {
    const { device, asked } = scriptedSync();
    const body = syncRequest([collection('3', 'k1'), collection(id, 'k1', rest)]);
    expect((await device.post('Sync', body)).xml).toBe(PROTOCOL_ERROR);
    expect(asked).toEqual([]);
  });

  it('that no version has are told of the collection that they are for', async () => {
    const { device, asked } = scriptedSync(() => answered());
    const part = `<Options><airsyncbase:BodyPartPreference><airsyncbase:Type>1</airsyncbase:Type>
      </airsyncbase:BodyPartPreference></Options>`;
    expect((await device.post('Sync', syncRequest([collection('1', 'k1', part), collection('3', 'k1')]))).xml).toBe(
      syncAnswer(collectionAnswer('1', 'k1', 164), collectionAnswer('3', 'k2', 1)),
    );
    expect(asked.map((it) => it.collectionId)).toEqual(['3']);
  });
});

describe('a Sync that makes no sense', () => {
  it.each([
    ['MS-ASCMD_R4545: no CollectionId', '<Collection><SyncKey>k1</SyncKey></Collection>'],
    ['MS-ASCMD_R5862: a CollectionId of 65 characters', collection('x'.repeat(65), 'k1')],
    ['MS-ASCMD_R5778: no SyncKey', '<Collection><CollectionId>1</CollectionId></Collection>'],
    ['MS-ASCMD_R3128: GetChanges, empty, under key 0', collection('1', '0', '<GetChanges/>')],
    ['MS-ASCMD_R5838: GetChanges of 1 under key 0', collection('1', '0', '<GetChanges>1</GetChanges>')],
    ['MS-ASCMD_R5779: commands under key 0', collection('1', '0', `<Commands>${change('1:1')}</Commands>`)],
    ['a GetChanges of 2', collection('1', 'k1', '<GetChanges>2</GetChanges>')],
    ['a WindowSize in words', collection('1', 'k1', '<WindowSize>many</WindowSize>')],
    ['a negative WindowSize', collection('1', 'k1', '<WindowSize>-1</WindowSize>')],
    ['the same collection twice', collection('1', 'k1') + collection('1', 'k1')],
    ['MS-ASCMD_R4431: a Change of nothing', collection('1', 'k1', '<Commands><Change/></Commands>')],
    ['MS-ASCMD_R4430: an Add without ClientId', collection('1', 'k1', '<Commands><Add/></Commands>')],
    [
      'a command that there is not',
      collection('1', 'k1', '<Commands><SoftDelete><ServerId>1:1</ServerId></SoftDelete></Commands>'),
    ],
    ['no collection at all', ''],
  ])('MS-ASCMD_R4415: %s is Status 4 of the whole request', async (_what, inside) => {
    const { device, asked } = scriptedSync();
    expect((await device.post('Sync', syncRequest(inside))).xml).toBe(PROTOCOL_ERROR);
    expect(asked).toEqual([]);
  });

  it('MS-ASCMD_R5659: more than 200 commands are Status 4', async () => {
    const { device, asked } = scriptedSync();
    const commands = (count: number) =>
      `<Commands>${Array.from({ length: count }, (_, at) => change(`1:${at}`)).join('')}</Commands>`;
    const two = (first: number, second: number) =>
      syncRequest([collection('1', 'k1', commands(first)), collection('3', 'k1', commands(second))]);
    expect((await device.post('Sync', two(100, 101))).xml).toBe(PROTOCOL_ERROR);
    expect(asked).toEqual([]);
    await device.post('Sync', two(100, 100));
    expect(asked.map((it) => it.commands.length)).toEqual([100, 100]);
  });

  it('too many collections are Status 15 with how many there may be', async () => {
    const { device } = scriptedSync();
    const many = Array.from({ length: 1001 }, (_, at) => collection(String(at), 'k1'));
    expect((await device.post('Sync', syncRequest(many))).xml).toBe(
      '<Sync><Status>15</Status><Limit>1000</Limit></Sync>',
    );
  });
});

describe('Wait and HeartbeatInterval', () => {
  it.each([
    ['MS-ASCMD_R3227, MS-ASCMD_R5782: a Wait below 1 minute', '<Wait>0</Wait>', 1],
    ['MS-ASCMD_R3228, MS-ASCMD_R5781, MS-ASCMD_R4746, MS-ASCMD_R4459: a Wait above 59 minutes', '<Wait>60</Wait>', 59],
    [
      'MS-ASCMD_R3229, MS-ASCMD_R4461: a HeartbeatInterval below 60 seconds',
      '<HeartbeatInterval>59</HeartbeatInterval>',
      60,
    ],
    [
      'MS-ASCMD_R3230, MS-ASCMD_R4460, MS-ASCMD_R3160, MS-ASCMD_R5780: a HeartbeatInterval above 3540 seconds',
      '<HeartbeatInterval>3541</HeartbeatInterval>',
      3540,
    ],
  ])('MS-ASCMD_R3225: %s is Status 14 with the bound', async (_what, element, limit) => {
    const { device, asked } = scriptedSync();
    expect((await device.post('Sync', syncRequest(collection('1', 'k1'), element))).xml).toBe(
      `<Sync><Status>14</Status><Limit>${limit}</Limit></Sync>`,
    );
    expect(asked).toEqual([]);
  });

  it('MS-ASCMD_R4748, MS-ASCMD_R3162: both at once are Status 4', async () => {
    const { device } = scriptedSync();
    const both = '<Wait>5</Wait><HeartbeatInterval>300</HeartbeatInterval>';
    expect((await device.post('Sync', syncRequest(collection('1', 'k1'), both))).xml).toBe(PROTOCOL_ERROR);
  });

  it('have the administrator’s bounds, in the unit that was asked in', async () => {
    const { device } = scriptedSync(undefined, { limits: { minHeartbeatSeconds: 90, maxHeartbeatSeconds: 610 } });
    const limitOf = async (element: string) =>
      (await device.post('Sync', syncRequest(collection('1', 'k1'), element))).xml;
    expect(await limitOf('<Wait>1</Wait>')).toContain('<Limit>2</Limit>');
    expect(await limitOf('<Wait>11</Wait>')).toContain('<Limit>10</Limit>');
    expect(await limitOf('<HeartbeatInterval>60</HeartbeatInterval>')).toContain('<Limit>90</Limit>');
    expect(await limitOf('<HeartbeatInterval>900</HeartbeatInterval>')).toContain('<Limit>610</Limit>');
  });
});

describe('the class of a collection', () => {
  it.each<[ProtocolVersion, string]>([
    ['12.1', '<Class>Email</Class>'],
    ['14.0', ''],
    ['14.1', ''],
    ['16.0', ''],
    ['16.1', ''],
  ])('MS-ASCMD_R6319: is told at 12.1 alone: at %s %s', async (version, expected) => {
    const { device } = scriptedSync(() => answered(), { version });
    const body = syncRequest(
      `<Collection><Class>Email</Class><SyncKey>k1</SyncKey><CollectionId>1</CollectionId></Collection>`,
    );
    expect((await device.post('Sync', body)).xml).toBe(
      `<Sync><Collections><Collection>${expected}<SyncKey>k2</SyncKey><CollectionId>1</CollectionId><Status>1</Status>` +
        '</Collection></Collections></Sync>',
    );
  });
});
