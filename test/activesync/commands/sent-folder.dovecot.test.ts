// A mailbox as Debian's Dovecot makes it: no folder for sent mail until somebody makes one.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mailbox } from '../../../lib/backends/index.ts';
import { StoreOutbox } from '../../../lib/outbox/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { standaloneLease } from '../../../lib/pool/index.ts';
import { createUserSync, type UserSync } from '../../../lib/sync/index.ts';
import { type ImapUnderTest, startImapBackend } from '../../support/imap-backend.ts';
import { MemoryStore } from '../../sync/support/faulty-store.ts';
import { TestDevice } from './support/test-device.ts';

const parts = { store: new MemoryStore(), clock: systemClock, random: systemRandom, log: silentLog };
let site: ImapUnderTest;
let mailbox: Mailbox;
let user: UserSync;

beforeAll(async () => {
  site = await startImapBackend({ folders: {} });
  const account = await site.system.authenticate(site.credentials.ada);
  if (!account) throw new Error('ada cannot sign in');
  mailbox = await site.system.open(account, site.credentials.ada);
  user = createUserSync({ ...parts, account, mailbox, lease: standaloneLease('ada', 's1') });
});
afterAll(async () => {
  await user?.close();
  await site?.stop();
});

it('MS-ASCMD_R3870, MS-ASCMD_R3871: the copy of a sent message is kept in a sent folder that is made for the first one that wants it', async () => {
  const device = new TestDevice(user, { outbox: new StoreOutbox(parts) });
  const shown = await device.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
  const id = (await user.folderOfKind('sent'))?.id ?? '';
  expect(shown.xml).toContain(`<ServerId>${id}</ServerId>`);
  const send = async (clientId: string, rest: string) => {
    const mime = `From: ada@example.org&#13;&#10;To: bob@example.org&#13;&#10;Subject: ${clientId}&#13;&#10;&#13;&#10;hi&#13;&#10;`;
    const reply = await device.post(
      'SendMail',
      `<SendMail><ClientId>${clientId}</ClientId>${rest}<Mime>${mime}</Mime></SendMail>`,
    );
    expect(reply.xml).toBe('');
  };
  const names = async () => (await mailbox.folders()).map((it) => it.name).filter((it) => it !== 'INBOX');

  await send('no-copy', '');
  expect(await names()).toEqual([]);
  await send('first', '<SaveInSentItems/>');
  await send('second', '<SaveInSentItems/>');
  expect(await names()).toEqual(['Sent Items']);
  // The device goes on knowing it by the id under which it was shown before it was there.
  const sent = await user.folderOfKind('sent');
  expect(sent).toMatchObject({ id, backendId: 'Sent Items' });
  const found = await mailbox.search(['Sent Items'], { text: 'example.org' }, 10);
  expect(found).toHaveLength(2);
});
