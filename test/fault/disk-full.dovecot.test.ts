// The disk of the store is full: what needs no writing goes on, what does is refused as something to come back with, and is
// done once when there is room again. Nothing is lost, nothing is there twice, nobody begins again.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DeviceClient, FolderType, itemText } from '../../lib/activesync/client/index.ts';
import { persistentTransport } from './support/persistent-transport.ts';
import { letterFrom, SCENARIOS } from './support/scenarios.ts';
import { SmallDisk, smallDiskLeftOut } from './support/small-disk.ts';
import { LOOK, Stage } from './support/stage.ts';
import { tellsOfTrouble } from './support/trouble.ts';

const DISK_MEGABYTES = 24;
const PATIENCE_MS = 300_000;
const POLICY = { 'policy-requirement': 'required' };
const FULL_MS = 700;
const SCENARIOS_A_RUN = 5;
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const userOf = (index: number) => `user${index}`;
const inboxOf = (phone: DeviceClient) => phone.folder(FolderType.inbox).serverId;
const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));

if (smallDiskLeftOut !== undefined) process.stdout.write(`The full disk: ${smallDiskLeftOut}\n`);

describe.skipIf(smallDiskLeftOut !== undefined)('the disk is full', () => {
  let disk: SmallDisk;
  let stage: Stage;
  beforeAll(async () => {
    disk = await SmallDisk.make(DISK_MEGABYTES);
    const users = SCENARIOS.map((_, index) => userOf(index));
    stage = await Stage.start({
      users: [...users, 'reads', 'waits', 'sends', 'dies'],
      data: disk.path,
      settings: POLICY,
    });
  });
  // The log of the database grows from nothing then: what is in it once is room for later writes.
  beforeEach(() => restart());
  afterEach(() => disk.free());
  afterAll(async () => {
    await stage.stop();
    await disk.remove();
  });

  async function restart(): Promise<void> {
    await stage.server.end('SIGTERM');
    await stage.server.launch();
  }

  it('in the midst of every kind of command: each is done once when there is room', { timeout: 600_000 }, async () => {
    const failures: string[] = [];
    let refused = 0;
    for (const [index, scenario] of SCENARIOS.entries()) {
      const user = userOf(index);
      const hardships = { lost: 0, refused: 0 };
      const transport = persistentTransport(hardships, { isTrouble: tellsOfTrouble, limitMs: PATIENCE_MS });
      const phone = stage.phone({ user, version: scenario.version, transport });
      if (index % SCENARIOS_A_RUN === 0) await restart();
      const play = await scenario.prepare({ stage, user, phone });
      await disk.fill();
      const act = play.act();
      act.catch(() => {});
      await Promise.race([act, pause(FULL_MS)]);
      await disk.free();
      try {
        await act;
        await play.check(await stage.settle(user, phone));
      } catch (thrown) {
        failures.push(`${scenario.title}: ${(thrown as Error).message}`);
      }
      if (hardships.refused > 0) refused++;
    }
    expect(failures).toEqual([]);
    expect(stage.resyncs).toEqual([]);
    // Or the disk was not full.
    expect(refused).toBeGreaterThan(SCENARIOS.length / 2);
  });

  it('a Sync without change and a held Ping need no room', async () => {
    const phone = stage.phone({ user: 'reads', persists: false });
    await stage.syncEverything(phone);
    const inbox = inboxOf(phone);
    const ping = { heartbeatSeconds: 60, folders: [{ id: inbox, itemClass: 'Email' }] };
    const first = new AbortController();
    const held = phone.ping({ ...ping, signal: first.signal }).catch(() => {});
    await pause(300);
    first.abort();
    await held;
    await disk.fill();
    expect(await phone.sync({ collectionId: inbox, ...LOOK })).toBeUndefined();
    const again = phone.ping(ping);
    await pause(300);
    await stage.put('reads');
    expect(await again).toMatchObject({ status: 2, changedFolderIds: [inbox] });
  });

  it('new mail waits for room: the device is told to come again under the same key', async () => {
    const phone = stage.phone({ user: 'waits', persists: false });
    await stage.syncEverything(phone);
    await disk.fill();
    const subject = await stage.put('waits');
    await pause(1_500);
    const key = phone.state.collections[inboxOf(phone)]?.syncKey;
    await expect(phone.syncAll({ collectionId: inboxOf(phone), ...LOOK })).rejects.toMatchObject({ status: 16 });
    expect(phone.state.collections[inboxOf(phone)]?.syncKey).toBe(key);
    await disk.free();
    await stage.settle('waits', phone);
    expect(phone.items(inboxOf(phone)).map((it) => itemText(it, 'Email:Subject'))).toEqual([subject]);
    expect(stage.resyncsOf('waits')).toEqual([]);
  });

  it('a message that cannot be written down first is not sent', async () => {
    const phone = stage.phone({ user: 'sends', persists: false });
    await stage.syncEverything(phone);
    const subject = stage.name('sent');
    const mime = await letterFrom('sends', subject);
    await disk.fill();
    await expect(phone.sendMail({ mime, clientId: 'sent-1' })).rejects.toMatchObject({ status: 111 });
    expect(stage.taken(subject)).toHaveLength(0);
    await disk.free();
    await phone.sendMail({ mime, clientId: 'sent-1' });
    expect(stage.taken(subject)).toHaveLength(1);
  });

  it('a server that is killed then starts as soon as there is room, with everything that it had answered', async () => {
    const phone = stage.phone({ user: 'dies' });
    await stage.put('dies');
    await stage.settle('dies', phone);
    await disk.fill();
    await stage.server.end('SIGKILL');
    // Whether it can start without room is a matter of what it found; that it says why if it can't is not.
    const failure = await stage.server.launch().then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    if (failure !== undefined) expect(failure).toContain('Free space on the file system');
    await disk.free();
    if (failure !== undefined) await stage.server.launch();
    await stage.put('dies');
    await stage.settle('dies', phone);
    expect(stage.resyncsOf('dies')).toEqual([]);
  });
});
