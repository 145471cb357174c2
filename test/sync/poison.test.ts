// Messages that cannot be rendered, and messages that a device fails over (sync-state.md, rule 7).
import { describe, expect, it } from 'vitest';
import type { Renderer } from '../../lib/sync/index.ts';
import { itemOf, type PhoneItem, renderer } from './support/phone.ts';
import { Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

const DAY_MS = 86_400_000;

/** Throws over messages whose subject is in the list. */
function failingOver(...subjects: readonly string[]): Renderer<PhoneItem> {
  return {
    plan: renderer.plan,
    render(message) {
      const item = itemOf(message);
      if (subjects.includes(item.subject)) throw new Error(`cannot render ${item.subject}`);
      return item;
    },
  };
}

async function poisonRecords(stage: Stage): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const { key, attributes } of stage.store.query('USER#ada', { prefix: 'POISON#' })) {
    records.push([key.sort, attributes['cause'], attributes['times']]);
  }
  return records;
}

describe('a message that cannot be rendered', () => {
  async function poisoned() {
    const stage = new Stage();
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    const bad = failingOver('message 2');
    await phone.sync();
    const answer = await phone.sync({ renderer: bad });
    return { stage, phone, bad, answer };
  }

  it('is left out, the others are sent, and an administrator can see it', async () => {
    const { stage, phone, bad, answer } = await poisoned();
    expect(told(answer)).toEqual(['add 1:3', 'add 1:1']);
    expect(answer.moreAvailable).toBe(false);
    expect(await poisonRecords(stage)).toEqual([['POISON#phone1#1:2', 'not-rendered', 1]]);
    expect(await phone.sync({ renderer: bad })).toMatchObject({ changed: false });
    expect(await phone.device.watchState('1')).toBe('quiet');
  });

  it('is not tried again with every Sync', async () => {
    const { stage, phone, bad } = await poisoned();
    stage.mailbox.deliver();
    await phone.sync({ renderer: bad });
    expect(await poisonRecords(stage)).toMatchObject([[expect.anything(), 'not-rendered', 1]]);
  });

  it('is tried again when it changes', async () => {
    const { stage, phone } = await poisoned();
    stage.mailbox.flag(2, { add: ['\\Seen'] });
    expect(told(await phone.sync())).toEqual(['add 1:2']);
  });

  it('is tried again after a day', async () => {
    const { stage, phone, bad } = await poisoned();
    await stage.clock.advance(DAY_MS + 1);
    expect(await phone.sync({ renderer: bad })).toMatchObject({ changed: false });
    expect(await poisonRecords(stage)).toMatchObject([[expect.anything(), 'not-rendered', 2]]);
    await stage.clock.advance(DAY_MS + 1);
    expect(told(await phone.sync())).toEqual(['add 1:2']);
  });

  it('a window of nothing else does not end the Sync', async () => {
    const stage = new Stage();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    const bad = failingOver('message 4', 'message 3');
    expect(told(await phone.sync({ renderer: bad, windowSize: 2 }))).toEqual(['add 1:2', 'add 1:1']);
  });

  it('survives the server', async () => {
    const { stage, phone, bad } = await poisoned();
    stage.restart();
    const after = await stage.phone();
    after.key = phone.key;
    expect(await after.sync({ renderer: bad })).toMatchObject({ changed: false });
  });

  it('that could be rendered once, and now changes: the change is left out', async () => {
    const stage = new Stage();
    for (let i = 0; i < 2; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.prime();
    stage.mailbox.flag(1, { add: ['\\Seen'] });
    stage.mailbox.flag(2, { add: ['\\Seen'] });
    const bad = failingOver('message 2');
    expect(told(await phone.sync({ renderer: bad }))).toEqual(['change 1:1']);
    expect(await phone.sync({ renderer: bad })).toMatchObject({ changed: false });
    expect(await phone.device.watchState('1')).toBe('quiet');
    await stage.clock.advance(DAY_MS + 1);
    expect(told(await phone.sync())).toEqual(['change 1:2']);
  });
});

describe('a device that fails over what it is sent', () => {
  /** Dies over an answer with the message in it. */
  async function syncUntilQuiet(stage: Stage, deadly: string, requests: number): Promise<number[]> {
    const phone = await stage.phone();
    await phone.sync();
    const sizes: number[] = [];
    for (let i = 0; i < requests; i++) {
      const answer = await phone.ask({ windowSize: 8 });
      if (answer.kind !== 'answer') throw new Error(answer.reason);
      sizes.push(answer.changes.length);
      const isDeadly = answer.changes.some((change) => change.kind === 'add' && change.item.subject === deadly);
      if (!isDeadly) phone.apply(answer);
      await stage.clock.advance(10_000);
    }
    return sizes;
  }

  it('gets half of it, and half of that, and in the end everything but the one', async () => {
    const stage = new Stage();
    for (let i = 0; i < 8; i++) stage.mailbox.deliver();
    const sizes = await syncUntilQuiet(stage, 'message 6', 40);
    expect(sizes.slice(0, 4)).toEqual([8, 8, 4, 2]);
    const phone = await stage.phone();
    expect(sizes.at(-1)).toBe(0);
    expect(await poisonRecords(stage)).toEqual([['POISON#phone1#1:6', 'device-fails', 1]]);
    expect(phone.folder.id).toBe('1');
  });

  it('a new message alone is sent five times before it is suspected: a bad network looks alike', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    stage.mailbox.deliver();
    for (let i = 0; i < 5; i++) {
      const answer = await phone.ask();
      expect(answer.kind === 'answer' && told(answer)).toEqual(['add 1:1']);
    }
    expect(await phone.sync()).toMatchObject({ changes: [] });
    await stage.clock.advance(DAY_MS + 1);
    expect(told(await phone.sync())).toEqual(['add 1:1']);
  });

  it('over a change alone: it is kept from it for a day', async () => {
    const stage = new Stage();
    stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.prime();
    stage.mailbox.flag(1, { add: ['\\Seen'] });
    for (let i = 0; i < 5; i++) {
      const answer = await phone.ask();
      expect(answer.kind === 'answer' && told(answer)).toEqual(['change 1:1']);
    }
    expect(await phone.sync()).toMatchObject({ changes: [] });
    expect(await poisonRecords(stage)).toEqual([['POISON#phone1#1:1', 'device-fails', 1]]);
    await stage.clock.advance(DAY_MS + 1);
    expect(told(await phone.sync())).toEqual(['change 1:1']);
  });

  it('that came through gets full windows again', async () => {
    const stage = new Stage();
    for (let i = 0; i < 40; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    for (let i = 0; i < 3; i++) await phone.ask({ windowSize: 16 });
    const sizes: number[] = [];
    for (let i = 0; i < 4; i++) sizes.push((await phone.sync({ windowSize: 16 })).changes.length);
    expect(sizes).toEqual([4, 8, 16, 12]);
  });

  it('answers that the server itself could not give do not count', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    stage.mailbox.deliver();
    await phone.ask();
    stage.mailbox.fault = (call) => {
      if (call === 'fetch') throw new Error('unexpected');
    };
    for (let i = 0; i < 10; i++) await phone.ask().catch(() => undefined);
    stage.mailbox.fault = undefined;
    expect(told(await phone.sync())).toEqual(['add 1:1']);
  });
});
