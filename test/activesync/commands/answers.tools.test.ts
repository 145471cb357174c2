// Answers of the commands beside Sync, validated by the response schemas at every version that has the command.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  child,
  type CommandName,
  type Element,
  PROTOCOL_VERSIONS,
  type ProtocolVersion,
  readMultipart,
  readWbxml,
  text,
  textOf,
} from '../../../lib/activesync/index.ts';
import { pretty, ResponseSchemas, schemasLeftOut } from '../../support/schemas.ts';
import { findAll } from '../../support/transcript.ts';
import { fakeUser } from './support/fake-user.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { TestPolicies } from './support/policies.ts';
import { TestDevice } from './support/test-device.ts';
import { TestOutbox } from './support/test-outbox.ts';

const WBXML_POLICY = 'MS-EAS-Provisioning-WBXML';
const STRICT = { DevicePasswordEnabled: true, MinDevicePasswordLength: 6, ApprovedApplicationList: ['abc'] };

describe.skipIf(schemasLeftOut !== undefined)(`Answers are valid (${schemasLeftOut ?? 'by xmllint'})`, () => {
  let schemas: ResponseSchemas;
  let ada: MailUser;
  let letter: string;

  beforeAll(async () => {
    schemas = new ResponseSchemas();
    ada = await startMailUser();
    letter = await ada.put(
      'INBOX',
      composeMail({
        subject: 'Looms & <cards>',
        cc: 'Cy <cy@example.org>',
        text: 'The engine weaves',
        html: '<p>The engine weaves</p>',
        messageId: '<looms@example.org>',
        attachments: [{ name: 'plan.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4') }],
      }),
      ['\\Flagged'],
    );
  });
  afterAll(async () => {
    await ada?.stop();
    schemas?.close();
  });

  const valid = (document: Element | undefined, version: ProtocolVersion): Element => {
    if (!document) throw new Error('no document to validate');
    const complaints = schemas.complaints(document, version);
    expect(complaints, complaints.length > 0 ? pretty(document) : '').toEqual([]);
    return document;
  };
  const device = (version: ProtocolVersion) =>
    new TestDevice(ada.user, {
      version,
      outbox: new TestOutbox(),
      policies: new TestPolicies({ requirement: 'optional', settings: STRICT }),
    });
  const post = async (version: ProtocolVersion, command: CommandName, body?: string): Promise<Element> =>
    valid((await device(version).post(command, body)).document, version);

  describe.each(PROTOCOL_VERSIONS)('at %s', (version) => {
    it('Provision: download, acknowledgement, refusals, wipes', async () => {
      const policies = new TestPolicies({ settings: STRICT });
      const { user } = fakeUser();
      const phone = new TestDevice(user, { version, policies });
      const say = async (body: string) => valid((await phone.post('Provision', body)).document, version);
      const information =
        version >= '14.1'
          ? '<settings:DeviceInformation><settings:Set><settings:Model>One</settings:Model></settings:Set></settings:DeviceInformation>'
          : '';
      const policy = (inside: string, type = WBXML_POLICY) =>
        `<Policies><Policy><PolicyType>${type}</PolicyType>${inside}</Policy></Policies>`;
      const downloaded = await say(`<Provision>${information}${policy('')}</Provision>`);
      const [key] = findAll(downloaded, 'Provision:PolicyKey');
      const acknowledge = (status: string, sent = textOf(key?.element as Element)) =>
        say(`<Provision>${policy(`<PolicyKey>${sent}</PolicyKey><Status>${status}</Status>`)}</Provision>`);
      await acknowledge('1', '5');
      await acknowledge('1');
      // 12.1 has no common statuses: a refusal is HTTP 403.
      if (version !== '12.1') await acknowledge('2');
      await say(`<Provision>${information}${policy('', 'other')}</Provision>`);
      await say('<Provision><Policies/></Provision>');
      policies.change({ requirement: 'none' });
      await say(`<Provision>${information}${policy('')}</Provision>`);
      for (const wipeKind of ['device', 'account'] as const) {
        const wiped = new TestDevice(fakeUser({ record: { wipe: 'pending', wipeKind } }).user, { version, policies });
        for (const body of ['<Provision/>', '<Provision><RemoteWipe><Status>2</Status></RemoteWipe></Provision>']) {
          const { xml, document } = await wiped.post('Provision', body);
          const isByHttp = version === '12.1' && wipeKind === 'account' && body === '<Provision/>';
          if (isByHttp) expect(xml).toBe('HTTP 403');
          else valid(document, version);
        }
      }
    });

    it('Settings: every property, done and refused', async () => {
      const properties = [
        '<UserInformation><Get/></UserInformation>',
        '<UserInformation/>',
        '<DeviceInformation><Set><Model>One</Model></Set></DeviceInformation>',
        '<DevicePassword><Set><Password>1</Password></Set></DevicePassword>',
        '<Oof><Get><BodyType>Text</BodyType></Get></Oof>',
        '<Oof/>',
        ...(version >= '14.1' ? ['<RightsManagementInformation><Get/></RightsManagementInformation>'] : []),
      ];
      for (const it of properties) await post(version, 'Settings', `<Settings>${it}</Settings>`);
      await post(
        version,
        'Settings',
        `<Settings>${properties.filter((_, index) => index % 2 === 0).join('')}</Settings>`,
      );
      await post(version, 'Settings', '<Settings/>');
    });

    it('ItemOperations: items in every form, attachments, folders, conversations, and what is refused', async () => {
      const preference = (type: number, rest = '') =>
        `<airsyncbase:BodyPreference><airsyncbase:Type>${type}</airsyncbase:Type>${rest}</airsyncbase:BodyPreference>`;
      const fetch = (options: string, id = letter) =>
        `<Fetch><Store>Mailbox</Store><airsync:CollectionId>${id.split(':')[0]}</airsync:CollectionId><airsync:ServerId>${id}</airsync:ServerId><Options>${options}</Options></Fetch>`;
      const cut = '<airsyncbase:TruncationSize>5</airsyncbase:TruncationSize>';
      const shown = await post(
        version,
        'ItemOperations',
        `<ItemOperations>${[
          fetch(''),
          fetch(preference(1)),
          fetch(preference(2, cut)),
          fetch(`<airsync:MIMESupport>2</airsync:MIMESupport>${preference(4)}`),
          fetch('<Schema><email:Subject/></Schema>'),
          fetch('', '1:99999'),
          ...(version >= '14.1'
            ? [
                '<airsyncbase:BodyPartPreference><airsyncbase:Type>2</airsyncbase:Type></airsyncbase:BodyPartPreference>',
              ].map((it) => fetch(it))
            : []),
        ].join('')}</ItemOperations>`,
      );
      const [reference] = findAll(shown, 'AirSyncBase:FileReference');
      const file = (name: string, options = '') =>
        `<Fetch><Store>Mailbox</Store><airsyncbase:FileReference>${name}</airsyncbase:FileReference>${options}</Fetch>`;
      const name = textOf(reference?.element as Element);
      await post(
        version,
        'ItemOperations',
        `<ItemOperations>${file(name)}${file(name, '<Options><Range>0-3</Range></Options>')}${file('nonsense')}` +
          '<Fetch><Store>DocumentLibrary</Store><documentlibrary:LinkId>x</documentlibrary:LinkId></Fetch>' +
          `<EmptyFolderContents><airsync:CollectionId>${ada.folder('Projects').id}</airsync:CollectionId></EmptyFolderContents>` +
          '<EmptyFolderContents/></ItemOperations>',
      );
      await post(version, 'ItemOperations', '<ItemOperations/>');
      const multipart = await device(version).post(
        'ItemOperations',
        `<ItemOperations>${fetch(preference(1))}${file(name)}</ItemOperations>`,
        { parameters: { acceptMultiPart: true } },
      );
      if (multipart.result.kind !== 'bytes') throw new Error(multipart.xml);
      valid(readWbxml(readMultipart(multipart.result.bytes)[0] ?? new Uint8Array()), version);
    });

    if (version >= '14.0')
      it('ItemOperations: a moved conversation', async () => {
        const move =
          '<Move><ConversationId>abc</ConversationId><DstFldId>404</DstFldId><Options><MoveAlways/></Options></Move>';
        await post(version, 'ItemOperations', `<ItemOperations>${move}${move}</ItemOperations>`);
      });

    it('Search: results with bodies, none, a warning, and what is refused', async () => {
      const store = (query: string, options = '') =>
        `<Search><Store><Name>Mailbox</Name><Query>${query}</Query><Options>${options}</Options></Store></Search>`;
      const and = '<And><FreeText>looms</FreeText></And>';
      const found = await post(version, 'Search', store(and, '<Range>0-9</Range>'));
      expect(findAll(found, 'Search:LongId')).toHaveLength(1);
      const html = '<airsyncbase:BodyPreference><airsyncbase:Type>2</airsyncbase:Type></airsyncbase:BodyPreference>';
      await post(version, 'Search', store(and, html));
      await post(version, 'Search', store(and, '<Range>0-500</Range>'));
      await post(version, 'Search', store('<And><FreeText>zeppelin</FreeText></And>'));
      await post(version, 'Search', store('<Or/>'));
      await post(version, 'Search', '<Search><Store><Name>GAL</Name><Query>ada</Query></Store></Search>');
    });

    if (version === '16.1')
      it('Find: results, none, and what is refused', async () => {
        const find = (query: string, options = '') =>
          `<Find><SearchId>1</SearchId><ExecuteSearch><MailBoxSearchCriterion><Query>${query}</Query><Options>${options}</Options></MailBoxSearchCriterion></ExecuteSearch></Find>`;
        const found = await post(version, 'Find', find('<FreeText>looms</FreeText>'));
        expect(findAll(found, 'Find:Result')).toHaveLength(1);
        await post(version, 'Find', find('<FreeText>zeppelin</FreeText>'));
        await post(version, 'Find', find(''));
        await post(
          version,
          'Find',
          '<Find><SearchId>1</SearchId><ExecuteSearch><GALSearchCriterion><Query>ada</Query></GALSearchCriterion></ExecuteSearch></Find>',
        );
      });

    if (version >= '14.0')
      it('SendMail, SmartReply, SmartForward: failures', async () => {
        for (const command of ['SendMail', 'SmartReply', 'SmartForward'] as const) {
          const document = await post(version, command, `<${command}><ClientId>1</ClientId></${command}>`);
          expect(text(document, 'ComposeMail:Status')).toBe('103');
        }
      });

    it('MeetingResponse: nothing to answer; ResolveRecipients, ValidateCert: not supported', async () => {
      const request =
        '<Request><UserResponse>1</UserResponse><CollectionId>1</CollectionId><RequestId>1:5</RequestId></Request>';
      await post(version, 'MeetingResponse', `<MeetingResponse>${request}${request}</MeetingResponse>`);
      await post(version, 'MeetingResponse', '<MeetingResponse/>');
      await post(version, 'ResolveRecipients', '<ResolveRecipients><To>bob</To></ResolveRecipients>');
      await post(version, 'ValidateCert', '<ValidateCert/>');
    });

    if (version === '12.1')
      it('GetHierarchy', async () => {
        const folders = await post(version, 'GetHierarchy');
        expect(child(folders, 'FolderHierarchy:Folder')).toBeDefined();
      });
  });
});
