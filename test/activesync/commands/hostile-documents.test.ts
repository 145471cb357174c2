// Whatever a device puts into a document, each command of synchronisation has an answer that the schema knows.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CommandName,
  type Element,
  PROTOCOL_VERSIONS,
  type ProtocolVersion,
  readWbxml,
  rootTagOf,
  type TagName,
  writeWbxml,
} from '../../../lib/activesync/index.ts';
import { type Log, silentLog } from '../../../lib/platform/index.ts';
import { answered, scriptedSync } from './support/sync-script.ts';

const TAGS: Readonly<Record<string, readonly string[]>> = {
  AirSync: [
    'Collections',
    'Collection',
    'SyncKey',
    'CollectionId',
    'GetChanges',
    'DeletesAsMoves',
    'WindowSize',
    'Options',
    'FilterType',
    'Conflict',
    'Class',
    'Commands',
    'Add',
    'Change',
    'Delete',
    'Fetch',
    'ServerId',
    'ClientId',
    'ApplicationData',
    'Wait',
    'HeartbeatInterval',
    'Partial',
    'Supported',
    'MaxItems',
    'ConversationMode',
    'MIMESupport',
  ],
  FolderHierarchy: ['SyncKey', 'ServerId', 'ParentId', 'DisplayName', 'Type', 'Status'],
  GetItemEstimate: ['Collections', 'Collection', 'CollectionId', 'Class'],
  Move: ['Move', 'SrcMsgId', 'SrcFldId', 'DstFldId'],
  Ping: ['HeartbeatInterval', 'Folders', 'Folder', 'Id', 'Class'],
};

const COMMANDS: readonly CommandName[] = [
  'Sync',
  'FolderSync',
  'FolderCreate',
  'FolderUpdate',
  'FolderDelete',
  'GetItemEstimate',
  'MoveItems',
  'Ping',
];

const texts = fc.oneof(
  fc.constantFrom('0', '1', '2', '3', '4', '8', '60', '513', '-1', 'k1', 'RI', '1:1', '', ' ', 'Email', '99999999999'),
  fc.string({ maxLength: 70 }),
);

function documentsOf(command: CommandName): fc.Arbitrary<Element> {
  const root = rootTagOf(command) as TagName;
  const namespace = root.split(':')[0] ?? '';
  const namespaces = namespace === 'GetItemEstimate' ? [namespace, 'AirSync'] : [namespace];
  const tags = namespaces.flatMap((it) => (TAGS[it] ?? []).map((name) => `${it}:${name}` as TagName));
  const tag = fc.constantFrom(...tags);
  const { tree } = fc.letrec<{ tree: Element }>((tie) => ({
    tree: fc.record({
      tag,
      content: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        texts,
        fc.uint8Array({ maxLength: 8 }),
        fc.array(tie('tree'), { maxLength: 5 }),
      ),
    }),
  }));
  return fc.array(tree, { maxLength: 5 }).map((content) => ({ tag: root, content }));
}

/** A collection that is nearly right, since trees at random seldom come so far. */
const nearlyRight = fc
  .record({
    key: texts,
    id: fc.constantFrom('1', '2', '4', 'RI', '99'),
    rest: fc.array(documentsOf('Sync'), { maxLength: 3 }),
  })
  .map(
    ({ key, id, rest }): Element => ({
      tag: 'AirSync:Sync',
      content: [
        {
          tag: 'AirSync:Collections',
          content: [
            {
              tag: 'AirSync:Collection',
              content: [
                { tag: 'AirSync:SyncKey', content: key },
                { tag: 'AirSync:CollectionId', content: id },
                ...rest.flatMap((it) => it.content as readonly Element[]),
              ],
            },
          ],
        },
      ],
    }),
  );

function device(version: ProtocolVersion, log: Log) {
  return scriptedSync(() => answered(), {
    version,
    log,
    scriptedDevice: {
      hierarchy: () =>
        Promise.resolve({ kind: 'changes', syncKey: 'k2', changes: { added: [], updated: [], deletedIds: [] } }),
      changeFolder: () => Promise.resolve({ kind: 'done', syncKey: 'k2', id: '9' }),
      estimate: () => Promise.resolve({ kind: 'estimate', count: 1 }),
      move: () => Promise.resolve({ kind: 'moved', serverId: '3:1' }),
    },
    outbox: { send: () => Promise.resolve({ kind: 'sent' }), wasSent: () => Promise.resolve(false) },
    scriptedUser: { item: () => Promise.resolve(undefined) },
  }).device;
}

async function hasAnswer(command: CommandName, version: ProtocolVersion, document: Element) {
  const failures: unknown[] = [];
  const log: Log = { ...silentLog, error: (fields) => void failures.push(fields['error']), child: () => log };
  const reply = await device(version, log).post(command, document);
  // Not by way of an exception of ours.
  expect(failures).toEqual([]);
  if (reply.result.kind === 'http') expect(reply.result.status).toBeGreaterThanOrEqual(400);
  if (!reply.document) return;
  expect(reply.document.tag).toBe(rootTagOf(command));
  // It can be written and read, and says the same.
  expect(readWbxml(writeWbxml(reply.document)).tag).toBe(reply.document.tag);
}

describe('a document of any kind', () => {
  it.each(COMMANDS)('has an answer from %s', async (command) => {
    await fc.assert(
      fc.asyncProperty(documentsOf(command), fc.constantFrom(...PROTOCOL_VERSIONS), (document, version) =>
        hasAnswer(command, version, document),
      ),
      { numRuns: 500 },
    );
  });

  it('has an answer from Sync when it is nearly right', async () => {
    await fc.assert(
      fc.asyncProperty(nearlyRight, fc.constantFrom(...PROTOCOL_VERSIONS), (document, version) =>
        hasAnswer('Sync', version, document),
      ),
      { numRuns: 1500 },
    );
  });
});
