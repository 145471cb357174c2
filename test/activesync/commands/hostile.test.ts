// Requests that no device should send: right ones, damaged. Each has an answer of the protocol, and none is a failure of ours.
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandName, Element, ProtocolVersion, TagName } from '../../../lib/activesync/index.ts';
import { PROTOCOL_VERSIONS } from '../../../lib/activesync/index.ts';
import { hasCommand } from '../../../lib/activesync/protocol/index.ts';
import { type Log, silentLog } from '../../../lib/platform/index.ts';
import { fuzzCases } from '../../support/fuzz-cases.ts';
import { parse } from '../../support/transcript.ts';
import { opaques, tagsOf, texts } from '../protocol/generators.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { TestPolicies } from './support/policies.ts';
import { TestDevice } from './support/test-device.ts';
import { TestOutbox } from './support/test-outbox.ts';

const TAGS = tagsOf((page) => page !== 3);

let ada: MailUser;
let letter: string;

beforeAll(async () => {
  ada = await startMailUser();
  letter = await ada.put(
    'INBOX',
    composeMail({
      subject: 'Looms',
      attachments: [{ name: 'a.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF') }],
    }),
  );
});
afterAll(() => ada.stop());

/** Right requests; `$` is a ServerId, `%` a collection. */
const REQUESTS: readonly (readonly [CommandName, string])[] = [
  [
    'Provision',
    '<Provision><settings:DeviceInformation><settings:Set><settings:Model>One</settings:Model></settings:Set></settings:DeviceInformation><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType></Policy></Policies></Provision>',
  ],
  [
    'Provision',
    '<Provision><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><PolicyKey>5</PolicyKey><Status>1</Status></Policy></Policies></Provision>',
  ],
  ['Provision', '<Provision><RemoteWipe><Status>1</Status></RemoteWipe></Provision>'],
  [
    'Settings',
    '<Settings><UserInformation><Get/></UserInformation><DeviceInformation><Set><Model>x</Model></Set></DeviceInformation><DevicePassword><Set><Password>1</Password></Set></DevicePassword><Oof><Set><OofState>2</OofState><StartTime>2026-01-01T00:00:00.000Z</StartTime><EndTime>2026-01-02T00:00:00.000Z</EndTime><OofMessage><AppliesToInternal/><BodyType>Text</BodyType></OofMessage></Set></Oof></Settings>',
  ],
  [
    'ItemOperations',
    '<ItemOperations><Fetch><Store>Mailbox</Store><airsync:CollectionId>%</airsync:CollectionId><airsync:ServerId>$</airsync:ServerId><Options><airsync:MIMESupport>1</airsync:MIMESupport><airsyncbase:BodyPreference><airsyncbase:Type>1</airsyncbase:Type><airsyncbase:TruncationSize>9</airsyncbase:TruncationSize></airsyncbase:BodyPreference><Schema><email:Subject/></Schema></Options></Fetch><Fetch><Store>Mailbox</Store><search:LongId>L.$</search:LongId></Fetch></ItemOperations>',
  ],
  [
    'ItemOperations',
    '<ItemOperations><Fetch><Store>Mailbox</Store><airsyncbase:FileReference>x~2</airsyncbase:FileReference><Options><Range>0-9</Range></Options></Fetch><Move><ConversationId>abc</ConversationId><DstFldId>404</DstFldId><Options><MoveAlways/></Options></Move></ItemOperations>',
  ],
  [
    'ItemOperations',
    '<ItemOperations><EmptyFolderContents><airsync:CollectionId>404</airsync:CollectionId><Options><DeleteSubFolders/></Options></EmptyFolderContents></ItemOperations>',
  ],
  [
    'Search',
    '<Search><Store><Name>Mailbox</Name><Query><And><FreeText>looms</FreeText><airsync:Class>Email</airsync:Class><airsync:CollectionId>%</airsync:CollectionId><GreaterThan><email:DateReceived/><Value>2026-01-01T00:00:00.000Z</Value></GreaterThan></And></Query><Options><Range>0-9</Range><DeepTraversal/><airsyncbase:BodyPreference><airsyncbase:Type>2</airsyncbase:Type></airsyncbase:BodyPreference></Options></Store></Search>',
  ],
  [
    'Find',
    '<Find><SearchId>1</SearchId><ExecuteSearch><MailBoxSearchCriterion><Query><airsync:Class>Email</airsync:Class><airsync:CollectionId>%</airsync:CollectionId><FreeText>subject:looms</FreeText></Query><Options><Range>0-9</Range><DeepTraversal/></Options></MailBoxSearchCriterion></ExecuteSearch></Find>',
  ],
  [
    'SendMail',
    '<SendMail><ClientId>1</ClientId><AccountId/><SaveInSentItems/><Mime>To: bob@example.org</Mime></SendMail>',
  ],
  [
    'SmartReply',
    '<SmartReply><ClientId>1</ClientId><Source><FolderId>%</FolderId><ItemId>$</ItemId></Source><ReplaceMime/><Mime>To: bob@example.org</Mime></SmartReply>',
  ],
  [
    'SmartForward',
    '<SmartForward><ClientId>1</ClientId><Source><LongId>L.$</LongId></Source><Mime>To: bob@example.org</Mime></SmartForward>',
  ],
  [
    'MeetingResponse',
    '<MeetingResponse><Request><UserResponse>1</UserResponse><CollectionId>1</CollectionId><RequestId>1:5</RequestId></Request></MeetingResponse>',
  ],
  ['ResolveRecipients', '<ResolveRecipients><To>bob</To></ResolveRecipients>'],
  ['ValidateCert', '<ValidateCert><Certificates/></ValidateCert>'],
];

type Content = Element['content'];
interface Damage {
  readonly at: number;
  readonly kind: 'drop' | 'twice' | 'retag' | 'content' | 'nest';
  readonly tag: TagName;
  readonly content: Content;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat({ max: 40 }),
  kind: fc.constantFrom('drop', 'twice', 'retag', 'content', 'nest'),
  tag: fc.constantFrom(...TAGS),
  content: fc.oneof(
    texts,
    opaques,
    fc.constantFrom<Content>(
      [],
      '-1',
      '0',
      '99999999999',
      '0-0',
      '9-1',
      'T',
      'NaN',
      '2026-02-31T00:00:00.000Z',
      '1:1',
      'L.',
      '%s',
    ),
  ),
});

/** The node at that place in document order, changed; the root keeps its tag. */
function damaged(root: Element, { at, kind, tag, content }: Damage): Element {
  let left = at;
  const visit = (it: Element): readonly Element[] => {
    if (left-- === 0) {
      if (kind === 'drop') return [];
      if (kind === 'twice') return [it, it];
      if (kind === 'retag') return [{ tag, content: it.content }];
      return [{ tag: it.tag, content: kind === 'nest' ? [{ tag, content }] : content }];
    }
    if (typeof it.content === 'string' || it.content instanceof Uint8Array) return [it];
    return [{ tag: it.tag, content: it.content.flatMap(visit) }];
  };
  if (typeof root.content === 'string' || root.content instanceof Uint8Array) return root;
  return { tag: root.tag, content: root.content.flatMap(visit) };
}

describe('Damaged requests', () => {
  it('have an answer each, and no command fails over them', { timeout: 300_000 }, async () => {
    const failures: unknown[] = [];
    const log: Log = { ...silentLog, error: (fields, message) => failures.push([message, fields]), child: () => log };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...REQUESTS),
        fc.constantFrom<ProtocolVersion>(...PROTOCOL_VERSIONS),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async ([command, xml], version, damages, acceptMultiPart) => {
          const collection = letter.split(':')[0] ?? '';
          const right = parse(xml.replaceAll('$', letter).replaceAll('%', collection));
          const policies = new TestPolicies({ requirement: 'optional' });
          const device = new TestDevice(ada.user, { version, policies, outbox: new TestOutbox(), log });
          const request = damages.reduce(damaged, right);
          const { result } = await device.post(command, request, { parameters: { acceptMultiPart } });
          expect(['document', 'empty', 'bytes', 'http']).toContain(result.kind);
          if (result.kind === 'document') expect(result.document.tag).toBe(right.tag);
          // 501: the version has no such command, and 12.1 no document to say so in.
          const bound = hasCommand(version, command) ? 500 : 502;
          if (result.kind === 'http') expect(result.status).toBeLessThan(bound);
          expect(failures).toEqual([]);
        },
      ),
      { numRuns: fuzzCases(5000) },
    );
  });
});
