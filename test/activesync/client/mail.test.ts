import { describe, expect, it } from 'vitest';
import { composeMail, itemText, itemTextIn } from '../../../lib/activesync/client/index.ts';
import {
  bytes,
  element,
  MULTIPART_CONTENT_TYPE,
  statusAnswer,
  text,
  toXml,
  writeMultipart,
  writeWbxml,
} from '../../../lib/activesync/protocol/index.ts';
import { fixture } from './fixture.ts';
import type { Asked } from './scripted-server.ts';

const MIME = Buffer.from('From: ada@example.org\r\nTo: bob@example.org\r\nSubject: Hi\r\n\r\nHello\r\n');
const bodyOf = (asked: Asked | undefined): string => toXml(asked?.document ?? element('AirSync:Sync'));

describe('SendMail', () => {
  it('from 14.0 on is a document with a ClientId', async () => {
    const { client, server } = await fixture([undefined], { version: '16.1' });
    await client.sendMail({ mime: MIME, clientId: 'c1' });
    const { document } = server.asked[0] as Asked;
    expect(text(document, 'ComposeMail:ClientId')).toBe('c1');
    expect(Buffer.from(bytes(document, 'ComposeMail:Mime') ?? []).equals(MIME)).toBe(true);
    expect(bodyOf(server.asked[0])).toContain('<SaveInSentItems/>');
  });

  it('has another ClientId each time, and the same one when an answer was lost', async () => {
    const { client, server } = await fixture(['lost', undefined, undefined], { version: '14.1' });
    await client.sendMail({ mime: MIME });
    await client.sendMail({ mime: MIME });
    const [first, again, second] = server.asked.map(({ document }) => text(document, 'ComposeMail:ClientId'));
    expect(again).toBe(first);
    expect(second).not.toBe(first);
  });

  it('at 12.1 is MIME', async () => {
    const { client, server } = await fixture([undefined, undefined], { version: '12.1' });
    await client.sendMail({ mime: MIME });
    expect(server.asked[0]?.headers['content-type']).toBe('message/rfc822');
    expect(server.asked[0]?.body.equals(MIME)).toBe(true);
    expect(server.asked[0]?.line.parameters.saveInSent).toBe(true);
    await client.sendMail({ mime: MIME, saveInSent: false });
    expect(server.asked[1]?.line.parameters.saveInSent).toBe(false);
  });

  it('that the server refuses throws its Status', async () => {
    const { client } = await fixture([statusAnswer('SendMail', 119)], { version: '14.1' });
    await expect(client.sendMail({ mime: MIME })).rejects.toMatchObject({
      code: 'protocol-status',
      status: 119,
      why: 'messageHasNoRecipient',
    });
  });
});

describe('SmartReply and SmartForward', () => {
  const source = { collectionId: '5', itemId: '5:1' };

  it('from 14.0 on name the original in the document', async () => {
    const { client, server } = await fixture([undefined, undefined], { version: '14.1' });
    await client.smartReply({ mime: MIME, source });
    await client.smartForward({
      mime: MIME,
      source: { longId: 'L1' },
      replaceMime: true,
      saveInSent: false,
      clientId: 'c2',
    });
    expect(bodyOf(server.asked[0])).toContain('<Source><FolderId>5</FolderId><ItemId>5:1</ItemId></Source>');
    expect(bodyOf(server.asked[1])).toContain(
      '<SmartForward xmlns="ComposeMail:"><ClientId>c2</ClientId><Source><LongId>L1</LongId></Source><ReplaceMime/><Mime>',
    );
  });

  it('at 12.1 name it in the query', async () => {
    const { client, server } = await fixture([undefined], { version: '12.1', queryForm: 'base64' });
    await client.smartReply({ mime: MIME, source: { ...source, instanceId: '20260101T100000Z' } });
    expect(server.asked[0]?.line.parameters).toMatchObject({
      ...source,
      occurrence: '20260101T100000Z',
      saveInSent: true,
    });
  });
});

it('composeMail makes MIME with text, attachment and Bcc', async () => {
  const mime = await composeMail({
    from: 'ada@example.org',
    to: ['bob@example.org', 'eve@example.org'],
    bcc: 'carl@example.org',
    subject: 'Grüße',
    text: 'Hello',
    attachments: [{ filename: 'a.txt', content: Buffer.from('content') }],
  });
  const source = Buffer.from(mime).toString('utf8');
  expect(source).toMatch(/^To: bob@example\.org, eve@example\.org\r$/m);
  expect(source).toMatch(/^Bcc: carl@example\.org\r$/m);
  expect(source).toContain('filename=a.txt');
});

describe('ItemOperations', () => {
  const fetched = (...properties: Parameters<typeof element>[1][]) =>
    element(
      'ItemOperations:ItemOperations',
      element('ItemOperations:Status', 1),
      element(
        'ItemOperations:Response',
        element(
          'ItemOperations:Fetch',
          element('ItemOperations:Status', 1),
          element('ItemOperations:Properties', ...properties),
        ),
      ),
    );
  const multipart = (document: ReturnType<typeof fetched>, ...parts: readonly string[]) => ({
    headers: { 'Content-Type': MULTIPART_CONTENT_TYPE },
    bytes: Buffer.concat(writeMultipart([writeWbxml(document), ...parts.map((part) => Buffer.from(part))])),
  });

  it('fetches an item', async () => {
    const { client, server } = await fixture([fetched(element('Email:Subject', 'Hi'))]);
    const item = await client.fetchItem({
      collectionId: '5',
      serverId: '5:1',
      mimeSupport: 2,
      bodyPreferences: [{ type: 4 }],
    });
    expect(itemText(item, 'Email:Subject')).toBe('Hi');
    expect(bodyOf(server.asked[0])).toBe(
      '<ItemOperations xmlns="ItemOperations:"><Fetch><Store>Mailbox</Store><CollectionId xmlns="AirSync:">5</CollectionId><ServerId xmlns="AirSync:">5:1</ServerId><Options><BodyPreference xmlns="AirSyncBase:"><Type>4</Type></BodyPreference><MIMESupport xmlns="AirSync:">2</MIMESupport></Options></Fetch></ItemOperations>',
    );
  });

  it('MS-ASCMD_R236, MS-ASCMD_R5505: fetches an item whose body is a part of a multipart answer', async () => {
    const body = element('AirSyncBase:Body', element('AirSyncBase:Type', 1), element('ItemOperations:Part', 1));
    const { client, server } = await fixture([multipart(fetched(body), 'the text')]);
    const item = await client.fetchItem({ collectionId: '5', serverId: '5:1', multipart: true });
    expect(itemTextIn(item, 'AirSyncBase:Body', 'AirSyncBase:Data')).toBe('the text');
    expect(server.asked[0]?.line.parameters.acceptMultiPart).toBe(true);
  });

  it('fetches an attachment, inline, in a part, and a range of it', async () => {
    const type = element('AirSyncBase:ContentType', 'image/png');
    const inline = fetched(type, element('ItemOperations:Data', Buffer.from('bytes').toString('base64')));
    const range = [element('ItemOperations:Range', '0-1'), element('ItemOperations:Total', 5)];
    const { client, server } = await fixture([
      inline,
      multipart(fetched(...range, type, element('ItemOperations:Part', 1)), 'by'),
    ]);
    const whole = await client.fetchAttachment({ fileReference: 'f1' });
    expect([Buffer.from(whole.bytes).toString(), whole.contentType]).toEqual(['bytes', 'image/png']);
    const part = await client.fetchAttachment({ fileReference: 'f1', range: { first: 0, last: 1 }, multipart: true });
    expect([Buffer.from(part.bytes).toString(), part.range, part.total]).toEqual(['by', '0-1', 5]);
    expect(bodyOf(server.asked[1])).toContain('<Options><Range>0-1</Range></Options>');
  });

  it('that finds nothing throws the Status of the Fetch', async () => {
    const missing = element(
      'ItemOperations:ItemOperations',
      element('ItemOperations:Status', 1),
      element('ItemOperations:Response', element('ItemOperations:Fetch', element('ItemOperations:Status', 6))),
    );
    const { client } = await fixture([missing]);
    await expect(client.fetchItem({ collectionId: '5', serverId: '5:1' })).rejects.toMatchObject({ status: 6 });
  });
});

it('GetAttachment at 12.1 names the attachment in the query', async () => {
  const { client, server } = await fixture(
    [{ bytes: Buffer.from('bytes'), headers: { 'Content-Type': 'image/png' } }],
    { version: '12.1' },
  );
  const attachment = await client.getAttachment('5:1:0');
  expect([Buffer.from(attachment.bytes).toString(), attachment.contentType]).toEqual(['bytes', 'image/png']);
  expect(server.asked[0]?.line.parameters.attachmentName).toBe('5:1:0');
});

it('MoveItems takes what moved out of its collection', async () => {
  const response = (id: string, status: number, to?: string) =>
    element(
      'Move:Response',
      element('Move:SrcMsgId', id),
      element('Move:Status', status),
      to !== undefined && element('Move:DstMsgId', to),
    );
  const { client } = await fixture([element('Move:MoveItems', response('5:1', 3, '6:9'), response('5:2', 1))]);
  client.state.collections['5'] = {
    syncKey: '1',
    items: { '5:1': { serverId: '5:1', data: {} }, '5:2': { serverId: '5:2', data: {} } },
  };
  const from = { sourceFolderId: '5', destinationFolderId: '6' };
  expect(await client.moveItems({ serverId: '5:1', ...from }, { serverId: '5:2', ...from })).toEqual([
    { serverId: '5:1', status: 3, newServerId: '6:9' },
    { serverId: '5:2', status: 1, newServerId: undefined },
  ]);
  expect(client.items('5').map((it) => it.serverId)).toEqual(['5:2']);
});
