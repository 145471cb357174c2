/** What devices do to mail, over the real engine, store and mail folders: two phones of one user, at two versions. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Standalone } from '../../support/standalone.ts';
import { commands, Phone } from '../commands/support/phone.ts';

let standalone: Standalone;
let phone: Phone;
let other: Phone;
let inbox: string;
let serverId: string;

beforeEach(async () => {
  standalone = await Standalone.start();
  await standalone.put({ subject: 'Looms' });
  phone = await Phone.of(standalone);
  other = await Phone.of(standalone, { id: 'SECONDPHONE', version: '14.1' });
  for (const it of [phone, other]) {
    await it.folderSync();
    inbox = (await (await standalone.user()).folderOfKind('inbox'))?.id ?? '';
    serverId = [...(await it.syncAll(inbox)).keys()][0] ?? '';
  }
});
afterEach(() => standalone.stop());

const change = (inside: string) =>
  phone.sync(
    inbox,
    commands(`<Change><ServerId>${serverId}</ServerId><ApplicationData>${inside}</ApplicationData></Change>`),
  );

/** What the other phone is told of it. */
const heard = async () => (await other.sync(inbox)).changed.get(serverId);

async function flagsInMailbox(): Promise<readonly string[]> {
  const mailbox = await standalone.other('ada');
  const { messages } = await mailbox.changes(await standalone.folder('inbox'));
  return messages[0]?.flags ?? [];
}

const START = '<tasks:StartDate>2026-03-04T00:00:00.000Z</tasks:StartDate>';
const DUE = '<tasks:DueDate>2026-03-06T00:00:00.000Z</tasks:DueDate>';
const UTC_START = '<tasks:UtcStartDate>2026-03-03T23:00:00.000Z</tasks:UtcStartDate>';
const UTC_DUE = '<tasks:UtcDueDate>2026-03-05T23:00:00.000Z</tasks:UtcDueDate>';
const flag = (inside: string) => `<email:Flag>${inside}</email:Flag>`;
const active = (inside: string) =>
  flag(`<email:Status>2</email:Status><email:FlagType>Flag for follow up</email:FlagType>${inside}`);

describe('what one phone changes, the other is told', () => {
  it('a flag with its dates, and its end', async () => {
    await change(active(START + DUE + UTC_START + UTC_DUE));
    expect(await heard()).toBe(
      '<email:Flag><tasks:Subject>Looms</tasks:Subject><email:Status>2</email:Status><email:FlagType>Flag for follow up</email:FlagType>' +
        `${START}${DUE}${UTC_START}${UTC_DUE}</email:Flag>`,
    );
    await change(
      flag(
        '<email:Status>1</email:Status><email:CompleteTime>2026-03-05T08:00:00.000Z</email:CompleteTime><tasks:DateCompleted>2026-03-05T00:00:00.000Z</tasks:DateCompleted>',
      ),
    );
    expect(await heard()).toContain('<email:Status>1</email:Status>');
    expect(await flagsInMailbox()).not.toContain('\\Flagged');
    await change('<email:Flag/>');
    expect(await heard()).toBe('<email:Flag/>');
    expect(await flagsInMailbox()).toEqual([]);
  });

  it('categories, which replace those before', async () => {
    await change(
      '<email:Categories><email:Category>Work</email:Category><email:Category>Grün heute</email:Category></email:Categories>',
    );
    expect(await heard()).toBe(
      '<email:Categories><email:Category>Grün heute</email:Category><email:Category>Work</email:Category></email:Categories>',
    );
    await change('<email:Categories><email:Category>Work</email:Category></email:Categories>');
    expect(await heard()).toBe('<email:Categories><email:Category>Work</email:Category></email:Categories>');
    await change('<email:Categories/>');
    expect(await heard()).toBe('<email:Categories/>');
    expect(await flagsInMailbox()).toEqual([]);
  });

  it('all of it at once, and only that', async () => {
    await change(
      `<email:Read>1</email:Read>${active('')}<email:Categories><email:Category>Work</email:Category></email:Categories>`,
    );
    expect(await heard()).toBe(
      '<email:Read>1</email:Read><email:Flag><email:Status>2</email:Status><email:FlagType>Flag for follow up</email:FlagType></email:Flag>' +
        '<email:Categories><email:Category>Work</email:Category></email:Categories>',
    );
    await change('<email:Read>0</email:Read>');
    expect(await heard()).toBe('<email:Read>0</email:Read>');
  });
});

describe('Status 6 is the answer to', () => {
  it.each([
    ['MS-ASEMAIL_R643', 'a Read that is no boolean', '<email:Read>maybe</email:Read>'],
    ['MS-ASEMAIL_R347', 'a ConversationId', '<email2:ConversationId>x</email2:ConversationId>'],
    ['MS-ASEMAIL_R648', 'a ReceivedAsBcc', '<email2:ReceivedAsBcc>1</email2:ReceivedAsBcc>'],
    ['MS-ASEMAIL_R723', 'a Sender', '<email2:Sender>me@example.org</email2:Sender>'],
    ['MS-ASEMAIL_R817', 'a UmCallerID', '<email2:UmCallerID>1</email2:UmCallerID>'],
    ['MS-ASEMAIL_R835', 'UmUserNotes', '<email2:UmUserNotes>x</email2:UmUserNotes>'],
    ['MS-ASEMAIL_R757', 'a flag of Status 3', flag('<email:Status>3</email:Status>')],
    [
      'MS-ASEMAIL_R407',
      'a due date before the start',
      active(START + DUE.replace('-06T', '-03T') + UTC_START + UTC_DUE),
    ],
    [
      'MS-ASEMAIL_R739, MS-ASEMAIL_R741',
      'a start after the due date',
      active(START.replace('-04T', '-07T') + DUE + UTC_START + UTC_DUE),
    ],
    [
      'MS-ASEMAIL_R851',
      'a due date before the start in UTC',
      active(START + DUE + UTC_START + UTC_DUE.replace('-05T', '-02T')),
    ],
    [
      'MS-ASEMAIL_R862',
      'a start after the due date in UTC',
      active(START + DUE + UTC_START.replace('-03T', '-07T') + UTC_DUE),
    ],
    ['MS-ASEMAIL_R409', 'dates without DueDate', active(START + UTC_START + UTC_DUE)],
    ['MS-ASEMAIL_R853', 'dates without UtcDueDate', active(START + DUE + UTC_START)],
    ['MS-ASEMAIL_R864', 'dates without UtcStartDate', active(START + DUE + UTC_DUE)],
    ['MS-ASEMAIL_R702', 'a reminder without its time', active('<tasks:ReminderSet>1</tasks:ReminderSet>')],
    ['MS-ASEMAIL_R92', 'a completion without its time', flag('<email:Status>1</email:Status>')],
  ])('%s: %s', async (_ids, _what, inside) => {
    const { responses, status } = await change(inside);
    expect(status).toBe(1);
    expect(responses).toEqual([`<Change><ServerId>${serverId}</ServerId><Status>6</Status></Change>`]);
    expect(await flagsInMailbox()).toEqual([]);
    expect(await heard()).toBeUndefined();
  });
});
