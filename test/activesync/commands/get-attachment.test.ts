// GetAttachment and GetHierarchy (MS-ASCMD 2.2.1.7, 2.2.1.8), which only 12.1 has.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { children, type Element, text, textOf } from '../../../lib/activesync/index.ts';
import { findAll } from '../../support/transcript.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { TestPolicies } from './support/policies.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

const PDF = Buffer.from('%PDF-1.4 plans');

let ada: MailUser;
let fileReference: string;
let serverId: string;
let fetched: Reply;

beforeAll(async () => {
  ada = await startMailUser();
  const attachments = [{ name: 'plan.pdf', type: 'application/pdf', bytes: PDF }];
  serverId = await ada.put('INBOX', composeMail({ attachments }));
  fetched = await new TestDevice(ada.user, { version: '12.1' }).post(
    'ItemOperations',
    `<ItemOperations><Fetch><Store>Mailbox</Store><airsync:ServerId>${serverId}</airsync:ServerId></Fetch></ItemOperations>`,
  );
  const [reference] = findAll(fetched.document as Element, 'AirSyncBase:FileReference');
  fileReference = reference ? textOf(reference.element) : '';
});
afterAll(() => ada.stop());

const get = (attachmentName: string, policies?: TestPolicies) =>
  new TestDevice(ada.user, { version: '12.1', ...(policies && { policies }) }).post('GetAttachment', undefined, {
    parameters: { attachmentName },
  });

describe('GetAttachment', () => {
  it('MS-ASCMD_R157, MS-ASCMD_R160, MS-ASHTTP_R115, MS-ASHTTP_R230, MS-ASHTTP_R490: gives the bytes, with their type', async () => {
    const { result } = await get(fileReference);
    if (result.kind !== 'bytes') throw new Error(result.kind);
    expect(result.contentType).toBe('application/pdf');
    expect(PDF.equals(result.bytes)).toBe(true);
  });

  it('MS-ASCMD_R5501: the message itself has an Attachment with the name to ask for, and no data', () => {
    const attachments = findAll(fetched.document as Element, 'AirSyncBase:Attachment');
    expect(attachments).toHaveLength(1);
    expect(text(attachments[0]?.element, 'AirSyncBase:FileReference')).toBe(fileReference);
    expect(fetched.xml).not.toContain(PDF.toString('base64'));
  });

  it('MS-ASCMD_R166: of what is gone is 500', async () => {
    const gone = await ada.put(
      'INBOX',
      composeMail({ attachments: [{ name: 'a.pdf', type: 'application/pdf', bytes: PDF }] }),
    );
    const itsReference = `${Buffer.from(gone).toString('base64url')}~${fileReference.split('~')[1]}`;
    expect((await get(itsReference)).result.kind).toBe('bytes');
    const item = await ada.user.item(gone);
    await ada.mailbox.remove('INBOX', [item?.uid ?? 0]);
    expect((await get(itsReference)).xml).toBe('HTTP 500');
    expect((await get('nonsense')).xml).toBe('HTTP 500');
  });

  it('is refused where the policy has no attachments, and without a name', async () => {
    const policies = new TestPolicies({ requirement: 'optional', settings: { AttachmentsEnabled: false } });
    expect((await get(fileReference, policies)).xml).toBe('HTTP 403');
    expect((await get('')).xml).toBe('HTTP 400');
  });

  it('is no command since 14.0', async () => {
    const reply = await new TestDevice(ada.user, { version: '14.0' }).post('GetAttachment', undefined, {
      parameters: { attachmentName: fileReference },
    });
    expect(reply.xml).toBe('HTTP 501');
  });
});

describe('GetHierarchy', () => {
  it('MS-ASCMD_R6024, MS-ASCMD_R6025, MS-ASCMD_R6026, MS-ASCMD_R6046, MS-ASCMD_R6047: gives the folders of mail alone, each with its parent', async () => {
    const reply = await new TestDevice(ada.user, { version: '12.1' }).post('GetHierarchy');
    expect(reply.document?.tag).toBe('FolderHierarchy:Folders');
    const folders = children(reply.document);
    expect(new Set(folders.map((it) => it.tag))).toEqual(new Set(['FolderHierarchy:Folder']));
    const byName = new Map(folders.map((it) => [text(it, 'FolderHierarchy:DisplayName'), it]));
    const engine = byName.get('Engine');
    expect(children(engine).map((it) => it.tag)).toEqual([
      'FolderHierarchy:DisplayName',
      'FolderHierarchy:ServerId',
      'FolderHierarchy:Type',
      'FolderHierarchy:ParentId',
    ]);
    expect(text(engine, 'FolderHierarchy:ParentId')).toBe(ada.folder('Projects').id);
    expect(text(byName.get('Projects'), 'FolderHierarchy:ParentId')).toBe('0');
    expect(folders.map((it) => text(it, 'FolderHierarchy:Type'))).toContain('2');
    expect(byName.has(ada.calendar().name)).toBe(false);
  });

  it('MS-ASCMD_R6031: the ids are those of FolderSync', async () => {
    const device = new TestDevice(ada.user, { version: '12.1' });
    const synced = findAll(
      (await device.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>')).document as Element,
      'FolderHierarchy:ServerId',
    ).map((it) => textOf(it.element));
    const got = findAll((await device.post('GetHierarchy')).document as Element, 'FolderHierarchy:ServerId');
    expect(got.length).toBeGreaterThan(3);
    for (const it of got) expect(synced).toContain(textOf(it.element));
  });
});
