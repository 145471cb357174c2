import { describe, expect, it } from 'vitest';
import { type FolderChanges, type FolderPosition, UidRuns } from '../../../lib/backends/index.ts';
import { type BackendFixture, eventually, expectBackendError, sorted } from './fixture.ts';

const DAY_MS = 86_400_000;

/** The position after everything in `changes` was taken. */
function positionOf(changes: FolderChanges, before = UidRuns.empty): FolderPosition {
  const base = changes.complete ? UidRuns.empty : before.minus(changes.vanished);
  const known = base.union(UidRuns.of(changes.messages.map((message) => message.uid)));
  return { validity: changes.validity, modseq: changes.modseq, known };
}

export function describeChanges(fixture: BackendFixture): void {
  describe('changes', () => {
    const filled = async (count: number) => {
      const { mailbox, folder } = await fixture.folder();
      const uids = await fixture.fill(mailbox, folder, count);
      const first = await mailbox.changes(folder.id);
      return { mailbox, folder, uids, first, since: positionOf(first) };
    };

    it('without since gives everything, complete', async () => {
      const { uids, first } = await filled(3);
      expect(first.complete).toBe(true);
      expect(sorted(first.messages.map((message) => message.uid))).toEqual(uids);
      expect(first.vanished.size).toBe(0);
    });

    it('tells flags, size and time of arrival', async () => {
      const { mailbox, folder } = await fixture.folder();
      const { raw } = fixture.message();
      const receivedAt = new Date('2026-03-01T12:34:56Z');
      const { uid } = await mailbox.append(folder.id, raw, { flags: ['\\Seen', '\\Flagged'], receivedAt });
      const [message] = (await mailbox.changes(folder.id)).messages;
      expect(message).toMatchObject({ uid, sizeBytes: raw.length, receivedAt });
      expect([...(message?.flags ?? [])].sort()).toEqual(['\\Flagged', '\\Seen']);
    });

    it('of an empty folder is empty', async () => {
      const { mailbox, folder } = await fixture.folder();
      const changes = await mailbox.changes(folder.id);
      expect(changes).toMatchObject({ complete: true, messages: [] });
      expect(await mailbox.changes(folder.id, positionOf(changes))).toMatchObject({ complete: false, messages: [] });
    });

    it('has a modseq where flag changes are told cheaply', async () => {
      const { mailbox, first } = await filled(1);
      expect(first.modseq !== undefined).toBe(mailbox.capabilities.hasCondstore);
    });

    it('since a position tells nothing when nothing changed', async () => {
      const { mailbox, folder, since, uids } = await filled(3);
      const changes = await mailbox.changes(folder.id, since);
      expect(changes).toMatchObject({ complete: false, validity: since.validity });
      expect(changes.vanished.size).toBe(0);
      for (const message of changes.messages) expect(uids).toContain(message.uid);
      if (mailbox.capabilities.hasCondstore) {
        expect(changes.messages).toEqual([]);
        expect(changes.modseq).toBe(since.modseq);
      }
    });

    it('since a position tells new messages', async () => {
      const { mailbox, folder, since } = await filled(3);
      const uids = await fixture.fill(mailbox, folder, 2);
      const changes = await mailbox.changes(folder.id, since);
      expect(changes.complete).toBe(false);
      const news = changes.messages.filter((message) => !since.known.has(message.uid));
      expect(sorted(news.map((message) => message.uid))).toEqual(uids);
      expect(changes.vanished.size).toBe(0);
    });

    it('since a position tells messages whose flags changed', async () => {
      const { mailbox, folder, since, uids } = await filled(3);
      await mailbox.updateFlags(folder.id, [uids[1] ?? 0], { add: ['\\Flagged'] });
      const changes = await mailbox.changes(folder.id, since);
      expect(changes.messages.find((message) => message.uid === uids[1])?.flags).toContain('\\Flagged');
      if (mailbox.capabilities.hasCondstore) expect(changes.messages).toHaveLength(1);
    });

    it('since a position tells what vanished', async () => {
      const { mailbox, folder, since, uids } = await filled(4);
      await mailbox.remove(folder.id, [uids[1] ?? 0, uids[2] ?? 0]);
      const changes = await mailbox.changes(folder.id, since);
      expect([...changes.vanished]).toEqual([uids[1], uids[2]]);
      expect(changes.messages.map((message) => message.uid)).not.toContain(uids[1]);
    });

    it('tells as vanished only what was known', async () => {
      const { mailbox, folder, since, uids } = await filled(3);
      await mailbox.remove(folder.id, uids);
      const partial = { ...since, known: UidRuns.of(uids.slice(0, 1)) };
      expect([...(await mailbox.changes(folder.id, partial)).vanished]).toEqual(uids.slice(0, 1));
    });

    it('tells what vanished between two changes, and what came and went not at all', async () => {
      const { mailbox, folder, since } = await filled(1);
      const [brief] = await fixture.fill(mailbox, folder, 1);
      await mailbox.remove(folder.id, [brief ?? 0]);
      const changes = await mailbox.changes(folder.id, since);
      expect(changes.vanished.size).toBe(0);
      expect(changes.messages.map((message) => message.uid)).not.toContain(brief);
    });

    it('tells again whatever the view does not hold', async () => {
      const { mailbox, folder, since, uids } = await filled(5);
      const partial = { ...since, known: UidRuns.of(uids.slice(3)) };
      const changes = await mailbox.changes(folder.id, partial);
      expect(changes.complete).toBe(false);
      const news = changes.messages.filter((message) => !partial.known.has(message.uid));
      expect(sorted(news.map((message) => message.uid))).toEqual(uids.slice(0, 3));
    });

    it('chained positions see every change once', async () => {
      const { mailbox, folder, since, uids } = await filled(3);
      await mailbox.updateFlags(folder.id, [uids[0] ?? 0], { add: ['\\Seen'] });
      const one = await mailbox.changes(folder.id, since);
      const second = positionOf(one, since.known);
      await mailbox.remove(folder.id, [uids[2] ?? 0]);
      const two = await mailbox.changes(folder.id, second);
      expect([...two.vanished]).toEqual([uids[2]]);
      const third = positionOf(two, second.known);
      expect([...third.known]).toEqual(uids.slice(0, 2));
      const three = await mailbox.changes(folder.id, third);
      expect(three.vanished.size).toBe(0);
      if (mailbox.capabilities.hasCondstore) expect(three.messages).toEqual([]);
    });

    it('since a position of another validity is complete', async () => {
      const { mailbox, folder, since, uids } = await filled(2);
      const changes = await mailbox.changes(folder.id, { ...since, validity: '1' });
      expect(changes.complete).toBe(true);
      expect(changes.validity).toBe(since.validity);
      expect(sorted(changes.messages.map((message) => message.uid))).toEqual(uids);
      expect(changes.vanished.size).toBe(0);
    });

    it('since a position from the future is complete, where there is a modseq', async () => {
      const { mailbox, folder, since, uids } = await filled(2);
      if (since.modseq === undefined) {
        expect(mailbox.capabilities.hasCondstore).toBe(false);
        return;
      }
      const changes = await mailbox.changes(folder.id, { ...since, modseq: '999999999999' });
      expect(changes.complete).toBe(true);
      expect(sorted(changes.messages.map((message) => message.uid))).toEqual(uids);
    });

    it('since a position without a modseq misses nothing', async () => {
      const { mailbox, folder, since, uids } = await filled(2);
      await mailbox.updateFlags(folder.id, [uids[0] ?? 0], { add: ['\\Flagged'] });
      await mailbox.remove(folder.id, [uids[1] ?? 0]);
      const changes = await mailbox.changes(folder.id, { ...since, modseq: undefined });
      expect(changes.messages.find((message) => message.uid === uids[0])?.flags).toContain('\\Flagged');
      if (!changes.complete) expect([...changes.vanished]).toEqual([uids[1]]);
    });

    it('gives only what arrived on or after arrivedAfter', async () => {
      const { mailbox, folder } = await fixture.folder();
      const cutOff = new Date('2026-06-15T12:00:00Z');
      const offsetsMs = [-30 * DAY_MS, -DAY_MS, -60_000, 0, 60_000, DAY_MS];
      const uids: number[] = [];
      for (const offsetMs of offsetsMs) {
        const receivedAt = new Date(cutOff.getTime() + offsetMs);
        uids.push((await mailbox.append(folder.id, fixture.message().raw, { flags: [], receivedAt })).uid);
      }
      const changes = await mailbox.changes(folder.id, undefined, cutOff);
      expect(changes.complete).toBe(true);
      expect(sorted(changes.messages.map((message) => message.uid))).toEqual(uids.slice(3));
      const since = positionOf(changes);
      const again = await mailbox.changes(folder.id, since, cutOff);
      expect(again.messages.filter((message) => !since.known.has(message.uid))).toEqual([]);
      expect(again.vanished.size).toBe(0);
      const wider = await mailbox.changes(folder.id, since, new Date(cutOff.getTime() - 2 * DAY_MS));
      const news = wider.messages.filter((message) => !since.known.has(message.uid));
      expect(sorted(news.map((message) => message.uid))).toEqual(uids.slice(1, 3));
    });

    it('still tells of a known message that arrived before arrivedAfter', async () => {
      const { mailbox, folder } = await fixture.folder();
      const receivedAt = new Date('2026-01-01T00:00:00Z');
      const { uid } = await mailbox.append(folder.id, fixture.message().raw, { flags: [], receivedAt });
      const since = positionOf(await mailbox.changes(folder.id));
      await mailbox.updateFlags(folder.id, [uid], { add: ['\\Flagged'] });
      const changes = await mailbox.changes(folder.id, since, new Date('2026-06-01T00:00:00Z'));
      expect(changes.vanished.size).toBe(0);
      expect(changes.messages.map((message) => message.uid)).toEqual([uid]);
    });

    it('sees what another program delivered', async () => {
      const mailbox = await fixture.open();
      const inbox = await fixture.inbox(mailbox);
      const since = positionOf(await mailbox.changes(inbox.id));
      const { raw, messageId } = fixture.message();
      await fixture.under.deliver('ada', raw);
      const uid = await eventually('the message', async () => {
        const changes = await mailbox.changes(inbox.id, since);
        return changes.messages.find((message) => !since.known.has(message.uid))?.uid;
      });
      expect(await mailbox.findMessageId(inbox.id, messageId)).toEqual([uid]);
    });

    it('of a folder that is gone is not-found', async () => {
      await expectBackendError((await fixture.open()).changes('No such folder'), 'not-found');
    });

    it('may be called concurrently with everything else', async () => {
      const { mailbox, folder, uids } = await filled(4);
      const other = await mailbox.createFolder(fixture.name('Other'), undefined);
      const results = await Promise.all([
        mailbox.changes(folder.id),
        mailbox.changes(other.id),
        mailbox.fetch(folder.id, uids, () => []),
        mailbox.append(other.id, fixture.message().raw, { flags: [] }),
        mailbox.updateFlags(folder.id, uids, { add: ['\\Seen'] }),
        mailbox.folders(),
        mailbox.changes(folder.id),
      ]);
      expect(results[0].messages).toHaveLength(4);
      expect(results[2].map((message) => message.uid)).toEqual(uids);
      expect(sorted(results[4])).toEqual(uids);
      expect((await mailbox.changes(other.id)).messages).toHaveLength(1);
    });
  });
}
