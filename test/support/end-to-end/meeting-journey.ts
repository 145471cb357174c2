/**
 * Bob's phone calls a meeting, Ada's phone answers, Bob moves the meeting and calls it off: over mail, or over the calendar server
 * where that schedules by itself.
 */
import { describe, expect, it, vi } from 'vitest';
import { type DeviceItem, FolderType, itemText, type SyncCommand } from '../../../lib/activesync/client/index.ts';
import { child, type Element, element, type TagName, text } from '../../../lib/activesync/protocol/index.ts';
import type { Served } from './served.ts';

const PATIENCE = { timeout: 240_000 };
const SOON = { timeout: 60_000, interval: 300 };
const SUBJECT = 'Plans for the engine';
/** MeetingStatus: called off (MS-ASCAL 2.2.2.30). */
const CANCELLED = ['5', '7'];

const timed = (hour: string): readonly Element[] => [
  element('Calendar:StartTime', `20301203T${hour}0000Z`),
  element('Calendar:EndTime', `20301203T${hour}3000Z`),
];

export function describeMeetingJourney(served: () => Served): void {
  describe('a meeting', () => {
    it('is called, answered, moved and called off, and each knows of it', PATIENCE, async () => {
      const { schedulesItself } = served().mail;
      const [bob, ada] = [newPhone('bob'), newPhone('ada')];
      await bob.device.folderSync();
      await ada.device.folderSync();
      await bob.sync();
      await ada.sync();

      await bob.change({ kind: 'add', clientId: 'm1', data: [...timed('09'), ...WORDS] });
      if (schedulesItself) await ada.untilEvent((it) => itemText(it, 'Calendar:StartTime') === '20301203T090000Z');
      else await ada.untilMail((it) => 'Email:MeetingRequest' in it.data);
      await ada.answer(schedulesItself ? ada.event() : ada.mail());
      await ada.untilEvent((it) => itemText(it, 'Calendar:ResponseType') === '3');

      const accepted = '["Calendar:AttendeeStatus","3"]';
      await bob.untilEvent((it) => JSON.stringify(it.data['Calendar:Attendees']).includes(accepted));
      const { serverId } = bob.event();
      await bob.change({ kind: 'change', serverId, data: [...timed('14'), ...WORDS] });
      await ada.untilEvent((it) => itemText(it, 'Calendar:StartTime') === '20301203T140000Z');

      await bob.change({ kind: 'delete', serverId });
      await ada.untilGone();
    });
  });

  const WORDS = [
    element('Calendar:Subject', SUBJECT),
    element('Calendar:AllDayEvent', '0'),
    element('Calendar:BusyStatus', '2'),
    element(
      'Calendar:Attendees',
      element(
        'Calendar:Attendee',
        element('Calendar:Email', 'ada@example.org'),
        element('Calendar:Name', 'Ada'),
        element('Calendar:AttendeeType', '1'),
      ),
    ),
  ];

  function newPhone(user: 'ada' | 'bob') {
    const device = served().device({ version: '16.1', user });
    const idOf = (type: number) => device.folder(type).serverId;
    const inFolder = (type: number, tag: TagName) =>
      device.items(idOf(type)).find((it) => itemText(it, tag)?.includes(SUBJECT));
    /** What comes by mail is in the calendar when the mail was synced. */
    const sync = async () => {
      await device.syncAll({ collectionId: idOf(FolderType.inbox) });
      await device.syncAll({ collectionId: idOf(FolderType.calendar) });
    };
    const until = (isSo: () => boolean) =>
      vi.waitFor(async () => {
        await sync();
        expect(isSo(), JSON.stringify(found())).toBe(true);
      }, SOON);
    const event = () => inFolder(FolderType.calendar, 'Calendar:Subject');
    const mail = () => inFolder(FolderType.inbox, 'Email:Subject');
    const found = () => ({ event: event()?.data, mail: mail()?.data });
    const there = (it: DeviceItem | undefined): DeviceItem => {
      if (!it) throw new Error(`${user} has none: ${JSON.stringify(found())}`);
      return it;
    };
    return {
      device,
      sync,
      event: () => there(event()),
      mail: () => there(mail()),
      change: (command: SyncCommand) =>
        device.syncAll({ collectionId: idOf(FolderType.calendar), commands: [command] }),
      untilEvent: (isSo: (it: DeviceItem) => boolean) => until(() => event() !== undefined && isSo(there(event()))),
      untilMail: (isSo: (it: DeviceItem) => boolean) => until(() => mail() !== undefined && isSo(there(mail()))),
      untilGone: () =>
        until(() => !event() || CANCELLED.includes(itemText(there(event()), 'Calendar:MeetingStatus') ?? '')),
      /** Yes, and let the organizer know. */
      async answer({ serverId }: DeviceItem): Promise<void> {
        const isMail = device.items(idOf(FolderType.inbox)).some((it) => it.serverId === serverId);
        const { document } = await device.raw('MeetingResponse', {
          document: element(
            'MeetingResponse:MeetingResponse',
            element(
              'MeetingResponse:Request',
              element('MeetingResponse:UserResponse', '1'),
              element('MeetingResponse:CollectionId', idOf(isMail ? FolderType.inbox : FolderType.calendar)),
              element('MeetingResponse:RequestId', serverId),
              element('MeetingResponse:SendResponse'),
            ),
          ),
        });
        expect(text(child(document, 'MeetingResponse:Result'), 'MeetingResponse:Status')).toBe('1');
      },
    };
  }
}
