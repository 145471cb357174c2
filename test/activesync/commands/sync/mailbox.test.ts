// Sync over the real engine, mail folders on disk, and the embedded database.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Standalone } from '../../../support/standalone.ts';
import { commands, fetch, markRead, Phone, remove } from '../support/phone.ts';

let standalone: Standalone;
let phone: Phone;
let inbox: string;
let trash: string;

beforeEach(async () => {
  standalone = await Standalone.start();
  phone = await Phone.of(standalone);
  const folders = await phone.folderSync();
  const idOf = (name: RegExp) => [...folders].find(([it]) => name.test(it))?.[1] ?? '';
  inbox = idOf(/^inbox$/i);
  trash = idOf(/trash|deleted/i);
});
afterEach(() => standalone.stop());

describe('a first Sync', () => {
  it('MS-ASCMD_R648, MS-ASCMD_R4599: gives a key and no items', async () => {
    await standalone.put();
    const first = await phone.prime(inbox);
    expect(first.status).toBe(1);
    expect(first.syncKey).toMatch(/^\S{1,64}$/);
    expect(first.syncKey).not.toBe('0');
    expect(first.added.size).toBe(0);
  });

  it('MS-ASCMD_R4602, MS-ASCMD_R4606: is followed by everything, under a new key', async () => {
    await standalone.put({ subject: 'One' });
    await standalone.put({ subject: 'Two' });
    const { syncKey } = await phone.prime(inbox);
    const second = await phone.sync(inbox);
    expect([...second.added.values()].toSorted()).toEqual(['One', 'Two']);
    expect(second.syncKey).not.toBe(syncKey);
  });

  it('gets the same key when the device sends it twice', async () => {
    const first = await phone.syncWith('0', inbox);
    const second = await phone.syncWith('0', inbox);
    expect(second.syncKey).toBe(first.syncKey);
  });

  it('MS-ASCMD_R656, MS-ASCMD_R667, MS-ASCMD_R679: ends in an empty answer, which leaves the key as it is', async () => {
    await standalone.put();
    await phone.syncAll(inbox);
    for (let again = 0; again < 3; again++) {
      expect((await phone.sync(inbox)).reply.result).toEqual({ kind: 'empty' });
    }
  });
});

describe('windows', () => {
  beforeEach(async () => {
    for (let at = 1; at <= 7; at++) await standalone.put({ subject: `M${at}` });
  });

  it('MS-ASCMD_R3451, MS-ASCMD_R3456, MS-ASCMD_R4771: say MoreAvailable until the last', async () => {
    await phone.prime(inbox);
    const sizes: [number, boolean][] = [];
    for (let more = true; more; ) {
      const window = await phone.sync(inbox, '<WindowSize>3</WindowSize>');
      sizes.push([window.added.size, window.more]);
      more = window.more;
    }
    expect(sizes).toEqual([
      [3, true],
      [3, true],
      [1, false],
    ]);
  });

  it('MS-ASCMD_R4767, MS-ASCMD_R3459: of 100 are meant where none is named', async () => {
    for (let at = 8; at <= 103; at++) await standalone.put({ subject: `M${at}` });
    await phone.prime(inbox);
    const first = await phone.sync(inbox);
    expect([first.added.size, first.more]).toEqual([100, true]);
    const second = await phone.sync(inbox);
    expect([second.added.size, second.more]).toEqual([3, false]);
  });

  it('MS-ASCMD_R4764, MS-ASCMD_R3460: have 512 items at the most', async () => {
    for (let at = 8; at <= 515; at++) await standalone.put({ subject: `M${at}` });
    await phone.prime(inbox);
    const first = await phone.sync(inbox, '<WindowSize>512</WindowSize>');
    expect([first.added.size, first.more]).toEqual([512, true]);
    const second = await phone.sync(inbox, '<WindowSize>0</WindowSize>');
    expect([second.added.size, second.more]).toEqual([3, false]);
  }, 120_000);

  it('of the whole request hold for its collections together', async () => {
    const folder = await standalone.folder('trash');
    for (let at = 1; at <= 3; at++) await standalone.put({ folder, subject: `T${at}` });
    await phone.prime(inbox);
    await phone.prime(trash);
    const body = (window: number) =>
      `<Sync><WindowSize>${window}</WindowSize><Collections>${[inbox, trash]
        .map(
          (id) => `<Collection><SyncKey>${phone.keys.get(id)}</SyncKey><CollectionId>${id}</CollectionId></Collection>`,
        )
        .join('')}</Collections></Sync>`;
    const eight = (await phone.device.post('Sync', body(8))).xml;
    expect(eight.match(/<Add>/g)).toHaveLength(8);
    expect(eight.match(/<MoreAvailable\/>/g)).toHaveLength(1);
  });

  it('MS-ASCMD_R4779: that are full leave the key of what did not fit', async () => {
    const folder = await standalone.folder('trash');
    await standalone.put({ folder, subject: 'T' });
    await phone.prime(inbox);
    await phone.prime(trash);
    const body = `<Sync><WindowSize>7</WindowSize><Collections>${[inbox, trash]
      .map(
        (id) => `<Collection><SyncKey>${phone.keys.get(id)}</SyncKey><CollectionId>${id}</CollectionId></Collection>`,
      )
      .join('')}</Collections></Sync>`;
    expect((await phone.device.post('Sync', body)).xml).toContain(
      `<Collection><SyncKey>${phone.keys.get(trash)}</SyncKey><CollectionId>${trash}</CollectionId><Status>1</Status>` +
        '<MoreAvailable/></Collection>',
    );
    expect([...(await phone.sync(trash)).added.values()]).toEqual(['T']);
  });
});

describe('changes of the mailbox', () => {
  it('MS-ASCMD_R3119, MS-ASCMD_R749: reach the device: new mail, a flag, a deletion', async () => {
    const stays = await standalone.put({ subject: 'Stays' });
    const goes = await standalone.put({ subject: 'Goes' });
    const all = await phone.syncAll(inbox);
    const idOf = (subject: string) => [...all].find(([, it]) => it === subject)?.[0] ?? '';

    const other = await standalone.other();
    const folder = await standalone.folder('inbox');
    await other.updateFlags(folder, [stays], { add: ['\\Seen'] });
    await other.remove(folder, [goes]);
    await standalone.put({ subject: 'New' });

    const synced = await phone.sync(inbox);
    expect([...synced.added.values()]).toEqual(['New']);
    expect(synced.changed.get(idOf('Stays'))).toContain('<email:Read>1</email:Read>');
    expect(synced.deleted).toEqual([idOf('Goes')]);
    expect((await phone.sync(inbox)).reply.xml).toBe('');
  });

  it('MS-ASCMD_R3125: are not asked for with GetChanges 0, and come the next time', async () => {
    await phone.syncAll(inbox);
    await standalone.put({ subject: 'New' });
    expect((await phone.sync(inbox, '<GetChanges>0</GetChanges>')).reply.xml).toBe('');
    expect([...(await phone.sync(inbox)).added.values()]).toEqual(['New']);
  });
});

describe('changes of the device', () => {
  let serverId: string;
  let uid: number;
  beforeEach(async () => {
    uid = await standalone.put({ subject: 'One' });
    [serverId = ''] = (await phone.syncAll(inbox)).keys();
  });

  const flags = async () => {
    const { messages } = await (await standalone.other()).changes(await standalone.folder('inbox'));
    return messages.find((it) => it.uid === uid)?.flags;
  };

  it('MS-ASCMD_R5825: take effect in the mailbox, go unmentioned, and do not come back', async () => {
    const synced = await phone.sync(inbox, commands(markRead(serverId)));
    expect(synced).toMatchObject({ status: 1, responses: [] });
    expect(synced.changed.size).toBe(0);
    expect(await flags()).toContain('\\Seen');
    expect((await phone.sync(inbox)).reply.xml).toBe('');
  });

  it('are done once, though the device repeats the request', async () => {
    const before = phone.keys.get(inbox) ?? '';
    const first = await phone.syncWith(before, inbox, commands(remove(serverId)));
    const again = await phone.syncWith(before, inbox, commands(remove(serverId)));
    expect(again.reply.xml).toBe(first.reply.xml);
    const folder = await standalone.folder('trash');
    expect((await (await standalone.other()).changes(folder)).messages).toHaveLength(1);
  });

  it('MS-ASCMD_R2160: delete into the trash', async () => {
    await phone.sync(inbox, commands(remove(serverId)));
    expect(await flags()).toBeUndefined();
    expect([...(await phone.syncAll(trash)).values()]).toEqual(['One']);
  });

  it('MS-ASCMD_R2158: delete for good when the device says so', async () => {
    await phone.sync(inbox, `<DeletesAsMoves>0</DeletesAsMoves>${commands(remove(serverId))}`);
    expect(await flags()).toBeUndefined();
    expect((await phone.syncAll(trash)).size).toBe(0);
  });

  it('MS-ASCMD_R5433: fetch an item whole', async () => {
    const { responses } = await phone.sync(inbox, commands(fetch(serverId)));
    expect(responses).toHaveLength(1);
    expect(responses[0]).toContain(`<Fetch><ServerId>${serverId}</ServerId><Status>1</Status><ApplicationData>`);
    expect(responses[0]).toContain('<email:Subject>One</email:Subject>');
  });

  it('MS-ASCMD_R4447, MS-ASCMD_R5256: to an item that was never there are Status 8', async () => {
    const gone = serverId.replace(/\d+$/, '4711');
    const { responses } = await phone.sync(inbox, commands(markRead(gone), remove('99:1'), fetch(gone)));
    expect(responses).toEqual([
      `<Change><ServerId>${gone}</ServerId><Status>8</Status></Change>`,
      '<Delete><ServerId>99:1</ServerId><Status>8</Status></Delete>',
      `<Fetch><ServerId>${gone}</ServerId><Status>8</Status></Fetch>`,
    ]);
  });

  it('MS-ASCMD_R755: cannot add mail', async () => {
    const add =
      '<Add><ClientId>c1</ClientId><ApplicationData><email:Subject>No</email:Subject></ApplicationData></Add>';
    expect((await phone.sync(inbox, commands(add))).responses).toEqual([
      '<Add><ClientId>c1</ClientId><Status>6</Status></Add>',
    ]);
  });

  it('MS-ASCMD_R2069, MS-ASCMD_R4444: lose against the server’s, and the device is told', async () => {
    const other = await standalone.other();
    await other.updateFlags(await standalone.folder('inbox'), [uid], { add: ['\\Seen', '\\Flagged'] });
    await other.updateFlags(await standalone.folder('inbox'), [uid], { remove: ['\\Flagged'] });
    const { responses } = await phone.sync(
      inbox,
      '<Options><Conflict>1</Conflict></Options>' + commands(markRead(serverId, 0)),
    );
    expect(responses).toEqual([`<Change><ServerId>${serverId}</ServerId><Status>7</Status></Change>`]);
    expect(await flags()).toContain('\\Seen');
  });

  it('MS-ASCMD_R2067: win where the device says so', async () => {
    await (await standalone.other()).updateFlags(await standalone.folder('inbox'), [uid], { add: ['\\Seen'] });
    const { responses } = await phone.sync(
      inbox,
      '<Options><Conflict>0</Conflict></Options>' + commands(markRead(serverId, 0)),
    );
    expect(responses).toEqual([]);
    expect(await flags()).not.toContain('\\Seen');
  });
});

describe('filters', () => {
  beforeEach(async () => {
    const day = 86_400_000;
    await standalone.put({ subject: 'New', receivedAt: new Date(Date.now() - day / 2) });
    await standalone.put({ subject: 'Old', receivedAt: new Date(Date.now() - 10 * day) });
  });

  it('MS-ASCMD_R2987: send only what is within the time window', async () => {
    const all = await phone.syncAll(inbox, '<Options><FilterType>3</FilterType></Options>');
    expect([...all.values()]).toEqual(['New']);
  });

  it('MS-ASCMD_R3076: that are left out send everything', async () => {
    expect((await phone.syncAll(inbox)).size).toBe(2);
  });

  it('MS-ASCMD_R3967: that are narrowed take away softly what falls out', async () => {
    const all = await phone.syncAll(inbox, '<Options><FilterType>0</FilterType></Options>');
    const old = [...all].find(([, it]) => it === 'Old')?.[0];
    const { softDeleted, deleted } = await phone.sync(inbox, '<Options><FilterType>3</FilterType></Options>');
    expect(softDeleted).toEqual([old]);
    expect(deleted).toEqual([]);
  });
});

describe('keys', () => {
  it('MS-ASCMD_R4425: that the folder never had are Status 3', async () => {
    await phone.prime(inbox);
    const wrong = await phone.syncWith('{nothing}7', inbox);
    expect(wrong).toMatchObject({ status: 3, syncKey: '0' });
  });

  it('before the last one bring the same answer again', async () => {
    await standalone.put({ subject: 'One' });
    await phone.prime(inbox);
    const key = phone.keys.get(inbox) ?? '';
    const first = await phone.syncWith(key, inbox);
    const again = await phone.syncWith(key, inbox);
    expect(again.reply.xml).toBe(first.reply.xml);
  });

  it('outlive the server', async () => {
    await standalone.put({ subject: 'One' });
    await phone.syncAll(inbox);
    await standalone.restart();
    await standalone.put({ subject: 'Two' });
    const after = await Phone.of(standalone);
    const synced = await after.syncWith(phone.keys.get(inbox) ?? '', inbox);
    expect([...synced.added.values()]).toEqual(['Two']);
  });
});

describe('folders', () => {
  it('that nobody knows are Status 8', async () => {
    expect((await phone.syncWith('0', '4711')).status).toBe(8);
  });

  it('of other classes synchronise, and are empty', async () => {
    const folders = await (await standalone.user()).folders();
    for (const kind of ['calendar', 'contacts', 'tasks', 'notes'] as const) {
      const { id = '' } = folders.find((it) => it.kind === kind) ?? {};
      expect((await phone.prime(id)).status).toBe(1);
      expect((await phone.sync(id)).reply.xml).toBe('');
    }
  });
});

describe('the store', () => {
  it.each([
    ['that is answered at once', ''],
    ['that waits', '<HeartbeatInterval>60</HeartbeatInterval>'],
  ])('is written once for a Sync %s with changes, and never for one without', async (_, wait) => {
    await phone.syncAll(inbox);
    const written: number[] = [];
    for (const isNews of [true, false, true, false, false]) {
      if (isNews) await standalone.put();
      const before = standalone.store.writes;
      const { added } = await phone.sync(inbox, '', wait);
      expect(added.size).toBe(isNews ? 1 : 0);
      written.push(standalone.store.writes - before);
    }
    expect(written).toEqual([1, 0, 1, 0, 0]);
  });

  it('MS-ASCMD_R4456: does not keep what an empty Sync refers to: another server asks for all of it', async () => {
    await phone.syncAll(inbox);
    expect((await phone.device.post('Sync')).xml).toBe('');
    await standalone.restart();
    phone = await Phone.of(standalone);
    expect((await phone.device.post('Sync')).xml).toBe('<Sync><Status>13</Status></Sync>');
  });
});
