import { describe, expect, it } from 'vitest';
import type { Folder, Mailbox } from '../../../lib/backends/index.ts';
import { type BackendFixture, expectBackendError } from './fixture.ts';

export function describeFolders(fixture: BackendFixture): void {
  const find = async (mailbox: Mailbox, id: string): Promise<Folder | undefined> =>
    (await mailbox.folders()).find((folder) => folder.id === id);

  describe('folders', () => {
    it('has exactly one inbox', async () => {
      const folders = await (await fixture.open()).folders();
      expect(folders.filter((folder) => folder.kind === 'inbox')).toHaveLength(1);
      expect(folders.find((folder) => folder.kind === 'inbox')).toMatchObject({
        itemClass: 'Email',
        selectable: true,
        parentId: undefined,
      });
    });

    it('knows what the special folders are for', async () => {
      const kinds = (await (await fixture.open()).folders()).map((folder) => folder.kind);
      expect(kinds).toEqual(expect.arrayContaining(['drafts', 'sent', 'trash']));
    });

    it('has at most one folder of each kind but user', async () => {
      const kinds = (await (await fixture.open()).folders()).map((f) => f.kind).filter((kind) => kind !== 'user');
      expect(new Set(kinds).size).toBe(kinds.length);
    });

    it('names every folder once, and every parent is a folder', async () => {
      const { mailbox, folder } = await fixture.folder();
      await mailbox.createFolder('Child', folder.id);
      const folders = await mailbox.folders();
      const ids = new Set(folders.map((each) => each.id));
      expect(ids.size).toBe(folders.length);
      for (const each of folders) if (each.parentId !== undefined) expect(ids).toContain(each.parentId);
    });

    it('createFolder makes a folder that others see', async () => {
      const { mailbox, folder } = await fixture.folder();
      expect(folder).toMatchObject({ kind: 'user', itemClass: 'Email', parentId: undefined, selectable: true });
      expect(await find(mailbox, folder.id)).toEqual(folder);
      expect(await find(await fixture.open(), folder.id)).toEqual(folder);
    });

    it('createFolder makes a folder in a folder', async () => {
      const { mailbox, folder } = await fixture.folder();
      const child = await mailbox.createFolder('Child', folder.id);
      expect(child).toMatchObject({ name: 'Child', parentId: folder.id });
      expect(await find(mailbox, child.id)).toEqual(child);
    });

    it.each(['Zażółć gęślą', '日本語', 'R&D', '100 % "quoted" (x)', 'dot.ted', '~home', '#hash', '*'])(
      'createFolder keeps the name %j, or refuses it',
      async (stem) => {
        const mailbox = await fixture.open();
        const name = fixture.name(stem);
        const folder = await mailbox.createFolder(name, undefined).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'forbidden' });
        });
        if (folder) expect(await find(mailbox, folder.id)).toMatchObject({ name, parentId: undefined });
        else expect((await mailbox.folders()).map((each) => each.name)).not.toContain(name);
      },
    );

    it('createFolder keeps names in any script', async () => {
      const mailbox = await fixture.open();
      const name = fixture.name('Größe 日本 🚀');
      expect(await find(mailbox, (await mailbox.createFolder(name, undefined)).id)).toMatchObject({ name });
    });

    it.each(['a/b', '', '..', 'line\r\nbreak', 'nul\u0000'])(
      'createFolder makes one folder of the name %j, or refuses it as forbidden',
      async (name) => {
        const mailbox = await fixture.open();
        const before = (await mailbox.folders()).length;
        const folder = await mailbox.createFolder(name, undefined).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'BackendError', code: 'forbidden' });
        });
        if (folder) expect(folder.name).toBe(name);
        expect((await mailbox.folders()).length).toBe(before + (folder ? 1 : 0));
      },
    );

    it('createFolder of a folder that exists is already-exists', async () => {
      const { mailbox, folder } = await fixture.folder();
      await expectBackendError(mailbox.createFolder(folder.name, undefined), 'already-exists');
    });

    it('createFolder in a folder that does not exist is not-found', async () => {
      const mailbox = await fixture.open();
      await expectBackendError(mailbox.createFolder('Child', 'No such folder'), 'not-found');
    });

    it('renameFolder tells the new one, with the messages in it', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [uid] = await fixture.fill(mailbox, folder, 1);
      const name = fixture.name('Renamed');
      const renamed = await mailbox.renameFolder(folder.id, name, undefined);
      expect(renamed).toMatchObject({ name, parentId: undefined, kind: 'user' });
      expect(await find(mailbox, renamed.id)).toEqual(renamed);
      expect((await mailbox.folders()).map((each) => each.name)).not.toContain(folder.name);
      expect((await mailbox.changes(renamed.id)).messages.map((message) => message.uid)).toEqual([uid]);
    });

    it('renameFolder moves a folder below another, children included', async () => {
      const { mailbox, folder } = await fixture.folder();
      await mailbox.createFolder('Grandchild', folder.id);
      const parent = await mailbox.createFolder(fixture.name('Parent'), undefined);
      const moved = await mailbox.renameFolder(folder.id, folder.name, parent.id);
      expect(moved).toMatchObject({ name: folder.name, parentId: parent.id });
      const grandchild = (await mailbox.folders()).find((each) => each.parentId === moved.id);
      expect(grandchild?.name).toBe('Grandchild');
    });

    it('renameFolder to a name that is taken is already-exists', async () => {
      const { mailbox, folder } = await fixture.folder();
      const other = await mailbox.createFolder(fixture.name('Other'), undefined);
      await expectBackendError(mailbox.renameFolder(folder.id, other.name, undefined), 'already-exists');
    });

    it('renameFolder of a folder that is gone is not-found', async () => {
      const mailbox = await fixture.open();
      await expectBackendError(mailbox.renameFolder('No such folder', 'X', undefined), 'not-found');
    });

    it('renameFolder of the inbox is forbidden', async () => {
      const mailbox = await fixture.open();
      const inbox = await fixture.inbox(mailbox);
      await expectBackendError(mailbox.renameFolder(inbox.id, 'Outbox', undefined), 'forbidden');
    });

    it('deleteFolder deletes it with everything in it', async () => {
      const { mailbox, folder } = await fixture.folder();
      await fixture.fill(mailbox, folder, 1);
      const child = await mailbox.createFolder('Child', folder.id);
      await fixture.fill(mailbox, child, 1);
      await mailbox.deleteFolder(folder.id);
      const ids = (await mailbox.folders()).map((each) => each.id);
      expect(ids).not.toContain(folder.id);
      expect(ids).not.toContain(child.id);
    });

    it('deleteFolder of a folder that is gone is not-found', async () => {
      await expectBackendError((await fixture.open()).deleteFolder('No such folder'), 'not-found');
    });

    it('deleteFolder of the inbox is forbidden', async () => {
      const mailbox = await fixture.open();
      await expectBackendError(mailbox.deleteFolder((await fixture.inbox(mailbox)).id), 'forbidden');
    });

    it('a folder made again under the same name has another validity', async () => {
      const { mailbox, folder } = await fixture.folder();
      await fixture.fill(mailbox, folder, 1);
      const { validity } = await mailbox.changes(folder.id);
      await mailbox.deleteFolder(folder.id);
      const again = await mailbox.createFolder(folder.name, undefined);
      expect((await mailbox.changes(again.id)).validity).not.toBe(validity);
    });
  });
}
