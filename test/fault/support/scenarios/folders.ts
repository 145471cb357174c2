/** Provision and the commands of the folder hierarchy. */
import { expect } from 'vitest';
import { FolderType } from '../../../../lib/activesync/client/index.ts';
import { foldersWith } from '../mailbox.ts';
import { type Scenario, synced, folderNamed } from './scenario.ts';

export const FOLDERS: readonly Scenario[] = [
  {
    title: 'Provision, both phases',
    command: 'Provision',
    version: '16.1',
    prepare: async ({ phone }) => {
      await phone.options();
      return {
        act: async () => void (await phone.provision()),
        check: () => expect(phone.state.policyKey).toMatch(/^[1-9]\d*$/),
      };
    },
  },
  {
    title: 'FolderSync, the first',
    command: 'FolderSync',
    version: '16.1',
    prepare: async ({ phone }) => {
      await phone.provision();
      return {
        act: async () => void (await phone.folderSync()),
        check: () =>
          expect(Object.values(phone.state.folders).filter((it) => it.type === FolderType.inbox)).toHaveLength(1),
      };
    },
  },
  {
    title: 'FolderCreate, and FolderSync after another made one',
    command: 'FolderCreate',
    version: '16.1',
    prepare: async (part) => {
      const { stage, user, phone } = part;
      await synced(part);
      const other = stage.phone({ user });
      return {
        act: async () => {
          await phone.folderCreate({
            parentId: folderNamed(phone, 'Work'),
            displayName: 'Plans',
            type: FolderType.userMail,
          });
        },
        check: async (contents) => {
          expect([...contents.keys()].filter((path) => path.includes('Plans'))).toEqual(['Work/Plans']);
          await other.folderSync();
          await other.folderCreate({ parentId: '0', displayName: 'Others', type: FolderType.userMail });
          await phone.folderSync();
          expect(folderNamed(phone, 'Others')).toBe(folderNamed(other, 'Others'));
          expect(Object.keys(phone.state.folders).toSorted()).toEqual(Object.keys(other.state.folders).toSorted());
        },
      };
    },
  },
  {
    title: 'FolderUpdate of a folder with mail in it, which is not sent again',
    command: 'FolderUpdate',
    version: '16.1',
    prepare: async (part) => {
      const { stage, user, phone } = part;
      await synced(part);
      const subject = await stage.put(user, { folder: 'Work' });
      await stage.settle(user, phone);
      const serverId = folderNamed(phone, 'Work');
      const key = phone.state.collections[serverId]?.syncKey;
      return {
        act: () => phone.folderUpdate({ serverId, parentId: '0', displayName: 'Duty' }),
        check: (contents) => {
          expect(foldersWith(contents, subject)).toEqual(['Duty']);
          expect(folderNamed(phone, 'Duty')).toBe(serverId);
          expect(phone.state.collections[serverId]?.syncKey).toBe(key);
        },
      };
    },
  },
  {
    title: 'FolderDelete',
    command: 'FolderDelete',
    version: '16.1',
    prepare: async (part) => {
      const { phone } = part;
      await synced(part);
      return {
        act: () => phone.folderDelete(folderNamed(phone, 'Work')),
        check: (contents) => {
          expect([...contents.keys()]).not.toContain('Work');
          expect(Object.values(phone.state.folders).map((it) => it.displayName)).not.toContain('Work');
        },
      };
    },
  },
];
