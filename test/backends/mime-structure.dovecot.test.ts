/** The structure parser against a real IMAP server: the same tree, the same section numbers, the same bytes. */
import * as fc from 'fast-check';
import { ImapFlow, type MessageStructureObject } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Part, parseMessage } from '../../lib/backends/index.ts';
import { seedMessages } from '../../lib/backends/folders/seed/mail.ts';
import { Dovecot } from '../support/dovecot.ts';
import { fuzzCases } from '../support/fuzz-cases.ts';

/** What both can tell of a part. */
interface Told {
  readonly type: string;
  readonly sizeBytes: number;
  readonly parts: readonly Told[];
}

type Tree = { kind: 'text'; text: string } | { kind: 'multipart'; parts: Tree[] } | { kind: 'message'; root: Tree };

function render(tree: Tree, counter: { next: number }): string {
  if (tree.kind === 'text') return `Content-Type: text/plain\r\n\r\n${tree.text}`;
  if (tree.kind === 'message') {
    return `Content-Type: message/rfc822\r\n\r\nSubject: nested ${counter.next++}\r\n${render(tree.root, counter)}`;
  }
  const boundary = `=_b${counter.next++}`;
  const parts = tree.parts.map((part) => `--${boundary}\r\n${render(part, counter)}\r\n`);
  return `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\npreamble\r\n${parts.join('')}--${boundary}--\r\nepilogue`;
}

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.stringMatching(/^[a-z ]{0,20}(\r\n[a-z -]{1,20}){0,3}$/).map((text): Tree => ({ kind: 'text', text })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((parts): Tree => ({ kind: 'multipart', parts })),
    tie('tree').map((root): Tree => ({ kind: 'message', root })),
  ),
}));

const ours = (part: Part): Told => ({
  type: part.type,
  sizeBytes: part.sizeBytes,
  parts: part.parts.map(ours),
});
const theirs = (part: MessageStructureObject): Told => ({
  type: part.type,
  sizeBytes: part.size ?? 0,
  parts: (part.childNodes ?? []).map(theirs),
});
const leaves = (part: Part): Part[] => (part.parts.length === 0 ? [part] : part.parts.flatMap(leaves));

describe('the structure of a message, beside Dovecot', () => {
  let dovecot: Dovecot;
  let client: ImapFlow;
  beforeAll(async () => {
    dovecot = await Dovecot.start({ users: { ada: 'secret' } });
    const auth = { user: 'ada', pass: 'secret' };
    client = new ImapFlow({ host: dovecot.host, port: dovecot.imapPort, secure: false, auth, logger: false });
    await client.connect();
    await client.mailboxOpen('INBOX');
  });
  afterAll(async () => {
    await client.logout();
    await dovecot.stop();
  });

  async function compare(raw: Buffer): Promise<void> {
    const message = parseMessage(raw);
    const appended = await client.append('INBOX', raw);
    if (!appended || appended.uid === undefined) throw new Error('not appended');
    const uid = String(appended.uid);
    const paths = leaves(message.structure).map((part) => part.path);
    const fetched = await client.fetchOne(uid, { bodyStructure: true, bodyParts: paths }, { uid: true });
    if (!fetched || !fetched.bodyStructure) throw new Error('not fetched');
    expect(ours(message.structure)).toEqual(theirs(fetched.bodyStructure));
    for (const path of paths) {
      const range = message.slice(path);
      const bytes = raw.subarray(range?.start, range?.end).toString('latin1');
      expect(bytes, path).toBe(fetched.bodyParts?.get(path)?.toString('latin1') ?? '');
    }
  }

  it('is the same for every seeded message', async () => {
    for (const { raw } of seedMessages(new Date('2026-11-22T10:00:00Z'))) await compare(raw);
  });

  it('is the same for nested multiparts and messages of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(tree, (root) => compare(Buffer.from(`Subject: x\r\n${render(root, { next: 0 })}\r\n`))),
      { numRuns: fuzzCases(1_000) },
    );
  }, 300_000);
});
