import { describe, expect, it } from 'vitest';
import { StoreError, type WriteResult } from '../../../lib/store/index.ts';
// The queue is the inside of the database's room; only here can a disk be made to fail in the middle of a commit.
import { CommitQueue } from '../../../lib/store/sqlite/commit-queue.ts';

const FULL = 13;
const IOERR_WRITE = 778;
const IOERR_FSYNC = 1034;
const applied: WriteResult = { outcome: 'applied' };

/** A disk that fails as it is told, and a transcript of what it was asked. */
function queueOn(failures: { commits?: (number | undefined)[] } = {}) {
  const transcript: string[] = [];
  const queue = new CommitQueue({
    transactions: {
      begin: () => transcript.push('begin'),
      commit() {
        const errcode = failures.commits?.shift();
        transcript.push(errcode === undefined ? 'commit' : 'commit fails');
        if (errcode !== undefined) throw Object.assign(new Error('disk'), { errcode });
      },
      rollback: () => transcript.push('rollback'),
      distrust: () => transcript.push('distrust'),
    },
    isLocal: (thrown) => thrown instanceof StoreError,
    toError: (thrown) => new StoreError('store-full', 'No', { cause: thrown }),
  });
  const write = (name: string, error?: Error) =>
    queue.add(() => {
      transcript.push(name);
      if (error) throw error;
      return applied;
    });
  return { queue, transcript, write };
}

describe('CommitQueue', () => {
  it('commits the writes of one turn together, in their order', async () => {
    const { transcript, write } = queueOn();
    expect(await Promise.all([write('a'), write('b'), write('c')])).toEqual([applied, applied, applied]);
    expect(transcript).toEqual(['begin', 'a', 'b', 'c', 'commit']);
  });

  it('commits a later write on its own', async () => {
    const { transcript, write } = queueOn();
    await write('a');
    await write('b');
    expect(transcript).toEqual(['begin', 'a', 'commit', 'begin', 'b', 'commit']);
  });

  it('tells nothing before the commit', async () => {
    const { queue, transcript, write } = queueOn();
    const done = write('a').then(() => transcript.push('told'));
    queue.flush();
    expect(transcript).toEqual(['begin', 'a', 'commit']);
    await done;
    expect(transcript.at(-1)).toBe('told');
  });

  it('starts another transaction after 128 writes', async () => {
    const { transcript, write } = queueOn();
    await Promise.all(Array.from({ length: 300 }, (_, n) => write(`${n}`)));
    expect(transcript.filter((line) => line === 'commit')).toHaveLength(3);
  });

  it("rejects a write for its own error and commits the others'", async () => {
    const { transcript, write } = queueOn();
    const results = await Promise.allSettled([
      write('a'),
      write('b', new StoreError('item-too-large', 'b')),
      write('c'),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(transcript).toEqual(['begin', 'a', 'b', 'c', 'commit']);
  });

  it.each([FULL, IOERR_WRITE])('a commit that certainly failed (%i) is tried again write by write', async (errcode) => {
    const { transcript, write } = queueOn({ commits: [errcode, undefined, errcode] });
    const results = await Promise.allSettled([write('a'), write('b')]);
    expect(results).toMatchObject([
      { status: 'fulfilled', value: applied },
      { status: 'rejected', reason: { code: 'store-full' } },
    ]);
    expect(transcript).toEqual([
      'begin',
      'a',
      'b',
      'commit fails',
      'rollback',
      'begin',
      'a',
      'commit',
      'begin',
      'b',
      'commit fails',
      'rollback',
    ]);
  });

  it('a commit whose sync failed is unknown for all its writes, is not repeated, and the connection is given up', async () => {
    const { transcript, write } = queueOn({ commits: [IOERR_FSYNC] });
    const results = await Promise.all([write('a'), write('b')]);
    expect(results).toMatchObject([{ outcome: 'unknown' }, { outcome: 'unknown' }]);
    expect(results[0]).toHaveProperty('cause.errcode', IOERR_FSYNC);
    expect(transcript).toEqual(['begin', 'a', 'b', 'commit fails', 'rollback', 'distrust']);
    expect(await write('c')).toEqual(applied);
  });
});
