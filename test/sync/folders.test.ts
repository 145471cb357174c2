// FolderSync, FolderCreate, FolderUpdate, FolderDelete (MS-ASCMD 2.2.1.2 to 2.2.1.6), and the ids of folders.
import { describe, expect, it } from 'vitest';
import type { DeviceSync, FolderChange, HierarchyAnswer, SyncFolder } from '../../lib/sync/index.ts';
import { Stage } from './support/stage.ts';

type Changes = Extract<HierarchyAnswer, { kind: 'changes' }>;

async function sync(device: DeviceSync, syncKey: string): Promise<Changes> {
  const answer = await device.hierarchy(syncKey);
  if (answer.kind !== 'changes') throw new Error(answer.kind);
  return answer;
}

function describeChanges({ changes }: Changes): unknown {
  const names = (folders: readonly SyncFolder[]) => folders.map(({ name }) => name);
  return [names(changes.added), names(changes.updated), changes.deletedIds];
}

const create = (name: string, parentId = '0'): FolderChange => ({ kind: 'create', name, parentId, itemClass: 'Email' });
const NOTHING = [[], [], []];

async function synced() {
  const stage = new Stage();
  const device = stage.user.device('phone1');
  const first = await sync(device, '0');
  const idOf = async (name: string) => (await stage.user.folders()).find((folder) => folder.name === name)?.id ?? '';
  return { stage, device, key: first.syncKey, first, idOf };
}

describe('FolderSync', () => {
  it('MS-ASCMD_R116, MS-ASCMD_R119, MS-ASCMD_R5008: key 0 brings all folders and a key', async () => {
    const { first } = await synced();
    expect(first.syncKey).toMatch(/^\{[0-9a-z]+\}1$/);
    expect(first.changes.added.map(({ kind }) => kind).sort()).toEqual(
      ['calendar', 'contacts', 'drafts', 'inbox', 'notes', 'outbox', 'sent', 'tasks', 'trash'].sort(),
    );
    expect(first.changes.updated).toEqual([]);
    expect(first.changes.deletedIds).toEqual([]);
  });

  it('folders that the backend lacks and devices expect are there, and always empty', async () => {
    const { stage } = await synced();
    const phone = await stage.phone();
    const calendar = await stage.user.folderOfKind('calendar');
    expect(calendar).toMatchObject({ itemClass: 'Calendar', backendId: undefined, parentId: '0' });
    Object.assign(phone, { folder: calendar });
    await phone.prime();
    expect(phone.items.size).toBe(0);
    expect(await phone.device.watchState(phone.folder.id)).toBe('quiet');
  });

  it('parents come before their children', async () => {
    const stage = new Stage();
    const child = stage.mailbox.addFolder('A');
    stage.mailbox.addFolder('B', 'user', child.id);
    stage.mailbox.addFolder('C', 'user', `${child.id}/B`);
    const { changes } = await sync(stage.user.device('phone1'), '0');
    const places = new Map(changes.added.map(({ id }, place) => [id, place]));
    for (const { id, parentId } of changes.added) {
      if (parentId !== '0') expect(places.get(parentId)).toBeLessThan(places.get(id) ?? -1);
    }
    expect(changes.added.filter(({ name }) => 'ABC'.includes(name)).map(({ name }) => name)).toEqual(['A', 'B', 'C']);
  });

  it('nothing changed: the key stays, and nothing is written', async () => {
    const { stage, device, key } = await synced();
    await stage.clock.advance(60_000);
    const counts = await stage.store.counted(async () => {
      const answer = await sync(device, key);
      expect(answer.syncKey).toBe(key);
      expect(describeChanges(answer)).toEqual(NOTHING);
    });
    expect(counts.writes).toBe(0);
  });

  it('MS-ASCMD_R5024, MS-ASCMD_R5860, MS-ASCMD_R5863: what came and went elsewhere is told', async () => {
    const { stage, device, key, idOf } = await synced();
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    const added = await sync(device, key);
    expect(describeChanges(added)).toEqual([['Work'], [], []]);
    const id = await idOf('Work');
    stage.mailbox.dropFolder('Work');
    await stage.clock.advance(20_000);
    expect(describeChanges(await sync(device, added.syncKey))).toEqual([[], [], [id]]);
  });

  it('what came and went in between is not', async () => {
    const { stage, device, key } = await synced();
    stage.mailbox.addFolder('Brief');
    await stage.clock.advance(20_000);
    await stage.user.folders();
    await sync(stage.user.device('other'), '0');
    stage.mailbox.dropFolder('Brief');
    await stage.clock.advance(20_000);
    expect(describeChanges(await sync(device, key))).toEqual(NOTHING);
  });

  it('MS-ASCMD_R4083, MS-ASCMD_R4581: a key that was not handed out is invalid', async () => {
    const { device, key } = await synced();
    for (const wrong of ['1', '{x}1', key.replace(/1$/, '2'), '']) {
      expect(await device.hierarchy(wrong)).toEqual({ kind: 'invalid-key' });
    }
    expect(await sync(device, key)).toMatchObject({ syncKey: key });
  });

  it('a lost answer is given again', async () => {
    const { stage, device, key } = await synced();
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    const lost = await sync(device, key);
    const counts = await stage.store.counted(async () => expect(await sync(device, key)).toEqual(lost));
    expect(counts.writes).toBe(0);
    expect(describeChanges(await sync(device, lost.syncKey))).toEqual(NOTHING);
  });

  it('with what came since, under another key', async () => {
    const { stage, device, key } = await synced();
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    const lost = await sync(device, key);
    stage.mailbox.addFolder('Play');
    await stage.clock.advance(20_000);
    const again = await sync(device, key);
    expect(describeChanges(again)).toEqual([['Work', 'Play'], [], []]);
    expect(again.syncKey).not.toBe(lost.syncKey);
  });

  it('key 0 twice is the same beginning', async () => {
    const { stage, device, key } = await synced();
    const counts = await stage.store.counted(async () => expect((await sync(device, '0')).syncKey).toBe(key));
    expect(counts.writes).toBe(0);
  });

  it('MS-ASCMD_R5012: ids do not change when the device begins again, nor when the server does', async () => {
    const { stage, device, key, first } = await synced();
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    await sync(device, key);
    stage.restart();
    const { changes } = await sync(stage.user.device('phone1'), '0');
    const ids = new Map(changes.added.map(({ name, id }) => [name, id]));
    for (const { name, id } of first.changes.added) expect(ids.get(name)).toBe(id);
  });

  it('an id is never given twice', async () => {
    const { stage, device, key, idOf } = await synced();
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    const next = await sync(device, key);
    const id = await idOf('Work');
    stage.mailbox.dropFolder('Work');
    await stage.clock.advance(20_000);
    const gone = await sync(device, next.syncKey);
    stage.restart();
    stage.mailbox.addFolder('Work');
    const back = await sync(stage.user.device('phone1'), gone.syncKey);
    expect(back.changes.added[0]?.id).not.toBe(id);
  });

  it('a list without an inbox is not believed: no folder is called gone for it', async () => {
    const { stage, device, key } = await synced();
    const folders = stage.mailbox.folders.bind(stage.mailbox);
    stage.mailbox.folders = () => Promise.resolve([]);
    await stage.clock.advance(20_000);
    await expect(device.hierarchy(key)).rejects.toMatchObject({ code: 'unavailable' });
    stage.mailbox.folders = folders;
    expect(describeChanges(await sync(device, key))).toEqual(NOTHING);
  });

  it('a special folder keeps its id when the backend gets one, and when it loses it', async () => {
    const stage = new Stage({ folders: [{ name: 'INBOX', kind: 'inbox' }] });
    const before = await stage.user.folderOfKind('sent');
    stage.mailbox.addFolder('Sent Messages', 'sent');
    await stage.clock.advance(20_000);
    await sync(stage.user.device('phone1'), '0');
    expect(await stage.user.folderOfKind('sent')).toMatchObject({ id: before?.id, backendId: 'Sent Messages' });
    stage.mailbox.deliver('Sent Messages');
    const phone = await stage.phone('phone1', 'sent');
    await phone.prime();
    expect(phone.items.size).toBe(1);
    stage.mailbox.dropFolder('Sent Messages');
    await stage.clock.advance(20_000);
    await sync(stage.user.device('phone1'), '0');
    expect(await stage.user.folderOfKind('sent')).toMatchObject({ id: before?.id, backendId: undefined });
    await phone.drain();
    expect(phone.items.size).toBe(0);
  });

  it('two devices hear of everything each for itself', async () => {
    const { stage, device, key } = await synced();
    const other = stage.user.device('tablet');
    const begun = await sync(other, '0');
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    expect(describeChanges(await sync(device, key))).toEqual([['Work'], [], []]);
    expect(describeChanges(await sync(other, begun.syncKey))).toEqual([['Work'], [], []]);
  });

  it('a thousand folders fit', async () => {
    const stage = new Stage();
    for (let i = 0; i < 1_000; i++) stage.mailbox.addFolder(`A folder with a name of some length, number ${i}`);
    const { changes, syncKey } = await sync(stage.user.device('phone1'), '0');
    expect(changes.added).toHaveLength(1_009);
    stage.restart();
    expect(describeChanges(await sync(stage.user.device('phone1'), syncKey))).toEqual(NOTHING);
  });
});

describe('folders that a device makes, renames and deletes', () => {
  it('MS-ASCMD_R79, MS-ASCMD_R4569, MS-ASCMD_R3903: create gives an id and a key that has seen it', async () => {
    const { stage, device, key } = await synced();
    const parent = await device.changeFolder(key, create('Work'));
    if (parent.kind !== 'done') throw new Error(parent.reason);
    const child = await device.changeFolder(parent.syncKey, create('Reports', parent.id));
    expect(child).toMatchObject({ kind: 'done' });
    expect(stage.mailbox.hasFolder('Work/Reports')).toBe(true);
    if (child.kind !== 'done') throw new Error(child.reason);
    expect(describeChanges(await sync(device, child.syncKey))).toEqual(NOTHING);
    expect(await stage.user.folder(child.id)).toMatchObject({ name: 'Reports', parentId: parent.id, kind: 'user' });
  });

  it('the new key has seen just this change: what others did before is still told', async () => {
    const { stage, device, key } = await synced();
    stage.mailbox.addFolder('Other');
    await stage.clock.advance(20_000);
    const done = await device.changeFolder(key, create('Mine'));
    if (done.kind !== 'done') throw new Error(done.reason);
    expect(describeChanges(await sync(device, done.syncKey))).toEqual([['Other'], [], []]);
  });

  it('another device hears of it', async () => {
    const { stage, device, key } = await synced();
    const other = stage.user.device('tablet');
    const begun = await sync(other, '0');
    await device.changeFolder(key, create('Mine'));
    expect(describeChanges(await sync(other, begun.syncKey))).toEqual([['Mine'], [], []]);
  });

  it.each([
    ['create', create('Work')],
    ['rename', { kind: 'rename', id: 'OLD', name: 'New', parentId: '0' }],
    ['delete', { kind: 'delete', id: 'OLD' }],
  ] as const)('a lost answer to %s is given again, and it is done once', async (_, wish) => {
    const { stage, device, key } = await synced();
    const old = await device.changeFolder(key, create('Old'));
    if (old.kind !== 'done') throw new Error(old.reason);
    const change = wish.kind === 'create' ? wish : { ...wish, id: old.id };
    const lost = await device.changeFolder(old.syncKey, change);
    expect(lost).toMatchObject({ kind: 'done' });
    stage.mailbox.calls.clear();
    expect(await device.changeFolder(old.syncKey, change)).toEqual(lost);
    expect([...stage.mailbox.calls.keys()].filter((call) => call !== 'folders')).toEqual([]);
  });

  it('MS-ASCMD_R139, MS-ASCMD_R140, MS-ASCMD_R5784: rename and move keep the id, of the children too', async () => {
    const { stage, device, key, idOf } = await synced();
    stage.mailbox.addFolder('A');
    stage.mailbox.addFolder('Child', 'user', 'A');
    stage.mailbox.addFolder('B');
    await stage.clock.advance(20_000);
    const begun = await sync(device, key);
    const [a, b, child] = await Promise.all(['A', 'B', 'Child'].map(idOf));
    const done = await device.changeFolder(begun.syncKey, {
      kind: 'rename',
      id: a ?? '',
      name: 'Z',
      parentId: b ?? '',
    });
    expect(done).toMatchObject({ kind: 'done', id: a });
    expect(await stage.user.folder(a ?? '')).toMatchObject({ name: 'Z', parentId: b, backendId: 'B/Z' });
    expect(await stage.user.folder(child ?? '')).toMatchObject({ name: 'Child', parentId: a, backendId: 'B/Z/Child' });
    expect(describeChanges(await sync(device, done.kind === 'done' ? done.syncKey : ''))).toEqual(NOTHING);
  });

  it('a renamed folder is not synced anew', async () => {
    const { stage, device, key, idOf } = await synced();
    stage.mailbox.addFolder('A');
    stage.mailbox.deliver('A');
    await stage.clock.advance(20_000);
    const begun = await sync(device, key);
    const phone = await stage.phone();
    Object.assign(phone, { folder: await stage.user.folder(await idOf('A')) });
    await phone.prime();
    await device.changeFolder(begun.syncKey, { kind: 'rename', id: phone.folder.id, name: 'Z', parentId: '0' });
    await stage.clock.advance(2_000);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('MS-ASCMD_R97, MS-ASCMD_R98, MS-ASCMD_R5783: delete', async () => {
    const { stage, device, key } = await synced();
    const made = await device.changeFolder(key, create('Work'));
    if (made.kind !== 'done') throw new Error(made.reason);
    const done = await device.changeFolder(made.syncKey, { kind: 'delete', id: made.id });
    expect(done).toMatchObject({ kind: 'done', id: made.id });
    expect(stage.mailbox.hasFolder('Work')).toBe(false);
    expect(describeChanges(await sync(device, done.kind === 'done' ? done.syncKey : ''))).toEqual(NOTHING);
  });

  it('its own deletion of a folder that it had been told of is not told to it again', async () => {
    const { stage, device, key, idOf } = await synced();
    stage.mailbox.addFolder('Work');
    await stage.clock.advance(20_000);
    const { syncKey } = await sync(device, key);
    const done = await device.changeFolder(syncKey, { kind: 'delete', id: await idOf('Work') });
    expect(describeChanges(await sync(device, done.kind === 'done' ? done.syncKey : ''))).toEqual(NOTHING);
  });

  it.each([
    ['MS-ASCMD_R4013: a name that is taken', create('Trash'), 'exists'],
    ['MS-ASCMD_R4013: a name that is taken, written otherwise', create('TRASH'), 'exists'],
    ['MS-ASCMD_R4019: a parent that does not exist', create('X', '4711'), 'parent-not-found'],
    ['a calendar', { ...create('X'), itemClass: 'Calendar' }, 'server-error'],
    [
      'MS-ASCMD_R4106: renaming what does not exist',
      { kind: 'rename', id: '4711', name: 'X', parentId: '0' },
      'not-found',
    ],
    ['MS-ASCMD_R4102: renaming the inbox', { kind: 'rename', id: '1', name: 'X', parentId: '0' }, 'special-folder'],
    ['MS-ASCMD_R4049: deleting what does not exist', { kind: 'delete', id: '4711' }, 'not-found'],
    ['MS-ASCMD_R4047: deleting the inbox', { kind: 'delete', id: '1' }, 'special-folder'],
  ] as const)('%s is refused, and the key stays', async (_, change, reason) => {
    const { device, key } = await synced();
    expect(await device.changeFolder(key, change)).toEqual({ kind: 'refused', reason });
    expect(await sync(device, key)).toMatchObject({ syncKey: key });
  });

  it.each([
    ['MS-ASCMD_R5438: to a name that is taken', 'B', '0', 'exists'],
    ['MS-ASCMD_R4108: under a parent that does not exist', 'Z', '4711', 'parent-not-found'],
  ])('renaming %s is refused', async (_, name, parentId, reason) => {
    const { device, key } = await synced();
    const a = await device.changeFolder(key, create('A'));
    const b = await device.changeFolder(a.kind === 'done' ? a.syncKey : '', create('B'));
    if (a.kind !== 'done' || b.kind !== 'done') throw new Error('not made');
    const answer = await device.changeFolder(b.syncKey, { kind: 'rename', id: a.id, name, parentId });
    expect(answer).toEqual({ kind: 'refused', reason });
  });

  it('a folder does not go into itself', async () => {
    const { device, key } = await synced();
    const a = await device.changeFolder(key, create('A'));
    if (a.kind !== 'done') throw new Error(a.reason);
    const b = await device.changeFolder(a.syncKey, create('B', a.id));
    if (b.kind !== 'done') throw new Error(b.reason);
    const answer = await device.changeFolder(b.syncKey, { kind: 'rename', id: a.id, name: 'A', parentId: b.id });
    expect(answer).toEqual({ kind: 'refused', reason: 'parent-not-found' });
  });

  it('MS-ASCMD_R4032, MS-ASCMD_R4060, MS-ASCMD_R4120, MS-ASCMD_R4573: under a wrong key nothing is done', async () => {
    const { stage, device } = await synced();
    for (const change of [
      create('X'),
      { kind: 'rename', id: '1', name: 'X', parentId: '0' },
      { kind: 'delete', id: '1' },
    ]) {
      const answer = await device.changeFolder('{wrong}1', change as FolderChange);
      expect(answer).toEqual({ kind: 'refused', reason: 'invalid-key' });
    }
    expect(stage.mailbox.hasFolder('X')).toBe(false);
  });
});
