/** What a phone and another program do to one user's calendars, contacts, tasks and notes, over HTTP: the same against every server. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DeviceClient,
  type DeviceItem,
  FolderType,
  itemText,
  type SyncCommand,
} from '../../lib/activesync/client/index.ts';
import { type Element, element, type TagName } from '../../lib/activesync/protocol/index.ts';
import type { ProtocolVersion } from '../../lib/activesync/index.ts';
import type { ItemClass, Mailbox, ResourceStore } from '../../lib/backends/index.ts';
import { eventually } from '../contract/backend/fixture.ts';
import { cardText, newName } from '../contract/resources.ts';

export interface JourneyStage {
  /** A new device of Ada's. */
  device(version: ProtocolVersion): DeviceClient;
  /** Another program in Ada's mailbox. */
  readonly other: Mailbox;
  readonly hasNotes: boolean;
}

const PATIENCE = { timeout: 120_000 };

export function eventOf(uid: string, subject: string, more: readonly string[] = []): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//example.org//test//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20261101T080000Z',
    'DTSTART:20261124T100000Z',
    'DTEND:20261124T110000Z',
    `SUMMARY:${subject}`,
    'X-NOBODY-KNOWS:but it stays',
    ...more,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

const text = (tag: TagName, value: string): Element => element(tag, value);

const newEvent = (subject: string, more: readonly Element[] = []): readonly Element[] => [
  text('Calendar:StartTime', '20261201T090000Z'),
  text('Calendar:EndTime', '20261201T100000Z'),
  text('Calendar:Subject', subject),
  text('Calendar:AllDayEvent', '0'),
  text('Calendar:BusyStatus', '2'),
  text('Calendar:Sensitivity', '0'),
  ...more,
];

export function describeResourceJourney(versions: readonly ProtocolVersion[], staged: () => JourneyStage): void {
  describe.each(versions)('calendars, contacts, tasks and notes at %s', (version) => describeAt(version, staged));
}

function describeAt(version: ProtocolVersion, staged: () => JourneyStage): void {
  let phone: DeviceClient;
  let store: ResourceStore;
  beforeAll(async () => {
    phone = staged().device(version);
    store = staged().other.resources as ResourceStore;
    await phone.folderSync();
  }, 60_000);

  const backendId = async (itemClass: ItemClass) =>
    (await staged().other.folders()).find((it) => it.itemClass === itemClass && it.kind !== 'user')?.id ?? '';
  const sync = (type: number, commands: readonly SyncCommand[] = [], options: object = {}) => {
    const { serverId: collectionId } = phone.folder(type);
    return phone.syncAll({ collectionId, ...(commands.length > 0 && { commands }), ...options });
  };
  const items = (type: number): readonly DeviceItem[] => phone.items(phone.folder(type).serverId);
  const find = (type: number, tag: TagName, value: string): DeviceItem => {
    const found = items(type).find((it) => itemText(it, tag) === value);
    if (!found)
      throw new Error(
        `the phone has no ${value}: ${items(type)
          .map((it) => itemText(it, tag))
          .join(', ')}`,
      );
    return found;
  };
  /** What another program did is told within moments. */
  const syncUntil = (type: number, isThere: () => boolean) =>
    eventually('the phone to be told', async () => {
      await sync(type);
      return isThere() || undefined;
    });
  const has = (type: number, tag: TagName, value: string) => items(type).some((it) => itemText(it, tag) === value);
  /** The text with this line in it. */
  const resourceWith = async (itemClass: ItemClass, line: RegExp) => {
    const id = await backendId(itemClass);
    const { resources } = await store.changes(id);
    const all = await store.read(
      id,
      resources.map((it) => it.name),
    );
    return all.find((it) => line.test(it.text.replace(/\r?\n[ \t]/g, '')));
  };

  it('MS-ASCMD_R4666: the default folders are of types 7 to 10', () => {
    const types = Object.values(phone.state.folders).map((it) => it.type);
    for (const type of [7, 8, 9, 10]) expect(types.filter((it) => it === type)).toHaveLength(1);
  });

  it('an event comes, changes, recurs and goes', PATIENCE, async () => {
    const id = await backendId('Calendar');
    const [once, weekly] = [newName(), newName()];
    await store.put(id, once, eventOf(once, `Standup ${version}`), 'new');
    const rule = ['RRULE:FREQ=WEEKLY;COUNT=5', 'EXDATE:20261201T100000Z'];
    await store.put(id, weekly, eventOf(weekly, `Weekly ${version}`, rule), 'new');
    const subjects = [`Standup ${version}`, `Weekly ${version}`];
    await syncUntil(FolderType.calendar, () =>
      subjects.every((it) => has(FolderType.calendar, 'Calendar:Subject', it)),
    );
    const standup = find(FolderType.calendar, 'Calendar:Subject', `Standup ${version}`);
    expect(itemText(standup, 'Calendar:StartTime')).toBe('20261124T100000Z');
    const recurring = find(FolderType.calendar, 'Calendar:Subject', `Weekly ${version}`);
    expect(JSON.stringify(recurring.data['Calendar:Recurrence'])).toContain('["Calendar:Type","1"]');
    expect(JSON.stringify(recurring.data['Calendar:Exceptions'])).toContain('Calendar:Deleted');
    await store.put(id, once, eventOf(once, `Daily ${version}`), undefined);
    await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', `Daily ${version}`));
    expect(find(FolderType.calendar, 'Calendar:Subject', `Daily ${version}`).serverId).toBe(standup.serverId);
    await store.remove(id, once, undefined);
    await syncUntil(FolderType.calendar, () => !has(FolderType.calendar, 'Calendar:Subject', `Daily ${version}`));
    expect(await phone.sync({ collectionId: phone.folder(FolderType.calendar).serverId })).toBeUndefined();
  });

  it('an event made on the phone is an .ics, changes there and goes, and nothing comes back', PATIENCE, async () => {
    const subject = `From the phone ${version}`;
    const { added } = await sync(FolderType.calendar, [{ kind: 'add', clientId: 'c1', data: newEvent(subject) }]);
    expect(added).toBe(0);
    const item = find(FolderType.calendar, 'Calendar:Subject', subject);
    const made = await resourceWith('Calendar', new RegExp(`^SUMMARY:${subject}\\r?$`, 'm'));
    expect(made?.text).toMatch(/^DTSTART[:;].*20261201T090000/m);
    const change = [
      text('Calendar:StartTime', '20261201T090000Z'),
      text('Calendar:EndTime', '20261201T100000Z'),
      text('Calendar:Subject', `${subject}, moved`),
    ];
    const totals = await sync(FolderType.calendar, [{ kind: 'change', serverId: item.serverId, data: change }]);
    expect(totals).toMatchObject({ added: 0, changed: 0 });
    expect(await resourceWith('Calendar', new RegExp(`^SUMMARY:${subject}\\\\, moved`, 'm'))).toBeDefined();
    await sync(FolderType.calendar, [{ kind: 'delete', serverId: item.serverId }]);
    expect(await resourceWith('Calendar', new RegExp(subject))).toBeUndefined();
    expect(await phone.sync({ collectionId: phone.folder(FolderType.calendar).serverId })).toBeUndefined();
  });

  it(
    'a series made on the phone, one of it deleted and one moved there, and one deleted elsewhere',
    PATIENCE,
    async () => {
      const subject = `Every Tuesday ${version}`;
      const isModern = version.startsWith('16.');
      const rule = element(
        'Calendar:Recurrence',
        text('Calendar:Type', '1'),
        text('Calendar:Interval', '1'),
        text('Calendar:DayOfWeek', '4'),
        text('Calendar:Occurrences', '5'),
      );
      await sync(FolderType.calendar, [{ kind: 'add', clientId: 'c6', data: newEvent(subject, [rule]) }]);
      const { serverId } = find(FolderType.calendar, 'Calendar:Subject', subject);
      const moved = [text('Calendar:StartTime', '20261215T140000Z'), text('Calendar:EndTime', '20261215T150000Z')];
      const exception = (start: string, ...more: readonly Element[]) =>
        element('Calendar:Exception', ...more, text('Calendar:ExceptionStartTime', start));
      const exceptions = element(
        'Calendar:Exceptions',
        exception('20261208T090000Z', text('Calendar:Deleted', '1')),
        exception('20261215T090000Z', ...moved),
      );
      await sync(
        FolderType.calendar,
        isModern
          ? [
              { kind: 'delete', serverId, instanceId: '2026-12-08T09:00:00.000Z' },
              { kind: 'change', serverId, instanceId: '2026-12-15T09:00:00.000Z', data: moved },
            ]
          : [{ kind: 'change', serverId, data: newEvent(subject, [rule, exceptions]) }],
      );
      const made = await resourceWith('Calendar', new RegExp(`^SUMMARY:${subject}\\r?$`, 'm'));
      expect(made?.text).toMatch(/^RRULE:FREQ=WEEKLY;(?=.*BYDAY=TU).*COUNT=5/m);
      expect(made?.text).toMatch(/^EXDATE[:;].*20261208T090000/m);
      expect(made?.text).toMatch(/^RECURRENCE-ID[:;].*20261215T090000/m);
      expect(made?.text).toMatch(/^DTSTART[:;].*20261215T140000/m);

      const id = await backendId('Calendar');
      const without = made?.text.replace(/^(EXDATE.*?)\r?$/m, '$1\r\nEXDATE:20261222T090000Z') ?? '';
      await store.put(id, made?.name ?? '', without, undefined);
      const shown = () =>
        JSON.stringify(find(FolderType.calendar, 'Calendar:Subject', subject).data['Calendar:Exceptions'] ?? []);
      await syncUntil(FolderType.calendar, () => shown().includes('20261222T090000Z'));
      expect(shown()).toContain('20261215T140000Z');
      await sync(FolderType.calendar, [{ kind: 'delete', serverId }]);
      expect(await resourceWith('Calendar', new RegExp(subject))).toBeUndefined();
    },
  );

  it('what the phone has no words for stays', PATIENCE, async () => {
    const id = await backendId('Calendar');
    const resource = newName();
    await store.put(id, resource, eventOf(resource, `Kept ${version}`), 'new');
    await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', `Kept ${version}`));
    const { serverId } = find(FolderType.calendar, 'Calendar:Subject', `Kept ${version}`);
    const data = [
      text('Calendar:Subject', `Renamed ${version}`),
      text('Calendar:StartTime', '20261124T100000Z'),
      text('Calendar:EndTime', '20261124T110000Z'),
    ];
    await sync(FolderType.calendar, [{ kind: 'change', serverId, data }]);
    const [after] = await store.read(id, [resource]);
    expect(after?.text).toContain(`SUMMARY:Renamed ${version}`);
    expect(after?.text).toContain('X-NOBODY-KNOWS:but it stays');
    await store.remove(id, resource, undefined);
  });

  it('MS-ASCMD_R2068: where both changed an event, the server wins and the phone is told', PATIENCE, async () => {
    const id = await backendId('Calendar');
    const resource = newName();
    await store.put(id, resource, eventOf(resource, `Contested ${version}`), 'new');
    await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', `Contested ${version}`));
    const { serverId } = find(FolderType.calendar, 'Calendar:Subject', `Contested ${version}`);
    await store.put(id, resource, eventOf(resource, `Theirs ${version}`), undefined);
    const { serverId: collectionId } = phone.folder(FolderType.calendar);
    const data = [text('Calendar:Subject', `Ours ${version}`)];
    const answer = await phone.sync({ collectionId, commands: [{ kind: 'change', serverId, data }] });
    expect(answer?.results).toMatchObject([{ kind: 'change', status: 7 }]);
    await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', `Theirs ${version}`));
    expect((await store.read(id, [resource]))[0]?.text).toContain(`SUMMARY:Theirs ${version}`);

    // Deleted here, changed there: it comes back as it is there. Changed here, deleted there: it is gone here too.
    await store.put(id, resource, eventOf(resource, `Kept there ${version}`), undefined);
    await phone.sync({ collectionId, commands: [{ kind: 'delete', serverId }] });
    await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', `Kept there ${version}`));
    const again = find(FolderType.calendar, 'Calendar:Subject', `Kept there ${version}`).serverId;
    await store.remove(id, resource, undefined);
    const late = await phone.sync({ collectionId, commands: [{ kind: 'change', serverId: again, data }] });
    expect(late?.results).toMatchObject([{ kind: 'change', status: 8 }]);
    await syncUntil(FolderType.calendar, () => !has(FolderType.calendar, 'Calendar:Subject', `Kept there ${version}`));
    expect(await store.read(id, [resource])).toEqual([]);
  });

  it('MS-ASCMD_R2067: where both changed an event, and the phone says so, its change wins', PATIENCE, async () => {
    const id = await backendId('Calendar');
    const resource = newName();
    await store.put(id, resource, eventOf(resource, `Disputed ${version}`), 'new');
    await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', `Disputed ${version}`));
    const { serverId } = find(FolderType.calendar, 'Calendar:Subject', `Disputed ${version}`);
    await store.put(id, resource, eventOf(resource, `Theirs ${version}`, ['LOCATION:Room 12']), undefined);
    const { serverId: collectionId } = phone.folder(FolderType.calendar);
    const data = [text('Calendar:Subject', `Ours ${version}`)];
    const answer = await phone.sync({ collectionId, conflict: 0, commands: [{ kind: 'change', serverId, data }] });
    expect(answer?.results.filter((it) => it.status !== 1)).toEqual([]);
    const after = (await store.read(id, [resource]))[0]?.text;
    expect(after).toContain(`SUMMARY:Ours ${version}`);
    // What the phone did not touch is as the other program left it.
    expect(after).toContain('LOCATION:Room 12');
    await store.remove(id, resource, undefined);
    await syncUntil(FolderType.calendar, () => !has(FolderType.calendar, 'Calendar:Subject', `Ours ${version}`));
  });

  it('contacts come and go both ways', PATIENCE, async () => {
    const id = await backendId('Contacts');
    const resource = newName('.vcf');
    await store.put(id, resource, cardText(resource, `Babbage ${version}`), 'new');
    await syncUntil(FolderType.contacts, () => has(FolderType.contacts, 'Contacts:FileAs', `Babbage ${version}`));
    const data = [
      text('Contacts:FirstName', 'Grace'),
      text('Contacts:LastName', `Hopper${version}`),
      text('Contacts:MobilePhoneNumber', '+1 555 0199'),
    ];
    await sync(FolderType.contacts, [{ kind: 'add', clientId: 'c2', data }]);
    const made = await resourceWith('Contacts', new RegExp(`^N[:;].*Hopper${version};Grace`, 'm'));
    expect(made?.text).toContain('+1 555 0199');
    await store.remove(id, resource, undefined);
    await store.remove(id, made?.name ?? '', undefined);
    await syncUntil(FolderType.contacts, () => items(FolderType.contacts).length === 0);
  });

  it('a task made on the phone is done there, and gone from those that are to do', PATIENCE, async () => {
    const subject = `Buy milk ${version}`;
    const data = [
      text('Tasks:Subject', subject),
      text('Tasks:Importance', '1'),
      text('Tasks:Complete', '0'),
      text('Tasks:Sensitivity', '0'),
    ];
    await sync(FolderType.tasks, [{ kind: 'add', clientId: 'c3', data }], { filterType: 8 });
    expect(await resourceWith('Tasks', new RegExp(`^SUMMARY:${subject}`, 'm'))).toBeDefined();
    const { serverId } = find(FolderType.tasks, 'Tasks:Subject', subject);
    const done = [
      text('Tasks:Subject', subject),
      text('Tasks:Complete', '1'),
      text('Tasks:DateCompleted', '2026-11-26T12:00:00.000Z'),
    ];
    await sync(FolderType.tasks, [{ kind: 'change', serverId, data: done }], { filterType: 8 });
    const made = await resourceWith('Tasks', new RegExp(`^SUMMARY:${subject}`, 'm'));
    expect(made?.text).toMatch(/^(?:STATUS:COMPLETED|COMPLETED:)/m);
    expect(has(FolderType.tasks, 'Tasks:Subject', subject)).toBe(false);
  });

  const seriesNamed = (subject: string) => new RegExp(`^(?=[^]*^SUMMARY:${subject})[^]*^RRULE:`, 'm');

  it('a task that recurs is done once on the phone, and comes again', PATIENCE, async () => {
    const subject = `Water the plants ${version}`;
    const dues = () =>
      items(FolderType.tasks)
        .filter((it) => itemText(it, 'Tasks:Subject') === subject)
        .map((it) => `${itemText(it, 'Tasks:Complete')} ${itemText(it, 'Tasks:DueDate')}`)
        .sort();
    const series = [
      text('Tasks:Subject', subject),
      text('Tasks:Complete', '0'),
      text('Tasks:UtcDueDate', '2026-11-26T00:00:00.000Z'),
      text('Tasks:DueDate', '2026-11-26T00:00:00.000Z'),
      element(
        'Tasks:Recurrence',
        text('Tasks:Type', '0'),
        text('Tasks:Start', '2026-11-26T00:00:00.000Z'),
        text('Tasks:Interval', '2'),
      ),
    ];
    await sync(FolderType.tasks, [{ kind: 'add', clientId: 'c3r', data: series }], { filterType: 0 });
    const { serverId } = find(FolderType.tasks, 'Tasks:Subject', subject);
    const done = [text('Tasks:Subject', subject), text('Tasks:Complete', '1')];
    await sync(FolderType.tasks, [{ kind: 'change', serverId, data: done }]);
    await syncUntil(FolderType.tasks, () => dues().length === 2);
    expect(dues()).toEqual(['0 2026-11-28T00:00:00.000Z', '1 2026-11-26T00:00:00.000Z']);
    const { text: stored } = (await resourceWith('Tasks', seriesNamed(subject))) ?? { text: '' };
    expect(stored).toMatch(/^DUE;VALUE=DATE:20261128/m);
    expect(await phone.sync({ collectionId: phone.folder(FolderType.tasks).serverId })).toBeUndefined();
  });

  it('notes are journals, where there are some', PATIENCE, async () => {
    if (!staged().hasNotes || version === '12.1') return;
    const data = [text('Notes:Subject', `Ideas ${version}`), text('Notes:MessageClass', 'IPM.StickyNote')];
    await sync(FolderType.notes, [{ kind: 'add', clientId: 'c4', data }]);
    expect((await resourceWith('Notes', new RegExp(`^SUMMARY:Ideas ${version}`, 'm')))?.text).toContain(
      'BEGIN:VJOURNAL',
    );
    const { serverId } = find(FolderType.notes, 'Notes:Subject', `Ideas ${version}`);
    await sync(FolderType.notes, [{ kind: 'delete', serverId }]);
    expect(await resourceWith('Notes', new RegExp(`Ideas ${version}`))).toBeUndefined();
  });

  it(
    'MS-ASCMD_R4658: a calendar is made, filled, renamed and deleted, and an event moves into it',
    PATIENCE,
    async () => {
      const family = await phone.folderCreate({
        displayName: `Family ${version}`,
        parentId: '0',
        type: FolderType.userCalendar,
      });
      const subject = `Moving ${version}`;
      await sync(FolderType.calendar, [{ kind: 'add', clientId: 'c5', data: newEvent(subject) }]);
      const { serverId } = find(FolderType.calendar, 'Calendar:Subject', subject);
      const sourceId = phone.folder(FolderType.calendar).serverId;
      const [moved] = await phone.moveItems({ serverId, sourceFolderId: sourceId, destinationFolderId: family });
      expect(moved).toMatchObject({ status: 3 });
      await phone.syncAll({ collectionId: family });
      await sync(FolderType.calendar);
      expect(phone.items(family).map((it) => itemText(it, 'Calendar:Subject'))).toEqual([subject]);
      expect(has(FolderType.calendar, 'Calendar:Subject', subject)).toBe(false);
      // And back, by another program.
      const there = (await staged().other.folders()).find((it) => it.name === `Family ${version}`)?.id ?? '';
      const [resource] = (await store.changes(there)).resources;
      await store.move(there, resource?.name ?? '', await backendId('Calendar'));
      await syncUntil(FolderType.calendar, () => has(FolderType.calendar, 'Calendar:Subject', subject));
      await eventually('it to be gone there', async () => {
        await phone.syncAll({ collectionId: family });
        return phone.items(family).length === 0 || undefined;
      });
      const back = find(FolderType.calendar, 'Calendar:Subject', subject).serverId;
      await sync(FolderType.calendar, [{ kind: 'delete', serverId: back }]);
      await phone.folderUpdate({ serverId: family, parentId: '0', displayName: `Kin ${version}` });
      expect((await staged().other.folders()).map((it) => it.name)).toContain(`Kin ${version}`);
      await phone.folderDelete(family);
      expect((await staged().other.folders()).map((it) => it.name)).not.toContain(`Kin ${version}`);
    },
  );

  it('an address book, a list of tasks and one of notes are made, renamed and deleted as well', PATIENCE, async () => {
    const collections = [
      { type: FolderType.userContacts, itemClass: 'Contacts' },
      { type: FolderType.userTasks, itemClass: 'Tasks' },
      ...(staged().hasNotes ? [{ type: FolderType.userNotes, itemClass: 'Notes' }] : []),
    ];
    for (const { type, itemClass } of collections) {
      const displayName = `More ${itemClass} ${version}`;
      const serverId = await phone.folderCreate({ displayName, parentId: '0', type });
      const made = (await staged().other.folders()).find((it) => it.name === displayName);
      expect(made?.itemClass).toBe(itemClass);
      await phone.folderUpdate({ serverId, parentId: '0', displayName: `${displayName}, renamed` });
      const names = (await staged().other.folders()).map((it) => it.name);
      expect(names).toContain(`${displayName}, renamed`);
      await phone.folderDelete(serverId);
      expect((await staged().other.folders()).map((it) => it.id)).not.toContain(made?.id);
    }
  });

  it('MS-ASCMD_R918: items of every class are searched for by what is written in them', PATIENCE, async () => {
    const [event, card] = [newName(), newName('.vcf')];
    await store.put(await backendId('Calendar'), event, eventOf(event, `Regatta ${version}`), 'new');
    await store.put(await backendId('Contacts'), card, cardText(card, `Regatta Judge${version}`), 'new');
    // Each reads what is there now: the phone has synced neither.
    const answer = await eventually('both to be found', async () => {
      const found = await phone.search({ text: 'regatta', itemClasses: ['Calendar', 'Contacts', 'Tasks'] });
      return found.total === 2 ? found : undefined;
    });
    const shown = answer.found.map(
      ({ item }) => itemText(item, 'Calendar:Subject') ?? itemText(item, 'Contacts:FileAs'),
    );
    expect(new Set(shown)).toEqual(new Set([`Regatta ${version}`, `Regatta Judge${version}`]));
    const item = await phone.fetchItem({ longId: answer.found[0]?.longId });
    expect(JSON.stringify(item)).toContain('Regatta');
    await store.remove(await backendId('Calendar'), event, undefined);
    await store.remove(await backendId('Contacts'), card, undefined);
  });

  it('a waiting Ping is answered when an event comes', PATIENCE, async () => {
    await sync(FolderType.calendar);
    const { serverId } = phone.folder(FolderType.calendar);
    const ping = phone.ping({ heartbeatSeconds: 60, folders: [{ id: serverId, itemClass: 'Calendar' }] });
    const resource = newName();
    const id = await backendId('Calendar');
    await store.put(id, resource, eventOf(resource, `Wake up ${version}`), 'new');
    expect(await ping).toMatchObject({ status: 2, changedFolderIds: [serverId] });
    await sync(FolderType.calendar);
    expect(has(FolderType.calendar, 'Calendar:Subject', `Wake up ${version}`)).toBe(true);
  });
}
