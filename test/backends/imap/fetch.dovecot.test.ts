/** Messages fetched right after others from the same folder; and told of as they come. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FetchedMessage, FetchPlan, Mailbox } from '../../../lib/backends/index.ts';
import { composeMessage, expectBackendError } from '../../contract/backend/fixture.ts';
import { type ImapUnderTest, startImapBackend } from '../../support/imap-backend.ts';

const ADA = { user: 'ada', addresses: ['ada@example.org'] };
const BODIES: FetchPlan = () => [{ path: '1' }];
const NOTHING: FetchPlan = () => [];

describe('a fetch right after another', () => {
  let t: ImapUnderTest;
  let mine: Mailbox;
  let other: Mailbox;
  beforeAll(async () => {
    t = await startImapBackend();
    mine = await t.system.open(ADA, t.credentials.ada);
    other = await t.system.open(ADA, t.credentials.ada);
  });
  afterAll(async () => {
    await mine.close();
    await other.close();
    await t.stop();
  });

  const add = async (subject: string, folderId = 'INBOX') =>
    (await other.append(folderId, composeMessage({ subject }).raw, { flags: [] })).uid;

  it('brings what another client has stored, flagged and removed since', async () => {
    const first = await add('first');
    expect(await mine.fetch('INBOX', [first], NOTHING)).toMatchObject([{ uid: first, flags: [] }]);
    const second = await add('second');
    await other.updateFlags('INBOX', [first], { add: ['\\Flagged'] });
    expect(await mine.fetch('INBOX', [second, first], BODIES)).toMatchObject([
      { uid: second },
      { uid: first, flags: ['\\Flagged'] },
    ]);
    await other.remove('INBOX', [first]);
    expect(await mine.fetch('INBOX', [second, first], NOTHING)).toMatchObject([{ uid: second }]);
  });

  it('finds that the folder is gone', async () => {
    const { id } = await other.createFolder('Short-lived', undefined);
    const uid = await add('kept', id);
    expect(await mine.fetch(id, [uid], NOTHING)).toHaveLength(1);
    await other.deleteFolder(id);
    await expectBackendError(mine.fetch(id, [uid], NOTHING), 'not-found');
  });

  it('is of the folder that is asked for', async () => {
    const { id } = await other.createFolder('Beside', undefined);
    const here = await add('in the inbox');
    const there = await add('beside', id);
    const subjectOf = async (folderId: string, uid: number) =>
      /^Subject: (.*)\r$/m.exec(
        Buffer.from((await mine.fetch(folderId, [uid], NOTHING))[0]?.header ?? []).toString(),
      )?.[1];
    for (let round = 0; round < 2; round++) {
      expect(await subjectOf('INBOX', here)).toBe('in the inbox');
      expect(await subjectOf(id, there)).toBe('beside');
    }
  });

  it('tells of each message when its parts are there', async () => {
    const uids = [await add('one'), await add('two'), await add('three')];
    const told: FetchedMessage[] = [];
    const messages = await mine.fetch('INBOX', uids, BODIES, (message) => {
      expect(message.parts.get('1')?.complete).toBe(true);
      told.push(message);
    });
    expect(new Set(told)).toEqual(new Set(messages));
  });
});
