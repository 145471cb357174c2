/** Commands on items outside Sync: MoveItems, ItemOperations, Search, Find; and Settings. */
import { expect } from 'vitest';
import { composeMail, type DeviceItem, itemText } from '../../../../lib/activesync/client/index.ts';
import { TEST_DOMAIN } from '../../../support/imap-backend.ts';
import { foldersWith } from '../mailbox.ts';
import { LOOK } from '../stage.ts';
import { type Scenario, inboxOf, synced, folderNamed, itemNamed, withMail } from './scenario.ts';

const FIND_ID = '6e8a0b52-2f7f-4e0e-9f43-3a1f6a1f2c11';
const PLAN = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7) % 256));
const NOWHERE = 'Nothing of this is anywhere.';

export const MOVES: readonly Scenario[] = (['16.1', '14.1'] as const).flatMap((version) => [
  {
    title: 'MoveItems, there and back',
    command: 'MoveItems',
    version,
    prepare: async (part) => {
      const { phone } = part;
      const [there = '', back = ''] = await withMail(part, 2);
      const [inbox, work] = [inboxOf(phone), folderNamed(phone, 'Work')];
      const move = async (serverId: string, sourceFolderId: string, destinationFolderId: string) => {
        const [result] = await phone.moveItems({ serverId, sourceFolderId, destinationFolderId });
        expect(result).toMatchObject({ status: 3 });
        return result?.newServerId ?? '';
      };
      return {
        act: async () => {
          await move(itemNamed(phone, inbox, there).serverId, inbox, work);
          const moved = await move(itemNamed(phone, inbox, back).serverId, inbox, work);
          expect(await move(moved, work, inbox)).not.toBe('');
        },
        check: (contents) => {
          expect(foldersWith(contents, there)).toEqual(['Work']);
          expect(foldersWith(contents, back)).toEqual(['INBOX']);
        },
      };
    },
  },
  {
    title: 'ItemOperations: Move of a conversation',
    command: 'ItemOperations',
    version,
    prepare: async (part) => {
      const { phone } = part;
      const [subject = '', other = ''] = await withMail(part, 2);
      const item = itemNamed(phone, inboxOf(phone), subject);
      const id = item.data['Email2:ConversationId'] as { base64: string };
      return {
        act: () =>
          phone.moveConversation({
            conversationId: Buffer.from(id.base64, 'base64'),
            destinationFolderId: folderNamed(phone, 'Work'),
            always: true,
          }),
        check: (contents) => {
          expect(foldersWith(contents, subject)).toEqual(['Work']);
          expect(foldersWith(contents, other)).toEqual(['INBOX']);
        },
      };
    },
  },
]);

export const ITEMS: readonly Scenario[] = [
  {
    title: 'ItemOperations: Fetch',
    command: 'ItemOperations',
    version: '16.1',
    prepare: async (part) => {
      const { phone } = part;
      const [subject = ''] = await withMail(part, 1);
      const { serverId } = itemNamed(phone, inboxOf(phone), subject);
      let fetched: DeviceItem | undefined;
      return {
        act: async () => {
          fetched = await phone.fetchItem({ collectionId: inboxOf(phone), serverId, ...LOOK });
        },
        check: () => expect(fetched && itemText(fetched, 'Email:Subject')).toBe(subject),
      };
    },
  },
  {
    title: 'ItemOperations: EmptyFolderContents',
    command: 'ItemOperations',
    version: '16.1',
    prepare: async (part) => {
      const { phone, stage, user } = part;
      await synced(part);
      const gone = await stage.put(user, { folder: 'Work' });
      const stays = await stage.put(user);
      await stage.settle(user, phone);
      return {
        act: () => phone.emptyFolder(folderNamed(phone, 'Work')),
        check: (contents) => {
          expect(foldersWith(contents, gone)).toEqual([]);
          expect(foldersWith(contents, stays)).toEqual(['INBOX']);
        },
      };
    },
  },
  {
    title: 'GetAttachment',
    command: 'GetAttachment',
    version: '12.1',
    prepare: async (part) => {
      const { phone, stage, user } = part;
      const subject = stage.name(user);
      const message = await composeMail({
        from: 'carol@elsewhere.example',
        to: `${user}@${TEST_DOMAIN}`,
        subject,
        text: 'The plan.',
        attachments: [{ filename: 'plan.pdf', contentType: 'application/pdf', content: PLAN }],
      });
      await stage.dovecot.deliver(user, message);
      await synced(part);
      await stage.settle(user, phone);
      const { data } = itemNamed(phone, inboxOf(phone), subject);
      const name = /"AirSyncBase:FileReference","([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
      let bytes: Uint8Array | undefined;
      return {
        act: async () => {
          ({ bytes } = await phone.getAttachment(name));
        },
        check: () => expect(PLAN.equals(bytes ?? new Uint8Array())).toBe(true),
      };
    },
  },
  {
    title: 'Search and Find',
    command: 'Search',
    version: '16.1',
    prepare: async (part) => {
      const { phone } = part;
      const [subject = ''] = await withMail(part, 1);
      let found = 0;
      return {
        act: async () => {
          found += (await phone.search({ text: subject })).found.length;
          found += (await phone.find({ searchId: FIND_ID, text: subject })).found.length;
          found += (await phone.search({ text: NOWHERE })).found.length;
        },
        check: () => expect(found).toBe(2),
      };
    },
  },
  {
    title: 'Settings',
    command: 'Settings',
    version: '16.1',
    prepare: async ({ phone, user }) => {
      let addresses: readonly string[] = [];
      return {
        act: async () => {
          await phone.sendInformation({ model: 'Repeater', userAgent: 'Repeater/1' });
          addresses = (await phone.userInformation()).emailAddresses;
        },
        check: () => expect(addresses).toEqual([`${user}@${TEST_DOMAIN}`]),
      };
    },
  },
];
