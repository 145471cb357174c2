// Search (MS-ASCMD 2.2.1.16) in calendars, contacts, tasks and notes, beside mail, in folders on disk.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { child, children, type Element, type ProtocolVersion, text } from '../../../lib/activesync/index.ts';
import { BackendError, type ResourceClass } from '../../../lib/backends/index.ts';
import { type MailUser, startMailUser, withMethods } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

let ada: MailUser;

const search = (criteria: string, version: ProtocolVersion = '16.1', user = ada.user): Promise<Reply> =>
  new TestDevice(user, { version }).post(
    'Search',
    `<Search><Store><Name>Mailbox</Name><Query><And>${criteria}</And></Query></Store></Search>`,
  );
const storeOf = (reply: Reply): Element | undefined => child(child(reply.document, 'Search:Response'), 'Search:Store');
const statusOf = (reply: Reply): string | undefined => text(storeOf(reply), 'Search:Status');
const resultsOf = (reply: Reply): readonly Element[] =>
  children(storeOf(reply), 'Search:Result').filter((it) => children(it).length > 0);
const classesOf = (reply: Reply) => resultsOf(reply).map((it) => text(it, 'AirSync:Class'));
const ofClass = (...names: string[]) => names.map((it) => `<airsync:Class>${it}</airsync:Class>`).join('');
const free = (words: string): string => `<FreeText>${words}</FreeText>`;
const made = (comparison: 'GreaterThan' | 'LessThan', date: string): string =>
  `<${comparison}><email:DateReceived/><Value>${date}T00:00:00.000Z</Value></${comparison}>`;

const calendar = (component: string, lines: readonly string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', `BEGIN:${component}`, ...lines, `END:${component}`, 'END:VCALENDAR', ''].join(
    '\r\n',
  );

const RESOURCES: Readonly<Record<ResourceClass, readonly string[]>> = {
  Calendar: [
    calendar('VEVENT', [
      'UID:concert',
      'CREATED:20260105T120000Z',
      'DTSTART:20260301T190000Z',
      'SUMMARY:Concert at the Zeughaus',
      'LOCATION:Hall\\, second floor',
      'ATTENDEE;CN="Clara Schumann":mailto:clara@example.org',
    ]),
    calendar('VEVENT', ['UID:dentist', 'DTSTAMP:20260110T120000Z', 'DTSTART:20260302T080000Z', 'SUMMARY:Dentist']),
    'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Concert that nobody can read\r\n',
  ],
  Contacts: [
    'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c\r\nREV:2026-01-07T10:00:00Z\r\nFN:Clara Schumann\r\nN:Schumann;Clara;;;\r\nEMAIL:clara@example.org\r\nEND:VCARD\r\n',
  ],
  Tasks: [calendar('VTODO', ['UID:t', 'CREATED:20260108T120000Z', 'SUMMARY:Buy tickets for the CONCERT'])],
  Notes: [calendar('VJOURNAL', ['UID:n', 'SUMMARY:Programme', 'DESCRIPTION:The concert begins\\nwith Brahms'])],
};

beforeAll(async () => {
  ada = await startMailUser();
  const store = ada.mailbox.resources;
  for (const { id, itemClass, kind } of await ada.mailbox.folders()) {
    if (itemClass === 'Email' || kind === 'user') continue;
    for (const [at, source] of RESOURCES[itemClass].entries()) {
      await store?.put(id, `${itemClass}${at}.${itemClass === 'Contacts' ? 'vcf' : 'ics'}`, source, 'new');
    }
  }
  await ada.put('INBOX', composeMail({ subject: 'The concert', text: 'Come!' }), [], new Date('2026-01-06T12:00:00Z'));
});
afterAll(() => ada.stop());

describe('A Search of other classes than mail', () => {
  it('MS-ASCMD_R918, MS-ASCMD_R921: finds them by their texts, in any letter case', async () => {
    expect(classesOf(await search(ofClass('Calendar') + free('zeughaus')))).toEqual(['Calendar']);
    expect(classesOf(await search(ofClass('Calendar') + free('hall, second')))).toEqual(['Calendar']);
    expect(classesOf(await search(ofClass('Contacts') + free('schumann')))).toEqual(['Contacts']);
    expect(classesOf(await search(ofClass('Tasks') + free('concert')))).toEqual(['Tasks']);
    expect(classesOf(await search(ofClass('Calendar', 'Contacts') + free('Clara Schumann')))).toEqual([
      'Contacts',
      'Calendar',
    ]);
  });

  it.each([
    ['MS-ASCMD_R7513, MS-ASCMD_R7518, MS-ASCMD_R7523, MS-ASCMD_R7528', '12.1', []],
    ['MS-ASCMD_R7514, MS-ASCMD_R7519, MS-ASCMD_R7524, MS-ASCMD_R7529, MS-ASCMD_R7534', '14.0', ['Notes']],
    ['MS-ASCMD_R7515, MS-ASCMD_R7520, MS-ASCMD_R7525, MS-ASCMD_R7530, MS-ASCMD_R7535', '14.1', ['Notes']],
    ['MS-ASCMD_R7516, MS-ASCMD_R7521, MS-ASCMD_R7526, MS-ASCMD_R7531, MS-ASCMD_R7536', '16.0', ['Notes']],
  ] as const)('%s: finds every class of %s', async (_ids, version, newer) => {
    for (const itemClass of ['Email', 'Calendar', 'Tasks', ...newer])
      expect(classesOf(await search(ofClass(itemClass) + free('concert'), version))).toEqual([itemClass]);
    expect(classesOf(await search(ofClass('Contacts') + free('clara'), version))).toEqual(['Contacts']);
  });

  it('MS-ASCMD_R922: without Class every class is searched, newest first; what does not say when it was made comes last', async () => {
    expect(classesOf(await search(free('concert')))).toEqual(['Tasks', 'Email', 'Calendar', 'Notes']);
  });

  it('MS-ASCMD_R6288: Notes are a class from 14.0 on', async () => {
    expect(classesOf(await search(ofClass('Notes') + free('brahms'), '14.0'))).toEqual(['Notes']);
    expect(statusOf(await search(ofClass('Notes') + free('brahms'), '12.1'))).toBe('2');
    expect(classesOf(await search(free('brahms'), '12.1'))).toEqual([]);
  });

  it('MS-ASCMD_R5751: a Result has the properties of its class, and a part of the text', async () => {
    const [result] = resultsOf(await search(ofClass('Notes') + free('programme')));
    const properties = child(result, 'Search:Properties');
    expect(text(properties, 'Notes:Subject')).toBe('Programme');
    expect(text(child(properties, 'AirSyncBase:Body'), 'AirSyncBase:Data')).toContain('The concert begins');
  });

  it('is bounded by when the item was made', async () => {
    const classes = ofClass('Calendar', 'Contacts', 'Tasks', 'Notes');
    expect(
      classesOf(await search(classes + made('GreaterThan', '2026-01-06') + made('LessThan', '2026-01-09'))),
    ).toEqual(['Tasks', 'Contacts']);
    expect(classesOf(await search(classes + free('concert') + made('LessThan', '2026-01-06')))).toEqual(['Calendar']);
  });

  it('MS-ASCMD_R2027, MS-ASCMD_R2028: is bounded by the folder', async () => {
    const folder = `<airsync:CollectionId>${ada.calendar().id}</airsync:CollectionId>`;
    const reply = await search(free('concert') + folder);
    expect(classesOf(reply)).toEqual(['Calendar']);
    expect(text(resultsOf(reply)[0], 'AirSync:CollectionId')).toBe(ada.calendar().id);
    expect(classesOf(await search(ofClass('Tasks') + free('concert') + folder))).toEqual([]);
  });

  it('what it hands out is fetched whole', async () => {
    const longId = text(resultsOf(await search(ofClass('Calendar') + free('zeughaus')))[0], 'Search:LongId');
    const reply = await new TestDevice(ada.user, { version: '16.1' }).post(
      'ItemOperations',
      `<ItemOperations><Fetch><Store>Mailbox</Store><search:LongId>${longId}</search:LongId></Fetch></ItemOperations>`,
    );
    expect(reply.xml).toContain('Concert at the Zeughaus');
  });

  it('finds mail where calendars cannot be reached, and says so where nothing else was asked for', async () => {
    const away = withMethods(ada.user, {
      searchResources: () => Promise.reject(new BackendError('unavailable', 'the calendar server is away')),
    });
    expect(classesOf(await search(free('concert'), '16.1', away))).toEqual(['Email']);
    expect((await search(ofClass('Calendar') + free('concert'), '16.1', away)).xml).not.toContain('<Total>');
  });
});
