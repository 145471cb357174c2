/** A device syncs a real mailbox, is notified, sends: the whole path. */
import { describe, expect, it, vi } from 'vitest';
import { composeMail, FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import type { Served } from './served.ts';

const PATIENCE = { timeout: 120_000 };

const letter = (subject: string, to = 'ada@example.org', from = 'carol@elsewhere.example') =>
  composeMail({ from, to, subject, text: `About ${subject}.` });

export function describeMailJourney(versions: readonly ProtocolVersion[], served: () => Served): void {
  describe.each(versions)('mail at %s', (version) => {
    it('a device gets the folders, syncs the inbox, and is told of nothing new', PATIENCE, async () => {
      await served().mail.deliver('ada', await letter(`First at ${version}`));
      const phone = served().device({ version });
      await phone.folderSync();
      const inbox = phone.folder(FolderType.inbox);
      // Dovecot tells of a delivery half a second later.
      await vi.waitFor(async () => {
        await phone.syncAll({ collectionId: inbox.serverId });
        expect(phone.items(inbox.serverId).map((it) => itemText(it, 'Email:Subject'))).toContain(`First at ${version}`);
      }, 60_000);
      expect(await phone.sync({ collectionId: inbox.serverId })).toBeUndefined();
    });

    it('a waiting Ping is answered when mail comes, and the next Sync brings it', PATIENCE, async () => {
      const phone = served().device({ version });
      await phone.folderSync();
      const inbox = phone.folder(FolderType.inbox);
      await phone.syncAll({ collectionId: inbox.serverId });
      const ping = phone.ping({ heartbeatSeconds: 60, folders: [{ id: inbox.serverId, itemClass: 'Email' }] });
      await served().mail.deliver('ada', await letter(`Wake up at ${version}`));
      expect(await ping).toMatchObject({ status: 2, changedFolderIds: [inbox.serverId] });
      await phone.syncAll({ collectionId: inbox.serverId });
      expect(phone.items(inbox.serverId).map((it) => itemText(it, 'Email:Subject'))).toContain(`Wake up at ${version}`);
    });

    it('a message that one user sends wakes the other, and its copy is in Sent', PATIENCE, async () => {
      const [ada, bob] = [served().device({ version }), served().device({ version, user: 'bob' })];
      await bob.folderSync();
      const inbox = bob.folder(FolderType.inbox).serverId;
      await bob.syncAll({ collectionId: inbox });
      const ping = bob.ping({ heartbeatSeconds: 60, folders: [{ id: inbox, itemClass: 'Email' }] });
      await ada.sendMail({ mime: await letter(`Sent at ${version}`, 'bob@example.org', 'ada@example.org') });
      expect((await ping).status).toBe(2);
      await bob.syncAll({ collectionId: inbox });
      expect(bob.items(inbox).map((it) => itemText(it, 'Email:Subject'))).toContain(`Sent at ${version}`);
      await ada.folderSync();
      const sent = ada.folder(FolderType.sentItems).serverId;
      await ada.syncAll({ collectionId: sent });
      expect(ada.items(sent).filter((it) => itemText(it, 'Email:Subject') === `Sent at ${version}`)).toHaveLength(1);
    });
  });
}
