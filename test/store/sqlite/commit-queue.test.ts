import { describe, expect, it } from 'vitest';
import { StoreError, type WriteResult } from '../../../lib/store/index.ts';
// The queue is the inside of the database's room; only here can a disk be made to fail in the middle of a commit.
import { CommitQueue } from '../../../lib/store/sqlite/commit-queue.ts';

const FULL = 13;
const IOERR_WRITE = 778;
const IOERR_FSYNC = 1034;
const applied: WriteResult = { outcome: 'applied' };

/** A disk that fails as it is told, and a transcript of what it was asked. */
function queueOn(failures: { commits?: (number | undefined)[]; syncs?: (() => Promise<void>)[] } = {}) {
  const transcript: string[] = [];
  const queue = new CommitQueue({
    transactions: {
      begin: () => transcript.push('begin'),
      commit() {
        const errcode = failures.commits?.shift();
        transcript.push(errcode === undefined ? 'commit' : 'commit fails');
        if (errcode !== undefined) throw Object.assign(new Error('disk'), { errcode });
      },
      async sync() {
        await failures.syncs?.shift()?.();
        transcript.push('sync');
      },
      rollback: () => transcript.push('rollback'),
      distrust: () => transcript.push('distrust'),
    },
    isLocal: (thrown) => thrown instanceof StoreError,
    toError: (thrown) => new StoreError('store-full', 'No', { cause: thrown }),
  });
  const write = (name: string, error?: Error, partition = 'P') =>
    queue.add(partition, () => {
      transcript.push(name);
      if (error) throw error;
      return applied;
    });
  return { queue, transcript, write };
}

/** What was due in the next turns of the event loop has happened. */
const turns = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('CommitQueue', () => {
  it('commits the writes of one turn together, in their order', async () => {
    const { transcript, write } = queueOn();
    expect(await Promise.all([write('a'), write('b'), write('c')])).toEqual([applied, applied, applied]);
    expect(transcript).toEqual(['begin', 'a', 'b', 'c', 'commit', 'sync']);
  });

  it('commits a later write on its own', async () => {
    const { transcript, write } = queueOn();
    await write('a');
    await write('b');
    expect(transcript).toEqual(['begin', 'a', 'commit', 'sync', 'begin', 'b', 'commit', 'sync']);
  });

  it('tells nothing before what was committed is on the disk; what comes meanwhile shares the next commit', async () => {
    const disk = Promise.withResolvers<void>();
    const { queue, transcript, write } = queueOn({ syncs: [() => disk.promise] });
    const told = write('a').then(() => transcript.push('a is told'));
    await turns();
    const others = [write('b'), write('c')];
    await turns();
    expect(transcript).toEqual(['begin', 'a', 'commit']);
    disk.resolve();
    await Promise.all([told, ...others]);
    expect(transcript).toEqual(['begin', 'a', 'commit', 'sync', 'a is told', 'begin', 'b', 'c', 'commit', 'sync']);
    expect(queue.synced()).toBeUndefined();
  });

  it('says which partitions have something that is not on the disk', async () => {
    const disk = Promise.withResolvers<void>();
    const { queue, write } = queueOn({ syncs: [() => disk.promise] });
    const written = write('a', undefined, 'A');
    expect(queue.synced('A')).toBeUndefined();
    await turns();
    expect(queue.synced('A')).toBeInstanceOf(Promise);
    expect(queue.synced()).toBeInstanceOf(Promise);
    expect(queue.synced('B')).toBeUndefined();
    disk.resolve();
    await written;
    await queue.synced('A');
    expect(queue.synced('A')).toBeUndefined();
  });

  it('drains: every write has its outcome, those too that came while it waited for the disk', async () => {
    const disk = Promise.withResolvers<void>();
    const { queue, transcript, write } = queueOn({ syncs: [() => disk.promise] });
    void write('a');
    await turns();
    void write('b');
    const drained = queue.drain().then(() => transcript.push('drained'));
    disk.resolve();
    await drained;
    expect(transcript).toEqual(['begin', 'a', 'commit', 'sync', 'begin', 'b', 'commit', 'sync', 'drained']);
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
    expect(transcript).toEqual(['begin', 'a', 'b', 'c', 'commit', 'sync']);
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
      'sync',
    ]);
  });

  it('a sync that fails leaves all that it stands for unknown, and the connection is given up', async () => {
    const broken = new Error('EIO');
    const { transcript, write } = queueOn({ syncs: [() => Promise.reject(broken)] });
    const results = await Promise.all([write('a'), write('b')]);
    expect(results).toEqual([
      { outcome: 'unknown', cause: broken },
      { outcome: 'unknown', cause: broken },
    ]);
    expect(transcript).toEqual(['begin', 'a', 'b', 'commit', 'distrust']);
    expect(await write('c')).toEqual(applied);
  });

  it('a commit that cannot be told is unknown for all its writes, is not repeated, and the connection is given up', async () => {
    const { transcript, write } = queueOn({ commits: [IOERR_FSYNC] });
    const results = await Promise.all([write('a'), write('b')]);
    expect(results).toMatchObject([{ outcome: 'unknown' }, { outcome: 'unknown' }]);
    expect(results[0]).toHaveProperty('cause.errcode', IOERR_FSYNC);
    expect(transcript).toEqual(['begin', 'a', 'b', 'commit fails', 'rollback', 'distrust']);
    expect(await write('c')).toEqual(applied);
  });
});
