/** The engine on everything real: a mail system, another program in the same mailbox, SQLite on a disk, a clock that runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mailbox, MessageFlags } from '../../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { standaloneLease } from '../../../lib/pool/index.ts';
import { SqliteStore } from '../../../lib/store/index.ts';
import { createUserSync, type SyncFolder, type UserSync } from '../../../lib/sync/index.ts';
import type { BackendUnderTest } from '../../contract/backend.ts';
import { FaultyStore } from './faulty-store.ts';
import { addDraft, PhoneCollection, remove, setRead } from './phone.ts';
import { told } from './transcript.ts';

const PATIENCE_MS = 15_000;
const POLL_MS = 20;

async function eventually<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const result = await probe();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`waited in vain for ${what}`);
}

export function describeJourney(name: string, setUp: () => Promise<BackendUnderTest>): void {
  describe(`the engine on ${name} and SQLite`, () => {
    let under: BackendUnderTest;
    let directory: string;
    let store: FaultyStore;
    let other: Mailbox;
    let user: UserSync;
    let serial = 0;

    const open = async (): Promise<Mailbox> => {
      const account = await under.system.authenticate(under.credentials.ada);
      if (!account) throw new Error('ada cannot sign in');
      return under.system.open(account, under.credentials.ada);
    };

    const boot = async (): Promise<void> => {
      store = new FaultyStore(new SqliteStore({ file: join(directory, 'caravan.db') }));
      const mailbox = await open();
      user = createUserSync({
        account: mailbox.account,
        mailbox,
        store,
        lease: standaloneLease(mailbox.account.user, 'session1'),
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        settings: { staleViewMs: 0 },
      });
    };

    const restart = async (): Promise<void> => {
      await user.close();
      await store.close();
      await boot();
    };

    beforeAll(async () => {
      under = await setUp();
      directory = await mkdtemp(join(tmpdir(), 'caravan-sync-'));
      await boot();
      other = await open();
    });

    afterAll(async () => {
      await user.close();
      await store.close();
      await other.close();
      await under.system.close();
      await under.stop();
      await rm(directory, { recursive: true, force: true });
    });

    const put = async (folderId: string, flags: MessageFlags = [], receivedAt?: Date): Promise<number> => {
      serial++;
      const raw = `Subject: journey ${serial}\r\nMessage-ID: <journey-${serial}@example.org>\r\n\r\nText\r\n`;
      return (await other.append(folderId, Buffer.from(raw), { flags, ...(receivedAt && { receivedAt }) })).uid;
    };

    /** A folder of its own, with messages, synced by a phone. */
    const primed = async (count: number): Promise<{ phone: PhoneCollection; folder: SyncFolder; uids: number[] }> => {
      const made = await other.createFolder(`Journey ${++serial}`, undefined);
      const uids: number[] = [];
      for (let i = 0; i < count; i++) uids.push(await put(made.id));
      await user.rescan();
      const folder = (await user.folders()).find(({ backendId }) => backendId === made.id);
      if (!folder) throw new Error('the folder is not there');
      const phone = new PhoneCollection(user.device(`phone${serial}`), folder);
      await phone.prime({ windowSize: 3 });
      return { phone, folder, uids };
    };

    it('a first Sync, in windows', async () => {
      const { phone, uids } = await primed(7);
      expect([...phone.items.keys()].map((id) => Number(id.split(':')[1])).sort((a, b) => a - b)).toEqual(uids);
      expect(await phone.sync()).toMatchObject({ changed: false });
    });

    it('what another program did: new mail, flags, deletions', async () => {
      const { phone, folder, uids } = await primed(3);
      const backendId = folder.backendId ?? '';
      await other.updateFlags(backendId, uids.slice(0, 1), { add: ['\\Seen', '$Forwarded'] });
      await other.remove(backendId, uids.slice(1, 2));
      const fresh = await put(backendId, ['\\Flagged']);
      await phone.drain();
      const flags = [...phone.items].map(([id, item]) => [Number(id.split(':')[1]), item.flags]);
      expect(flags.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
        [uids[0], '$Forwarded \\Seen'],
        [uids[2], ''],
        [fresh, '\\Flagged'],
      ]);
    });

    it('what the device did: no echo, and nothing twice when the answer is lost', async () => {
      const { phone, folder, uids } = await primed(3);
      const [first, second, third] = [...phone.items.keys()].sort();
      const commands = [setRead(first ?? ''), remove(second ?? '')];
      const lost = await phone.ask({ commands });
      expect(await phone.sync({ commands })).toEqual(lost);
      expect(lost).toMatchObject({ outcomes: [], changes: [] });
      expect(await phone.sync()).toMatchObject({ changed: false });
      const left = await other.changes(folder.backendId ?? '');
      expect(left.messages.map(({ uid }) => uid)).toEqual([uids[0], uids[2]]);
      expect(left.messages[0]?.flags).toContain('\\Seen');
      expect(third).toBeDefined();
    });

    it('a draft, added once although the server died over it', async () => {
      const folder = await user.folderOfKind('drafts');
      if (!folder) throw new Error('there are no drafts');
      const phone = new PhoneCollection(user.device('drafter'), folder);
      await phone.prime();
      const command = addDraft('a draft of a journey');
      store.fault = (operation) => (operation === 'put' ? 'dropped' : undefined);
      expect(await phone.ask({ commands: [command] })).toMatchObject({ reason: 'unavailable' });
      await restart();
      const after = new PhoneCollection(user.device('drafter'), folder);
      after.key = phone.key;
      expect((await after.sync({ commands: [command] })).outcomes).toMatchObject([{ kind: 'added' }]);
      const drafts = await other.changes((await user.folder(folder.id))?.backendId ?? '');
      expect(drafts.messages.filter(({ flags }) => flags.includes('\\Draft'))).toHaveLength(1);
      expect(await after.sync()).toMatchObject({ changed: false });
    });

    it('a device goes on where it was when the server starts again', async () => {
      const { phone, folder } = await primed(4);
      await restart();
      const after = new PhoneCollection(user.device(phone.device.deviceId), folder);
      after.key = phone.key;
      expect(await after.sync()).toMatchObject({ changed: false });
      const uid = await put(folder.backendId ?? '');
      await eventually('the new message', async () => {
        const answer = await after.sync();
        return told(answer).length > 0
          ? (expect(told(answer)).toEqual([`add ${folder.id}:${uid}`]) ?? true)
          : undefined;
      });
    });

    it('a waiting device hears of new mail in the inbox', async () => {
      const inbox = await user.folderOfKind('inbox');
      if (!inbox) throw new Error('there is no inbox');
      const phone = new PhoneCollection(user.device('waiter'), inbox);
      await phone.prime();
      await eventually('quiet', async () => {
        await phone.drain();
        return (await phone.device.watchState(inbox.id)) === 'quiet' ? true : undefined;
      });
      const completed = new Promise((resolve) => {
        user.waiting.onCompletion((_, completion) => resolve(completion));
        user.waiting.open({
          deviceId: 'waiter',
          purpose: 'ping',
          collectionIds: [inbox.id],
          changed: (ids) => ({ kind: 'answer', answer: ids }),
          superseded: () => ({ kind: 'again' }),
        });
      });
      const raw = 'From: bob@example.org\r\nTo: ada@example.org\r\nSubject: wake up\r\n\r\nHi\r\n';
      await under.deliver('ada', Buffer.from(raw));
      expect(await completed).toEqual({ kind: 'answer', answer: [inbox.id] });
      await phone.drain();
      expect([...phone.items.values()].map(({ subject }) => subject)).toContain('wake up');
    });

    it('a message is moved, and each folder hears of it', async () => {
      const { phone, folder } = await primed(1);
      const to = await primed(0);
      const [serverId = ''] = phone.items.keys();
      const moved = await phone.device.move(serverId, folder.id, to.folder.id);
      expect(await phone.device.move(serverId, folder.id, to.folder.id)).toEqual(moved);
      await phone.drain();
      await to.phone.drain();
      expect([...phone.items.keys()]).toEqual([]);
      expect([...to.phone.items.keys()]).toEqual([moved.kind === 'moved' ? moved.serverId : '']);
    });

    it('a folder made anew under its old name is another, and its UIDs are too', async () => {
      const { phone, folder } = await primed(2);
      const backendId = folder.backendId ?? '';
      await other.deleteFolder(backendId);
      // UIDVALIDITY is a time in seconds at many mail systems.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await other.createFolder(folder.name, undefined);
      const uid = await put(backendId);
      await phone.drain();
      expect([...phone.items.keys()]).toEqual([`${folder.id}.1:${uid}`]);
    });

    it('folders that a device makes, renames and deletes', async () => {
      const device = user.device('gardener');
      const begun = await device.hierarchy('0');
      const key = begun.kind === 'changes' ? begun.syncKey : '';
      const change = { kind: 'create', name: 'Garden', parentId: '0', itemClass: 'Email' } as const;
      const made = await device.changeFolder(key, change);
      if (made.kind !== 'done') throw new Error(made.reason);
      const { id } = made;
      const renamed = await device.changeFolder(made.syncKey, { kind: 'rename', id, name: 'Park', parentId: '0' });
      expect(renamed).toMatchObject({ kind: 'done', id });
      expect(await user.folder(id)).toMatchObject({ name: 'Park' });
      const gone = await device.changeFolder(renamed.kind === 'done' ? renamed.syncKey : '', { kind: 'delete', id });
      expect(gone).toMatchObject({ kind: 'done', id });
      expect((await other.folders()).map((each) => each.name)).not.toContain('Park');
    });
  });
}
