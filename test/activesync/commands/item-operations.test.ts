// ItemOperations (MS-ASCMD 2.2.1.10), as devices and server speak it, on real messages in folders on disk.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  child,
  children,
  type Element,
  type ProtocolVersion,
  readMultipart,
  readWbxml,
  text,
  textOf,
} from '../../../lib/activesync/index.ts';
import { findAll } from '../../support/transcript.ts';
import { type MailUser, startMailUser, withMethods } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { body, fetchFile, fetchItem, propertiesOf, responses, statuses } from './support/item-operations.ts';
import { TestPolicies } from './support/policies.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

const PDF = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

let ada: MailUser;
let letter: string;
let withAttachment: string;

const device = (version: ProtocolVersion = '16.1'): TestDevice => new TestDevice(ada.user, { version });
const post = (operations: string, version?: ProtocolVersion, acceptMultiPart = false): Promise<Reply> =>
  device(version).post('ItemOperations', `<ItemOperations>${operations}</ItemOperations>`, {
    parameters: { acceptMultiPart },
  });
/** As a device finds it: in the Attachments of the fetched item. */
async function fileReferenceOf(serverId: string): Promise<string> {
  const reply = await post(fetchItem(serverId));
  if (!reply.document) throw new Error('no document');
  const [found] = findAll(reply.document, 'AirSyncBase:FileReference');
  return found ? textOf(found.element) : '';
}

beforeAll(async () => {
  ada = await startMailUser();
  letter = await ada.put(
    'INBOX',
    composeMail({ subject: 'Engines', text: 'The engine weaves', html: '<p>The engine weaves</p>' }),
  );
  withAttachment = await ada.put(
    'INBOX',
    composeMail({ subject: 'Plans', attachments: [{ name: 'plan.pdf', type: 'application/pdf', bytes: PDF }] }),
  );
});
afterAll(() => ada.stop());

describe('An ItemOperations request', () => {
  it('MS-ASCMD_R3206, MS-ASCMD_R1820, MS-ASCMD_R1821, MS-ASCMD_R1822, MS-ASCMD_R1823, MS-ASCMD_R2487, MS-ASCMD_R2489, MS-ASCMD_R2490, MS-ASCMD_R2715, MS-ASCMD_R2716, MS-ASCMD_R2717, MS-ASCMD_R2718, MS-ASCMD_R4153: is answered with a Status and a Response', async () => {
    const reply = await post(fetchItem(letter));
    expect(reply.document?.tag).toBe('ItemOperations:ItemOperations');
    expect(children(reply.document).map((it) => it.tag)).toEqual(['ItemOperations:Status', 'ItemOperations:Response']);
    expect(text(reply.document, 'ItemOperations:Status')).toBe('1');
  });

  it('MS-ASCMD_R194, MS-ASCMD_R4148, MS-ASCMD_R4151, MS-ASCMD_R2488, MS-ASCMD_R1604, MS-ASCMD_R1652, MS-ASCMD_R1960: every operation has its own status; answers come in the order of the schema', async () => {
    const reply = await post(
      fetchItem(letter) +
        '<EmptyFolderContents><airsync:CollectionId>404</airsync:CollectionId></EmptyFolderContents>' +
        '<Move><ConversationId>abc</ConversationId><DstFldId>404</DstFldId><Options><MoveAlways/></Options></Move>' +
        fetchItem('1:999999'),
    );
    expect(responses(reply).map((it) => it.tag)).toEqual([
      'ItemOperations:Move',
      'ItemOperations:EmptyFolderContents',
      'ItemOperations:Fetch',
      'ItemOperations:Fetch',
    ]);
    expect(statuses(reply)).toEqual(['156', '6', '1', '6']);
    expect(text(reply.document, 'ItemOperations:Status')).toBe('1');
  });

  it('without operations, or with one that does not exist, is a protocol error as a whole', async () => {
    expect((await post('')).xml).toBe('<ItemOperations><Status>2</Status></ItemOperations>');
    expect((await post('<Schema/>')).xml).toBe('<ItemOperations><Status>2</Status></ItemOperations>');
  });
});

describe('Fetch of an item', () => {
  it('MS-ASCMD_R1651, MS-ASCMD_R1653, MS-ASCMD_R1654, MS-ASCMD_R1167, MS-ASCMD_R1168, MS-ASCMD_R1169, MS-ASCMD_R1170, MS-ASCMD_R913, MS-ASCMD_R1379, MS-ASCMD_R1380, MS-ASCMD_R1381, MS-ASCMD_R5415, MS-ASCMD_R2597, MS-ASCMD_R2598, MS-ASCMD_R2599, MS-ASCMD_R2600, MS-ASCMD_R2396, MS-ASCMD_R2398, MS-ASCMD_R2399, MS-ASCMD_R2727, MS-ASCMD_R2728, MS-ASCMD_R2729, MS-ASCMD_R2730: by place, is answered with its place, class and properties', async () => {
    const reply = await post(fetchItem(letter));
    const [fetched] = responses(reply);
    expect(children(fetched).map((it) => it.tag)).toEqual([
      'ItemOperations:Status',
      'AirSync:CollectionId',
      'AirSync:ServerId',
      'AirSync:Class',
      'ItemOperations:Properties',
    ]);
    expect(children(fetched).slice(0, 4).map(textOf)).toEqual(['1', ada.folder('INBOX').id, letter, 'Email']);
    expect(text(propertiesOf(reply), 'Email:Subject')).toBe('Engines');
  });

  it('MS-ASCMD_R2301, MS-ASCMD_R5503: is delivered inline where nothing else is asked', async () => {
    const reply = await post(fetchItem(letter, body(1)));
    expect(reply.result.kind).toBe('document');
    const shown = child(propertiesOf(reply), 'AirSyncBase:Body');
    expect(text(shown, 'AirSyncBase:Type')).toBe('1');
    expect(text(shown, 'AirSyncBase:Data')?.trim()).toBe('The engine weaves');
    // MS-ASCMD_R3633: no Part.
    expect(findAll(reply.document as Element, 'ItemOperations:Part')).toEqual([]);
  });

  it('MS-ASCMD_R3360, MS-ASCMD_R3363, MS-ASCMD_R3364, MS-ASCMD_R3366, MS-ASCMD_R3367, MS-ASCMD_R3368: as MIME, whole', async () => {
    const reply = await post(fetchItem(letter, `<airsync:MIMESupport>2</airsync:MIMESupport>${body(4)}`));
    const mime = child(propertiesOf(reply), 'AirSyncBase:Body');
    expect(text(mime, 'AirSyncBase:Type')).toBe('4');
    expect(text(mime, 'AirSyncBase:Data')).toContain('Subject: Engines');
    expect(text(mime, 'AirSyncBase:Data')).toContain('<p>The engine weaves</p>');
    expect(Number(text(mime, 'AirSyncBase:EstimatedDataSize'))).toBeGreaterThan(100);
    expect(child(mime, 'AirSyncBase:Truncated')).toBeUndefined();
  });

  it('honours TruncationSize', async () => {
    const reply = await post(fetchItem(letter, body(1, 10)));
    const cut = child(propertiesOf(reply), 'AirSyncBase:Body');
    expect(text(cut, 'AirSyncBase:Data')).toBe('The engine');
    expect(text(cut, 'AirSyncBase:Truncated')).toBe('1');
  });

  it('what Search called LongId is understood; another is not found', async () => {
    const search = await device().post(
      'Search',
      '<Search><Store><Name>Mailbox</Name><Query><And><FreeText>Engines</FreeText></And></Query></Store></Search>',
    );
    const [longId] = findAll(search.document as Element, 'Search:LongId');
    const fetchLong = (id: string) => post(`<Fetch><Store>Mailbox</Store><search:LongId>${id}</search:LongId></Fetch>`);
    const reply = await fetchLong(textOf(longId?.element as Element));
    expect(children(responses(reply)[0]).map((it) => it.tag)).toEqual([
      'ItemOperations:Status',
      'Search:LongId',
      'AirSync:Class',
      'ItemOperations:Properties',
    ]);
    expect(text(propertiesOf(reply), 'Email:Subject')).toBe('Engines');
    expect(statuses(await fetchLong('nonsense'))).toEqual(['6']);
    expect(statuses(await fetchLong(letter))).toEqual(['6']);
  });

  it('MS-ASCMD_R4158: what is gone, or elsewhere, is not found', async () => {
    expect(statuses(await post(fetchItem('1:999999')))).toEqual(['6']);
    expect(statuses(await post(fetchItem('nonsense')))).toEqual(['6']);
    const elsewhere = `<Fetch><Store>Mailbox</Store><airsync:CollectionId>${ada.folder('Drafts').id}</airsync:CollectionId><airsync:ServerId>${letter}</airsync:ServerId></Fetch>`;
    expect(statuses(await post(elsewhere))).toEqual(['6']);
  });

  it('Schema leaves what it names', async () => {
    const reply = await post(fetchItem(letter, '<Schema><email:Subject/><email:From/></Schema>'));
    expect(children(propertiesOf(reply)).map((it) => it.tag)).toEqual(['Email:From', 'Email:Subject']);
  });

  it('MS-ASCMD_R4161, MS-ASCMD_R1551, MS-ASCMD_R1552: another store is unknown or unsupported', async () => {
    const uri = '<documentlibrary:LinkId>\\\\server\\share\\plan.doc</documentlibrary:LinkId>';
    const reply = await post(
      `<Fetch><Store>DocumentLibrary</Store>${uri}</Fetch><Fetch><Store>Attic</Store>${uri}</Fetch>`,
    );
    expect(statuses(reply)).toEqual(['9', '9']);
    // Named as it was asked.
    expect(children(responses(reply)[0]).map((it) => it.tag)).toEqual([
      'ItemOperations:Status',
      'DocumentLibrary:LinkId',
    ]);
  });

  it('MS-ASCMD_R4154, MS-ASCMD_R3547: what is no request is a protocol error of its operation alone', async () => {
    const reply = await post(
      `<Fetch><airsync:ServerId>${letter}</airsync:ServerId></Fetch>` +
        '<Fetch><Store>Mailbox</Store></Fetch>' +
        fetchItem(letter, '<DeleteSubFolders/>') +
        fetchItem(letter, body(9)) +
        fetchItem(letter),
    );
    expect(statuses(reply)).toEqual(['2', '2', '2', '2', '1']);
  });

  it('MS-ASCMD_R5412: a BodyPartPreference of a type other than HTML is 164', async () => {
    const part = (type: number) =>
      `<airsyncbase:BodyPartPreference><airsyncbase:Type>${type}</airsyncbase:Type></airsyncbase:BodyPartPreference>`;
    expect(statuses(await post(fetchItem(letter, part(1)), '14.1'))).toEqual(['164']);
    const reply = await post(fetchItem(letter, part(2)), '14.1');
    expect(statuses(reply)).toEqual(['1']);
    expect(child(propertiesOf(reply), 'AirSyncBase:BodyPart')).toBeDefined();
  });

  it('items that are wanted alike are brought together, and answered in the order asked', async () => {
    const plans: number[] = [];
    const user = withMethods(ada.user, {
      fetch: (...asked) => {
        plans.push(asked[0].length);
        return ada.user.fetch(...asked);
      },
    });
    const reply = await new TestDevice(user).post(
      'ItemOperations',
      `<ItemOperations>${fetchItem(letter, body(1))}${fetchItem(withAttachment, body(2))}${fetchItem(withAttachment, body(1))}</ItemOperations>`,
    );
    expect(plans).toEqual([2, 1]);
    expect(responses(reply).map((it) => text(it, 'AirSync:ServerId'))).toEqual([
      letter,
      withAttachment,
      withAttachment,
    ]);
    expect([0, 1, 2].map((it) => text(child(propertiesOf(reply, it), 'AirSyncBase:Body'), 'AirSyncBase:Type'))).toEqual(
      ['1', '2', '1'],
    );
  });

  it('a message that cannot be rendered is 14, and the others are not affected', async () => {
    const user = withMethods(ada.user, {
      async fetch(...asked) {
        const found = new Map(await ada.user.fetch(...asked));
        const poison = found.get(letter);
        if (poison) found.set(letter, { ...poison, structure: undefined as never });
        return found;
      },
    });
    const reply = await new TestDevice(user).post(
      'ItemOperations',
      `<ItemOperations>${fetchItem(letter)}${fetchItem(withAttachment)}</ItemOperations>`,
    );
    expect(statuses(reply)).toEqual(['14', '1']);
  });
});

describe('Fetch of an attachment', () => {
  it('MS-ASCMD_R1462, MS-ASCMD_R1463, MS-ASCMD_R1464, MS-ASCMD_R1465, MS-ASCMD_R2130, MS-ASCMD_R3716: without Range it is there whole, in base64', async () => {
    const reply = await post(fetchFile(await fileReferenceOf(withAttachment)));
    const [fetched] = responses(reply);
    expect(children(fetched).map((it) => it.tag)).toEqual([
      'ItemOperations:Status',
      'AirSyncBase:FileReference',
      'ItemOperations:Properties',
    ]);
    const properties = propertiesOf(reply);
    expect(children(properties).map((it) => it.tag)).toEqual(['AirSyncBase:ContentType', 'ItemOperations:Data']);
    expect(text(properties, 'AirSyncBase:ContentType')).toBe('application/pdf');
    expect(Buffer.from(text(properties, 'ItemOperations:Data') ?? '', 'base64').equals(PDF)).toBe(true);
  });

  it('MS-ASCMD_R2415, MS-ASCMD_R2416, MS-ASCMD_R2417, MS-ASCMD_R2418, MS-ASCMD_R5422, MS-ASCMD_R5423, MS-ASCMD_R2851, MS-ASCMD_R2852, MS-ASCMD_R2853, MS-ASCMD_R2854: with Range it is those bytes, counted from 0, with the total', async () => {
    const reference = await fileReferenceOf(withAttachment);
    const reply = await post(
      fetchFile(reference, '<Range>0-9</Range>') + fetchFile(reference, '<Range>990-2000</Range>'),
    );
    const [first, last] = [propertiesOf(reply, 0), propertiesOf(reply, 1)];
    expect([text(first, 'ItemOperations:Range'), text(first, 'ItemOperations:Total')]).toEqual(['0-9', '1000']);
    expect(Buffer.from(text(first, 'ItemOperations:Data') ?? '', 'base64').equals(PDF.subarray(0, 10))).toBe(true);
    expect([text(last, 'ItemOperations:Range'), text(last, 'ItemOperations:Total')]).toEqual(['990-999', '1000']);
    expect(Buffer.from(text(last, 'ItemOperations:Data') ?? '', 'base64').equals(PDF.subarray(990))).toBe(true);
  });

  it('MS-ASCMD_R4160: a range that is none, or begins after the end, is 8', async () => {
    const reference = await fileReferenceOf(withAttachment);
    const ranges = ['1000-1001', '9-3', 'all', '-5'];
    const reply = await post(ranges.map((it) => fetchFile(reference, `<Range>${it}</Range>`)).join(''));
    expect(statuses(reply)).toEqual(['8', '8', '8', '8']);
  });

  it('MS-ASCMD_R4166: an attachment that is none is 15', async () => {
    const reference = await fileReferenceOf(withAttachment);
    const reply = await post(fetchFile('nonsense') + fetchFile(`${reference.split('~')[0]}~99`));
    expect(statuses(reply)).toEqual(['15', '15']);
  });

  it('MS-ASCMD_R765: two FileReferences in a Fetch are 2', async () => {
    const reference = `<airsyncbase:FileReference>${await fileReferenceOf(withAttachment)}</airsyncbase:FileReference>`;
    expect(statuses(await post(`<Fetch><Store>Mailbox</Store>${reference}${reference}</Fetch>`))).toEqual(['2']);
  });

  it('MS-ASCMD_R4162: an empty one is 10', async () => {
    const empty = await ada.put(
      'INBOX',
      composeMail({ attachments: [{ name: 'empty.txt', type: 'application/octet-stream', bytes: new Uint8Array() }] }),
    );
    expect(statuses(await post(fetchFile(await fileReferenceOf(empty))))).toEqual(['10']);
  });

  it('MS-ASCMD_R4163: one above the size that the policy allows is 11', async () => {
    const policies = new TestPolicies({ requirement: 'optional', settings: { MaxAttachmentSize: 999 } });
    const reply = await new TestDevice(ada.user, { policies }).post(
      'ItemOperations',
      `<ItemOperations>${fetchFile(await fileReferenceOf(withAttachment))}</ItemOperations>`,
    );
    expect(statuses(reply)).toEqual(['11']);
  });

  it('MS-ASCMD_R4167: where the policy has no attachments, access is denied', async () => {
    const policies = new TestPolicies({ requirement: 'optional', settings: { AttachmentsEnabled: false } });
    const reply = await new TestDevice(ada.user, { policies }).post(
      'ItemOperations',
      `<ItemOperations>${fetchFile(await fileReferenceOf(withAttachment))}</ItemOperations>`,
    );
    expect(statuses(reply)).toEqual(['16']);
  });
});

describe('A multipart response', () => {
  it('MS-ASCMD_R2302, MS-ASCMD_R5506, MS-ASCMD_R5509, MS-ASCMD_R5510, MS-ASCMD_R5511, MS-ASCMD_R5512, MS-ASCMD_R5513, MS-ASCMD_R5517, MS-ASCMD_R5518, MS-ASCMD_R2344, MS-ASCMD_R2345, MS-ASCMD_R2346, MS-ASCMD_R2347, MS-ASCMD_R3633: the document names the parts, which are the bytes', async () => {
    const reference = await fileReferenceOf(withAttachment);
    const reply = await post(fetchItem(letter, body(1)) + fetchFile(reference, '<Range>5-14</Range>'), '14.1', true);
    if (reply.result.kind !== 'bytes') throw new Error(reply.xml);
    expect(reply.result.contentType).toBe('application/vnd.ms-sync.multipart');
    const bytes = Buffer.from(reply.result.bytes);
    expect(bytes.readInt32LE(0)).toBe(3);
    expect(bytes.readInt32LE(4)).toBe(4 + 3 * 8);

    const parts = readMultipart(bytes);
    const answer = readWbxml(parts[0] ?? new Uint8Array());
    const named = findAll(answer, 'ItemOperations:Part');
    expect(named.map((it) => it.parent)).toEqual(['AirSyncBase:Body', 'ItemOperations:Properties']);
    const [shown, file] = named.map((it) => Buffer.from(parts[Number(textOf(it.element))] ?? []));
    expect(findAll(answer, 'ItemOperations:Data')).toEqual([]);
    expect(findAll(answer, 'AirSyncBase:Data')).toEqual([]);
    expect(
      Buffer.from(shown ?? [])
        .toString('utf8')
        .trim(),
    ).toBe('The engine weaves');
    expect(file?.equals(PDF.subarray(5, 15))).toBe(true);
  });
});

describe('An event of 16.x', () => {
  it('has its attachments fetched by their FileReference', async () => {
    const calendar = ada.calendar().backendId ?? '';
    const content = Buffer.from('What is to be talked about');
    const lines = [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Test//EN',
      'BEGIN:VEVENT',
      'UID:with-attachment@example.org',
      'DTSTAMP:20260101T080000Z',
      'DTSTART:20300301T090000Z',
      'DURATION:PT1H',
      'SUMMARY:Planning',
      `ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;FILENAME=agenda.txt:${content.toString('base64')}`,
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ];
    await ada.mailbox.resources?.put(calendar, 'agenda.ics', lines.join('\r\n'), 'new');
    const event =
      (await ada.user.rewriteResource(ada.calendar(), { uid: 'with-attachment@example.org' }, async (it) => it)) ?? '';
    const reference = await fileReferenceOf(event);
    const reply = await post(fetchFile(reference));
    expect(statuses(reply)).toEqual(['1']);
    const properties = propertiesOf(reply);
    expect(text(properties, 'AirSyncBase:ContentType')).toBe('text/plain');
    expect(Buffer.from(text(properties, 'ItemOperations:Data') ?? '', 'base64')).toEqual(content);
    const missing = await post(fetchFile(reference.replace(/1$/, '9')));
    expect(statuses(missing)).toEqual(['15']);
  });
});
