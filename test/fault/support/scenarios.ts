/**
 * Every kind of command, as one thing that a person does with a phone: what has to be there first, the command, and its
 * effect, which must be there exactly once however often the network made the phone repeat it.
 */
import { expect } from 'vitest';
import {
  composeMail,
  type DeviceClient,
  type DeviceItem,
  FolderType,
  itemText,
  type SyncCommand,
} from '../../../lib/activesync/client/index.ts';
import { element, type ProtocolVersion } from '../../../lib/activesync/index.ts';
import { TEST_DOMAIN } from '../../support/imap-backend.ts';
import { foldersWith, type MailboxContents, messagesWith } from './mailbox.ts';
import { LOOK, type Stage } from './stage.ts';

export interface Part {
  readonly stage: Stage;
  readonly user: string;
  readonly phone: DeviceClient;
}

export interface Play {
  /** Every request in here is broken. */
  readonly act: () => Promise<void>;
  /** Afterwards, when device and mailbox were found to be alike. */
  readonly check: (contents: MailboxContents) => void | Promise<void>;
}

export interface Scenario {
  readonly title: string;
  /** What `act` sends. */
  readonly command: string;
  readonly version: ProtocolVersion;
  /**
   * True where a server that dies between the effect and its record may send again under the same Message-ID: it cannot know
   * that the submission server took the message (sync-state.md, rule 10).
   */
  readonly sends?: boolean;
  readonly prepare: (part: Part) => Promise<Play>;
}

const FIND_ID = '6e8a0b52-2f7f-4e0e-9f43-3a1f6a1f2c11';
const NOWHERE = 'Nothing of this is anywhere.';
const inboxOf = (phone: DeviceClient) => phone.folder(FolderType.inbox).serverId;
const draftsOf = (phone: DeviceClient) => phone.folder(FolderType.drafts).serverId;

/** A device that has everything, with a folder `Work`. */
async function synced({ stage, phone }: Part): Promise<void> {
  await phone.folderSync();
  await phone.folderCreate({ parentId: '0', displayName: 'Work', type: FolderType.userMail });
  await stage.syncEverything(phone);
}

function folderNamed(phone: DeviceClient, name: string): string {
  const found = Object.values(phone.state.folders).find((it) => it.displayName === name);
  if (!found) throw new Error(`the device has no folder ${name}`);
  return found.serverId;
}

function itemNamed(phone: DeviceClient, collectionId: string, subject: string): DeviceItem {
  const found = phone.items(collectionId).filter((it) => itemText(it, 'Email:Subject') === subject);
  if (found.length !== 1) throw new Error(`the device has ${found.length} items ${subject} in ${collectionId}`);
  return found[0] as DeviceItem;
}

/** Messages delivered to the inbox before the device looks. */
async function withMail(part: Part, count: number): Promise<string[]> {
  const subjects: string[] = [];
  for (let n = 0; n < count; n++) subjects.push(await part.stage.put(part.user));
  await synced(part);
  await part.stage.settle(part.user, part.phone);
  return subjects;
}

/** One Sync with one command, whose status must be success. */
async function command(phone: DeviceClient, collectionId: string, it: SyncCommand, deletesAsMoves?: boolean) {
  const answer = await phone.sync({
    collectionId,
    commands: [it],
    ...LOOK,
    ...(deletesAsMoves !== undefined && { deletesAsMoves }),
  });
  expect(answer?.status).toBe(1);
  expect(answer?.results.map((result) => result.status).filter((status) => status !== 1)).toEqual([]);
  return answer;
}

const draft = (subject: string, to = `bob@${TEST_DOMAIN}`, body = `About ${subject}.`) => [
  element('Email:To', to),
  element('Email:Subject', subject),
  element('Email:Read', '1'),
  element('AirSyncBase:Body', element('AirSyncBase:Type', '1'), element('AirSyncBase:Data', body)),
];

export const letterFrom = (user: string, subject: string) =>
  composeMail({ from: `${user}@${TEST_DOMAIN}`, to: 'dan@elsewhere.example', subject, text: `About ${subject}.` });

const SENT_ONCE = (stage: Stage, subject: string, contents: MailboxContents) => {
  expect(stage.taken(subject), `${subject} at the submission server`).toHaveLength(1);
  expect(foldersWith(contents, subject), `copies of ${subject}`).toEqual(['Sent']);
};

/** Sending; `how` gives the device's call. */
function sending(
  name: 'SendMail' | 'SmartReply' | 'SmartForward',
  version: ProtocolVersion,
  mark: string | undefined,
  how: (phone: DeviceClient, mime: Uint8Array, source: { collectionId: string; itemId: string }) => Promise<void>,
): Scenario {
  return {
    title: name,
    command: name,
    version,
    sends: true,
    prepare: async (part) => {
      const { stage, user, phone } = part;
      const [original = ''] = await withMail(part, 1);
      const subject = stage.name('sent');
      const mime = await letterFrom(user, subject);
      const source = { collectionId: inboxOf(phone), itemId: itemNamed(phone, inboxOf(phone), original).serverId };
      return {
        act: () => how(phone, mime, source),
        check: (contents) => {
          SENT_ONCE(stage, subject, contents);
          if (mark !== undefined) expect([...(messagesWith(contents, original)[0]?.flags ?? [])]).toContain(mark);
        },
      };
    },
  };
}

const SENDING: readonly Scenario[] = (['16.1', '12.1'] as const).flatMap((version) => [
  sending('SendMail', version, undefined, (phone, mime) => phone.sendMail({ mime, clientId: 'send-1' })),
  sending('SmartReply', version, '\\Answered', (phone, mime, source) =>
    phone.smartReply({ mime, source, clientId: 'reply-1' }),
  ),
  sending('SmartForward', version, '$Forwarded', (phone, mime, source) =>
    phone.smartForward({ mime, source, clientId: 'forward-1' }),
  ),
]);

export const SCENARIOS: readonly Scenario[] = [
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
  {
    title: 'Sync from key 0 through all windows',
    command: 'Sync',
    version: '16.1',
    prepare: async (part) => {
      const { stage, user, phone } = part;
      const subjects: string[] = [];
      for (let n = 0; n < 12; n++) subjects.push(await stage.put(user));
      await phone.folderSync();
      return {
        act: async () => {
          const collectionId = inboxOf(phone);
          const totals = await phone.syncAll({ collectionId, windowSize: 5, ...LOOK });
          // A window that was answered in vain three times is halved (sync-state.md, rule 7).
          expect(totals).toMatchObject({ added: 12, changed: 0, deleted: 0 });
          expect(totals.rounds).toBeGreaterThanOrEqual(4);
        },
        check: () =>
          expect(
            phone
              .items(inboxOf(phone))
              .map((it) => itemText(it, 'Email:Subject') ?? '')
              .toSorted((a, b) => a.localeCompare(b)),
          ).toEqual(subjects.toSorted((a, b) => a.localeCompare(b))),
      };
    },
  },
  {
    title: 'Sync with Change: read, flagged',
    command: 'Sync',
    version: '16.1',
    prepare: async (part) => {
      const { phone } = part;
      const [subject = ''] = await withMail(part, 2);
      const { serverId } = itemNamed(phone, inboxOf(phone), subject);
      const flag = element('Email:Flag', element('Email:Status', '2'), element('Email:FlagType', 'Flag for follow up'));
      return {
        act: async () =>
          void (await command(phone, inboxOf(phone), {
            kind: 'change',
            serverId,
            data: [element('Email:Read', '1'), flag],
          })),
        check: (contents) =>
          expect([...(messagesWith(contents, subject)[0]?.flags ?? [])]).toEqual(
            expect.arrayContaining(['\\Seen', '\\Flagged']),
          ),
      };
    },
  },
  ...[true, false].map(
    (deletesAsMoves): Scenario => ({
      title: `Sync with Delete, ${deletesAsMoves ? 'to the trash' : 'for good'}`,
      command: 'Sync',
      version: '16.1',
      prepare: async (part) => {
        const { phone } = part;
        const [subject = ''] = await withMail(part, 2);
        const { serverId } = itemNamed(phone, inboxOf(phone), subject);
        return {
          act: async () => void (await command(phone, inboxOf(phone), { kind: 'delete', serverId }, deletesAsMoves)),
          check: (contents) => expect(foldersWith(contents, subject)).toEqual(deletesAsMoves ? ['Trash'] : []),
        };
      },
    }),
  ),
  {
    title: 'Sync with Fetch',
    command: 'Sync',
    version: '14.1',
    prepare: async (part) => {
      const { phone } = part;
      const [subject = ''] = await withMail(part, 1);
      const { serverId } = itemNamed(phone, inboxOf(phone), subject);
      let fetched: DeviceItem | undefined;
      return {
        act: async () => {
          fetched = (await command(phone, inboxOf(phone), { kind: 'fetch', serverId }))?.results[0]?.item;
        },
        check: () => expect(fetched && itemText(fetched, 'Email:Subject')).toBe(subject),
      };
    },
  },
  {
    title: 'Sync with Add of a draft, and its Change',
    command: 'Sync',
    version: '16.1',
    prepare: async (part) => {
      const { stage, phone } = part;
      await synced(part);
      const [first, second] = [stage.name('draft'), stage.name('draft')];
      return {
        act: async () => {
          const added = await command(phone, draftsOf(phone), { kind: 'add', clientId: 'draft-1', data: draft(first) });
          const serverId = added?.results[0]?.serverId ?? '';
          await command(phone, draftsOf(phone), { kind: 'change', serverId, data: draft(second) });
        },
        check: (contents) => {
          expect(foldersWith(contents, first)).toEqual([]);
          expect(foldersWith(contents, second)).toEqual(['Drafts']);
        },
      };
    },
  },
  {
    title: 'Sync with a draft that is to be sent',
    command: 'Sync',
    version: '16.1',
    sends: true,
    prepare: async (part) => {
      const { stage, phone } = part;
      await synced(part);
      const [direct, kept] = [stage.name('draft'), stage.name('draft')];
      const added = await command(phone, draftsOf(phone), {
        kind: 'add',
        clientId: 'draft-1',
        data: draft(kept, 'dan@elsewhere.example'),
      });
      const serverId = added?.results[0]?.serverId ?? '';
      return {
        act: async () => {
          const data = [...draft(direct, 'dan@elsewhere.example'), element('Email2:Send')];
          await command(phone, draftsOf(phone), { kind: 'add', clientId: 'draft-2', data });
          await command(phone, draftsOf(phone), { kind: 'change', serverId, data: [element('Email2:Send')] });
        },
        check: (contents) => {
          SENT_ONCE(stage, direct, contents);
          SENT_ONCE(stage, kept, contents);
        },
      };
    },
  },
  {
    title: 'GetItemEstimate',
    command: 'GetItemEstimate',
    version: '16.1',
    prepare: async (part) => {
      const { phone, stage, user } = part;
      await withMail(part, 1);
      await stage.put(user);
      await arrived(part, 2);
      let estimates: readonly number[] = [];
      return {
        act: async () => {
          const answer = await phone.getItemEstimate({ collectionId: inboxOf(phone), filterType: 0 });
          estimates = answer.map((it) => it.estimate ?? -1);
        },
        check: () => expect(estimates).toEqual([1]),
      };
    },
  },
  {
    title: 'Ping that is answered at once',
    command: 'Ping',
    version: '16.1',
    prepare: async (part) => {
      const { phone, stage, user } = part;
      await withMail(part, 1);
      await stage.put(user);
      await arrived(part, 2);
      let status = 0;
      return {
        act: async () => {
          const folders = [{ id: inboxOf(phone), itemClass: 'Email' }];
          ({ status } = await phone.ping({ heartbeatSeconds: 60, folders }));
        },
        check: () => expect(status).toBe(2),
      };
    },
  },
  {
    title: 'MoveItems, there and back',
    command: 'MoveItems',
    version: '16.1',
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
    title: 'ItemOperations: Move of a conversation',
    command: 'ItemOperations',
    version: '16.1',
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
  ...SENDING,
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

/** Dovecot tells of a delivery only a moment later: until its inbox has so many messages, and the server has seen them. */
async function arrived({ stage, user }: Part, count: number): Promise<void> {
  const until = performance.now() + 60_000;
  while (((await stage.contents(user)).get('INBOX')?.length ?? 0) < count) {
    if (performance.now() > until) throw new Error('the delivery does not show');
    await new Promise((done) => setTimeout(done, 50));
  }
  await stage.settle(user, stage.phone({ user }));
}
