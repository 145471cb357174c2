// ItemOperations that change folders (MS-ASCMD 2.2.1.10): EmptyFolderContents, and Move of a conversation.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { children, type Element, element } from '../../../lib/activesync/index.ts';
import { BackendError } from '../../../lib/backends/index.ts';
import { findAll } from '../../support/transcript.ts';
import { fakeUser, INBOX } from './support/fake-user.ts';
import { fetchItem, responses, statuses } from './support/item-operations.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

let ada: MailUser;
beforeAll(async () => {
  ada = await startMailUser();
});
afterAll(() => ada.stop());

const device = (): TestDevice => new TestDevice(ada.user, { version: '16.1' });
const post = (operations: string): Promise<Reply> =>
  device().post('ItemOperations', `<ItemOperations>${operations}</ItemOperations>`);

describe('EmptyFolderContents', () => {
  it('MS-ASCMD_R199, MS-ASCMD_R1603, MS-ASCMD_R1605, MS-ASCMD_R1606, MS-ASCMD_R5414, MS-ASCMD_R2723, MS-ASCMD_R2724, MS-ASCMD_R2725, MS-ASCMD_R2726: removes every item, and keeps the folders below', async () => {
    await ada.put('Projects', composeMail({}));
    await ada.put('Projects', composeMail({}));
    const { id } = ada.folder('Projects');
    const reply = await post(
      `<EmptyFolderContents><airsync:CollectionId>${id}</airsync:CollectionId></EmptyFolderContents>`,
    );
    expect(reply.xml).toBe(
      `<ItemOperations><Status>1</Status><Response><EmptyFolderContents><Status>1</Status><airsync:CollectionId>${id}</airsync:CollectionId></EmptyFolderContents></Response></ItemOperations>`,
    );
    expect((await ada.mailbox.changes('Projects')).messages).toEqual([]);
    expect((await ada.mailbox.folders()).map((it) => it.name)).toContain('Engine');
  });

  it('MS-ASCMD_R196: the recipient information cache is not to be emptied', async () => {
    const reply = await post(
      '<EmptyFolderContents><airsync:CollectionId>RI</airsync:CollectionId></EmptyFolderContents>',
    );
    expect(statuses(reply)).toEqual(['16']);
  });

  it('a folder that the mail system has not is empty', async () => {
    const reply = await post(
      `<EmptyFolderContents><airsync:CollectionId>${ada.calendar().id}</airsync:CollectionId></EmptyFolderContents>`,
    );
    expect(statuses(reply)).toEqual(['1']);
  });

  it('other options, and no folder, are protocol errors', async () => {
    const { id } = ada.folder('Projects');
    const reply = await post(
      `<EmptyFolderContents><airsync:CollectionId>${id}</airsync:CollectionId><Options><Range>0-9</Range></Options></EmptyFolderContents><EmptyFolderContents/>`,
    );
    expect(statuses(reply)).toEqual(['2', '2']);
  });

  it.each([
    ['forbidden', '16'],
    ['not-found', '6'],
    ['unavailable', '3'],
  ] as const)('a mail system that says %s is status %s', async (code, status) => {
    const { user } = fakeUser({ user: { emptyFolder: () => Promise.reject(new BackendError(code, 'no')) } });
    const reply = await new TestDevice(user).post(
      'ItemOperations',
      `<ItemOperations><EmptyFolderContents><airsync:CollectionId>${INBOX.id}</airsync:CollectionId></EmptyFolderContents></ItemOperations>`,
    );
    expect(statuses(reply)).toEqual([status]);
  });

  it('DeleteSubFolders goes through', async () => {
    const asked: unknown[] = [];
    const { user } = fakeUser({
      user: { emptyFolder: (folder, options) => Promise.resolve(void asked.push(folder.id, options)) },
    });
    await new TestDevice(user).post(
      'ItemOperations',
      `<ItemOperations><EmptyFolderContents><airsync:CollectionId>${INBOX.id}</airsync:CollectionId><Options><DeleteSubFolders/></Options></EmptyFolderContents></ItemOperations>`,
    );
    expect(asked).toEqual([INBOX.id, { withSubfolders: true }]);
  });
});

describe('Move of a conversation', () => {
  const CONVERSATION = Buffer.from('0123456789abcdef');
  const move = (target: string, options: readonly Element[]): Element =>
    element(
      'ItemOperations:ItemOperations',
      element(
        'ItemOperations:Move',
        element('ItemOperations:ConversationId', CONVERSATION),
        element('ItemOperations:DstFldId', target),
        element('ItemOperations:Options', options),
      ),
    );
  const ALWAYS = [element('ItemOperations:MoveAlways')];

  it('MS-ASCMD_R201, MS-ASCMD_R3465, MS-ASCMD_R1959, MS-ASCMD_R1961, MS-ASCMD_R1962, MS-ASCMD_R2080, MS-ASCMD_R1437, MS-ASCMD_R1438, MS-ASCMD_R1439, MS-ASCMD_R1440, MS-ASCMD_R2719, MS-ASCMD_R2720, MS-ASCMD_R2721, MS-ASCMD_R2722: moves it, and names it in the answer', async () => {
    const moved: unknown[] = [];
    const { user } = fakeUser({
      user: {
        moveConversation: (id, target) => {
          moved.push(Buffer.from(id).toString(), target);
          return Promise.resolve({ kind: 'moved', serverId: '2:1' });
        },
      },
    });
    const reply = await new TestDevice(user, { version: '14.1' }).post('ItemOperations', move('2', ALWAYS));
    expect(moved).toEqual(['0123456789abcdef', '2']);
    const [answer] = responses(reply);
    expect(children(answer)).toEqual([
      { tag: 'ItemOperations:Status', content: '1' },
      { tag: 'ItemOperations:ConversationId', content: CONVERSATION },
    ]);
  });

  it('finds it wherever it is, by the id that Sync and Fetch tell', async () => {
    const thread = (messageId: string, rest: string) =>
      `Message-ID: ${messageId}\r\n${rest}${composeMail({ subject: 'A thread' })}`;
    const first = await ada.put('INBOX', thread('<t1@example.org>', ''));
    await ada.put('Archive', thread('<t2@example.org>', 'References: <t1@example.org>\r\n'));
    const [id] = findAll((await post(fetchItem(first))).document as Element, 'Email2:ConversationId');
    const before = (await ada.messagesIn('Projects')).length;
    const request = element(
      'ItemOperations:ItemOperations',
      element(
        'ItemOperations:Move',
        element('ItemOperations:ConversationId', id?.element.content),
        element('ItemOperations:DstFldId', ada.folder('Projects').id),
        element('ItemOperations:Options', ALWAYS),
      ),
    );
    expect(statuses(await device().post('ItemOperations', request))).toEqual(['1']);
    const now = await ada.messagesIn('Projects');
    expect(now.length - before).toBe(2);
    expect(now.filter((it) => it.includes('<t1@example.org>'))).toHaveLength(2);
    expect((await ada.messagesIn('INBOX')).some((it) => it.includes('<t1@example.org>'))).toBe(false);
  });

  it('MS-ASCMD_R6842, MS-ASCMD_R6850: at 12.1 it is a protocol error', async () => {
    const { user } = fakeUser();
    const reply = await new TestDevice(user, { version: '12.1' }).post('ItemOperations', move('2', ALWAYS));
    expect(reply.xml).toBe('<ItemOperations><Status>2</Status></ItemOperations>');
  });

  it('MS-ASCMD_R3475: without MoveAlways it is 155', async () => {
    const { user } = fakeUser();
    expect(statuses(await new TestDevice(user).post('ItemOperations', move('2', [])))).toEqual(['155']);
  });

  it('MS-ASCMD_R4942: to a folder that is none, or not of mail, it is 156', async () => {
    const { user } = fakeUser();
    expect(statuses(await new TestDevice(user).post('ItemOperations', move('404', ALWAYS)))).toEqual(['156']);
    expect(statuses(await new TestDevice(user).post('ItemOperations', move('4', ALWAYS)))).toEqual(['156']);
  });

  it.each([
    ['invalid-source', '6'],
    ['invalid-target', '156'],
    ['same-folder', '1'],
    ['failed', '3'],
  ] as const)('what comes of it: %s is %s', async (reason, status) => {
    const { user } = fakeUser({
      user: { moveConversation: () => Promise.resolve({ kind: 'refused', reason }) },
    });
    expect(statuses(await new TestDevice(user).post('ItemOperations', move('2', ALWAYS)))).toEqual([status]);
  });
});
