import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../lib/activesync/index.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { answerXml, waitOf } from '../support/test-device.ts';
import {
  answered,
  collection,
  collectionAnswer,
  scriptedSync,
  syncAnswer,
  syncRequest,
  unchanged,
} from '../support/sync-script.ts';

const BOTH = [collection('1', 'k1'), collection('3', 'k5')];

describe('a Sync that waits', () => {
  it.each([
    ['<Wait>2</Wait>', 120_000],
    ['<HeartbeatInterval>90</HeartbeatInterval>', 90_000],
  ])('with %s is held while nothing happens, and ends in an empty answer', async (element, deadline) => {
    const { device, fake } = scriptedSync(undefined, { clock: new ManualClock() });
    const wait = waitOf(await device.post('Sync', syncRequest(BOTH, element)));
    expect(wait.deadline).toBe(deadline);
    expect(wait.answerAtDeadline).toEqual({ kind: 'empty' });
    expect(fake.waiting.open_.get(wait.ticket)).toMatchObject({ purpose: 'sync', collectionIds: ['1', '3'] });
  });

  it('is run again when one of its collections changes, and answers then', async () => {
    let key = 'k1';
    const { device, fake } = scriptedSync((it) =>
      it.collectionId === '1' && key === 'k2' ? answered({ syncKey: key }) : unchanged(it.syncKey),
    );
    const body = syncRequest(BOTH, '<Wait>2</Wait>');
    const wait = waitOf(await device.post('Sync', body));
    key = 'k2';
    expect(fake.waiting.change(wait.ticket, ['1'])).toEqual({ kind: 'again' });
    expect((await device.post('Sync', body, { again: true })).xml).toBe(syncAnswer(collectionAnswer('1', 'k2', 1)));
  });

  it('is answered Status 12 when there are folders that the device was not told of', async () => {
    const { device, fake } = scriptedSync();
    const wait = waitOf(await device.post('Sync', syncRequest(BOTH, '<Wait>2</Wait>')));
    const completion = fake.waiting.change(wait.ticket, [], true) as { kind: 'answer'; answer: Answer };
    expect(completion.kind).toBe('answer');
    expect(answerXml(completion.answer)).toBe('<Sync><Status>12</Status></Sync>');
  });

  it('that is run again answers, even if there is nothing after all', async () => {
    const { device, fake } = scriptedSync();
    const reply = await device.post('Sync', syncRequest(BOTH, '<Wait>2</Wait>'), { again: true });
    expect(reply.result).toEqual({ kind: 'empty' });
    expect(fake.waiting.size).toBe(0);
  });

  it('does not wait when there is something to say', async () => {
    const { device, fake } = scriptedSync(() => answered());
    expect((await device.post('Sync', syncRequest(BOTH, '<Wait>2</Wait>'))).xml).toContain('<SyncKey>k2</SyncKey>');
    expect(fake.waiting.size).toBe(0);
  });

  it('does not wait over a collection that is refused', async () => {
    const { device, fake } = scriptedSync(() => ({ kind: 'refused', reason: 'invalid-key' }));
    expect((await device.post('Sync', syncRequest(BOTH, '<Wait>2</Wait>'))).xml).toContain('<Status>3</Status>');
    expect(fake.waiting.size).toBe(0);
  });

  it('ends in an empty answer when the device sends a newer one', async () => {
    const { device, fake } = scriptedSync();
    const wait = waitOf(await device.post('Sync', syncRequest(BOTH, '<Wait>2</Wait>')));
    const completion = fake.waiting.supersede(wait.ticket) as { kind: 'answer'; answer: Answer };
    expect(completion.kind).toBe('answer');
    expect(answerXml(completion.answer)).toBe('');
  });
});

describe('a Sync that does not wait', () => {
  it('leaves no ticket', async () => {
    const { device, fake } = scriptedSync();
    await device.post('Sync', syncRequest(BOTH));
    expect(fake.waiting.size).toBe(0);
  });

  it('ends an older one of the device that still waits, by opening a ticket', async () => {
    const { device, fake } = scriptedSync();
    waitOf(await device.post('Sync', syncRequest(BOTH, '<Wait>2</Wait>')));
    const opened: (readonly [string, number])[] = [];
    const open = fake.waiting.open.bind(fake.waiting);
    fake.waiting.open = (request) => {
      opened.push([request.purpose, request.collectionIds.length]);
      return open(request);
    };
    await device.post('Sync', syncRequest(BOTH));
    expect(opened).toEqual([['sync', 0]]);
  });
});
