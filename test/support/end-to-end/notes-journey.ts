/** Notes in a folder of mail, as a phone and as another mail program see them. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type DeviceClient, FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import { element, type TagName } from '../../../lib/activesync/protocol/index.ts';
import type { Mailbox } from '../../../lib/backends/index.ts';

const PATIENCE = { timeout: 120_000 };
const UUID = '5A1F2C3D-0000-4000-8000-000000000001';

const apple = (subject: string, text: string, uuid: string | undefined = UUID) =>
  Buffer.from(
    [
      'From: ada@example.org',
      `Subject: ${subject}`,
      'Date: Thu, 26 Nov 2026 10:00:00 +0100',
      ...(uuid === ''
        ? []
        : ['X-Uniform-Type-Identifier: com.apple.mail-note', `X-Universally-Unique-Identifier: ${uuid}`]),
      'Mime-Version: 1.0',
      'Content-Type: text/html; charset=utf-8',
      '',
      `<html><body>${text}</body></html>`,
      '',
    ].join('\r\n'),
  );
const text = (tag: TagName, value: string) => element(tag, value);
const body = (value: string) =>
  element('AirSyncBase:Body', text('AirSyncBase:Type', '1'), text('AirSyncBase:Data', value));

export interface NotesStage {
  /** A new one of the user's, at 14.1. */
  device(): DeviceClient;
  /** Another mail program of the user's, who has no notes yet. */
  readonly other: Mailbox;
}

export function describeNotesJourney(staged: () => NotesStage): void {
  describe('notes in a folder of mail', () => {
    let phone: DeviceClient;
    let other: Mailbox;
    let notes: string;
    beforeAll(async () => {
      ({ other } = staged());
      phone = staged().device();
      await phone.folderSync();
      notes = phone.folder(FolderType.notes).serverId;
    }, PATIENCE.timeout);

    const sync = (commands: Parameters<DeviceClient['syncAll']>[0]['commands'] = []) =>
      phone.syncAll({
        collectionId: notes,
        bodyPreferences: [{ type: 1 }],
        ...(commands.length > 0 && { commands }),
      });
    const subjects = () => phone.items(notes).map((it) => itemText(it, 'Notes:Subject'));
    const noteOf = (subject: string) => phone.items(notes).find((it) => itemText(it, 'Notes:Subject') === subject);
    const messages = async () => {
      const uids = (await other.changes('Notes')).messages.map(({ uid }) => uid);
      const fetched = await other.fetch('Notes', uids, () => [{ path: '' }]);
      return fetched.map((it) => Buffer.from(it.parts.get('')?.bytes ?? []).toString('utf8'));
    };
    const until = (isSo: () => boolean) =>
      vi.waitFor(async () => {
        await sync();
        expect(isSo(), subjects().join(', ')).toBe(true);
      }, 60_000);

    it('the first one of a phone makes the folder; it is a message as Apple has them', PATIENCE, async () => {
      const { added } = await sync([
        {
          kind: 'add',
          clientId: 'n1',
          data: [text('Notes:Subject', 'Ideas'), text('Notes:MessageClass', 'IPM.StickyNote'), body('one\ntwo')],
        },
      ]);
      expect(added).toBe(0);
      const [message = ''] = await messages();
      expect(message).toMatch(/^X-Uniform-Type-Identifier: com\.apple\.mail-note\r$/m);
      expect(message).toMatch(/^Subject: Ideas\r$/m);
      expect(message).toContain('<div>one</div><div>two</div>');
      const another = staged().device();
      await another.folderSync();
      expect(
        Object.values(another.state.folders)
          .filter((it) => it.displayName === 'Notes')
          .map((it) => it.type),
      ).toEqual([FolderType.notes]);
    });

    it("a change on the phone is a new message in the old one's place, with the same identity", PATIENCE, async () => {
      const [before = ''] = await messages();
      const id = /^X-Universally-Unique-Identifier: (.*?)\r$/m.exec(before)?.[1];
      const { serverId = '' } = noteOf('Ideas') ?? {};
      const data = [
        text('Notes:Subject', 'Better ideas'),
        text('Notes:MessageClass', 'IPM.StickyNote'),
        body('one\ntwo'),
      ];
      expect(await sync([{ kind: 'change', serverId, data }])).toMatchObject({ added: 0, changed: 0, deleted: 0 });
      const after = await messages();
      expect(after).toHaveLength(1);
      expect(after[0]).toContain('Subject: Better ideas');
      expect(/^X-Universally-Unique-Identifier: (.*?)\r$/m.exec(after[0] ?? '')?.[1]).toBe(id);
    });

    it('a change by another program, a new message for an old one, is a Change for the phone', PATIENCE, async () => {
      const first = await other.append('Notes', apple('From a Mac', 'Milk'), { flags: ['\\Seen'] });
      await until(() => subjects().includes('From a Mac'));
      const { serverId } = noteOf('From a Mac') ?? {};
      await other.append('Notes', apple('Still from a Mac', 'Milk, bread'), { flags: ['\\Seen'] });
      await other.remove('Notes', [first.uid]);
      await until(() => subjects().includes('Still from a Mac'));
      expect(noteOf('Still from a Mac')?.serverId).toBe(serverId);
      expect(subjects().toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
        'Better ideas',
        'Still from a Mac',
      ]);
      expect(JSON.stringify(noteOf('Still from a Mac'))).toContain('Milk, bread');
    });

    it('MS-ASCMD_R2068: where both changed a note, the server wins', PATIENCE, async () => {
      const { serverId = '' } = noteOf('Still from a Mac') ?? {};
      const { messages: there } = await other.changes('Notes');
      await other.append('Notes', apple('Theirs', 'x'), { flags: ['\\Seen'] });
      await other.remove('Notes', [Math.max(...there.map(({ uid }) => uid))]);
      const data = [text('Notes:Subject', 'Ours'), text('Notes:MessageClass', 'IPM.StickyNote')];
      const answer = await phone.sync({ collectionId: notes, commands: [{ kind: 'change', serverId, data }] });
      expect(answer?.results).toMatchObject([{ kind: 'change', status: 7 }]);
      await until(() => subjects().includes('Theirs'));
    });

    it('what has no identity, or one that another bears, is a note all the same', PATIENCE, async () => {
      await other.append('Notes', apple('Plain mail', 'y', ''), { flags: [] });
      await other.append('Notes', apple('The same identity', 'z'), { flags: [] });
      await until(() => ['Theirs', 'Plain mail', 'The same identity'].every((it) => subjects().includes(it)));
      const { serverId = '' } = noteOf('Plain mail') ?? {};
      const data = [text('Notes:Subject', 'Plain no more'), text('Notes:MessageClass', 'IPM.StickyNote')];
      expect(await sync([{ kind: 'change', serverId, data }])).toMatchObject({ added: 0, deleted: 0 });
      await until(() => subjects().includes('Plain no more'));
      expect(noteOf('Plain no more')?.serverId).toBe(serverId);
    });

    it('a waiting Ping is answered when one comes; one that the phone deletes is gone', PATIENCE, async () => {
      await sync();
      const ping = phone.ping({ heartbeatSeconds: 60, folders: [{ id: notes, itemClass: 'Notes' }] });
      await other.append('Notes', apple('Wake up', 'now', 'ANOTHER-1'), { flags: [] });
      expect(await ping).toMatchObject({ status: 2 });
      await until(() => subjects().includes('Wake up'));
      await sync(phone.items(notes).map(({ serverId }) => ({ kind: 'delete' as const, serverId })));
      expect(await messages()).toEqual([]);
      expect(subjects()).toEqual([]);
    });
  });
}
