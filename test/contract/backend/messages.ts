import { describe, expect, it } from 'vitest';
import type { Folder, Mailbox } from '../../../lib/backends/index.ts';
import { type BackendFixture, expectBackendError, sorted } from './fixture.ts';

export function describeMessages(fixture: BackendFixture): void {
  const flagsOf = async (mailbox: Mailbox, folder: Folder): Promise<Map<number, string[]>> => {
    const { messages } = await mailbox.changes(folder.id);
    return new Map(messages.map((message) => [message.uid, [...message.flags].sort()]));
  };
  const uidsOf = async (mailbox: Mailbox, folder: Folder): Promise<number[]> =>
    sorted((await mailbox.changes(folder.id)).messages.map((message) => message.uid));

  describe('updateFlags', () => {
    it('adds and removes flags', async () => {
      const { mailbox, folder } = await fixture.folder();
      const { uid } = await mailbox.append(folder.id, fixture.message().raw, { flags: ['\\Seen', '\\Flagged'] });
      await mailbox.updateFlags(folder.id, [uid], { add: ['\\Answered'], remove: ['\\Flagged'] });
      expect((await flagsOf(mailbox, folder)).get(uid)).toEqual(['\\Answered', '\\Seen']);
    });

    it('leaves other messages alone', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [a, b] = (await fixture.fill(mailbox, folder, 2)) as [number, number];
      await mailbox.updateFlags(folder.id, [a], { add: ['\\Seen'] });
      expect((await flagsOf(mailbox, folder)).get(b)).toEqual([]);
    });

    it('is done whether or not the flags were so already', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [uid] = (await fixture.fill(mailbox, folder, 1)) as [number];
      for (let i = 0; i < 2; i++) {
        const change = { add: ['\\Seen'], remove: ['\\Flagged'] };
        expect(await mailbox.updateFlags(folder.id, [uid], change)).toEqual([uid]);
      }
    });

    it('tells the UIDs that still existed', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [a, b, c] = (await fixture.fill(mailbox, folder, 3)) as [number, number, number];
      await mailbox.remove(folder.id, [b]);
      expect(sorted(await mailbox.updateFlags(folder.id, [a, b, c, 999_999], { add: ['\\Seen'] }))).toEqual([a, c]);
      expect(await mailbox.updateFlags(folder.id, [b], { remove: ['\\Seen'] })).toEqual([]);
      expect(await mailbox.updateFlags(folder.id, [], { add: ['\\Seen'] })).toEqual([]);
    });

    it('keeps keywords where the system has them', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [uid] = (await fixture.fill(mailbox, folder, 1)) as [number];
      await mailbox.updateFlags(folder.id, [uid], { add: ['$Forwarded', 'Project-X'] });
      const flags = (await flagsOf(mailbox, folder)).get(uid);
      expect(flags).toEqual(mailbox.capabilities.hasKeywords ? ['$Forwarded', 'Project-X'] : []);
    });

    it('in a folder that is gone is not-found', async () => {
      const mailbox = await fixture.open();
      await expectBackendError(mailbox.updateFlags('No such folder', [1], { add: ['\\Seen'] }), 'not-found');
    });
  });

  describe('move', () => {
    it('tells old and new UID, and messages keep flags, time and content', async () => {
      const { mailbox, folder } = await fixture.folder();
      const target = await mailbox.createFolder(fixture.name('Target'), undefined);
      const { raw, messageId } = fixture.message();
      const receivedAt = new Date('2026-02-03T04:05:06Z');
      const { uid } = await mailbox.append(folder.id, raw, { flags: ['\\Flagged'], receivedAt });
      const moved = await mailbox.move(folder.id, [uid], target.id);
      expect([...moved.keys()]).toEqual([uid]);
      const [message] = await mailbox.fetch(target.id, [...moved.values()], () => [{ path: '' }]);
      expect(message).toMatchObject({ flags: ['\\Flagged'], receivedAt, sizeBytes: raw.length });
      expect(Buffer.from(message?.parts.get('')?.bytes ?? []).equals(raw)).toBe(true);
      expect(await mailbox.findMessageId(folder.id, messageId)).toEqual([]);
      expect(await uidsOf(mailbox, folder)).toEqual([]);
    });

    it('moves many, each to its own new UID', async () => {
      const { mailbox, folder } = await fixture.folder();
      const target = await mailbox.createFolder(fixture.name('Target'), undefined);
      const messages = Array.from({ length: 5 }, () => fixture.message());
      const uids: number[] = [];
      for (const { raw } of messages) uids.push((await mailbox.append(folder.id, raw, { flags: [] })).uid);
      const moved = await mailbox.move(folder.id, uids, target.id);
      expect(sorted(moved.keys())).toEqual(uids);
      for (const [i, { messageId }] of messages.entries()) {
        expect(await mailbox.findMessageId(target.id, messageId)).toEqual([moved.get(uids[i] ?? 0)]);
      }
    });

    it('leaves out those that are gone, and leaves the others where they are', async () => {
      const { mailbox, folder } = await fixture.folder();
      const target = await mailbox.createFolder(fixture.name('Target'), undefined);
      const [a, b, c] = (await fixture.fill(mailbox, folder, 3)) as [number, number, number];
      await mailbox.remove(folder.id, [b]);
      const moved = await mailbox.move(folder.id, [a, b], target.id);
      expect([...moved.keys()]).toEqual([a]);
      expect(await uidsOf(mailbox, folder)).toEqual([c]);
      expect((await mailbox.move(folder.id, [b], target.id)).size).toBe(0);
    });

    it('to or from a folder that is gone is not-found, and the messages stay', async () => {
      const { mailbox, folder } = await fixture.folder();
      const uids = await fixture.fill(mailbox, folder, 1);
      await expectBackendError(mailbox.move(folder.id, uids, 'No such folder'), 'not-found');
      await expectBackendError(mailbox.move('No such folder', uids, folder.id), 'not-found');
      expect(await uidsOf(mailbox, folder)).toEqual(uids);
    });
  });

  describe('remove', () => {
    it('removes for good', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [a, b] = (await fixture.fill(mailbox, folder, 2)) as [number, number];
      await mailbox.remove(folder.id, [a]);
      expect(await uidsOf(mailbox, folder)).toEqual([b]);
      expect(await mailbox.fetch(folder.id, [a], () => [])).toEqual([]);
    });

    it('does not care whether they are there', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [a] = (await fixture.fill(mailbox, folder, 1)) as [number];
      await mailbox.remove(folder.id, [a]);
      await mailbox.remove(folder.id, [a, 999_999]);
      await mailbox.remove(folder.id, []);
      expect(await uidsOf(mailbox, folder)).toEqual([]);
    });

    it('leaves alone what somebody else marked as deleted', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [a, b] = (await fixture.fill(mailbox, folder, 2)) as [number, number];
      await mailbox.updateFlags(folder.id, [a], { add: ['\\Deleted'] });
      await mailbox.remove(folder.id, [b]);
      expect(await flagsOf(mailbox, folder)).toEqual(new Map([[a, ['\\Deleted']]]));
    });

    it('in a folder that is gone is not-found', async () => {
      await expectBackendError((await fixture.open()).remove('No such folder', [1]), 'not-found');
    });
  });

  describe('a validity that is not the folder’s', () => {
    it('names messages that are all gone: nothing happens to those that have their numbers now', async () => {
      const { mailbox, folder } = await fixture.folder();
      const { folder: target } = await fixture.folder();
      const [uid] = (await fixture.fill(mailbox, folder, 1)) as [number];
      const { validity } = await mailbox.changes(folder.id);
      expect(await mailbox.updateFlags(folder.id, [uid], { add: ['\\Seen'] }, `${validity}1`)).toEqual([]);
      expect([...(await mailbox.move(folder.id, [uid], target.id, `${validity}1`))]).toEqual([]);
      await mailbox.remove(folder.id, [uid], `${validity}1`);
      expect([...(await flagsOf(mailbox, folder))]).toEqual([[uid, []]]);
      expect(await mailbox.updateFlags(folder.id, [uid], { add: ['\\Seen'] }, validity)).toEqual([uid]);
      await mailbox.remove(folder.id, [uid], validity);
      expect(await uidsOf(mailbox, folder)).toEqual([]);
    });
  });

  describe('append', () => {
    it('tells UID and validity, and keeps flags and time', async () => {
      const { mailbox, folder } = await fixture.folder();
      const receivedAt = new Date('2025-12-31T23:59:58Z');
      const { raw } = fixture.message();
      const { uid, validity } = await mailbox.append(folder.id, raw, { flags: ['\\Draft', '\\Seen'], receivedAt });
      const changes = await mailbox.changes(folder.id);
      expect(changes.validity).toBe(validity);
      expect(changes.messages).toHaveLength(1);
      expect(changes.messages[0]).toMatchObject({ uid, receivedAt });
      expect((await flagsOf(mailbox, folder)).get(uid)).toEqual(['\\Draft', '\\Seen']);
    });

    it('receives now by default', async () => {
      const { mailbox, folder } = await fixture.folder();
      await mailbox.append(folder.id, fixture.message().raw, { flags: [] });
      const receivedAt = (await mailbox.changes(folder.id)).messages[0]?.receivedAt ?? new Date(0);
      expect(Math.abs(receivedAt.getTime() - Date.now())).toBeLessThan(60_000);
    });

    it('gives each message another, higher UID, even twice the same', async () => {
      const { mailbox, folder } = await fixture.folder();
      const { raw } = fixture.message();
      const first = await mailbox.append(folder.id, raw, { flags: [] });
      const second = await mailbox.append(folder.id, raw, { flags: [] });
      expect(second.uid).toBeGreaterThan(first.uid);
      expect(await uidsOf(mailbox, folder)).toEqual([first.uid, second.uid]);
    });

    it('never gives a UID again', async () => {
      const { mailbox, folder } = await fixture.folder();
      const first = await mailbox.append(folder.id, fixture.message().raw, { flags: [] });
      await mailbox.remove(folder.id, [first.uid]);
      const second = await mailbox.append(folder.id, fixture.message().raw, { flags: [] });
      expect(second.uid).toBeGreaterThan(first.uid);
    });

    it('keeps every byte of a large message', async () => {
      const { mailbox, folder } = await fixture.folder();
      const line = 'All work and no play makes Jack a dull boy.'.repeat(2);
      const { raw } = fixture.message({ body: Array.from({ length: 20_000 }, () => line).join('\r\n') });
      const { uid } = await mailbox.append(folder.id, raw, { flags: [] });
      const [message] = await mailbox.fetch(folder.id, [uid], () => [{ path: '' }]);
      expect(Buffer.from(message?.parts.get('')?.bytes ?? []).equals(raw)).toBe(true);
    });

    it('to a folder that is gone is not-found', async () => {
      const mailbox = await fixture.open();
      await expectBackendError(mailbox.append('No such folder', fixture.message().raw, { flags: [] }), 'not-found');
    });
  });

  describe('findMessageId', () => {
    it('tells the UIDs of the messages with this Message-ID', async () => {
      const { mailbox, folder } = await fixture.folder();
      await fixture.fill(mailbox, folder, 2);
      const { raw, messageId } = fixture.message();
      const first = await mailbox.append(folder.id, raw, { flags: [] });
      const second = await mailbox.append(folder.id, raw, { flags: [] });
      expect(sorted(await mailbox.findMessageId(folder.id, messageId))).toEqual([first.uid, second.uid]);
    });

    it('finds nothing by another one, nor by a part of one', async () => {
      const { mailbox, folder } = await fixture.folder();
      const { raw, messageId } = fixture.message();
      await mailbox.append(folder.id, raw, { flags: [] });
      expect(await mailbox.findMessageId(folder.id, '<nobody@example.org>')).toEqual([]);
      expect(await mailbox.findMessageId(folder.id, messageId.slice(0, -5))).toEqual([]);
    });

    it('takes quotes and backslashes as they are', async () => {
      const { mailbox, folder } = await fixture.folder();
      const { raw, messageId } = fixture.message({ messageId: '<"odd\\"one"@example.org>' });
      const { uid } = await mailbox.append(folder.id, raw, { flags: [] });
      expect(await mailbox.findMessageId(folder.id, messageId)).toEqual([uid]);
    });

    it('in a folder that is gone is not-found', async () => {
      await expectBackendError((await fixture.open()).findMessageId('No such folder', '<a@b>'), 'not-found');
    });
  });
}
