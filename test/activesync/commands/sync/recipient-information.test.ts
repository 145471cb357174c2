import { describe, expect, it } from 'vitest';
import {
  collection,
  collectionAnswer,
  scriptedSync,
  syncAnswer,
  syncRequest,
  unchanged,
} from '../support/sync-script.ts';

describe('Sync of the recipient information cache', () => {
  it('begins under key 0 and is empty for ever', async () => {
    const { device, asked } = scriptedSync();
    expect((await device.post('Sync', syncRequest(collection('RI', '0')))).xml).toBe(
      syncAnswer(collectionAnswer('RI', '1', 1)),
    );
    expect((await device.post('Sync', syncRequest(collection('RI', '1')))).xml).toBe('');
    expect(asked).toEqual([]);
  });

  it('has no other key', async () => {
    const { device } = scriptedSync();
    expect((await device.post('Sync', syncRequest(collection('RI', '7')))).xml).toBe(
      syncAnswer(collectionAnswer('RI', '0', 3)),
    );
  });

  it('MS-ASCMD_R756: refuses an Add with Status 4 of the whole request', async () => {
    const { device, asked } = scriptedSync();
    const add =
      '<Commands><Add><ClientId>c1</ClientId><ApplicationData><email:To>a</email:To></ApplicationData></Add></Commands>';
    expect((await device.post('Sync', syncRequest([collection('1', 'k1'), collection('RI', '1', add)]))).xml).toBe(
      '<Sync><Status>4</Status></Sync>',
    );
    expect(asked).toEqual([]);
  });

  it('is not there before 14.1', async () => {
    const { device } = scriptedSync((it) => unchanged(it.syncKey), { version: '14.0' });
    expect((await device.post('Sync', syncRequest(collection('RI', '0')))).xml).toBe(
      syncAnswer(collectionAnswer('RI', '0', 8)),
    );
  });
});
