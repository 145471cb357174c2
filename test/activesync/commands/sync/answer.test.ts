import { describe, expect, it } from 'vitest';
import { element } from '../../../../lib/activesync/index.ts';
import { BackendError } from '../../../../lib/backends/index.ts';
import {
  answered,
  collection,
  collectionAnswer,
  scriptedSync,
  syncAnswer,
  syncRequest,
  unchanged,
} from '../support/sync-script.ts';

const SUBJECT = [element('Email:Subject', 'Hello')];
const READ = [element('Email:Read', 1)];
const ONE = syncRequest(collection('1', 'k1'));

describe('a collection where nothing happened', () => {
  it('MS-ASCMD_R656, MS-ASCMD_R667, MS-ASCMD_R679: makes an empty answer', async () => {
    const { device } = scriptedSync();
    const reply = await device.post('Sync', syncRequest([collection('1', 'k1'), collection('3', 'k5')]));
    expect(reply.result).toEqual({ kind: 'empty' });
  });

  it('is not mentioned beside one where something did', async () => {
    const { device } = scriptedSync((it) => (it.collectionId === '3' ? answered() : unchanged(it.syncKey)));
    const reply = await device.post('Sync', syncRequest([collection('1', 'k1'), collection('3', 'k5')]));
    expect(reply.xml).toBe(syncAnswer(collectionAnswer('3', 'k2', 1)));
  });
});

describe('changes', () => {
  it('MS-ASCMD_R3119, MS-ASCMD_R749, MS-ASCMD_R5701, MS-ASCMD_R654: are Commands under a new key', async () => {
    const { device } = scriptedSync(() =>
      answered({
        changes: [
          { kind: 'add', serverId: '1:3', item: SUBJECT },
          { kind: 'change', serverId: '1:2', item: READ },
          { kind: 'delete', serverId: '1:1' },
          { kind: 'soft-delete', serverId: '1:4' },
        ],
      }),
    );
    expect((await device.post('Sync', ONE)).xml).toBe(
      syncAnswer(
        collectionAnswer(
          '1',
          'k2',
          1,
          '<Commands>' +
            '<Add><ServerId>1:3</ServerId><ApplicationData><email:Subject>Hello</email:Subject></ApplicationData></Add>' +
            '<Change><ServerId>1:2</ServerId><ApplicationData><email:Read>1</email:Read></ApplicationData></Change>' +
            '<Delete><ServerId>1:1</ServerId></Delete>' +
            '<SoftDelete><ServerId>1:4</ServerId></SoftDelete>' +
            '</Commands>',
        ),
      ),
    );
  });

  it('MS-ASCMD_R3448, MS-ASCMD_R4765, MS-ASCMD_R4771: that do not fit are announced by an empty MoreAvailable', async () => {
    const { device } = scriptedSync(() =>
      answered({ changes: [{ kind: 'delete', serverId: '1:1' }], moreAvailable: true }),
    );
    expect((await device.post('Sync', ONE)).xml).toBe(
      syncAnswer(
        collectionAnswer(
          '1',
          'k2',
          1,
          '<Commands><Delete><ServerId>1:1</ServerId></Delete></Commands><MoreAvailable/>',
        ),
      ),
    );
  });

  it('MS-ASCMD_R942: bear no Class where the item is of the class of its collection', async () => {
    const { device } = scriptedSync(() => answered({ changes: [{ kind: 'add', serverId: '1:3', item: SUBJECT }] }));
    expect((await device.post('Sync', ONE)).xml).not.toContain('<Class>');
  });
});

describe('the window of the whole request', () => {
  const three = (syncKey: string) =>
    answered({
      syncKey: `${syncKey}+`,
      changes: [1, 2, 3].map((it) => ({ kind: 'delete', serverId: `x:${it}` }) as const),
    });

  it('MS-ASCMD_R4776: is shared in the order received', async () => {
    const { device, asked } = scriptedSync((it) => three(it.syncKey));
    await device.post(
      'Sync',
      syncRequest([collection('1', 'k1'), collection('3', 'k5')], '<WindowSize>5</WindowSize>'),
    );
    expect(asked.map((it) => it.windowSize)).toEqual([5, 2]);
  });

  it('MS-ASCMD_R4779: once full, what else has changes says MoreAvailable under the key it has', async () => {
    const { device, asked } = scriptedSync((it) => three(it.syncKey), {
      scriptedDevice: { hasMore: (id) => Promise.resolve(id === '3') },
    });
    const reply = await device.post(
      'Sync',
      syncRequest([collection('1', 'k1'), collection('2', 'k3'), collection('3', 'k5')], '<WindowSize>3</WindowSize>'),
    );
    expect(asked.map((it) => it.collectionId)).toEqual(['1']);
    expect(reply.xml).toContain(collectionAnswer('3', 'k5', 1, '<MoreAvailable/>'));
    expect(reply.xml).not.toContain('<CollectionId>2</CollectionId>');
  });

  it('once full, commands are carried out all the same', async () => {
    const { device, asked } = scriptedSync((it) => three(it.syncKey), {
      scriptedDevice: { hasMore: () => Promise.resolve(true) },
    });
    const remove = '<Commands><Delete><ServerId>3:1</ServerId></Delete></Commands>';
    await device.post(
      'Sync',
      syncRequest([collection('1', 'k1'), collection('3', 'k5', remove)], '<WindowSize>3</WindowSize>'),
    );
    expect(asked[1]).toMatchObject({
      collectionId: '3',
      getChanges: false,
      commands: [{ kind: 'delete', serverId: '3:1' }],
    });
  });
});

describe('responses to commands', () => {
  it('MS-ASCMD_R3834, MS-ASCMD_R5255, MS-ASCMD_R5433: are for additions and fetches that succeeded', async () => {
    const { device } = scriptedSync(() =>
      answered({
        outcomes: [
          { kind: 'added', clientId: 'c1', serverId: '2:9' },
          { kind: 'fetched', serverId: '2:4', item: SUBJECT },
        ],
      }),
    );
    expect((await device.post('Sync', ONE)).xml).toBe(
      syncAnswer(
        collectionAnswer(
          '1',
          'k2',
          1,
          '<Responses>' +
            '<Add><ClientId>c1</ClientId><ServerId>2:9</ServerId><Status>1</Status></Add>' +
            '<Fetch><ServerId>2:4</ServerId><Status>1</Status>' +
            '<ApplicationData><email:Subject>Hello</email:Subject></ApplicationData></Fetch>' +
            '</Responses>',
        ),
      ),
    );
  });

  it('MS-ASCMD_R748, MS-ASCMD_R955, MS-ASCMD_R957: tell the id that takes the place of the device’s', async () => {
    const { device } = scriptedSync(() => answered({ outcomes: [{ kind: 'added', clientId: 'c1', serverId: '2:9' }] }));
    expect((await device.post('Sync', ONE)).xml).toContain('<Add><ClientId>c1</ClientId><ServerId>2:9</ServerId>');
  });

  it.each([
    ['MS-ASCMD_R4447: an item that is gone', 'not-found', 8],
    ['MS-ASCMD_R4440: an item that is malformed', 'malformed', 6],
    ['MS-ASCMD_R4444, MS-ASCMD_R2069: a change that lost to the server’s', 'conflict', 7],
    ['a mailbox without room', 'over-quota', 9],
    ['what the mail system will never have', 'rejected', 6],
    ['what cannot be done now', 'failed', 5],
  ] as const)('MS-ASCMD_R4419: name the failure of %s', async (_what, failure, status) => {
    const { device } = scriptedSync(() =>
      answered({
        outcomes: [
          { kind: 'failed', of: 'change', serverId: '1:1', failure },
          { kind: 'failed', of: 'delete', serverId: '1:2', failure },
          { kind: 'failed', of: 'fetch', serverId: '1:3', failure },
          { kind: 'failed', of: 'add', clientId: 'c1', failure },
        ],
      }),
    );
    expect((await device.post('Sync', ONE)).xml).toContain(
      '<Responses>' +
        `<Change><ServerId>1:1</ServerId><Status>${status}</Status></Change>` +
        `<Delete><ServerId>1:2</ServerId><Status>${status}</Status></Delete>` +
        `<Fetch><ServerId>1:3</ServerId><Status>${status}</Status></Fetch>` +
        `<Add><ClientId>c1</ClientId><Status>${status}</Status></Add>` +
        '</Responses>',
    );
  });

  it('MS-ASCMD_R5256: tell of a deletion that failed', async () => {
    const { device } = scriptedSync(() =>
      answered({ outcomes: [{ kind: 'failed', of: 'delete', serverId: '1:2', failure: 'not-found' }] }),
    );
    expect((await device.post('Sync', ONE)).xml).toContain(
      '<Responses><Delete><ServerId>1:2</ServerId><Status>8</Status></Delete></Responses>',
    );
  });

  it('MS-ASCMD_R3835: are left out where there was nothing to say', async () => {
    const { device } = scriptedSync(() => answered({ changes: [{ kind: 'delete', serverId: '1:1' }] }));
    expect((await device.post('Sync', ONE)).xml).not.toContain('Responses');
  });

  it('mention a draft that took another’s place, from 16.0 on', async () => {
    const outcomes = [{ kind: 'changed', serverId: '2:4' }] as const;
    const newer = scriptedSync(() => answered({ outcomes }), { version: '16.0' });
    expect((await newer.device.post('Sync', ONE)).xml).toContain(
      '<Responses><Change><ServerId>2:4</ServerId><Status>1</Status></Change></Responses>',
    );
    const older = scriptedSync(() => answered({ outcomes }), { version: '14.1' });
    expect((await older.device.post('Sync', ONE)).xml).toBe(syncAnswer(collectionAnswer('1', 'k2', 1)));
  });
});

describe('a collection that is refused', () => {
  it.each([
    ['MS-ASCMD_R4425: a key that it never had', 'invalid-key', '0', 3],
    ['a folder that is gone', 'not-found', 'k1', 8],
    ['commands under key 0', 'malformed', 'k1', 4],
    ['a mail system that cannot be reached', 'unavailable', 'k1', 16],
  ] as const)('MS-ASCMD_R4417: %s; the others are answered', async (_what, reason, key, status) => {
    const { device } = scriptedSync((it) => (it.collectionId === '1' ? { kind: 'refused', reason } : answered()));
    const reply = await device.post('Sync', syncRequest([collection('1', 'k1'), collection('3', 'k1')]));
    expect(reply.xml).toBe(syncAnswer(collectionAnswer('1', key, status), collectionAnswer('3', 'k2', 1)));
  });

  it('is one whose folder nobody knows', async () => {
    const { device, asked } = scriptedSync(() => answered());
    const reply = await device.post('Sync', syncRequest([collection('99', 'k1'), collection('3', 'k1')]));
    expect(reply.xml).toBe(syncAnswer(collectionAnswer('99', 'k1', 8), collectionAnswer('3', 'k2', 1)));
    expect(asked.map((it) => it.collectionId)).toEqual(['3']);
  });

  it.each([
    ['the mail system', new BackendError('unavailable', 'The mail system cannot be reached'), 16],
    ['us', new TypeError('a bug'), 5],
  ])('by a failure of %s does not take the others with it', async (_who, thrown, status) => {
    const { device } = scriptedSync((it) => (it.collectionId === '1' ? Promise.reject(thrown) : answered()));
    const reply = await device.post('Sync', syncRequest([collection('1', 'k1'), collection('3', 'k1')]));
    expect(reply.xml).toBe(syncAnswer(collectionAnswer('1', 'k1', status), collectionAnswer('3', 'k2', 1)));
  });
});

describe('commands', () => {
  it('reach the engine in the order received, each with what identifies a repetition of it', async () => {
    const { device, asked } = scriptedSync(() => answered());
    const commands =
      '<Commands>' +
      '<Change><ServerId>1:1</ServerId><ApplicationData><email:Read>1</email:Read></ApplicationData></Change>' +
      '<Delete><ServerId>1:2</ServerId></Delete>' +
      '<Fetch><ServerId>1:3</ServerId></Fetch>' +
      '</Commands>';
    await device.post('Sync', syncRequest(collection('1', 'k1', commands)));
    await device.post('Sync', syncRequest(collection('1', 'k1', commands)));
    const [first, second] = asked.map((it) => it.commands);
    expect(first).toMatchObject([
      { kind: 'change', serverId: '1:1', change: { read: true } },
      { kind: 'delete', serverId: '1:2' },
      { kind: 'fetch', serverId: '1:3' },
    ]);
    expect(first?.map((it) => it.digest)).toEqual(second?.map((it) => it.digest));
    expect(new Set(first?.map((it) => it.digest)).size).toBe(3);
  });

  it('MS-ASCMD_R755: to add mail are malformed, wherever but among the drafts of 16.x', async () => {
    const add =
      '<Commands><Add><ClientId>c1</ClientId><ApplicationData><email:Subject>Hi</email:Subject></ApplicationData></Add></Commands>';
    for (const [version, id] of [
      ['14.1', '1'],
      ['14.1', '2'],
      ['16.1', '1'],
    ] as const) {
      const { device, asked } = scriptedSync(() => answered(), { version });
      await device.post('Sync', syncRequest(collection(id, 'k1', add)));
      expect(asked[0]?.commands).toMatchObject([{ kind: 'malformed', of: 'add', clientId: 'c1' }]);
    }
    const { device, asked } = scriptedSync(() => answered(), { version: '16.0' });
    await device.post('Sync', syncRequest(collection('2', 'k1', add)));
    expect(asked[0]?.commands).toMatchObject([{ kind: 'add', clientId: 'c1' }]);
  });

  it('MS-ASCMD_R4440: whose item makes no sense fail alone', async () => {
    const { device, asked } = scriptedSync(() => answered());
    const commands =
      '<Commands>' +
      '<Change><ServerId>1:1</ServerId><ApplicationData><email:Read>maybe</email:Read></ApplicationData></Change>' +
      '<Change><ServerId>1:2</ServerId><ApplicationData><email:Read>0</email:Read></ApplicationData></Change>' +
      '</Commands>';
    await device.post('Sync', syncRequest(collection('1', 'k1', commands)));
    expect(asked[0]?.commands).toMatchObject([
      { kind: 'malformed', of: 'change', serverId: '1:1' },
      { kind: 'change', serverId: '1:2', change: { read: false } },
    ]);
  });
});
