// A mailbox is made again under a new UIDVALIDITY, as after a restore from a backup: devices heal by ordinary deletions and
// additions through their windows (sync-state.md, rule 6). Nobody begins again, nothing is lost, nothing is there twice.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type DeviceClient, FolderType, itemText } from '../../lib/activesync/client/index.ts';
import { element } from '../../lib/activesync/index.ts';
import { withImap } from './support/mailbox.ts';
import { LOOK, LoseEachOnce, Stage } from './support/stage.ts';

const MESSAGES = 7;

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({ users: ['heals', 'waits', 'loses', 'dies', 'changes', 'folder'] });
});
afterAll(() => stage.stop());

const inboxOf = (phone: DeviceClient) => phone.folder(FolderType.inbox).serverId;

/** A device that has seven messages, the first of which is read. */
async function synced(user: string): Promise<DeviceClient> {
  const phone = stage.phone({ user });
  for (let count = 0; count < MESSAGES; count++) await stage.put(user);
  await stage.settle(user, phone);
  const [first] = phone.items(inboxOf(phone));
  const read = [{ kind: 'change', serverId: first?.serverId ?? '', data: [element('Email:Read', '1')] }] as const;
  await phone.sync({ collectionId: inboxOf(phone), commands: read, ...LOOK });
  await stage.settle(user, phone);
  return phone;
}

it('a device takes the old ones away and the new ones in, through its windows', async () => {
  const phone = await synced('heals');
  await stage.dovecot.recreateMailbox('heals');
  const totals = await phone.syncAll({ collectionId: inboxOf(phone), windowSize: 3, ...LOOK });
  expect(totals).toMatchObject({ added: MESSAGES, deleted: MESSAGES, changed: 0 });
  expect(totals.rounds).toBeGreaterThanOrEqual((2 * MESSAGES) / 3);
  await stage.settle('heals', phone);
  expect(stage.resyncsOf('heals')).toEqual([]);
});

it('a device that waits is told', async () => {
  const phone = await synced('waits');
  const ping = phone.ping({ heartbeatSeconds: 300, folders: [{ id: inboxOf(phone), itemClass: 'Email' }] });
  await new Promise((done) => setTimeout(done, 300));
  await stage.dovecot.recreateMailbox('waits');
  expect(await ping).toMatchObject({ status: 2, changedFolderIds: [inboxOf(phone)] });
  await stage.settle('waits', phone);
  expect(stage.resyncsOf('waits')).toEqual([]);
});

it('every answer is lost once meanwhile', async () => {
  const phone = await synced('loses');
  await stage.dovecot.recreateMailbox('loses');
  const losing = new LoseEachOnce({ at: 'answer' });
  stage.intercepts.set('loses', losing.intercept);
  await phone.syncAll({ collectionId: inboxOf(phone), windowSize: 3, ...LOOK });
  stage.intercepts.delete('loses');
  expect(losing.broken.get('Sync')).toBeGreaterThan(2);
  await stage.settle('loses', phone);
  expect(stage.resyncsOf('loses')).toEqual([]);
});

it('the server is killed, the mailbox is made again, the server is started', async () => {
  const phone = await synced('dies');
  await stage.server.end('SIGKILL');
  await stage.dovecot.recreateMailbox('dies');
  await stage.server.launch();
  const totals = await phone.syncAll({ collectionId: inboxOf(phone), windowSize: 100, ...LOOK });
  expect(totals).toMatchObject({ added: MESSAGES, deleted: MESSAGES });
  await stage.settle('dies', phone);
  expect(stage.resyncsOf('dies')).toEqual([]);
});

it('a change of a message under its old id is no change of the message that has its number now', async () => {
  const phone = await synced('changes');
  const item = phone.items(inboxOf(phone)).find((it) => itemText(it, 'Email:Read') === '0');
  await stage.dovecot.recreateMailbox('changes');
  const answer = await phone.sync({
    collectionId: inboxOf(phone),
    commands: [{ kind: 'change', serverId: item?.serverId ?? '', data: [element('Email:Read', '1')] }],
    ...LOOK,
  });
  expect(answer?.results.map((it) => it.status)).toEqual([8]);
  const contents = await stage.settle('changes', phone);
  // Maildir keeps that in the name of the file: the one that was read before.
  expect(contents.get('INBOX')?.filter((it) => it.flags.has('\\Seen'))).toHaveLength(1);
  expect(stage.resyncsOf('changes')).toEqual([]);
});

it('a folder that is deleted and made again by another program is another folder', async () => {
  const phone = stage.phone({ user: 'folder' });
  await withImap(stage.dovecot, 'folder', async (imap) => void (await imap.mailboxCreate('Work')));
  const old = await stage.put('folder', { folder: 'Work' });
  await stage.settle('folder', phone);
  await withImap(stage.dovecot, 'folder', async (imap) => {
    await imap.mailboxDelete('Work');
    // Dovecot takes the time in seconds for the new UIDVALIDITY.
    await new Promise((done) => setTimeout(done, 1_100));
    await imap.mailboxCreate('Work');
  });
  const now = await stage.put('folder', { folder: 'Work' });
  const contents = await stage.settle('folder', phone);
  expect(contents.get('Work')?.map((it) => it.subject)).toEqual([now]);
  expect([...contents.values()].flat().map((it) => it.subject)).not.toContain(old);
  expect(stage.resyncsOf('folder')).toEqual([]);
});
