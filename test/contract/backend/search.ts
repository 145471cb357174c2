import { describe, expect, it } from 'vitest';
import type { Folder, Mailbox, SearchQuery } from '../../../lib/backends/index.ts';
import { type BackendFixture, expectBackendError, type MessageOptions } from './fixture.ts';

export function describeSearch(fixture: BackendFixture): void {
  describe('search', () => {
    /** Three messages, a day apart from 2026-05-01 on. */
    const mailboxOf = async (messages: readonly MessageOptions[]) => {
      const { mailbox, folder } = await fixture.folder();
      const uids: number[] = [];
      for (const [i, options] of messages.entries()) {
        const receivedAt = new Date(Date.UTC(2026, 4, 1 + i, 12));
        const { raw } = fixture.message(options);
        uids.push((await mailbox.append(folder.id, raw, { flags: [], receivedAt })).uid);
      }
      return { mailbox, folder, uids: uids as [number, number, number] };
    };
    const find = async (mailbox: Mailbox, folder: Folder, query: SearchQuery): Promise<number[]> =>
      (await mailbox.search([folder.id], query, 100)).map((hit) => hit.uid);

    const LETTERS: readonly MessageOptions[] = [
      { subject: 'Budget for spring', from: 'Carol <carol@example.org>', body: 'The quarterly figures are attached.' },
      { subject: 'Lunch', from: 'Dave <dave@example.org>', to: 'Team <team@example.org>', body: 'Pizza and figures?' },
      { subject: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', from: 'Carol <carol@example.org>', body: 'Schöne Grüße aus Łódź' },
    ];

    it('an empty query matches everything, newest first', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      const hits = await mailbox.search([folder.id], {}, 100);
      expect(hits.map((hit) => hit.uid)).toEqual([uids[2], uids[1], uids[0]]);
      expect(hits[0]).toEqual({ folderId: folder.id, uid: uids[2], receivedAt: new Date('2026-05-03T12:00:00Z') });
    });

    it('finds free text in headers and bodies', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      expect(await find(mailbox, folder, { text: 'budget' })).toEqual([uids[0]]);
      expect(await find(mailbox, folder, { text: 'figures' })).toEqual([uids[1], uids[0]]);
      expect(await find(mailbox, folder, { text: 'nothing of the kind' })).toEqual([]);
    });

    it('words of free text are ANDed', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      expect(await find(mailbox, folder, { text: 'figures pizza' })).toEqual([uids[1]]);
      expect(await find(mailbox, folder, { text: 'lunch pizza' })).toEqual([uids[1]]);
    });

    it('finds text in any script, in headers and bodies', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      expect(await find(mailbox, folder, { text: 'Łódź' })).toEqual([uids[2]]);
      expect(await find(mailbox, folder, { subject: 'Grüße' })).toEqual([uids[2]]);
    });

    it('finds by subject, from and to', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      expect(await find(mailbox, folder, { subject: 'lunch' })).toEqual([uids[1]]);
      expect(await find(mailbox, folder, { from: 'carol' })).toEqual([uids[2], uids[0]]);
      expect(await find(mailbox, folder, { to: 'team@example.org' })).toEqual([uids[1]]);
    });

    it('all criteria must match', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      expect(await find(mailbox, folder, { from: 'carol', text: 'figures' })).toEqual([uids[0]]);
      expect(await find(mailbox, folder, { from: 'dave', subject: 'budget' })).toEqual([]);
    });

    it('finds by dates of arrival', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      expect(await find(mailbox, folder, { after: new Date('2026-05-02T00:00:00Z') })).toEqual([uids[2], uids[1]]);
      expect(await find(mailbox, folder, { before: new Date('2026-05-02T00:00:00Z') })).toEqual([uids[0]]);
      const range = { after: new Date('2026-05-02T11:00:00Z'), before: new Date('2026-05-02T13:00:00Z') };
      expect(await find(mailbox, folder, range)).toEqual([uids[1]]);
    });

    it('finds unread and flagged', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      await mailbox.updateFlags(folder.id, [uids[0]], { add: ['\\Seen', '\\Flagged'] });
      expect(await find(mailbox, folder, { unread: true })).toEqual([uids[2], uids[1]]);
      expect(await find(mailbox, folder, { unread: false })).toEqual([uids[0]]);
      expect(await find(mailbox, folder, { flagged: true })).toEqual([uids[0]]);
      expect(await find(mailbox, folder, { flagged: false })).toEqual([uids[2], uids[1]]);
    });

    it('takes quotes, backslashes and line breaks in a query as text', async () => {
      const { mailbox, folder } = await mailboxOf(LETTERS);
      for (const text of ['"', '\\', 'a"b\\c', 'a\r\nb ALL', ') OR (ALL', '*']) {
        await expect(find(mailbox, folder, { text, subject: text })).resolves.toEqual([]);
      }
    });

    it('searches several folders and gives the newest of all, at most limit', async () => {
      const { mailbox, folder, uids } = await mailboxOf(LETTERS);
      const other = await mailbox.createFolder(fixture.name('Other'), undefined);
      const receivedAt = new Date('2026-05-02T18:00:00Z');
      const { uid } = await mailbox.append(other.id, fixture.message(LETTERS[0]).raw, { flags: [], receivedAt });
      const hits = await mailbox.search([folder.id, other.id], { from: '@example.org' }, 3);
      expect(hits.map((hit) => [hit.folderId, hit.uid])).toEqual([
        [folder.id, uids[2]],
        [other.id, uid],
        [folder.id, uids[1]],
      ]);
    });

    it('in no folder finds nothing', async () => {
      expect(await (await fixture.open()).search([], {}, 10)).toEqual([]);
    });

    it('in a folder that is gone is not-found', async () => {
      await expectBackendError((await fixture.open()).search(['No such folder'], {}, 10), 'not-found');
    });
  });
}
