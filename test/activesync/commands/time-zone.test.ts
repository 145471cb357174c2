// Users who live in a time zone of their own: whole days, and times that have none (devices before 16.0 see both as moments).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import { element } from '../../../lib/activesync/protocol/index.ts';
import { MailSystemInZone, type Mailbox } from '../../../lib/backends/index.ts';
import { loadConfiguration } from '../../../lib/topology/index.ts';
import { openAs, PASSWORDS, startSystem, type TestSystem } from '../../backends/folders/setup.ts';
import { FoldersServer } from '../../support/folders-server.ts';
import { eventOf } from '../../support/resource-journey.ts';

let server: FoldersServer;
let system: TestSystem;
let other: Mailbox;
beforeAll(async () => {
  server = await FoldersServer.start({ flags: { 'mail-time-zone': 'America/New_York' } });
  system = await startSystem({ root: server.mailRoot });
  other = await openAs(system.system, 'ada');
});
afterAll(async () => {
  await other.close();
  await system.stop();
  await server.stop();
});

const EVENTS = {
  'Whole day': ['DTSTART;VALUE=DATE:20261124', 'DTEND;VALUE=DATE:20261125'],
  'No zone': ['DTSTART:20261124T090000', 'DTEND:20261124T100000'],
};

describe('A user in New York', () => {
  it.each([
    ['14.1', '20261124T050000Z', '20261124T140000Z'],
    ['16.1', '20261124T000000Z', '20261124T140000Z'],
  ] as const)(
    'at %s has whole days from midnight there, and times without a zone there',
    async (version, day, hour) => {
      const store = other.resources;
      const calendar = (await store?.collections())?.find((it) => it.kind === 'calendar');
      if (!store || !calendar) throw new Error('no calendar');
      for (const [name, times] of Object.entries(EVENTS)) {
        const text = eventOf(name, name).replace(/DTSTART.*\r\nDTEND.*\r\n/, `${times.join('\r\n')}\r\n`);
        await store.put(calendar.id, `${name.replace(' ', '-')}.ics`, text, undefined);
      }
      const phone = server.device({ version });
      await phone.folderSync();
      const { serverId: collectionId } = phone.folder(FolderType.calendar);
      await phone.syncAll({ collectionId });
      const startOf = (name: string) => {
        const found = phone.items(collectionId).find((it) => itemText(it, 'Calendar:Subject') === name);
        return found && itemText(found, 'Calendar:StartTime');
      };
      expect([startOf('Whole day'), startOf('No zone')]).toEqual([day, hour]);
    },
  );

  it('moves what has no zone to a time there', async () => {
    const store = other.resources;
    const calendar = (await store?.collections())?.find((it) => it.kind === 'calendar');
    if (!store || !calendar) throw new Error('no calendar');
    const text = eventOf('Moved', 'Moved').replace(
      /DTSTART.*\r\nDTEND.*\r\n/,
      'DTSTART:20261124T090000\r\nDTEND:20261124T100000\r\n',
    );
    await store.put(calendar.id, 'Moved.ics', text, undefined);
    const phone = server.device({ version: '16.1' });
    await phone.folderSync();
    const { serverId: collectionId } = phone.folder(FolderType.calendar);
    await phone.syncAll({ collectionId });
    const serverId =
      phone.items(collectionId).find((it) => itemText(it, 'Calendar:Subject') === 'Moved')?.serverId ?? '';
    const data = [element('Calendar:StartTime', '20261124T160000Z'), element('Calendar:EndTime', '20261124T170000Z')];
    await phone.syncAll({ collectionId, commands: [{ kind: 'change', serverId, data }] });
    const [kept] = await store.read(calendar.id, ['Moved.ics']);
    expect(kept?.text).toContain('DTSTART;TZID=America/New_York:20261124T110000');
  });

  it('is known to be one by whoever signs in', async () => {
    const zoned = new MailSystemInZone(system.system, 'America/New_York');
    const account = await zoned.authenticate({ userName: 'ada', password: PASSWORDS.ada });
    expect(account).toMatchObject({ user: 'ada', zone: 'America/New_York' });
    expect(await zoned.authenticate({ userName: 'ada', password: 'wrong' })).toBeUndefined();
  });

  it('cannot live where there is no such place', () => {
    const flags = { 'mail-kind': 'folders', 'mail-time-zone': 'Europe/Atlantis' };
    expect(() => loadConfiguration({ directory: '/', environment: {}, flags })).toThrow(/time zone/);
  });
});
