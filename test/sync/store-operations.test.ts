// What the engine asks of the store, and what it makes of a store that fails (sync-state.md, Store interface; ownership.md, Writes).
import { describe, expect, it } from 'vitest';
import { addDraft, setRead } from './support/phone.ts';
import { settle, Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

async function primed(options?: ConstructorParameters<typeof Stage>[0]) {
  const stage = new Stage(options);
  stage.mailbox.deliver();
  const phone = await stage.phone();
  const folders = await phone.device.hierarchy('0');
  await phone.prime();
  await phone.device.watchState(phone.folder.id);
  await settle();
  return { stage, phone, hierarchyKey: folders.kind === 'changes' ? folders.syncKey : '' };
}

const NOTHING = { reads: 0, writes: 0, queries: 0 };

describe('store operations of a command', () => {
  it('FolderSync without change: none', async () => {
    const { stage, phone, hierarchyKey } = await primed();
    expect(await stage.store.counted(() => phone.device.hierarchy(hierarchyKey))).toEqual(NOTHING);
  });

  it('Sync without change: none, and no call to the mail system while the monitor pushes', async () => {
    const { stage, phone } = await primed();
    await phone.sync();
    stage.mailbox.calls.clear();
    expect(await stage.store.counted(() => phone.sync())).toEqual(NOTHING);
    expect(stage.mailbox.callCount).toBe(0);
  });

  it('Sync without change of a folder that nothing pushes for: none, and one look a second at most', async () => {
    const { stage, phone } = await primed({ canPush: false });
    await stage.clock.advance(5_000);
    stage.mailbox.calls.clear();
    const counts = await stage.store.counted(async () => {
      for (let i = 0; i < 10; i++) await phone.sync();
    });
    expect(counts).toEqual(NOTHING);
    expect(stage.mailbox.callCount).toBe(1);
  });

  it('Sync with changes: one write', async () => {
    const { stage, phone } = await primed();
    stage.mailbox.deliver();
    stage.mailbox.flag(1, { add: ['\\Seen'] });
    expect(await stage.store.counted(() => phone.sync())).toEqual({ ...NOTHING, writes: 1 });
    expect(await stage.store.counted(() => phone.sync({ commands: [setRead('1:1', false)] }))).toEqual({
      ...NOTHING,
      writes: 1,
    });
  });

  it('the first Sync: one write to begin, one a window, and one for the folder in its life', async () => {
    const { stage } = await primed();
    for (let i = 0; i < 9; i++) stage.mailbox.deliver();
    const tablet = await stage.phone('tablet');
    const counts = await stage.store.counted(() => tablet.prime({ windowSize: 5 }));
    expect(counts.writes).toBe(3);
    expect(await stage.store.counted(async () => (await stage.phone('phone3', 'trash')).prime())).toMatchObject({
      writes: 3,
    });
  });

  it('a device record that stays the same: none; its last-seen time at most once an hour', async () => {
    const { stage, phone } = await primed();
    await phone.device.saveRecord({ type: 'Phone', lastSeen: stage.clock.now() });
    const later = async (ms: number) => {
      await stage.clock.advance(ms);
      return stage.store.counted(() => phone.device.saveRecord({ type: 'Phone', lastSeen: stage.clock.now() }));
    };
    expect(await later(1_000)).toEqual(NOTHING);
    expect(await later(3_600_000)).toEqual({ ...NOTHING, writes: 1 });
    expect(await phone.device.saveRecord({ type: 'Tablet' })).toMatchObject({ type: 'Tablet', user: 'ada' });
  });
});

describe('a write of which the outcome is unknown', () => {
  it('that was applied counts', async () => {
    const { stage, phone } = await primed();
    stage.mailbox.deliver();
    stage.store.fault = (operation) => (operation === 'put' ? 'lost' : undefined);
    expect(told(await phone.sync())).toEqual(['add 1:2']);
  });

  it('that was not is made again', async () => {
    const { stage, phone } = await primed();
    stage.mailbox.deliver();
    let drops = 1;
    stage.store.fault = (operation) => (operation === 'put' && drops-- > 0 ? 'dropped' : undefined);
    expect(told(await phone.sync())).toEqual(['add 1:2']);
  });

  it('that stays unknown is not answered, and the device finds whatever came of it', async () => {
    for (const how of ['lost', 'dropped'] as const) {
      const { stage, phone } = await primed();
      stage.mailbox.deliver();
      stage.store.fault = (operation) => (operation === 'put' ? how : operation === 'get' ? 'down' : undefined);
      expect(await phone.ask()).toEqual({ kind: 'refused', reason: 'unavailable' });
      stage.store.fault = undefined;
      expect(told(await phone.sync())).toEqual(['add 1:2']);
      expect(await phone.sync()).toMatchObject({ changed: false });
    }
  });

  it('a draft added under it is added once', async () => {
    const { stage } = await primed();
    const drafts = await stage.phone('phone1', 'drafts');
    await drafts.prime();
    const commands = [addDraft('once', 'c1')];
    stage.store.fault = (operation) => (operation === 'put' ? 'lost' : operation === 'get' ? 'down' : undefined);
    expect(await drafts.ask({ commands })).toEqual({ kind: 'refused', reason: 'unavailable' });
    stage.store.fault = undefined;
    expect((await drafts.sync({ commands })).outcomes).toMatchObject([{ kind: 'added', clientId: 'c1' }]);
    expect(stage.mailbox.messages('Drafts')).toHaveLength(1);
  });

  it('a store that is down: unavailable, and nothing is lost', async () => {
    const { stage, phone } = await primed();
    stage.restart();
    const after = await stage.phone();
    after.key = phone.key;
    stage.mailbox.deliver();
    stage.store.fault = () => 'down';
    expect(await after.ask()).toEqual({ kind: 'refused', reason: 'unavailable' });
    stage.store.fault = undefined;
    expect(told(await after.sync())).toEqual(['add 1:2']);
  });
});

describe('a lease that has ended', () => {
  it('begins no change of the mailbox and writes nothing', async () => {
    const { stage, phone } = await primed();
    stage.isHeld = false;
    const counts = await stage.store.counted(async () => {
      expect(await phone.ask({ commands: [setRead('1:1')] })).toEqual({ kind: 'refused', reason: 'unavailable' });
    });
    expect(counts.writes).toBe(0);
    expect(stage.mailbox.messages()[0]?.flags).toEqual([]);
  });

  it('a server whose epoch is past cannot write over a newer one', async () => {
    const { stage, phone } = await primed();
    const key = { partition: 'USER#ada', sort: 'DEVICE#phone1#COLLECTION#1' };
    await stage.store.inner.update(key, { set: { epoch: 2 } });
    stage.mailbox.deliver();
    expect(await phone.ask()).toEqual({ kind: 'refused', reason: 'unavailable' });
  });

  it('a server that was overtaken writes nothing over what the other wrote', async () => {
    const { stage, phone } = await primed();
    const zombie = stage.user;
    stage.restart();
    const after = await stage.phone();
    after.key = phone.key;
    stage.mailbox.deliver();
    await after.sync();
    const behind = await zombie.device('phone1').syncCollection(phone.request(), {
      plan: () => [],
      render: () => ({ subject: '', flags: '' }),
    });
    // The old server believes that the key is current; its write is refused, and so is its answer.
    expect(behind).toEqual({ kind: 'refused', reason: 'unavailable' });
    expect(await after.sync()).toMatchObject({ changed: false });
  });
});

describe('a state that cannot be read', () => {
  it.each([
    ['held', new Uint8Array([1, 2, 3])],
    ['held', 'text'],
    ['toldAdded', new Uint8Array()],
    ['options', '{'],
    ['format', 99],
    ['series', 7],
    ['skipped', '{}'],
  ] as const)('%s = %j: the series is lost, and the device begins again', async (attribute, value) => {
    const { stage, phone } = await primed();
    const key = { partition: 'USER#ada', sort: 'DEVICE#phone1#COLLECTION#1' };
    await stage.store.inner.update(key, { set: { [attribute]: value } });
    stage.restart();
    const after = await stage.phone();
    after.key = phone.key;
    expect(await after.ask()).toEqual({ kind: 'refused', reason: 'invalid-key' });
    await after.prime();
    expect(after.items.size).toBe(1);
  });

  it('the same for what it knows of the folders', async () => {
    const { stage, phone, hierarchyKey } = await primed();
    const key = { partition: 'USER#ada', sort: 'DEVICE#phone1#FOLDERS' };
    await stage.store.inner.update(key, { set: { seenOwn: '{' } });
    stage.restart();
    const device = stage.user.device(phone.device.deviceId);
    expect(await device.hierarchy(hierarchyKey)).toEqual({ kind: 'invalid-key' });
    expect(await device.hierarchy('0')).toMatchObject({ kind: 'changes' });
  });
});

describe('resets for administrators', () => {
  it('resend: the collection begins again', async () => {
    const { stage, phone } = await primed();
    await stage.user.resend('phone1', phone.folder.id);
    expect(await phone.ask()).toEqual({ kind: 'refused', reason: 'invalid-key' });
    await phone.prime();
    expect(phone.items.size).toBe(1);
  });

  it('rescan: what a change that nobody told of made different is found', async () => {
    const { stage, phone } = await primed();
    const { watched } = stage.mailbox;
    stage.mailbox.watched = [];
    stage.mailbox.flag(1, { add: ['\\Seen'] });
    stage.mailbox.watched = watched;
    expect(await phone.sync()).toMatchObject({ changed: false });
    await stage.user.rescan();
    expect(told(await phone.sync())).toEqual(['change 1:1']);
  });

  it('forget: nothing is left of the device, and nothing of others is touched', async () => {
    const { stage, phone } = await primed();
    await phone.device.saveRecord({ type: 'Phone' });
    const longer = await stage.phone('phone10');
    await longer.device.saveRecord({ type: 'Phone' });
    await longer.prime();
    expect((await stage.user.devices()).map(({ id }) => id)).toEqual(['phone1', 'phone10']);
    await stage.user.forget('phone1');
    expect((await stage.user.devices()).map(({ id }) => id)).toEqual(['phone10']);
    const left: string[] = [];
    for await (const { key } of stage.store.scan()) left.push(key.sort);
    expect(left.filter((sort) => sort.startsWith('DEVICE#phone1#') || sort === 'DEVICE#phone1')).toEqual([]);
    expect(await stage.user.device('phone1').record()).toBeUndefined();
    const again = await stage.phone('phone1');
    expect(await again.ask({ syncKey: phone.key })).toEqual({ kind: 'refused', reason: 'invalid-key' });
    expect(await longer.sync()).toMatchObject({ changed: false });
  });
});

describe('device records', () => {
  it('are kept whole, over restarts', async () => {
    const { stage, phone } = await primed();
    const saved = await phone.device.saveRecord({
      type: 'Phone',
      userAgent: 'Phone/1.0',
      information: { Model: 'X', OS: 'Y 1.0' },
      ping: { heartbeatSeconds: 600, folders: [{ id: '1', itemClass: 'Email' }] },
      policyKey: '4711',
    });
    stage.restart();
    expect(await stage.user.device('phone1').record()).toEqual(saved);
    expect(saved).toMatchObject({ id: 'phone1', user: 'ada', access: 'allowed', wipe: 'none', policyKey: '4711' });
  });

  it('a field is taken out by undefined', async () => {
    const { stage, phone } = await primed();
    await phone.device.saveRecord({ pendingPolicyKey: '1' });
    await phone.device.saveRecord({ pendingPolicyKey: undefined });
    stage.restart();
    expect((await stage.user.device('phone1').record())?.pendingPolicyKey).toBeUndefined();
  });

  it('odd device ids are kept apart', async () => {
    const { stage } = await primed();
    const odd = ['a#FOLDERS', 'a', 'a/b', 'ä', '%23'];
    for (const id of odd) await stage.user.device(id).saveRecord({ type: id });
    stage.restart();
    expect((await stage.user.devices()).map(({ type }) => type).sort()).toEqual([...odd].sort());
  });
});
