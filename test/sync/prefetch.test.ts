/** What is fetched ahead of a device's requests: in which order, how much, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import type { FetchedMessage, FetchPlan } from '../../lib/backends/index.ts';
import { DEFAULT_SYNC_SETTINGS } from '../../lib/sync/index.ts';
import type { ItemSource } from '../../lib/sync/mail/item-source.ts';
import { Prefetcher } from '../../lib/sync/mail/prefetch.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A mailbox that answers when it is told to, and keeps book of what it was asked. */
class SlowMailbox {
  readonly asked: (readonly number[])[] = [];
  readonly #waiting: { readonly answer: () => void; readonly fail: () => void }[] = [];

  #onMessage: ((message: FetchedMessage) => void) | undefined;

  readonly source = {
    fetch: (
      _folder: string,
      uids: readonly number[],
      _plan: FetchPlan,
      onMessage?: (message: FetchedMessage) => void,
    ) => {
      this.asked.push(uids);
      this.#onMessage = onMessage;
      return new Promise<readonly FetchedMessage[]>((resolve, reject) =>
        this.#waiting.push({
          answer: () => resolve(uids.map((uid) => ({ uid }) as FetchedMessage)),
          fail: () => reject(new Error('the connection was lost')),
        }),
      );
    },
  } as unknown as ItemSource;

  /** Sends one message of several; all of them come with the answer. */
  send(uid: number): void {
    this.#onMessage?.({ uid } as FetchedMessage);
  }

  async answer(how: 'answer' | 'fail' = 'answer'): Promise<void> {
    this.#waiting.shift()?.[how]();
    await new Promise((done) => setImmediate(done));
  }
}

function stage(settings: Partial<typeof DEFAULT_SYNC_SETTINGS> = {}) {
  const mailbox = new SlowMailbox();
  const clock = new ManualClock();
  const made: number[] = [];
  const make = (message: FetchedMessage) => {
    made.push(message.uid);
    return { uid: message.uid };
  };
  const way = { source: mailbox.source, backendId: 'INBOX', mark: 1, rendering: 'html', plan: () => [], make };
  const prefetcher = new Prefetcher(clock, { ...DEFAULT_SYNC_SETTINGS, ...settings });
  const start = (...windows: number[][]) => prefetcher.start('phone', way, windows, () => 10);
  const fetch = async (uids: number[], more: Partial<typeof way> = {}) => [
    ...(await prefetcher.fetch('phone', { ...way, ...more, uids })).keys(),
  ];
  return { mailbox, clock, start, fetch, made };
}

describe('messages that are fetched ahead', () => {
  it('come window by window, and each once', async () => {
    const { mailbox, start, fetch } = stage();
    start([9, 8], [7, 6]);
    expect(mailbox.asked).toEqual([[9, 8]]);
    const first = fetch([9, 8]);
    await mailbox.answer();
    expect(await first).toEqual([9, 8]);
    expect(mailbox.asked).toEqual([
      [9, 8],
      [7, 6],
    ]);
    start([7, 6], [5, 4]);
    await mailbox.answer();
    expect(await fetch([7, 6])).toEqual([7, 6]);
    expect(mailbox.asked).toEqual([
      [9, 8],
      [7, 6],
      [5, 4],
    ]);
  });

  it('are made ready one by one as they come, and not again when the device asks', async () => {
    const { mailbox, start, fetch, made } = stage();
    start([9, 8]);
    mailbox.send(8);
    expect(made).toEqual([8]);
    await mailbox.answer();
    expect(made).toEqual([8, 9]);
    expect(await fetch([9, 8])).toEqual([9, 8]);
    expect(made).toEqual([8, 9]);
  });

  it('stay of use when new mail moves the windows', async () => {
    const { mailbox, start, fetch } = stage();
    start([9, 8], [7, 6]);
    await mailbox.answer();
    await mailbox.answer();
    const shifted = fetch([10, 9]);
    await mailbox.answer();
    expect(await shifted).toEqual([10, 9]);
    start([8, 7], [6, 5]);
    await mailbox.answer();
    expect(mailbox.asked).toEqual([[9, 8], [7, 6], [10], [8]]);
    await mailbox.answer();
    expect(mailbox.asked.at(-1)).toEqual([5]);
  });

  it('are fetched again if that failed, and in time for who asks', async () => {
    const { mailbox, start, fetch } = stage();
    start([9, 8], [7]);
    const asking = fetch([9, 8]);
    await mailbox.answer('fail');
    await mailbox.answer();
    await mailbox.answer();
    expect(await asking).toEqual([9, 8]);
  });

  it('are no use to another way of rendering, and dropped when nobody asks', async () => {
    const { mailbox, clock, start, fetch } = stage();
    start([9]);
    await mailbox.answer();
    const other = fetch([9], { rendering: 'plain' });
    await mailbox.answer();
    expect(await other).toEqual([9]);
    start([9]);
    await mailbox.answer();
    await clock.advance(DEFAULT_SYNC_SETTINGS.prefetchKeepMs);
    const late = fetch([9]);
    await mailbox.answer();
    expect(await late).toEqual([9]);
    expect(mailbox.asked).toEqual([[9], [9], [9], [9]]);
  });

  it('are bounded in size, together', async () => {
    const { mailbox, start } = stage({ prefetchLimitBytes: 30 });
    start([9, 8], [7, 6]);
    await mailbox.answer();
    await mailbox.answer();
    expect(mailbox.asked).toEqual([[9, 8], [7]]);
  });
});
