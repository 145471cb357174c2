import { describe, expect, it } from 'vitest';
import {
  collection,
  collectionAnswer,
  answered,
  scriptedSync,
  syncAnswer,
  syncRequest,
  unchanged,
} from '../support/sync-script.ts';
import { waitOf } from '../support/test-device.ts';

const MISSING = '<Sync><Status>13</Status></Sync>';
const FIRST = syncRequest(
  [
    collection('1', 'k1', '<DeletesAsMoves>0</DeletesAsMoves><WindowSize>20</WindowSize>'),
    collection('3', 'k5', '<Options><FilterType>2</FilterType></Options>'),
  ],
  '<WindowSize>200</WindowSize>',
);

describe('an empty Sync', () => {
  it('MS-ASCMD_R4456: is Status 13 where no request is remembered', async () => {
    expect((await scriptedSync().device.post('Sync')).xml).toBe(MISSING);
  });

  it('MS-ASCMD_R658: repeats the request before, which was answered empty', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', FIRST);
    const first = asked.splice(0);
    expect((await device.post('Sync')).xml).toBe('');
    expect(asked).toEqual(first.map((it) => ({ ...it, options: undefined })));
  });

  it('MS-ASCMD_R675: may be answered with what happened since', async () => {
    let happened = false;
    const { device } = scriptedSync((it) => (happened ? answered({ syncKey: 'k2' }) : unchanged(it.syncKey)));
    await device.post('Sync', syncRequest(collection('1', 'k1')));
    happened = true;
    expect((await device.post('Sync')).xml).toBe(syncAnswer(collectionAnswer('1', 'k2', 1)));
  });

  it('waits as long as the request that it repeats', async () => {
    const { device } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', 'k1'), '<HeartbeatInterval>70</HeartbeatInterval>'));
    const wait = waitOf(await device.post('Sync'));
    expect(wait.answerAtDeadline).toEqual({ kind: 'empty' });
  });
});

describe('a partial Sync', () => {
  it('MS-ASCMD_R4456: is Status 13 where no request is remembered', async () => {
    expect((await scriptedSync().device.post('Sync', '<Sync><Partial/><Wait>5</Wait></Sync>')).xml).toBe(MISSING);
  });

  it('MS-ASCMD_R3644: takes the collections that it leaves out as they were', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', FIRST);
    asked.splice(0);
    await device.post('Sync', `<Sync><Partial/><Collections>${collection('3', 'k6')}</Collections></Sync>`);
    expect(asked).toMatchObject([
      { collectionId: '3', syncKey: 'k6', windowSize: 100 },
      { collectionId: '1', syncKey: 'k1', windowSize: 20, deletesAsMoves: false },
    ]);
  });

  it('may change how long it waits, and nothing else', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', FIRST);
    asked.splice(0);
    const wait = waitOf(await device.post('Sync', '<Sync><Wait>5</Wait><Partial/></Sync>'));
    expect(wait.kind).toBe('wait');
    expect(asked.map((it) => it.collectionId)).toEqual(['1', '3']);
  });

  it('is remembered whole', async () => {
    const { device, asked } = scriptedSync();
    await device.post('Sync', FIRST);
    await device.post('Sync', `<Sync><Partial/><Collections>${collection('3', 'k6')}</Collections></Sync>`);
    asked.splice(0);
    await device.post('Sync', '<Sync><Partial/><Wait>5</Wait></Sync>');
    expect(asked.map((it) => [it.collectionId, it.syncKey])).toEqual([
      ['3', 'k6'],
      ['1', 'k1'],
    ]);
  });
});

describe('what is remembered of a request', () => {
  it('is never written: it names a key, which each change replaces', async () => {
    const { device, fake } = scriptedSync((it) => (it.syncKey === 'k1' ? answered() : unchanged(it.syncKey)));
    await device.post('Sync', syncRequest(collection('1', 'k1'), '<Wait>5</Wait>'));
    await device.post('Sync', syncRequest(collection('1', 'k2'), '<Wait>5</Wait>'));
    expect(fake.saved).toEqual([]);
  });

  it('is the last one, also where its answer had something to say', async () => {
    const { device, asked } = scriptedSync((it) => (it.syncKey === 'k2' ? answered() : unchanged(it.syncKey)));
    await device.post('Sync', syncRequest(collection('1', 'k1')));
    await device.post('Sync', syncRequest(collection('1', 'k2')));
    asked.splice(0);
    await device.post('Sync');
    expect(asked).toMatchObject([{ syncKey: 'k2' }]);
  });

  it('has no commands in it', async () => {
    const { device, asked } = scriptedSync();
    const remove = '<Commands><Delete><ServerId>1:1</ServerId></Delete></Commands>';
    await device.post('Sync', syncRequest(collection('1', 'k1', remove)));
    asked.splice(0);
    await device.post('Sync');
    expect(asked[0]?.commands).toEqual([]);
  });

  it('leaves the device alone when the request made no sense', async () => {
    const { device } = scriptedSync();
    await device.post('Sync', syncRequest(collection('1', '0', '<GetChanges/>')));
    expect((await device.post('Sync')).xml).toBe(MISSING);
  });
});
