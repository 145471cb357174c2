// The hierarchy, Ping, GetItemEstimate and MoveItems over the real engine, mail folders on disk, and the embedded database.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../lib/activesync/index.ts';
import { type Completion } from '../../../lib/sync/index.ts';
import { Standalone } from '../../support/standalone.ts';
import { Phone } from './support/phone.ts';
import { answerXml, waitOf } from './support/test-device.ts';

const pause = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

const WAIT = { timeout: 15_000, interval: 10 };

/** What became of tickets. */
let completed: Map<string, Completion>;
let standalone: Standalone;
let phone: Phone;
let folders: ReadonlyMap<string, string>;
let inbox: string;
let trash: string;

beforeEach(async () => {
  standalone = await Standalone.start();
  phone = await Phone.of(standalone);
  folders = await phone.folderSync();
  const user = await standalone.user();
  completed = new Map();
  user.waiting.onCompletion((ticket, completion) => completed.set(ticket, completion));
  inbox = (await user.folderOfKind('inbox'))?.id ?? '';
  trash = (await user.folderOfKind('trash'))?.id ?? '';
});
afterEach(() => standalone.stop());

describe('the hierarchy', () => {
  const typesIn = (xml: string) => [...xml.matchAll(/<Type>(\d+)<\/Type>/g)].map((it) => Number(it[1]));

  it('MS-ASCMD_R119, MS-ASCMD_R4666: has every default folder, whatever the mail system lacks', async () => {
    const { xml } = await phone.device.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    for (const type of [2, 3, 4, 5, 6, 7, 8, 9, 10, 19]) {
      expect(typesIn(xml).filter((it) => it === type)).toEqual([type]);
    }
    expect(xml).toContain(`<Count>${typesIn(xml).length}</Count>`);
  });

  it('MS-ASCMD_R5775: has no items', async () => {
    await standalone.put({ subject: 'One' });
    const { xml } = await phone.device.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    expect(xml).not.toContain('One');
  });

  it('without change is the same key, no changes, and no write', async () => {
    const before = standalone.store.writes;
    const { xml } = await phone.device.post(
      'FolderSync',
      `<FolderSync><SyncKey>${phone.folderKey}</SyncKey></FolderSync>`,
    );
    expect(xml).toBe(
      `<FolderSync><Status>1</Status><SyncKey>${phone.folderKey}</SyncKey><Changes><Count>0</Count></Changes></FolderSync>`,
    );
    expect(standalone.store.writes).toBe(before);
  });

  it('MS-ASCMD_R5024, MS-ASCMD_R113: tells of folders that another program made, renamed, and deleted', async () => {
    const other = await standalone.other();
    const { id } = await other.createFolder('Plans', undefined);
    expect((await phone.folderSync()).has('Plans')).toBe(true);
    const renamed = await other.renameFolder(id, 'Projects', undefined);
    const update = await sync();
    expect(update).toMatch(/<Update>.*<DisplayName>Projects<\/DisplayName>|<Delete>.*<Add>.*Projects/);
    await other.deleteFolder(renamed.id);
    expect(await sync()).toMatch(/<Count>1<\/Count><Delete><ServerId>[^<]+<\/ServerId><\/Delete>/);
  });

  it('MS-ASCMD_R4581: refuses a key that it never gave', async () => {
    const { xml } = await phone.device.post('FolderSync', '<FolderSync><SyncKey>{nothing}3</SyncKey></FolderSync>');
    expect(xml).toBe('<FolderSync><Status>9</Status></FolderSync>');
  });

  async function sync(): Promise<string> {
    const { xml } = await phone.device.post(
      'FolderSync',
      `<FolderSync><SyncKey>${phone.folderKey}</SyncKey></FolderSync>`,
    );
    phone.folderKey = /<SyncKey>([^<]+)/.exec(xml)?.[1] ?? phone.folderKey;
    return xml;
  }
});

describe('changes of the hierarchy', () => {
  const keyIn = (xml: string) => /<SyncKey>([^<]+)/.exec(xml)?.[1] ?? '';
  const idIn = (xml: string) => /<ServerId>([^<]+)/.exec(xml)?.[1] ?? '';
  const create = async (name: string, parentId = '0', type = 12) => {
    const { xml } = await phone.device.post(
      'FolderCreate',
      `<FolderCreate><SyncKey>${phone.folderKey}</SyncKey><ParentId>${parentId}</ParentId>
        <DisplayName>${name}</DisplayName><Type>${type}</Type></FolderCreate>`,
    );
    if (xml.includes('<Status>1</Status>')) phone.folderKey = keyIn(xml);
    return xml;
  };
  const update = async (id: string, name: string, parentId = '0') => {
    const { xml } = await phone.device.post(
      'FolderUpdate',
      `<FolderUpdate><SyncKey>${phone.folderKey}</SyncKey><ServerId>${id}</ServerId><ParentId>${parentId}</ParentId>
        <DisplayName>${name}</DisplayName></FolderUpdate>`,
    );
    if (xml.includes('<Status>1</Status>')) phone.folderKey = keyIn(xml);
    return xml;
  };
  const remove = async (id: string) => {
    const { xml } = await phone.device.post(
      'FolderDelete',
      `<FolderDelete><SyncKey>${phone.folderKey}</SyncKey><ServerId>${id}</ServerId></FolderDelete>`,
    );
    if (xml.includes('<Status>1</Status>')) phone.folderKey = keyIn(xml);
    return xml;
  };
  const names = async () => (await (await standalone.other()).folders()).map((it) => it.name);

  it('MS-ASCMD_R79, MS-ASCMD_R4569: make a folder below another, which is not told to the device again', async () => {
    const parent = idIn(await create('Plans'));
    expect(await create('Next year', parent)).toContain('<Status>1</Status>');
    expect(await names()).toEqual(expect.arrayContaining(['Plans', 'Next year']));
    expect((await phone.folderSync()).size).toBe(0);
  });

  it('MS-ASCMD_R4013: make no second folder of a name', async () => {
    await create('Plans');
    expect(await create('Plans')).toBe('<FolderCreate><Status>2</Status></FolderCreate>');
  });

  it('MS-ASCMD_R4018, MS-ASCMD_R4019: make no folder below one that is not there', async () => {
    expect(await create('Plans', '4711')).toBe('<FolderCreate><Status>5</Status></FolderCreate>');
  });

  it.each([
    ['MS-ASCMD_R4658', 13, 'calendars/Private'],
    ['MS-ASCMD_R4659', 14, 'contacts/Private'],
    ['MS-ASCMD_R4660', 15, 'tasks/Private'],
    ['MS-ASCMD_R4662', 17, 'notes/Private'],
  ])('%s: make a folder of type %i', async (_, type, backendId) => {
    expect(await create('Private', '0', type)).toContain('<Status>1</Status>');
    expect((await (await standalone.other()).folders()).map((it) => it.id)).toContain(backendId);
    const { xml } = await phone.device.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    expect(xml).toContain(`<DisplayName>Private</DisplayName><Type>${type}</Type>`);
  });

  it('MS-ASCMD_R140: rename a folder', async () => {
    const id = idIn(await create('Plans'));
    expect(await update(id, 'Projects')).toContain('<FolderUpdate><Status>1</Status><SyncKey>');
    expect(await names()).toContain('Projects');
    expect(await names()).not.toContain('Plans');
  });

  it('MS-ASCMD_R139: move a folder below another', async () => {
    const plans = idIn(await create('Plans'));
    const year = idIn(await create('Next year'));
    expect(await update(year, 'Next year', plans)).toContain('<Status>1</Status>');
    const all = await (await standalone.other()).folders();
    const parent = all.find((it) => it.name === 'Plans');
    expect(all.find((it) => it.name === 'Next year')?.parentId).toBe(parent?.id);
  });

  it('MS-ASCMD_R4101, MS-ASCMD_R4102: leave special folders alone', async () => {
    expect(await update(inbox, 'Mine')).toBe('<FolderUpdate><Status>2</Status></FolderUpdate>');
    expect(await remove(inbox)).toBe('<FolderDelete><Status>3</Status></FolderDelete>');
    expect(await remove(trash)).toBe('<FolderDelete><Status>3</Status></FolderDelete>');
    expect(await remove(folders.get('Calendar') ?? '')).toBe('<FolderDelete><Status>3</Status></FolderDelete>');
  });

  it('MS-ASCMD_R97, MS-ASCMD_R98: delete a folder', async () => {
    const id = idIn(await create('Plans'));
    expect(await remove(id)).toContain('<FolderDelete><Status>1</Status><SyncKey>');
    expect(await names()).not.toContain('Plans');
    expect(await remove(id)).toBe('<FolderDelete><Status>4</Status></FolderDelete>');
  });

  it('MS-ASCMD_R4105, MS-ASCMD_R4106: change no folder that is not there', async () => {
    expect(await update('4711', 'Plans')).toBe('<FolderUpdate><Status>4</Status></FolderUpdate>');
  });

  it('MS-ASCMD_R4032, MS-ASCMD_R4060, MS-ASCMD_R4120: are refused under a key that is not the device’s', async () => {
    phone.folderKey = '{nothing}3';
    expect(await create('Plans')).toBe('<FolderCreate><Status>9</Status></FolderCreate>');
    expect(await update('4711', 'Plans')).toBe('<FolderUpdate><Status>9</Status></FolderUpdate>');
    expect(await remove('4711')).toBe('<FolderDelete><Status>9</Status></FolderDelete>');
  });
});

describe('Ping', () => {
  const request = (...ids: string[]) =>
    `<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders>${ids
      .map((id) => `<Folder><Id>${id}</Id><Class>Email</Class></Folder>`)
      .join('')}</Folders></Ping>`;

  /** What becomes of the ticket. */
  async function completionOf(ticket: string): Promise<string> {
    const completion = await vi.waitFor(
      () => completed.get(ticket) ?? Promise.reject(new Error('not completed')),
      WAIT,
    );
    return completion.kind === 'answer' ? answerXml(completion.answer as Answer) : completion.kind;
  }

  it('MS-ASCMD_R306, MS-ASCMD_R4235: wakes when mail arrives', async () => {
    await phone.syncAll(inbox);
    const { ticket } = waitOf(await phone.device.post('Ping', request(inbox)));
    const woken = completionOf(ticket);
    await standalone.put();
    expect(await woken).toBe(`<Ping><Status>2</Status><Folders><Folder>${inbox}</Folder></Folders></Ping>`);
    expect((await phone.sync(inbox)).added.size).toBe(1);
  });

  it('MS-ASCMD_R5636: answers at once what came since the last Sync', async () => {
    await phone.syncAll(inbox);
    await standalone.put();
    expect((await phone.device.post('Ping', request(inbox))).xml).toBe(
      `<Ping><Status>2</Status><Folders><Folder>${inbox}</Folder></Folders></Ping>`,
    );
  });

  it('answers Status 2 for a folder that was never synchronised', async () => {
    expect((await phone.device.post('Ping', request(inbox))).xml).toContain('<Status>2</Status>');
  });

  it('MS-ASCMD_R4257: answers Status 7 for a folder that is gone', async () => {
    expect((await phone.device.post('Ping', request('4711'))).xml).toBe('<Ping><Status>7</Status></Ping>');
  });

  it('MS-ASCMD_R4258: wakes with Status 7 when there is a folder that the device was not told of', async () => {
    await phone.syncAll(inbox);
    const { ticket } = waitOf(await phone.device.post('Ping', request(inbox)));
    const woken = completionOf(ticket);
    await (await standalone.other()).createFolder('Plans', undefined);
    expect(await woken).toBe('<Ping><Status>7</Status></Ping>');
  });

  it('says so three times to a device that does not ask for its folders, and then waits', async () => {
    await phone.syncAll(inbox);
    await (await standalone.other()).createFolder('Plans', undefined);
    // Looks at the folders, as another device of hers would make it do.
    await (await Phone.of(standalone, { id: 'tablet' })).folderSync();
    for (let times = 0; times < 3; times++) {
      const { ticket } = waitOf(await phone.device.post('Ping', request(inbox)));
      expect(await completionOf(ticket)).toBe('<Ping><Status>7</Status></Ping>');
      await pause(300);
    }
    const { ticket } = waitOf(await phone.device.post('Ping', request(inbox)));
    await pause(300);
    expect(completed.has(ticket)).toBe(false);
  });

  it('ends with Status 1 when a newer one comes', async () => {
    await phone.syncAll(inbox);
    const { ticket } = waitOf(await phone.device.post('Ping', request(inbox)));
    const ended = completionOf(ticket);
    waitOf(await phone.device.post('Ping', request(inbox)));
    expect(await ended).toBe('<Ping><Status>1</Status></Ping>');
  });

  it('is not woken by what the device did itself', async () => {
    await standalone.put();
    const [serverId = ''] = (await phone.syncAll(inbox)).keys();
    await phone.sync(
      inbox,
      `<Commands><Change><ServerId>${serverId}</ServerId><ApplicationData><email:Read>1</email:Read></ApplicationData>
        </Change></Commands>`,
    );
    expect(waitOf(await phone.device.post('Ping', request(inbox))).kind).toBe('wait');
  });

  it('that is held again as it was writes nothing', async () => {
    await phone.syncAll(inbox);
    await phone.device.post('Ping', request(inbox));
    const before = standalone.store.writes;
    await phone.device.post('Ping', request(inbox));
    await phone.device.post('Ping');
    expect(standalone.store.writes).toBe(before);
  });

  it('MS-ASCMD_R335: is remembered over a restart of the server', async () => {
    await phone.syncAll(inbox);
    await phone.device.post('Ping', request(inbox));
    await standalone.restart();
    const after = await Phone.of(standalone);
    expect(waitOf(await after.device.post('Ping')).kind).toBe('wait');
  });
});

describe('a waiting Sync', () => {
  it('is run again when mail arrives, and brings it', async () => {
    await phone.syncAll(inbox);
    const reply = await phone.sync(inbox, '', '<Wait>1</Wait>');
    const { ticket } = waitOf(reply.reply);
    await standalone.put({ subject: 'New' });
    await vi.waitFor(() => expect(completed.get(ticket)).toEqual({ kind: 'again' }), WAIT);
    expect([...(await phone.sync(inbox)).added.values()]).toEqual(['New']);
  });
});

describe('GetItemEstimate', () => {
  const request = (id: string, key: string, options = '') =>
    `<GetItemEstimate><Collections><Collection><airsync:SyncKey>${key}</airsync:SyncKey><CollectionId>${id}</CollectionId>
      ${options}</Collection></Collections></GetItemEstimate>`;
  const estimate = async (...args: Parameters<typeof request>) => {
    const { xml } = await phone.device.post('GetItemEstimate', request(...args));
    const status = /<Status>(\d+)/.exec(xml)?.[1];
    const count = /<Estimate>(\d+)/.exec(xml)?.[1];
    return { status: Number(status), count: count === undefined ? undefined : Number(count) };
  };

  it('MS-ASCMD_R171, MS-ASCMD_R4134: counts what a Sync would bring, before it and after', async () => {
    for (let at = 0; at < 3; at++) await standalone.put();
    await phone.prime(inbox);
    expect(await estimate(inbox, phone.keys.get(inbox) ?? '')).toEqual({ status: 1, count: 3 });
    await phone.sync(inbox);
    expect(await estimate(inbox, phone.keys.get(inbox) ?? '')).toEqual({ status: 1, count: 0 });
    await standalone.put();
    expect(await estimate(inbox, phone.keys.get(inbox) ?? '')).toEqual({ status: 1, count: 1 });
  });

  it('MS-ASCMD_R2967, MS-ASCMD_R2969: counts within the time window', async () => {
    await standalone.put({ receivedAt: new Date(Date.now() - 10 * 86_400_000) });
    await standalone.put();
    await phone.prime(inbox);
    const week = '<airsync:Options><airsync:FilterType>3</airsync:FilterType></airsync:Options>';
    expect(await estimate(inbox, phone.keys.get(inbox) ?? '', week)).toEqual({ status: 1, count: 1 });
  });

  it('MS-ASCMD_R4139, MS-ASCMD_R4140: is Status 3 for a folder never synchronised', async () => {
    expect(await estimate(inbox, '0')).toEqual({ status: 3, count: undefined });
  });

  it('MS-ASCMD_R4594, MS-ASCMD_R4142: is Status 4 under a key that is not the folder’s', async () => {
    await phone.prime(inbox);
    expect(await estimate(inbox, '{nothing}3')).toEqual({ status: 4, count: undefined });
  });
});

describe('MoveItems', () => {
  const request = (item: string, source: string, target: string) =>
    `<MoveItems><Move><SrcMsgId>${item}</SrcMsgId><SrcFldId>${source}</SrcFldId><DstFldId>${target}</DstFldId></Move></MoveItems>`;
  let serverId: string;
  beforeEach(async () => {
    await standalone.put({ subject: 'One' });
    [serverId = ''] = (await phone.syncAll(inbox)).keys();
  });

  it('MS-ASCMD_R289, MS-ASCMD_R290: is a Delete here and an Add there at the next Sync', async () => {
    await phone.syncAll(trash);
    const { xml } = await phone.device.post('MoveItems', request(serverId, inbox, trash));
    const moved = /<Status>3<\/Status><DstMsgId>([^<]+)/.exec(xml)?.[1] ?? '';
    expect(moved).not.toBe(serverId);
    expect((await phone.sync(inbox)).deleted).toEqual([serverId]);
    expect([...(await phone.sync(trash)).added]).toEqual([[moved, 'One']]);
  });

  it('is done once, though the device repeats it', async () => {
    const first = await phone.device.post('MoveItems', request(serverId, inbox, trash));
    const again = await phone.device.post('MoveItems', request(serverId, inbox, trash));
    expect(again.xml).toBe(first.xml);
    const { messages } = await (await standalone.other()).changes(await standalone.folder('trash'));
    expect(messages).toHaveLength(1);
  });

  it.each([
    ['MS-ASCMD_R4207: from a folder that is not there', () => request(serverId, '4711', trash), 1],
    ['MS-ASCMD_R4208: of an item that is not there', () => request(`${inbox}:4711`, inbox, trash), 1],
    ['MS-ASCMD_R4212: to a folder that is not there', () => request(serverId, inbox, '4711'), 2],
    ['MS-ASCMD_R4219: to where it is', () => request(serverId, inbox, inbox), 4],
  ])('%s is refused', async (_what, body, status) => {
    const { xml } = await phone.device.post('MoveItems', body());
    expect(xml).toContain(`<Status>${status}</Status></Response>`);
    expect((await phone.sync(inbox)).reply.xml).toBe('');
  });
});
