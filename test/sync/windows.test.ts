// What a Sync brings: new, changed and deleted items, in windows, within the filter (sync-state.md, rules 3, 6 and 12).
import { describe, expect, it } from 'vitest';
import { ALL_MAIL, type PhoneCollection } from './support/phone.ts';
import { Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

const DAY_MS = 86_400_000;

async function primed(stage: Stage, deviceId?: string): Promise<PhoneCollection> {
  const phone = await stage.phone(deviceId);
  await phone.prime();
  return phone;
}

describe.each([
  ['with CONDSTORE', true],
  ['without CONDSTORE', false],
])('changes %s', (_, hasCondstore) => {
  it('MS-ASCMD_R749, MS-ASCMD_R3119: additions, deletions and changes, deletions first', async () => {
    const stage = new Stage({ hasCondstore });
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.flag(2, { add: ['\\Flagged'] });
    stage.mailbox.expunge(3);
    stage.mailbox.deliver();
    expect(told(await phone.sync())).toEqual(['delete 1:3', 'change 1:2', 'add 1:4']);
    expect([...phone.items.entries()]).toEqual([
      ['1:2', { subject: 'message 2', flags: '\\Flagged' }],
      ['1:1', { subject: 'message 1', flags: '' }],
      ['1:4', { subject: 'message 4', flags: '' }],
    ]);
  });

  it('MS-ASCMD_R656: nothing changed, nothing said, the key stays', async () => {
    const stage = new Stage({ hasCondstore });
    stage.mailbox.deliver();
    const phone = await primed(stage);
    const { key } = phone;
    expect(await phone.sync()).toEqual({
      kind: 'answer',
      syncKey: key,
      changed: false,
      outcomes: [],
      changes: [],
      moreAvailable: false,
    });
  });

  it('a flag that goes forth and back in between is no change', async () => {
    const stage = new Stage({ hasCondstore });
    const uid = stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.flag(uid, { add: ['\\Seen'] });
    stage.mailbox.flag(uid, { remove: ['\\Seen'] });
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('flags that no device sees are no change', async () => {
    const stage = new Stage({ hasCondstore });
    const uid = stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.flag(uid, { add: ['$Junk', '\\Recent', '$MDNSent'] });
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('a message marked as deleted is gone, and comes back when the mark is taken off', async () => {
    const stage = new Stage({ hasCondstore });
    const uid = stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.flag(uid, { add: ['\\Deleted'] });
    expect(told(await phone.sync())).toEqual(['delete 1:1']);
    stage.mailbox.flag(uid, { remove: ['\\Deleted'] });
    expect(told(await phone.sync())).toEqual(['add 1:1']);
  });

  it('a mailbox with a new UIDVALIDITY is healed with deletions and additions under new ids', async () => {
    const stage = new Stage({ hasCondstore });
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.recreate();
    const answer = await phone.sync();
    expect(told(answer)).toEqual(['delete 1:1', 'delete 1:2', 'delete 1:3', 'add 1.1:3', 'add 1.1:2', 'add 1.1:1']);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('through the ordinary windows, and across several new ones', async () => {
    const stage = new Stage({ hasCondstore });
    for (let i = 0; i < 5; i++) stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.recreate();
    await phone.sync({ windowSize: 2 });
    stage.mailbox.recreate();
    await phone.drain({ windowSize: 2 });
    expect([...phone.items.keys()].sort()).toEqual([1, 2, 3, 4, 5].map((uid) => `1.2:${uid}`));
  });

  it('a new UIDVALIDITY while the server was down is seen too', async () => {
    const stage = new Stage({ hasCondstore });
    stage.mailbox.deliver();
    const before = await primed(stage);
    stage.mailbox.recreate();
    stage.restart();
    const phone = await stage.phone();
    phone.key = before.key;
    expect(told(await phone.sync())).toEqual(['delete 1:1', 'add 1.1:1']);
  });

  it('a MODSEQ that went back loses no change', async () => {
    const stage = new Stage({ hasCondstore });
    for (let i = 0; i < 2; i++) stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.rewindModseq();
    stage.mailbox.flag(1, { add: ['\\Seen'] });
    expect(told(await phone.sync())).toEqual(['change 1:1']);
  });

  it('a view that is not what the mailbox is does not make a device go round in circles', async () => {
    const stage = new Stage({ hasCondstore });
    const uid = stage.mailbox.deliver();
    const phone = await primed(stage);
    stage.mailbox.flag(uid, { add: ['\\Seen'] });
    const changes = stage.mailbox.changes.bind(stage.mailbox);
    // It says that the flag is set for a moment after it was taken off.
    stage.mailbox.changes = async (...given) => {
      const result = await changes(...given);
      stage.mailbox.changes = changes;
      stage.mailbox.flag(uid, { remove: ['\\Seen'] });
      return result;
    };
    await phone.drain();
    expect(await phone.sync()).toMatchObject({ changed: false });
    expect(phone.items.get('1:1')?.flags).toBe('');
  });
});

describe('windows', () => {
  it('MS-ASCMD_R3451, MS-ASCMD_R4765, MS-ASCMD_R4771: more than fits is told as more available', async () => {
    const stage = new Stage();
    for (let i = 0; i < 5; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    expect(await phone.sync({ windowSize: 2 })).toMatchObject({ moreAvailable: true });
    expect(await phone.sync({ windowSize: 2 })).toMatchObject({ moreAvailable: true });
    expect(await phone.sync({ windowSize: 2 })).toMatchObject({ moreAvailable: false });
    expect(phone.items.size).toBe(5);
  });

  it('MS-ASCMD_R3456: what fits exactly is all there is', async () => {
    const stage = new Stage();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    expect(await phone.sync({ windowSize: 4 })).toMatchObject({ moreAvailable: false });
  });

  it('the newest come first, by arrival and not by UID', async () => {
    const stage = new Stage();
    for (const day of [3, 1, 2]) stage.mailbox.deliver('INBOX', { receivedAt: new Date(Date.UTC(2026, 0, day)) });
    const phone = await stage.phone();
    await phone.sync();
    expect(told(await phone.sync())).toEqual(['add 1:1', 'add 1:3', 'add 1:2']);
  });

  it('new mail in the middle of a first Sync comes before the old', async () => {
    const stage = new Stage();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    await phone.sync({ windowSize: 2 });
    stage.mailbox.deliver();
    expect(told(await phone.sync({ windowSize: 2 }))).toEqual(['add 1:5', 'add 1:2']);
    expect(told(await phone.sync({ windowSize: 2 }))).toEqual(['add 1:1']);
  });

  it('deletions count too', async () => {
    const stage = new Stage();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    const phone = await primed(stage);
    for (let uid = 1; uid <= 4; uid++) stage.mailbox.expunge(uid);
    expect(told(await phone.sync({ windowSize: 3 }))).toEqual(['delete 1:1', 'delete 1:2', 'delete 1:3']);
    expect(await phone.sync({ windowSize: 3 })).toMatchObject({ moreAvailable: false });
  });

  it('MS-ASCMD_R3125: without GetChanges nothing is sent, and later everything', async () => {
    const stage = new Stage();
    const phone = await primed(stage);
    stage.mailbox.deliver();
    expect(await phone.sync({ getChanges: false })).toMatchObject({ changed: false, moreAvailable: false });
    expect(told(await phone.sync({ getChanges: true }))).toEqual(['add 1:1']);
  });

  it('what is fetched ahead is used: five windows are six fetches at most', async () => {
    const stage = new Stage();
    for (let i = 0; i < 50; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    stage.mailbox.calls.clear();
    await phone.drain({ windowSize: 10 });
    expect(phone.items.size).toBe(50);
    expect(stage.mailbox.calls.get('fetch')).toBe(5);
  });

  it('an answer ends when its content is large enough, after one item at least', async () => {
    const stage = new Stage({ settings: { answerLimitBytes: 5_000 } });
    const text = `Subject: large\r\n\r\n${'x'.repeat(2_000)}`;
    for (let i = 0; i < 6; i++) stage.mailbox.deliver('INBOX', { text });
    stage.mailbox.deliver('INBOX', { text: `${text}${'x'.repeat(20_000)}` });
    const phone = await stage.phone();
    await phone.sync();
    const sizes: number[] = [];
    for (let more = true; more; ) {
      const answer = await phone.sync();
      sizes.push(answer.changes.length);
      more = answer.moreAvailable;
    }
    expect(sizes).toEqual([1, 4, 2]);
    expect(phone.items.size).toBe(7);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('what was fetched ahead for another way of rendering is not', async () => {
    const stage = new Stage();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    await phone.sync({ windowSize: 2 });
    stage.mailbox.calls.clear();
    await phone.sync({ windowSize: 2, options: { ...ALL_MAIL, rendering: { body: 4 } } });
    expect(stage.mailbox.calls.get('fetch')).toBe(1);
  });

  it('nor after the device let it lie', async () => {
    const stage = new Stage();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    await phone.sync({ windowSize: 2 });
    await stage.clock.advance(11_000);
    stage.mailbox.calls.clear();
    await phone.sync({ windowSize: 2 });
    expect(stage.mailbox.calls.get('fetch')).toBe(1);
    expect(phone.items.size).toBe(4);
  });
});

describe('the filter', () => {
  const withFilter = (filterDays: number | undefined) => ({ ...ALL_MAIL, filterDays });

  function aged(stage: Stage, ...days: readonly number[]): void {
    for (const day of days) {
      stage.mailbox.deliver('INBOX', { receivedAt: new Date(stage.clock.now() - day * DAY_MS) });
    }
  }

  it('MS-ASCMD_R2987: only what is dated within the window is sent', async () => {
    const stage = new Stage();
    aged(stage, 10, 2, 0);
    const phone = await stage.phone();
    phone.options = withFilter(3);
    await phone.prime();
    expect([...phone.items.keys()]).toEqual(['1:3', '1:2']);
  });

  it('MS-ASCMD_R3076: without a filter everything is', async () => {
    const stage = new Stage();
    aged(stage, 4_000, 10, 0);
    const phone = await primed(stage);
    expect(phone.items.size).toBe(3);
  });

  it('MS-ASCMD_R3967: what grows out of it is soft-deleted', async () => {
    const stage = new Stage();
    aged(stage, 2, 0);
    const phone = await stage.phone();
    phone.options = withFilter(3);
    await phone.prime();
    await stage.clock.advance(2 * DAY_MS);
    expect(told(await phone.sync())).toEqual(['soft-delete 1:1']);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('MS-ASCMD_R3967: also if the server was started anew in between', async () => {
    const stage = new Stage();
    aged(stage, 2, 0);
    const before = await stage.phone();
    before.options = withFilter(3);
    await before.prime();
    await stage.clock.advance(2 * DAY_MS);
    stage.restart();
    const phone = await stage.phone();
    phone.options = before.options;
    phone.key = before.key;
    expect(told(await phone.sync())).toEqual(['soft-delete 1:1']);
  });

  it('a wider one brings what it lets in, a narrower one takes it away, with the request that brings it', async () => {
    const stage = new Stage();
    aged(stage, 10, 5, 0);
    const phone = await stage.phone();
    phone.options = withFilter(3);
    await phone.prime();
    expect(told(await phone.sync({ options: withFilter(7) }))).toEqual(['add 1:2']);
    expect(told(await phone.sync({ options: withFilter(undefined) }))).toEqual(['add 1:1']);
    expect(told(await phone.sync({ options: withFilter(1) }))).toEqual(['soft-delete 1:1', 'soft-delete 1:2']);
  });

  it('holds until the device sends another', async () => {
    const stage = new Stage();
    aged(stage, 10, 0);
    const phone = await stage.phone();
    phone.options = withFilter(3);
    await phone.prime();
    aged(stage, 9, 1);
    expect(told(await phone.sync({ options: undefined }))).toEqual(['add 1:4']);
    expect(await phone.device.rememberedOptions(phone.folder.id)).toEqual(withFilter(3));
  });

  it("what one device's filter leaves out is not taken from another", async () => {
    const stage = new Stage();
    aged(stage, 10, 0);
    const all = await primed(stage, 'tablet');
    const few = await stage.phone('phone');
    few.options = withFilter(3);
    await few.prime();
    expect(few.items.size).toBe(1);
    expect(await all.sync()).toMatchObject({ changed: false });
    expect(all.items.size).toBe(2);
  });

  it('in the other order too: the view widens for whoever asks for more', async () => {
    const stage = new Stage();
    aged(stage, 10, 0);
    const few = await stage.phone('phone');
    few.options = withFilter(3);
    await few.prime();
    const all = await primed(stage, 'tablet');
    expect(all.items.size).toBe(2);
    expect(await few.sync()).toMatchObject({ changed: false });
  });
});

describe('an estimate', () => {
  it('MS-ASCMD_R171: is the number of items to be synchronized', async () => {
    const stage = new Stage();
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    expect(await phone.device.estimate(phone.folder.id, phone.key, {})).toEqual({ kind: 'estimate', count: 3 });
    await phone.drain();
    stage.mailbox.expunge(1);
    stage.mailbox.flag(2, { add: ['\\Seen'] });
    expect(await phone.device.estimate(phone.folder.id, phone.key, {})).toEqual({ kind: 'estimate', count: 2 });
  });

  it('MS-ASCMD_R2967: within the filter that it names', async () => {
    const stage = new Stage();
    stage.mailbox.deliver('INBOX', { receivedAt: new Date(stage.clock.now() - 10 * DAY_MS) });
    stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync();
    const estimate = await phone.device.estimate(phone.folder.id, phone.key, { filterDays: 3 });
    expect(estimate).toEqual({ kind: 'estimate', count: 1 });
  });

  it('MS-ASCMD_R4140: of a folder that was never begun is not primed', async () => {
    const phone = await new Stage().phone();
    const refused = { kind: 'refused', reason: 'not-primed' };
    expect(await phone.device.estimate(phone.folder.id, '{abc}1', {})).toEqual(refused);
    expect(await phone.device.estimate(phone.folder.id, '0', {})).toEqual(refused);
  });

  it('MS-ASCMD_R4594: under a key that does not match is refused', async () => {
    const phone = await new Stage().phone();
    await phone.prime();
    const estimate = await phone.device.estimate(phone.folder.id, '{abc}1', {});
    expect(estimate).toEqual({ kind: 'refused', reason: 'invalid-key' });
  });

  it('MS-ASCMD_R4136: of a folder that does not exist is not found', async () => {
    const phone = await new Stage().phone();
    expect(await phone.device.estimate('4711', '0', {})).toEqual({ kind: 'refused', reason: 'not-found' });
  });

  it('changes nothing: the key and the next answer stay what they were', async () => {
    const stage = new Stage();
    const phone = await primed(stage);
    stage.mailbox.deliver();
    const counts = await stage.store.counted(() => phone.device.estimate(phone.folder.id, phone.key, {}));
    expect(counts.writes).toBe(0);
    expect(told(await phone.sync())).toEqual(['add 1:1']);
  });
});
