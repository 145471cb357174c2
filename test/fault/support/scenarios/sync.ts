/** Sync in all its kinds, and the two that ask whether it is worth it: GetItemEstimate and Ping. */
import { expect } from 'vitest';
import { type DeviceItem, itemText } from '../../../../lib/activesync/client/index.ts';
import { element } from '../../../../lib/activesync/index.ts';
import { TEST_DOMAIN } from '../../../support/imap-backend.ts';
import { foldersWith, messagesWith } from '../mailbox.ts';
import { LOOK } from '../stage.ts';
import {
  type Scenario,
  inboxOf,
  draftsOf,
  synced,
  itemNamed,
  withMail,
  command,
  SENT_ONCE,
  arrived,
} from './scenario.ts';

const draft = (subject: string, to = `bob@${TEST_DOMAIN}`, body = `About ${subject}.`) => [
  element('Email:To', to),
  element('Email:Subject', subject),
  element('Email:Read', '1'),
  element('AirSyncBase:Body', element('AirSyncBase:Type', '1'), element('AirSyncBase:Data', body)),
];

export const SYNC: readonly Scenario[] = [
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
];
