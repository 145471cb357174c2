// Bad input: documents that can be read and mean nothing, or nearly something, for every command, on the real engine with
// real folders and keys. Each has an answer of the protocol, none is a failure of ours, and the mailbox is served afterwards.
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  child,
  children,
  type CommandName,
  COMMANDS,
  type Element,
  hasCommand,
  PROTOCOL_VERSIONS,
  readWbxml,
  rootTagOf,
  type TagName,
  text,
  WbxmlError,
  writeWbxml,
} from '../../lib/activesync/index.ts';
import { type Log, silentLog } from '../../lib/platform/index.ts';
import { composeMail } from '../activesync/commands/support/messages.ts';
import { startMailUser, type MailUser } from '../activesync/commands/support/mail-user.ts';
import { Phone } from '../activesync/commands/support/phone.ts';
import { TestPolicies } from '../activesync/commands/support/policies.ts';
import { TestOutbox } from '../activesync/commands/support/test-outbox.ts';
import { tagsOf } from '../activesync/protocol/generators.ts';
import { parse } from '../support/transcript.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

/** What is nearly right; `#` is a sync key, `%` a collection, `$` a ServerId, `@` a folder key. */
const NEARLY: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  Sync: [
    '<Sync><Collections><Collection><SyncKey>#</SyncKey><CollectionId>%</CollectionId><DeletesAsMoves/><GetChanges/><WindowSize>5</WindowSize><Options><FilterType>2</FilterType><Conflict>1</Conflict><MIMESupport>2</MIMESupport><airsyncbase:BodyPreference><airsyncbase:Type>2</airsyncbase:Type><airsyncbase:TruncationSize>50</airsyncbase:TruncationSize></airsyncbase:BodyPreference></Options></Collection></Collections></Sync>',
    '<Sync><Collections><Collection><SyncKey>#</SyncKey><CollectionId>%</CollectionId><Commands><Change><ServerId>$</ServerId><ApplicationData><email:Read>1</email:Read><email:Flag><email:Status>2</email:Status><email:FlagType>x</email:FlagType></email:Flag></ApplicationData></Change><Fetch><ServerId>$</ServerId></Fetch><Add><ClientId>1</ClientId><ApplicationData><email:Subject>x</email:Subject></ApplicationData></Add><Delete><ServerId>1:99999</ServerId></Delete></Commands></Collection></Collections></Sync>',
    '<Sync><Collections><Collection><SyncKey>0</SyncKey><CollectionId>%</CollectionId></Collection></Collections></Sync>',
    '<Sync><Collections><Collection><SyncKey>#</SyncKey><CollectionId>%</CollectionId></Collection></Collections><HeartbeatInterval>60</HeartbeatInterval><Partial/></Sync>',
  ],
  FolderSync: ['<FolderSync><SyncKey>@</SyncKey></FolderSync>', '<FolderSync><SyncKey>0</SyncKey></FolderSync>'],
  FolderCreate: [
    '<FolderCreate><SyncKey>@</SyncKey><ParentId>0</ParentId><DisplayName>New</DisplayName><Type>12</Type></FolderCreate>',
  ],
  FolderUpdate: [
    '<FolderUpdate><SyncKey>@</SyncKey><ServerId>%</ServerId><ParentId>0</ParentId><DisplayName>Other</DisplayName></FolderUpdate>',
  ],
  FolderDelete: ['<FolderDelete><SyncKey>@</SyncKey><ServerId>404</ServerId></FolderDelete>'],
  GetItemEstimate: [
    '<GetItemEstimate><Collections><Collection><airsync:SyncKey>#</airsync:SyncKey><CollectionId>%</CollectionId><airsync:Options><airsync:FilterType>1</airsync:FilterType></airsync:Options></Collection></Collections></GetItemEstimate>',
  ],
  MoveItems: ['<MoveItems><Move><SrcMsgId>$</SrcMsgId><SrcFldId>%</SrcFldId><DstFldId>%</DstFldId></Move></MoveItems>'],
  Ping: [
    '<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>%</Id><Class>Email</Class></Folder></Folders></Ping>',
  ],
  ItemOperations: [
    '<ItemOperations><Fetch><Store>Mailbox</Store><airsync:CollectionId>%</airsync:CollectionId><airsync:ServerId>$</airsync:ServerId><Options><Schema><email:Subject/></Schema><airsyncbase:BodyPreference><airsyncbase:Type>4</airsyncbase:Type></airsyncbase:BodyPreference></Options></Fetch></ItemOperations>',
  ],
  Search: [
    '<Search><Store><Name>Mailbox</Name><Query><And><FreeText>looms</FreeText><airsync:CollectionId>%</airsync:CollectionId></And></Query><Options><Range>0-3</Range></Options></Store></Search>',
  ],
  Find: [
    '<Find><SearchId>1</SearchId><ExecuteSearch><MailBoxSearchCriterion><Query><airsync:Class>Email</airsync:Class><FreeText>from:bob</FreeText></Query><Options><Range>0-3</Range></Options></MailBoxSearchCriterion></ExecuteSearch></Find>',
  ],
};

const TAGS = tagsOf((page) => page !== 3);
const NEAR_TAGS = TAGS.filter((it) =>
  /^(?:AirSync|AirSyncBase|Email|Email2|FolderHierarchy|Ping|Move|GetItemEstimate|ItemOperations|Search|Settings|Find):/.test(
    it,
  ),
);

const values = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '0',
      '1',
      '2',
      '3',
      '4',
      '9',
      '60',
      '512',
      '513',
      '-1',
      '#',
      '%',
      '$',
      '@',
      'RI',
      'L.$',
      '',
      ' ',
      'Email',
      'Mailbox',
      'T',
      '0-0',
      '9-1',
      '99999999999',
      '2026-02-31T00:00:00.000Z',
      '__proto__',
      '../x',
      'a/b',
      '\u202e',
      'x'.repeat(300),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
);

function treesOf(tags: readonly TagName[]): fc.Arbitrary<Element> {
  return fc.letrec<{ tree: Element }>((tie) => ({
    tree: fc.record({
      tag: fc.constantFrom(...tags),
      content: fc.oneof({ depthSize: 'small' }, values, fc.array(tie('tree'), { maxLength: 4 })),
    }),
  })).tree;
}
const trees = fc.oneof({ weight: 3, arbitrary: treesOf(NEAR_TAGS) }, { weight: 1, arbitrary: treesOf(TAGS) });

interface Graft {
  readonly at: number;
  readonly kind: 'before' | 'instead' | 'within' | 'away';
  readonly tree: Element;
}
const grafts = fc.array(
  fc.record({
    at: fc.nat(30),
    kind: fc.constantFrom<Graft['kind']>('before', 'instead', 'within', 'away'),
    tree: trees,
  }),
  { maxLength: 3 },
);

function graft(root: Element, { at, kind, tree }: Graft): Element {
  let left = at;
  const visit = (it: Element): readonly Element[] => {
    if (left-- === 0) {
      if (kind === 'away') return [];
      if (kind === 'before') return [tree, it];
      if (kind === 'instead') return [tree];
      return [{ tag: it.tag, content: [...below(it), tree] }];
    }
    return isLeaf(it) ? [it] : [{ tag: it.tag, content: below(it).flatMap(visit) }];
  };
  return { tag: root.tag, content: below(root).flatMap(visit) };
}

type Leaf = Element & { readonly content: string | Uint8Array };
const isLeaf = (it: Element): it is Leaf => typeof it.content === 'string' || it.content instanceof Uint8Array;
const below = (it: Element): readonly Element[] => (isLeaf(it) ? [] : (it.content as readonly Element[]));

function documentsOf(command: CommandName): fc.Arbitrary<Element> {
  const tag = rootTagOf(command) as TagName;
  const random = fc.array(trees, { maxLength: 5 }).map((content): Element => ({ tag, content }));
  const nearly = NEARLY[command]?.map(parse) ?? [];
  if (nearly.length === 0) return random;
  const grafted = fc.tuple(fc.constantFrom(...nearly), grafts).map(([it, list]) => list.reduce(graft, it));
  return fc.oneof({ weight: 1, arbitrary: random }, { weight: 4, arbitrary: grafted });
}

const cases = fc
  .tuple(
    fc.constantFrom(...COMMANDS.filter((it) => rootTagOf(it) !== undefined)),
    fc.constantFrom(...PROTOCOL_VERSIONS),
  )
  .filter(([command, version]) => hasCommand(version, command))
  .chain(([command, version]) =>
    fc.record({
      command: fc.constant(command),
      version: fc.constant(version),
      document: documentsOf(command),
      multipart: fc.boolean(),
    }),
  );

let ada: MailUser;
const failures: unknown[] = [];
const log: Log = { ...silentLog, error: (fields, message) => void failures.push([message, fields]), child: () => log };
const phones = new Map<string, Phone>();

beforeAll(async () => {
  ada = await startMailUser();
  for (let i = 0; i < 8; i++) await ada.put('INBOX', composeMail({ subject: `Looms ${i}`, html: '<p>looms</p>' }));
});
afterAll(() => ada.stop());

/** Of that version, with its folders and its inbox synced. */
async function phoneOf(version: (typeof PROTOCOL_VERSIONS)[number]): Promise<Phone> {
  let phone = phones.get(version);
  if (!phone) {
    const policies = new TestPolicies({ requirement: 'none' });
    phone = await Phone.of(ada.standalone, {
      id: `fuzz${phones.size}`,
      version,
      policies,
      outbox: new TestOutbox(),
      log,
    });
    phones.set(version, phone);
    await phone.folderSync();
    await phone.syncAll(ada.folder('INBOX').id);
  }
  return phone;
}

/** Goes on from the keys that the answer gives, as a phone does. */
function remember(phone: Phone, collectionId: string, answer: Element): void {
  if (answer.tag.startsWith('FolderHierarchy:'))
    phone.folderKey = text(answer, 'FolderHierarchy:SyncKey') ?? phone.folderKey;
  for (const it of children(child(answer, 'AirSync:Collections'), 'AirSync:Collection')) {
    const key = text(it, 'AirSync:SyncKey');
    const isGood = text(it, 'AirSync:CollectionId') === collectionId && text(it, 'AirSync:Status') === '1';
    if (isGood && key !== undefined) phone.keys.set(collectionId, key);
  }
}

describe('documents', () => {
  it('of any kind have an answer each, from the engine as it runs', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const inbox = ada.folder('INBOX');
    let target = '';
    let count = 0;
    await fuzz(
      'documents: on the real engine',
      cases,
      async ({ command, version, document, multipart }) => {
        const phone = await phoneOf(version);
        // It may have been deleted or moved away meanwhile.
        if (count++ % 50 === 0) target = await ada.put('INBOX', composeMail({ subject: 'The target' }));
        const folderKey = phone.folderKey;
        const fill = (it: string) =>
          it
            .replaceAll('#', phone.keys.get(inbox.id) ?? '0')
            .replaceAll('%', inbox.id)
            .replaceAll('$', target)
            .replaceAll('@', folderKey);
        const filled = (it: Element): Element =>
          typeof it.content === 'string'
            ? { tag: it.tag, content: fill(it.content) }
            : isLeaf(it)
              ? it
              : { tag: it.tag, content: below(it).map(filled) };
        let request: Element;
        try {
          // As it would arrive.
          request = readWbxml(writeWbxml(filled(document)));
        } catch (thrown) {
          if (thrown instanceof WbxmlError) return;
          throw thrown;
        }
        const { result } = await phone.device.post(command, request, { parameters: { acceptMultiPart: multipart } });
        expect(failures).toEqual([]);
        if (result.kind === 'wait') {
          ada.user.waiting.close(result.ticket);
          return;
        }
        if (result.kind === 'http') expect(result.status).toBeLessThan(500);
        if (result.kind === 'document') {
          expect(result.document.tag).toBe(rootTagOf(command));
          expect(readWbxml(writeWbxml(result.document)).tag).toBe(result.document.tag);
          remember(phone, inbox.id, result.document);
        }
      },
      { caseLimitMs: 5_000 },
    );
    expect(ada.user.waiting.size).toBe(0);
  });

  it('leave the mailbox served: a new device gets what is in it', async () => {
    const phone = await Phone.of(ada.standalone, { id: 'witness', log });
    await phone.folderSync();
    const held = await phone.syncAll(ada.folder('INBOX').id);
    expect(held.size).toBe((await ada.messagesIn('INBOX')).length);
    await ada.put('INBOX', composeMail({ subject: 'After all that' }));
    expect([...(await phone.sync(ada.folder('INBOX').id)).added.values()]).toEqual(['After all that']);
    expect(failures).toEqual([]);
  });
});
