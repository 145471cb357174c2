import { describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import type { CollectionOptions, EstimateAnswer } from '../../../lib/sync/index.ts';
import { fakeUser } from './support/fake-user.ts';
import { TestDevice } from './support/test-device.ts';

const options = (inside: string) => `<airsync:Options>${inside}</airsync:Options>`;
const filter = (type: number) => options(`<airsync:FilterType>${type}</airsync:FilterType>`);
/** 14.0 and later: the key first, the filter in Options. */
const collection = (id: string, key: string, rest = '') =>
  `<Collection><airsync:SyncKey>${key}</airsync:SyncKey><CollectionId>${id}</CollectionId>${rest}</Collection>`;
const request = (...collections: string[]) =>
  `<GetItemEstimate><Collections>${collections.join('')}</Collections></GetItemEstimate>`;

function ready(answer: EstimateAnswer = { kind: 'estimate', count: 7 }, version: ProtocolVersion = '16.1') {
  const asked: { id: string; syncKey: string; options: Partial<CollectionOptions> }[] = [];
  const { user } = fakeUser({
    record: { protocolVersion: version },
    device: {
      estimate: (id, syncKey, given) => {
        asked.push({ id, syncKey, options: given });
        return Promise.resolve(answer);
      },
    },
  });
  return { asked, device: new TestDevice(user, { version }) };
}

const estimated = (id: string, status: number, count?: number) =>
  `<Response><Status>${status}</Status><Collection><CollectionId>${id}</CollectionId>${
    count === undefined ? '' : `<Estimate>${count}</Estimate>`
  }</Collection></Response>`;
const answered = (...responses: string[]) => `<GetItemEstimate>${responses.join('')}</GetItemEstimate>`;

describe('GetItemEstimate', () => {
  it.each(['16.1', '16.0', '14.1', '14.0', '12.1'] as const)(
    'MS-ASCMD_R171, MS-ASCMD_R4134, MS-ASCMD_R3859, MS-ASCMD_R983: counts what a Sync would bring, at %s',
    async (version) => {
      const { device, asked } = ready({ kind: 'estimate', count: 7 }, version);
      expect((await device.post('GetItemEstimate', request(collection('1', 'k1', filter(3))))).xml).toBe(
        answered(estimated('1', 1, 7)),
      );
      expect(asked).toEqual([{ id: '1', syncKey: 'k1', options: { filterDays: 7 } }]);
    },
  );

  it('MS-ASCMD_R2967: understands the form of 12.1: class, id, filter, key', async () => {
    const { device, asked } = ready({ kind: 'estimate', count: 700 }, '12.1');
    const body = request(`<Collection><Class>Email</Class><CollectionId>1</CollectionId>
      <airsync:FilterType>2</airsync:FilterType><airsync:SyncKey>k1</airsync:SyncKey></Collection>`);
    expect((await device.post('GetItemEstimate', body)).xml).toBe(answered(estimated('1', 1, 700)));
    expect(asked).toEqual([{ id: '1', syncKey: 'k1', options: { filterDays: 3 } }]);
  });

  it('MS-ASCMD_R4130: answers each collection on its own', async () => {
    const { device } = ready();
    const reply = await device.post(
      'GetItemEstimate',
      request(collection('1', 'k1', filter(0)), collection('99', 'k1')),
    );
    expect(reply.xml).toBe(answered(estimated('1', 1, 7), estimated('99', 2)));
  });

  it.each([
    ['MS-ASCMD_R4135, MS-ASCMD_R4136: a folder that is not there', 'not-found', 2],
    ['MS-ASCMD_R4139, MS-ASCMD_R4140: a folder never synchronised', 'not-primed', 3],
    ['MS-ASCMD_R4142, MS-ASCMD_R4594: a key that is not the folder’s', 'invalid-key', 4],
  ] as const)('%s is answered %s with Status %i', async (_what, reason, status) => {
    const { device } = ready({ kind: 'refused', reason });
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1')))).xml).toBe(
      answered(estimated('1', status)),
    );
  });

  it('MS-ASCMD_R4142: needs a key', async () => {
    const { device } = ready();
    const body = request('<Collection><CollectionId>1</CollectionId></Collection>');
    expect((await device.post('GetItemEstimate', body)).xml).toBe(answered(estimated('1', 4)));
  });
});

describe('FilterType of a GetItemEstimate', () => {
  it.each([
    ['MS-ASCMD_R2999', 0, undefined],
    ['MS-ASCMD_R3000', 1, 1],
    ['MS-ASCMD_R3001', 2, 3],
    ['MS-ASCMD_R3002', 3, 7],
    ['MS-ASCMD_R3003', 4, 14],
    ['MS-ASCMD_R3004', 5, 30],
  ])('%s: %i of mail is Status 1, and %s days', async (_id, type, filterDays) => {
    const { device, asked } = ready();
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1', filter(type))))).xml).toBe(
      answered(estimated('1', 1, 7)),
    );
    expect(asked[0]?.options).toEqual({ filterDays });
  });

  it('MS-ASCMD_R3007: 8, which is of tasks, is Status 110 for mail', async () => {
    const { device } = ready();
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1', filter(8))))).xml).toBe(
      answered(estimated('1', 110)),
    );
  });

  it('that is wrong is an invalid collection at 12.1, which knows no common statuses', async () => {
    const { device } = ready(undefined, '12.1');
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1', filter(8))))).xml).toBe(
      answered(estimated('1', 2)),
    );
  });

  it('MS-ASCMD_R2970, MS-ASCMD_R3543: absent counts everything, up to 512 items', async () => {
    const { device, asked } = ready({ kind: 'estimate', count: 4711 });
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1')))).xml).toBe(
      answered(estimated('1', 1, 512)),
    );
    expect(asked).toEqual([{ id: '1', syncKey: 'k1', options: { filterDays: undefined } }]);
  });

  it.each([
    ['MS-ASCMD_R3008', 0],
    ['MS-ASCMD_R3012', 4],
    ['MS-ASCMD_R3013', 5],
  ])('%s: %i of a calendar is Status 1', async (_id, type) => {
    const { device } = ready({ kind: 'estimate', count: 0 });
    expect((await device.post('GetItemEstimate', request(collection('4', 'k1', filter(type))))).xml).toBe(
      answered(estimated('4', 1, 0)),
    );
  });
});

describe('what a GetItemEstimate may not ask', () => {
  it('MS-ASCMD_R2100: conversations of a calendar: Status 103', async () => {
    const { device } = ready();
    const body = request(collection('4', 'k1', '<airsync:ConversationMode>1</airsync:ConversationMode>'));
    expect((await device.post('GetItemEstimate', body)).xml).toBe(answered(estimated('4', 103)));
  });

  it('MS-ASCMD_R3269: MaxItems of anything but the recipient information cache: Status 2', async () => {
    const { device } = ready();
    const body = request(collection('1', 'k1', options('<airsync:MaxItems>5</airsync:MaxItems>')));
    expect((await device.post('GetItemEstimate', body)).xml).toBe(answered(estimated('1', 2)));
  });

  it('MS-ASCMD_R908: classes that cannot be had together: Status 4', async () => {
    const { device } = ready();
    const both = options('<airsync:Class>Email</airsync:Class>') + options('<airsync:Class>Calendar</airsync:Class>');
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1', both)))).xml).toBe(
      answered(estimated('1', 4)),
    );
  });

  it('MS-ASCMD_R907: mail and text messages can', async () => {
    const { device, asked } = ready();
    const both =
      options('<airsync:Class>Email</airsync:Class><airsync:FilterType>1</airsync:FilterType>') +
      options('<airsync:Class>SMS</airsync:Class><airsync:FilterType>5</airsync:FilterType>');
    expect((await device.post('GetItemEstimate', request(collection('1', 'k1', both)))).xml).toBe(
      answered(estimated('1', 1, 7)),
    );
    expect(asked[0]?.options).toEqual({ filterDays: 1 });
  });

  it('MS-ASCMD_R5647, MS-ASCMD_R4129: more than 1000 collections: Status 103 of the whole request', async () => {
    const { device } = ready();
    const many = Array.from({ length: 1001 }, (_, at) => collection(String(at + 1), 'k1'));
    expect((await device.post('GetItemEstimate', request(...many))).xml).toBe(
      '<GetItemEstimate><Status>103</Status></GetItemEstimate>',
    );
  });

  it('MS-ASCMD_R5869: a collection id of more than 64 characters', async () => {
    const { device } = ready();
    expect((await device.post('GetItemEstimate', request(collection('x'.repeat(65), 'k1')))).xml).toBe(
      '<GetItemEstimate><Status>103</Status></GetItemEstimate>',
    );
  });
});

describe('GetItemEstimate of the recipient information cache', () => {
  it.each([
    ['0', estimated('RI', 3)],
    ['1', estimated('RI', 1, 0)],
    ['other', estimated('RI', 4)],
  ])('with key %s', async (key, expected) => {
    const { device } = ready();
    expect((await device.post('GetItemEstimate', request(collection('RI', key)))).xml).toBe(answered(expected));
  });
});
