import { describe, expect, it } from 'vitest';
import type { FolderEvent, Mailbox, Watch } from '../../../lib/backends/index.ts';
import { type BackendFixture, eventually, pause } from './fixture.ts';

/** Long enough for events of what happened before to come in. */
const SETTLE_MS = 700;

export function describeWatch(fixture: BackendFixture): void {
  describe('watch', () => {
    const watched = async (
      run: (t: {
        mailbox: Mailbox;
        watch: Watch;
        events: FolderEvent[];
        settled: () => Promise<void>;
      }) => Promise<void>,
    ) => {
      const mailbox = await fixture.open();
      const events: FolderEvent[] = [];
      const watch = await mailbox.watch((event) => events.push(event));
      const settled = async () => {
        await pause(SETTLE_MS);
        events.length = 0;
      };
      try {
        await run({ mailbox, watch, events, settled });
      } finally {
        await watch.close();
        await mailbox.close();
      }
    };
    const changed = (events: FolderEvent[], folderId: string): true | undefined =>
      events.some((event) => event.kind === 'resumed' || (event.kind === 'changed' && event.folderId === folderId)) ||
      undefined;

    it('tells of mail delivered to the inbox', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const inbox = await fixture.inbox(mailbox);
        watch.update([inbox.id]);
        await settled();
        await fixture.under.deliver('ada', fixture.message().raw);
        await eventually('the event', () => changed(events, inbox.id));
      }));

    it('when the event comes, changes tells the message', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const inbox = await fixture.inbox(mailbox);
        watch.update([inbox.id]);
        await settled();
        for (let i = 0; i < 3; i++) {
          events.length = 0;
          const { raw, messageId } = fixture.message();
          await fixture.under.deliver('ada', raw);
          await eventually('an event that brings the message', async () => {
            if (!changed(events, inbox.id)) return undefined;
            events.length = 0;
            return (await mailbox.findMessageId(inbox.id, messageId))[0];
          });
        }
      }));

    it('tells of flags that another session changed in the inbox', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const inbox = await fixture.inbox(mailbox);
        const { raw, messageId } = fixture.message();
        const { uid } = await mailbox.append(inbox.id, raw, { flags: [] });
        watch.update([inbox.id]);
        await settled();
        const change = { add: ['\\Flagged'] };
        if (fixture.under.changeFlagsOutOfBand) await fixture.under.changeFlagsOutOfBand('ada', messageId, change);
        else await (await fixture.open()).updateFlags(inbox.id, [uid], change);
        await eventually('the event', () => changed(events, inbox.id));
      }));

    it('tells of messages that another session removed from the inbox', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const inbox = await fixture.inbox(mailbox);
        const { uid } = await mailbox.append(inbox.id, fixture.message().raw, { flags: [] });
        watch.update([inbox.id]);
        await settled();
        await (await fixture.open()).remove(inbox.id, [uid]);
        await eventually('the event', () => changed(events, inbox.id));
      }));

    it('tells of changes in other watched folders', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const folder = await mailbox.createFolder(fixture.name('Watched'), undefined);
        const [uid] = (await fixture.fill(mailbox, folder, 1)) as [number];
        watch.update([folder.id]);
        await settled();
        const other = await fixture.open();
        await fixture.fill(other, folder, 1);
        await eventually('the event of a new message', () => changed(events, folder.id));
        await settled();
        await other.updateFlags(folder.id, [uid], { add: ['\\Seen'] });
        await eventually('the event of a flag', () => changed(events, folder.id));
        await settled();
        await other.remove(folder.id, [uid]);
        await eventually('the event of a removal', () => changed(events, folder.id));
      }));

    it('update replaces the set', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const left = await mailbox.createFolder(fixture.name('Left'), undefined);
        const right = await mailbox.createFolder(fixture.name('Right'), undefined);
        watch.update([left.id]);
        watch.update([right.id]);
        await settled();
        const other = await fixture.open();
        await fixture.fill(other, left, 1);
        await fixture.fill(other, right, 1);
        await eventually('the event', () => changed(events, right.id));
        expect(events.some((event) => event.kind === 'changed' && event.folderId === left.id)).toBe(false);
      }));

    it('loses nothing that happened just after update', () =>
      watched(async ({ mailbox, watch, events }) => {
        const folder = await mailbox.createFolder(fixture.name('Just after'), undefined);
        await mailbox.changes(folder.id);
        watch.update([folder.id]);
        await fixture.fill(await fixture.open(), folder, 1);
        await eventually('the event', () => changed(events, folder.id));
      }));

    it('tells of folders that came and went', () =>
      watched(async ({ events, settled }) => {
        const hierarchy = () => events.some((event) => event.kind !== 'changed') || undefined;
        const other = await fixture.open();
        await settled();
        const folder = await other.createFolder(fixture.name('Came'), undefined);
        await eventually('the event of a new folder', hierarchy);
        await settled();
        await other.deleteFolder(folder.id);
        await eventually('the event of its end', hierarchy);
      }));

    it('tolerates a watched folder that does not exist', () =>
      watched(async ({ mailbox, watch, events, settled }) => {
        const folder = await mailbox.createFolder(fixture.name('Exists'), undefined);
        watch.update(['No such folder', folder.id]);
        await settled();
        await fixture.fill(await fixture.open(), folder, 1);
        await eventually('the event', () => changed(events, folder.id));
      }));

    it('is silent after close', () =>
      watched(async ({ mailbox, watch, events }) => {
        const inbox = await fixture.inbox(mailbox);
        watch.update([inbox.id]);
        await watch.close();
        events.length = 0;
        await fixture.under.deliver('ada', fixture.message().raw);
        await pause(SETTLE_MS);
        expect(events).toEqual([]);
      }));
  });
}
