// Drafts of 16.x over the real engine, outbox and mail folders.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Standalone } from '../../../support/standalone.ts';
import { commands, Phone } from '../support/phone.ts';

let standalone: Standalone;
let phone: Phone;
let drafts: string;

beforeEach(async () => {
  standalone = await Standalone.start();
  phone = await Phone.of(standalone);
  await phone.folderSync();
  drafts = (await (await standalone.user()).folderOfKind('drafts'))?.id ?? '';
  await phone.syncAll(drafts);
});
afterEach(() => standalone.stop());

const body = (text: string) =>
  `<airsyncbase:Body><airsyncbase:Type>1</airsyncbase:Type><airsyncbase:Data>${text}</airsyncbase:Data></airsyncbase:Body>`;
const data = (subject: string, to = 'bob@example.org') =>
  `<ApplicationData><email:To>${to}</email:To><email:Subject>${subject}</email:Subject>${body('Hello')}</ApplicationData>`;
const add = (subject: string, send = '') => `<Add><ClientId>c1</ClientId>${data(subject)}${send}</Add>`;

async function subjectsIn(kind: string, name: 'ada' | 'bob' = 'ada'): Promise<string[]> {
  const mailbox = await standalone.other(name);
  const folder = await standalone.folder(kind, name);
  const { messages } = await mailbox.changes(folder);
  const fetched = await mailbox.fetch(
    folder,
    messages.map((it) => it.uid),
    () => [],
  );
  return fetched.map((it) => /^Subject: (.*)$/m.exec(Buffer.from(it.header).toString('utf8'))?.[1]?.trim() ?? '');
}

describe('a draft', () => {
  it('MS-ASCMD_R748, MS-ASCMD_R957: is added, and known by the id that the server gives it', async () => {
    const { responses, added } = await phone.sync(drafts, commands(add('Plan')));
    expect(responses).toHaveLength(1);
    expect(responses[0]).toMatch(
      /^<Add><ClientId>c1<\/ClientId><ServerId>[^<]+<\/ServerId><Status>1<\/Status><\/Add>$/,
    );
    expect(added.size).toBe(0);
    expect(await subjectsIn('drafts')).toEqual(['Plan']);
    expect((await phone.sync(drafts)).reply.xml).toBe('');
  });

  it('is added once, though the device repeats the request', async () => {
    const key = phone.keys.get(drafts) ?? '';
    const first = await phone.syncWith(key, drafts, commands(add('Plan')));
    const again = await phone.syncWith(key, drafts, commands(add('Plan')));
    expect(again.responses).toEqual(first.responses);
    expect(await subjectsIn('drafts')).toEqual(['Plan']);
  });

  it('is sent at once, with a copy among the sent ones and none among the drafts', async () => {
    const { responses } = await phone.sync(drafts, commands(add('Plan', '<email2:Send/>')));
    expect(responses).toEqual(['<Add><ClientId>c1</ClientId><Status>1</Status></Add>']);
    expect(await subjectsIn('inbox', 'bob')).toEqual(['Plan']);
    expect(await subjectsIn('sent')).toEqual(['Plan']);
    expect(await subjectsIn('drafts')).toEqual([]);
  });

  it('is sent once, though the device repeats the request', async () => {
    const key = phone.keys.get(drafts) ?? '';
    for (let times = 0; times < 2; times++) {
      const { responses } = await phone.syncWith(key, drafts, commands(add('Plan', '<email2:Send/>')));
      expect(responses).toEqual(['<Add><ClientId>c1</ClientId><Status>1</Status></Add>']);
    }
    expect(await subjectsIn('inbox', 'bob')).toEqual(['Plan']);
    expect(await subjectsIn('sent')).toEqual(['Plan']);
  });

  it('that was kept is changed, and sent, and goes away', async () => {
    await phone.sync(drafts, commands(add('Plan')));
    const changed = await phone.sync(
      drafts,
      commands(`<Change><ServerId>${await onlyDraft()}</ServerId>
        <ApplicationData><email:Subject>Better plan</email:Subject></ApplicationData></Change>`),
    );
    expect(changed.responses[0]).toMatch(/^<Change><ServerId>[^<]+<\/ServerId><Status>1<\/Status><\/Change>$/);
    expect(await subjectsIn('drafts')).toEqual(['Better plan']);
    const kept = await onlyDraft();
    const sent = await phone.sync(drafts, commands(`<Change><ServerId>${kept}</ServerId><email2:Send/></Change>`));
    expect(sent.responses).toEqual([`<Change><ServerId>${kept}</ServerId><Status>1</Status></Change>`]);
    expect(sent.deleted).toEqual([kept]);
    expect(await subjectsIn('inbox', 'bob')).toEqual(['Better plan']);
    expect(await subjectsIn('drafts')).toEqual([]);
  });

  it('that was kept is sent once, though the device repeats the request', async () => {
    await phone.sync(drafts, commands(add('Plan')));
    const kept = await onlyDraft();
    const key = phone.keys.get(drafts) ?? '';
    const send = commands(`<Change><ServerId>${kept}</ServerId><email2:Send/></Change>`);
    for (let times = 0; times < 2; times++) {
      const { responses, deleted } = await phone.syncWith(key, drafts, send);
      expect(responses).toEqual([`<Change><ServerId>${kept}</ServerId><Status>1</Status></Change>`]);
      expect(deleted).toEqual([kept]);
    }
    expect(await subjectsIn('inbox', 'bob')).toEqual(['Plan']);
  });

  it('without recipients is not sent, and stays', async () => {
    await phone.sync(drafts, commands(`<Add><ClientId>c1</ClientId>${data('Plan', '')}</Add>`));
    const kept = await onlyDraft();
    const { responses } = await phone.sync(
      drafts,
      commands(`<Change><ServerId>${kept}</ServerId><email2:Send/></Change>`),
    );
    expect(responses).toEqual([`<Change><ServerId>${kept}</ServerId><Status>183</Status></Change>`]);
    expect(await subjectsIn('drafts')).toEqual(['Plan']);
  });
});

/** The ServerId of the only draft. */
async function onlyDraft(): Promise<string> {
  const user = await standalone.user();
  const folder = await user.folderOfKind('drafts');
  const { messages } = await (await standalone.other()).changes(await standalone.folder('drafts'));
  if (!folder || messages.length !== 1) throw new Error(`${messages.length} drafts`);
  return user.serverIdOf(folder, messages[0]?.uid ?? 0);
}
