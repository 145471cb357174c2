import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FolderEvent, Mailbox } from '../../../lib/backends/index.ts';
import { FolderWatch, type WatchDirectory } from '../../../lib/backends/folders/folder-watch.ts';
import { UserFolders } from '../../../lib/backends/folders/user-folders.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventually, pause } from '../../contract/backend/fixture.ts';
import { deliverFile, startSystem, type TestSystem } from './setup.ts';

let started: TestSystem;
let ada: Mailbox;
let events: FolderEvent[];
const path = (...names: string[]) => join(started.root, 'ada', 'mail', ...names);
const told = (folderId: string) =>
  events.some((event) => event.kind === 'changed' && event.folderId === folderId) || undefined;

beforeEach(async () => {
  started = await startSystem();
  ada = await started.open();
  events = [];
});
afterEach(() => started.stop());

describe('a watch', () => {
  it('goes on with a folder that another program removed and made again', async () => {
    const { id } = await ada.createFolder('Again', undefined);
    const watch = await ada.watch((event) => events.push(event));
    watch.update([id]);
    await rm(path('.Again'), { recursive: true });
    for (const name of ['tmp', 'new', 'cur']) await mkdir(path('.draft', name), { recursive: true });
    await rename(path('.draft'), path('.Again'));
    await eventually('the event of the folder', () => told(id));
    await pause(60);
    events.length = 0;
    await deliverFile(path('.Again'), 'Subject: x\r\n\r\n');
    await eventually('the event of the mail', () => told(id));
  });

  it('sees a folder that is made after it was asked to watch it', async () => {
    const watch = await ada.watch((event) => events.push(event));
    watch.update(['Later']);
    const { id } = await ada.createFolder('Later', undefined);
    await eventually('the event of the folder', () => told(id));
    await pause(60);
    events.length = 0;
    await deliverFile(path('.Later'), 'Subject: x\r\n\r\n');
    await eventually('the event of the mail', () => told(id));
  });

  it('says nothing when nothing happened, and nothing of the folders’ own bookkeeping', async () => {
    await ada.changes('INBOX');
    const watch = await ada.watch((event) => events.push(event));
    watch.update(['INBOX', 'Sent']);
    await ada.changes('INBOX');
    await ada.changes('Sent');
    await ada.folders();
    await pause(200);
    expect(events).toEqual([]);
  });
});

describe('a watch without inotify', () => {
  const refuse: WatchDirectory = () => {
    throw Object.assign(new Error('too many watches'), { code: 'ENOSPC' });
  };

  it.each([
    ['that is refused from the start', refuse],
    [
      'that fails later',
      (_directory: string, _changed: unknown, failed: (error: unknown) => void) => {
        queueMicrotask(() => failed(Object.assign(new Error('gone'), { code: 'EPERM' })));
        return { close: () => undefined };
      },
    ],
  ] satisfies [string, WatchDirectory][])('%s polls every two seconds', async (_, watchDirectory) => {
    const clock = new ManualClock();
    const folders = new UserFolders(started.root, ada.account, systemClock, systemRandom);
    const watch = new FolderWatch(folders, (event) => events.push(event), { clock, log: silentLog, watchDirectory });
    watch.update(['INBOX', 'Sent']);
    await pause(20);
    // Nobody knows what came before the first look.
    await clock.advance(2_000);
    await eventually('the first look', () => told('INBOX') && told('Sent'));
    await pause(50);
    await clock.advance(100);
    events.length = 0;
    await deliverFile(path(), 'Subject: x\r\n\r\n');
    await pause(50);
    expect(events).toEqual([]);
    await clock.advance(2_000);
    await eventually('the event', () => told('INBOX'));
    expect(told('Sent')).toBeUndefined();
    await watch.close();
    await folders.close();
  });

  it('polls every half minute where inotify works but tells nothing', async () => {
    const clock = new ManualClock();
    const folders = new UserFolders(started.root, ada.account, systemClock, systemRandom);
    const deaf: WatchDirectory = () => ({ close: () => undefined });
    const watch = new FolderWatch(folders, (event) => events.push(event), {
      clock,
      log: silentLog,
      watchDirectory: deaf,
    });
    watch.update(['INBOX']);
    await clock.advance(30_000);
    await pause(50);
    expect(events).toEqual([]);
    await deliverFile(path(), 'Subject: x\r\n\r\n');
    await ada.createFolder('New', undefined);
    await clock.advance(30_000);
    await eventually('the events', () => told('INBOX') && events.some((event) => event.kind === 'hierarchy'));
    await watch.close();
    await folders.close();
  });
});
